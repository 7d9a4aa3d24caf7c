"""Lets the command line of this machine in, in the name of the first administrator; everybody else as before."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec
from sqlalchemy import select

from workflow_kernel.auth.local import PREFIX
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.identify import Identify
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import User


class LocalIdentify:
    """Tells who sends a request. See :class:`~workflow_kernel.services.identify.Identify`.

    Parameters
    ----------
    others: tells of everybody else. database: where accounts are. token: of the local command line.
    """

    def __init__(self, others: Identify, database: Database, token: str) -> None:
        self._others = others
        self._database = database
        self._token = token

    async def __call__(
        self, headers: Mapping[str, str], cookies: Mapping[str, str], *, address: str = "", request: str = ""
    ) -> Actor:
        """Who sends a request."""
        text = headers.get("Authorization") or headers.get("authorization") or ""
        scheme, _, token = text.partition(" ")
        if scheme.lower() == "bearer" and token.startswith(PREFIX):
            return await self._local(token, address, request)
        return await self._others(headers, cookies, address=address, request=request)

    async def by_token(self, token: str, *, address: str = "", request: str = "") -> Actor:
        """Who has a token that does not come in a header."""
        if token.startswith(PREFIX):
            return await self._local(token, address, request)
        return await self._others.by_token(token, address=address, request=request)

    async def _local(self, token: str, address: str, request: str) -> Actor:
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise NotSignedInError("The token of the local command line does not count.", code="WF711")
        async with self._database.session() as session:
            admin = await session.scalar(
                select(User).where(User.role == "admin", User.is_active).order_by(User.id).limit(1)
            )
        if admin is None:
            return msgspec.structs.replace(SYSTEM, address=address, request=request)
        return msgspec.structs.replace(SYSTEM, id=admin.id, email=admin.email, address=address, request=request)
