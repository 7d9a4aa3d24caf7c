"""A person's consent: they are sent to a service to sign in there, and come back with a code for which we get tokens.

The state that travels along counts once and for the same person alone; the code is bound to us by a proof key (PKCE).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from workflow_kernel.auth import oauth2
from workflow_kernel.auth.oauth2 import GrantRefusedError
from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import InvalidRequestError, NodeError, NotAllowedError, NotFoundError
from workflow_kernel.sdk.credentials import CredentialTypes, check
from workflow_kernel.services import audit, credential_values
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_leases import CredentialLeases
from workflow_kernel.services.permission import needs
from workflow_kernel.services.token_renewal import Http, ask, client_of, write_token
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.tables import Credential

CONSENT = 600
"""Seconds a person has to consent."""


class Pending(msgspec.Struct, frozen=True):
    """Somebody is on the way to consent."""

    credential: UUID
    actor: UUID
    verifier: str
    callback: str


class Connected(msgspec.Struct, frozen=True):
    """A credential that got a token."""

    id: UUID
    name: str


class OAuthCredentials:
    """Connects credentials.

    Parameters
    ----------
    database, access, vault, types: as of ``Credentials``. leases: told of changes. http: asks authorization servers.
    states: keeps who is on the way. clock: seconds since the epoch.
    """

    def __init__(
        self, database: Database, access: Access, vault: Vault, types: CredentialTypes, leases: CredentialLeases,
        http: Http, states: OneTimeTokens, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._database = database
        self._access = access
        self._vault = vault
        self._types = types
        self._leases = leases
        self._http = http
        self._states = states
        self._clock = clock

    @needs("credential.update")
    async def start(self, actor: Actor, credential: UUID, callback: str) -> str:
        """Where to send the person to consent.

        Parameters
        ----------
        callback: our address that the service sends them back to, as registered there.

        Raises ``InvalidRequestError`` WF736 for a credential of a type without consent.
        """
        row = await self._allowed(actor, credential)
        values = await self._values(row)
        if actor.id is None:
            raise NotAllowedError("Only a person can consent.", code="WF736", mend="Sign in with an account.")
        verifier = oauth2.new_verifier() if values["pkce"] else ""
        pending = Pending(credential, actor.id, verifier, callback)
        state = await self._states.make("connect", pending, seconds=CONSENT)
        fields = {
            **values["authorization_fields"],
            "client_id": values["client_id"],
            "redirect_uri": callback,
            "scope": values["scope"],
            "audience": values["audience"],
            "state": state,
        }
        return oauth2.authorization_url(values["authorization_url"], fields, verifier or None)

    @needs("credential.update")
    async def finish(self, actor: Actor, state: str, code: str = "", error: str = "") -> Connected:
        """Take the code a person came back with, and get tokens for it.

        Raises ``InvalidRequestError`` WF736 when the state does not count (any more), somebody else set out, or the
        service refuses.
        """
        pending = await self._states.take("connect", state, Pending)
        if pending is None or pending.actor != actor.id:
            raise InvalidRequestError(
                "This way back does not count: it took too long, was used, or somebody else set out.",
                code="WF736",
                mend="Connect the credential again.",
            )
        if not code:
            reason = f" ({error[:100]})" if error.isprintable() and error else ""
            raise InvalidRequestError(
                f"The service gave no consent{reason}.", code="WF736", mend="Connect the credential again, and consent."
            )
        row = await self._allowed(actor, pending.credential)
        values = await self._values(row)
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.callback,
            "code_verifier": pending.verifier,
        }
        try:
            token = await ask(self._http(), oauth2.token_request(client_of(values), fields), self._clock())
        except (GrantRefusedError, NodeError) as refused:
            raise InvalidRequestError(refused.message, code="WF736", mend=refused.mend) from None
        async with self._database.session() as session:
            found = await session.get(Credential, pending.credential, with_for_update=True, populate_existing=True)
            if found is None or not _same_client(found, row):
                raise InvalidRequestError(
                    "The credential was changed meanwhile.", code="WF736", mend="Connect the credential again."
                )
            write_token(await credential_values.data_key(self._vault, found), found, token)
            host = urlsplit(values["token_url"]).hostname
            audit.record(session, actor, "credential.connect", f"credential:{found.id}", server=host)
        self._leases.forget(row.id)
        return Connected(row.id, row.name)

    @needs("credential.update")
    async def disconnect(self, actor: Actor, credential: UUID) -> None:
        """Forget the tokens of a credential."""
        await self._allowed(actor, credential)
        async with self._database.session() as session:
            row = await session.get(Credential, credential, with_for_update=True)
            if row is not None and row.token is not None:
                row.token = None
                row.revision += 1
                audit.record(session, actor, "credential.disconnect", f"credential:{credential}")
        self._leases.forget(credential)

    async def _allowed(self, actor: Actor, credential: UUID) -> Credential:
        async with self._database.session() as session:
            row = await session.get(Credential, credential)
        if row is None:
            raise NotFoundError("There is no such credential.", mend="Check the id, and that it is shared with you.")
        await self._access.require(actor, row.project_id, "credential.update", "credential")
        return row

    async def _values(self, row: Credential) -> Mapping[str, Any]:
        kind = self._types.find(row.type)
        if kind.spec.grant != "authorization_code":
            raise InvalidRequestError(
                f"A credential of the type '{row.type}' needs no consent.", code="WF736", mend="Use it as it is."
            )
        found = credential_values.opened(await credential_values.data_key(self._vault, row), row)
        return check(kind, found.all).model_dump()


def _same_client(one: Credential, other: Credential) -> bool:
    """Whether tokens of one are tokens of the other."""
    return credential_values.client_fields(one.public) == credential_values.client_fields(other.public)
