"""Renews tokens that an authorization server gave for a credential: once, however many workers want it.

Used by ``credential_leases``. The first consent is in ``oauth_credentials``.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import func, select

from workflow_kernel.auth import oauth2
from workflow_kernel.auth.oauth2 import Client, GrantRefusedError, Token, TokenRequest
from workflow_kernel.auth.vault import DataKey, Vault
from workflow_kernel.services import credential_values
from workflow_kernel.services.credential_values import SECRET, TOKEN
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential

AHEAD = 60.0
"""Seconds before its end at which a token is renewed."""

TIMEOUT = 15.0
"""Seconds an authorization server may take."""

LONGEST = 1 << 20
"""Bytes of its answer that are read."""

_PAUSE = 10.0
"""Seconds after a failure in which a server is not asked again."""

Http = Callable[[], httpx.AsyncClient]
"""Gives the client for outgoing requests; its owner closes it."""


class TokenRenewal:
    """Renews tokens.

    Parameters
    ----------
    database, vault: where they are kept, and what encrypts them. http: for asking the server. clock: seconds.
    """

    def __init__(self, database: Database, vault: Vault, http: Http, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._vault = vault
        self._http = http
        self._clock = clock
        self._locks: weakref.WeakValueDictionary[UUID, asyncio.Lock] = weakref.WeakValueDictionary()
        self._failed: dict[UUID, tuple[float, GrantRefusedError]] = {}

    @open_to_all("leases alone call it, for credentials they were asked for")
    async def renew(self, credential: UUID, used: str) -> Credential | None:
        """See that there is a token newer than the one used; gives the row as it is then, None where it is gone.

        One worker asks the server, the others wait and find what it got. Raises ``GrantRefusedError``.
        """
        lock = self._locks.setdefault(credential, asyncio.Lock())
        # Those of this process wait here and not in the database, where each would hold a connection.
        async with lock:
            failed_at, error = self._failed.get(credential, (0.0, None))
            if error is not None and self._clock() - failed_at < _PAUSE:
                raise error
            try:
                found = await self._renew(credential, used)
            except GrantRefusedError as refused:
                self._failed[credential] = (self._clock(), refused)
                raise
            self._failed.pop(credential, None)
            return found

    async def _renew(self, credential: UUID, used: str) -> Credential | None:
        async with self._database.session() as session:
            # Not the row itself: people may change and runs may read it while the server is asked.
            await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"token {credential}", 0))))
            row = await session.get(Credential, credential)
            if row is None or row.token is None:
                return row
            key = await credential_values.data_key(self._vault, row)
            token = read_token(key, row.token)
            if token.access_token != used and not token.ends_before(self._clock() + AHEAD):
                return row
            newer = await self._asked({**row.public, **key.unseal_values(row.secret, SECRET)}, token)
            # Meanwhile people may have changed it, connected it anew, or had it encrypted anew.
            row = await session.get(Credential, credential, with_for_update=True, populate_existing=True)
            if row is not None and row.token is not None:
                key = await credential_values.data_key(self._vault, row)
                if read_token(key, row.token) == token:
                    write_token(key, row, newer)
                    credential_values.touch_nothing(row)
            return row

    async def _asked(self, values: Mapping[str, Any], token: Token) -> Token:
        if not token.refresh_token:
            raise GrantRefusedError(
                "The token has ended, and the server gave nothing to renew it with.",
                is_final=True,
                mend="Connect the credential again, asking for offline access where the service has it.",
            )
        fields = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
        return await ask(self._http(), oauth2.token_request(client_of(values), fields), self._clock(), token)


def read_token(key: DataKey, sealed: bytes) -> Token:
    """The token a row keeps. Raises ``SealBrokenError``."""
    return msgspec.json.decode(key.unseal(sealed, TOKEN), type=Token)


def write_token(key: DataKey, row: Credential, token: Token) -> None:
    """Keep a token in a row."""
    row.token = key.seal(msgspec.json.encode(token), TOKEN)
    row.revision += 1


def client_of(values: Mapping[str, Any]) -> Client:
    """The client a credential's values describe."""
    return Client(values["token_url"], values["client_id"], values.get("client_secret", ""), values["client_in"])


async def ask(http: httpx.AsyncClient, request: TokenRequest, now: float, earlier: Token | None = None) -> Token:
    """The token a server gives. Raises ``GrantRefusedError``."""
    options: dict[str, Any] = {"data": request.fields, "headers": request.headers, "timeout": TIMEOUT}
    body = bytearray()
    try:
        async with http.stream("POST", request.url, follow_redirects=False, **options) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise GrantRefusedError(
            f"The server of the token URL cannot be reached ({type(error).__name__}).",
            is_final=False,
            mend="Check the credential's token URL, or try again later.",
        ) from None
    return oauth2.read_token(request.url, response.status_code, bytes(body[:LONGEST]), now, earlier)
