"""What executions get of credentials: opened secrets, for credentials their project owns or was given, for a run.

Called by whoever runs executions. A change of a credential counts at once in this process and after a second in others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from workflow_kernel.auth.oauth2 import Token
from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.sdk.credentials import CredentialTypes, check
from workflow_kernel.services import credential_values
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.services.token_renewal import AHEAD, Http, TokenRenewal, read_token
from workflow_kernel.storage import credentials as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential
from workflow_kernel.worker.secrets import PUBLIC, Secret
from workflow_kernel.worker.secrets import Credential as Held

KEPT = 60.0
"""Seconds opened secrets stay in memory."""

_GRANTED = 1.0
"""Seconds for which it is not asked again whether a project may use a credential, and in which revision it is."""

_NOTED = 30.0
"""Seconds between two notes that a credential was used."""


class _Opened(msgspec.Struct, frozen=True):
    """A credential's secrets in memory. ``error`` says why there are none. ``at``: when they were opened."""

    revision: int
    secret: Held
    at: float
    token: Token | None = None
    error: NodeError | None = None


class Lease(Mapping[str, Held]):
    """Secrets of one execution, by credential id; a credential that cannot be used raises its ``NodeError``.

    Parameters
    ----------
    leases: renews them. project: whose they are. found: what there is.
    """

    def __init__(self, leases: CredentialLeases, project: UUID, found: Mapping[str, _Opened]) -> None:
        self._leases = leases
        self._project = project
        self._found = dict(found)

    def __getitem__(self, credential: str) -> Held:
        found = self._found[credential]
        if found.error is not None:
            raise found.error
        return found.secret

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"Lease({sorted(self._found)})"

    async def renew(self, credential: str, used: Held) -> Held:
        """See :class:`~workflow_kernel.worker.secrets.RenewableSecrets`."""
        self._found |= await self._leases.newer(self._project, credential, used)
        return self[credential]


