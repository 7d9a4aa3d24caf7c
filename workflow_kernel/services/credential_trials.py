"""Tries credentials out: one harmless use of it, as its type says, before a workflow depends on it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import NodeError, NotFoundError
from workflow_kernel.base.ids import new_id
from workflow_kernel.sdk.credentials import CredentialType, CredentialTypes, Trying, check
from workflow_kernel.services import audit, credential_values
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_leases import CredentialLeases
from workflow_kernel.services.permission import needs
from workflow_kernel.services.token_renewal import Http
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential
from workflow_kernel.worker.redact import Redactor
from workflow_kernel.worker.secrets import Secret


class Trial(msgspec.Struct, frozen=True):
    """How it went: whether it works, what happened, and what to do about it."""

    is_good: bool
    message: str
    mend: str = ""


class CredentialTrials:
    """Tries credentials out.

    Parameters
    ----------
    database, access, vault, types, leases: as of ``Credentials``.
    http, check_address: reach what nodes may reach, and nothing else. clock: seconds since the epoch.
    """

    def __init__(
        self, database: Database, access: Access, vault: Vault, types: CredentialTypes, leases: CredentialLeases,
        http: Http, check_address: Callable[[str, int], Awaitable[str]], clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._database = database
        self._access = access
        self._vault = vault
        self._types = types
        self._leases = leases
        self._http = http
        self._check_address = check_address
        self._clock = clock

    @needs("credential.test")
    async def try_out(self, actor: Actor, credential: UUID, url: str = "", values: Mapping[str, Any] = {}) -> Trial:
        """Try a credential of the actor's own projects out.

        Parameters
        ----------
        url: what to call, where its type needs one. values: changes that are not saved yet.
        """
        async with self._database.session() as session:
            row = await session.get(Credential, credential)
        if row is None:
            raise NotFoundError("There is no such credential.", mend="Check the id, and that it is shared with you.")
        await self._access.require(actor, row.project_id, "credential.test", "credential")
        kind = self._types.find(row.type)
        earlier = credential_values.opened(await credential_values.data_key(self._vault, row), row)
        found = credential_values.checked(kind, values, earlier)
        token: Mapping[str, Any] | None = None
        if row.token is not None:
            lease = await self._leases.lease(new_id(), row.project_id, [str(credential)])
            try:
                token = {"access_token": lease[str(credential)]["token"]}
            except NodeError as error:
                return Trial(False, error.message, error.mend)
        trial = await self._try(check(kind, found.all), url, token)
        async with self._database.session() as session:
            audit.record(session, actor, "credential.test", f"credential:{credential}", is_good=trial.is_good)
        return trial

    @needs("credential.test")
    async def try_values(
        self, actor: Actor, project: UUID | None, type_name: str, values: Mapping[str, Any], url: str = ""
    ) -> Trial:
        """Try values out that are not saved yet. Raises as ``Credentials.create``."""
        project = project or await self._access.personal(actor)
        await self._access.require(actor, project, "credential.test")
        kind = self._types.find(type_name)
        trial = await self._try(check(kind, credential_values.checked(kind, values).all), url, None)
        async with self._database.session() as session:
            audit.record(session, actor, "credential.test", f"project:{project}", type=type_name, is_good=trial.is_good)
        return trial

    async def _try(self, credential: CredentialType, url: str, token: Mapping[str, Any] | None) -> Trial:
        trying = Trying(self._http(), self._check_address, self._clock(), url.strip(), token)
        hidden = Secret({**credential.model_dump(), **(token or {})}, credential.secret_fields() | {"access_token"})
        hide = Redactor.of([hidden]).text
        try:
            return Trial(True, hide(await credential.try_out(trying)))
        except NodeError as error:
            return Trial(False, hide(error.message), hide(error.mend))