class CredentialLeases:
    """Gives leases.

    Parameters
    ----------
    database, vault, types: where credentials are, what opens them, what they are.
    http: gives the client that asks authorization servers; its owner closes it.
    clock: seconds since the epoch.
    """

    def __init__(
        self, database: Database, vault: Vault, types: CredentialTypes, http: Http,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._database = database
        self._vault = vault
        self._types = types
        self._clock = clock
        self._renewal = TokenRenewal(database, vault, http, clock)
        self._grants: dict[tuple[UUID, UUID], tuple[int, float]] = {}
        self._opened: dict[UUID, _Opened] = {}
        self._noted: dict[UUID, float] = {}
        self._sweep: asyncio.TimerHandle | None = None

    @open_to_all("only runners call it, for the project of the execution")
    async def lease(self, execution: UUID, project: UUID, credentials: Collection[str]) -> Lease:
        """The secrets of those credentials that the project owns or was given; the others are left out.

        Parameters
        ----------
        execution: that uses them. project: its project. credentials: ids as the workflow's nodes name them.
        """
        wanted = {found for found in map(_uuid, credentials) if found is not None}
        if not wanted:
            return Lease(self, project, {})
        ready = {one: opened for one in wanted if (opened := self._ready(project, one)) is not None}
        if len(ready) < len(wanted):
            ready |= await self._open(project, wanted - ready.keys())
        return Lease(self, project, {str(one): opened for one, opened in ready.items()})

    @open_to_all("leases alone call it, for the project they were given for")
    async def newer(self, project: UUID, credential: str, used: Held) -> dict[str, _Opened]:
        """A secret newer than the one used, by its id; nothing where there is none."""
        found = _uuid(credential)
        opened = None if found is None else self._opened.get(found)
        if found is None or (opened is not None and opened.token is None):
            return {}
        self.forget(found)
        opened = (await self._open(project, {found})).get(found)
        if opened is None or opened.token is None:
            return {}
        if opened.secret == used:
            opened = await self._renewed(project, found, opened)
        return {} if opened is None else {credential: opened}

    def forget(self, credential: UUID) -> None:
        """Drop what is known of a credential: it was changed."""
        self._opened.pop(credential, None)
        for key in [key for key in self._grants if key[1] == credential]:
            del self._grants[key]

    def close(self) -> None:
        """Drop every secret."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._opened.clear()
        self._grants.clear()

    def _ready(self, project: UUID, credential: UUID) -> _Opened | None:
        """What is at hand, still fresh, and needs no renewal."""
        revision, until = self._grants.get((project, credential), (0, 0.0))
        opened = self._opened.get(credential)
        now = self._clock()
        if opened is None or now >= until or opened.revision != revision or now - opened.at >= KEPT:
            return None
        return None if opened.token is not None and opened.token.ends_before(now + AHEAD) else opened

    async def _open(self, project: UUID, wanted: Collection[UUID]) -> dict[UUID, _Opened]:
        now = self._clock()
        due = [one for one in wanted if now - self._noted.get(one, 0.0) >= _NOTED]
        async with self._database.session() as session:
            rows = await queries.usable(session, project, wanted)
            used = [row.id for row in rows if row.id in due]
            if used:
                await queries.note_use(session, used, datetime.fromtimestamp(now, UTC))
        self._noted |= dict.fromkeys(used, now)
        found: dict[UUID, _Opened] = {}
        for row in rows:
            opened = await self._keep(project, row)
            if opened.token is not None and opened.token.ends_before(now + AHEAD):
                renewed = await self._renewed(project, row.id, opened)
                if renewed is None:
                    continue
                opened = renewed
            found[row.id] = opened
        return found

    async def _renewed(self, project: UUID, credential: UUID, opened: _Opened) -> _Opened | None:
        used = opened.token.access_token if opened.token else ""
        try:
            row = await self._renewal.renew(credential, used)
        except WorkflowError as error:
            if opened.token is not None and not opened.token.ends_before(self._clock()):
                return opened
            return msgspec.structs.replace(opened, secret={}, error=_as_node_error(error))
        return None if row is None else await self._keep(project, row)

    async def _keep(self, project: UUID, row: Credential) -> _Opened:
        """The row opened; what was opened of the same revision is not opened again."""
        now = self._clock()
        known = self._opened.get(row.id)
        if known is None or known.revision != row.revision or now - known.at >= KEPT:
            known = await self._opened_row(row, now)
        if known.error is None:
            self._opened[row.id] = known
            self._grants[project, row.id] = (row.revision, now + _GRANTED)
            self._sweep_later()
        return known

    async def _opened_row(self, row: Credential, now: float) -> _Opened:
        token = None
        try:
            key = await credential_values.data_key(self._vault, row)
            values = {**row.public, **key.unseal_values(row.secret, credential_values.SECRET)}
            token = None if row.token is None else read_token(key, row.token)
            given = None if token is None else msgspec.to_builtins(token)
            kind = self._types.find(row.type)
            secret = check(kind, values).for_nodes(given)
        except WorkflowError as error:
            return _Opened(row.revision, {}, now, token, _as_node_error(error))
        hides = kind.secret_fields()
        hidden = {name for name in secret if name in hides or not (name in kind.model_fields or name in PUBLIC)}
        return _Opened(row.revision, Secret({"type": row.type, **secret}, frozenset(hidden)), now, token)

    def _sweep_later(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEPT / 2, self._drop_old)

    def _drop_old(self) -> None:
        now = self._clock()
        self._opened = {one: opened for one, opened in self._opened.items() if now - opened.at < KEPT / 2}
        self._grants = {key: grant for key, grant in self._grants.items() if grant[1] > now}
        self._noted = {one: at for one, at in self._noted.items() if now - at < _NOTED}
        self._sweep = None
        if self._opened:
            self._sweep_later()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _as_node_error(error: WorkflowError) -> NodeError:
    if isinstance(error, NodeError):
        return error
    return NodeError(f"The credential cannot be used: {error.message}", code=error.code, mend=error.mend)
