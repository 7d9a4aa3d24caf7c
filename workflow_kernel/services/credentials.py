"""Credentials: made, changed, shared, listed and deleted. Their secrets go in and never come out here.

What runs may use is given by ``credential_leases``; trying one out is in ``credential_trials``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from workflow_kernel.base.ids import new_id
from workflow_kernel.sdk.credentials import CredentialType, CredentialTypes
from workflow_kernel.services import audit, credential_values
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_leases import CredentialLeases
from workflow_kernel.services.permission import needs
from workflow_kernel.storage import credentials as queries
from workflow_kernel.storage.credentials import CredentialFilter, CredentialUsage
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential, CredentialShare


class CredentialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A credential without its secrets.

    Parameters
    ----------
    is_own: whether the reader sees it as one of its project's; those shared with them may be used and not read, so
        ``public``, ``secrets`` and ``shared_with`` are empty.
    public: the values that are no secret. secrets: names of the secret fields that are filled in.
    is_connected: whether an authorization server gave a token for it.
    """

    id: UUID
    project: UUID
    name: str
    type: str
    is_own: bool
    public: dict[str, Any]
    secrets: tuple[str, ...]
    is_connected: bool
    shared_with: tuple[UUID, ...]
    version: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    used_at: datetime | None


class Usages(msgspec.Struct, frozen=True):
    """Where a credential is used: the nodes the reader may know of, and in how many other workflows."""

    nodes: tuple[CredentialUsage, ...]
    hidden: int = 0


class Credentials:
    """Credentials of projects.

    Parameters
    ----------
    database, access: where they are, and who may do what. vault: encrypts them. types: the credential types there are.
    leases: told of every change.
    """

    def __init__(
        self, database: Database, access: Access, vault: Vault, types: CredentialTypes, leases: CredentialLeases
    ) -> None:
        self._database = database
        self._access = access
        self._vault = vault
        self._types = types
        self._leases = leases

    @needs("credential.read")
    async def types(self, actor: Actor) -> list[type[CredentialType]]:
        """The credential types there are."""
        return list(self._types)

    @needs("credential.create")
    async def create(
        self, actor: Actor, project: UUID | None, name: str, type_name: str, values: Mapping[str, Any]
    ) -> CredentialRecord:
        """Make a credential, in the actor's own project where none is named.

        Raises ``InvalidRequestError`` for an unknown type (WF730) or wrong values (WF731).
        """
        project = project or await self._access.personal(actor)
        await self._access.require(actor, project, "credential.create")
        kind = self._types.find(type_name)
        found = credential_values.checked(kind, values)
        row = Credential(
            id=new_id(),
            project_id=project,
            name=_name(name),
            type=type_name,
            created_by=actor.id,
            version=1,
            revision=1,
        )
        await credential_values.seal_new(self._vault, row, found)
        async with self._database.session() as session:
            session.add(row)
            audit.record(session, actor, "credential.create", _subject(row.id), name=row.name, type=type_name)
        return _record(row, [], is_own=True)

    @needs("credential.update")
    async def update(
        self, actor: Actor, credential: UUID, version: int, name: str | None = None, values: Mapping[str, Any] = {}
    ) -> CredentialRecord:
        """Change name or values; a value that is absent stays as it is, null takes it away.

        Raises ``ConflictError`` WF735 when it was changed since ``version``.
        """
        await self._require(actor, credential, "credential.update")
        async with self._database.session() as session:
            row = await _locked(session, credential)
            if row.version != version:
                raise ConflictError(
                    f"The credential '{row.name}' was changed by somebody else: it has version {row.version} by now, "
                    f"yours was made from {version}.",
                    code="WF735",
                    mend="Look at it as it is now, and change that.",
                    details={"version": row.version},
                )
            changed = sorted(values)
            if values:
                key = await credential_values.data_key(self._vault, row)
                earlier = credential_values.opened(key, row)
                found = credential_values.checked(self._types.find(row.type), values, earlier)
                if credential_values.client_fields(found.public) != credential_values.client_fields(row.public):
                    row.token = None  # it is another server's; sending it elsewhere would give it away
                credential_values.seal_into(key, row, found)
                row.revision += 1
            if name is not None and _name(name) != row.name:
                row.name = _name(name)
                changed.append("name")
            row.version += 1
            audit.record(session, actor, "credential.update", _subject(credential), changed=changed)
            shares = await queries.shares_of(session, [credential])
        self._leases.forget(credential)
        return _record(row, shares.get(credential, ()), is_own=True)

    @needs("credential.delete")
    async def delete(self, actor: Actor, credential: UUID, *, force: bool = False) -> None:
        """Delete a credential. Raises ``ConflictError`` WF734 when workflows use it, unless forced."""
        await self._require(actor, credential, "credential.delete")
        async with self._database.session() as session:
            row = await _locked(session, credential)
            used = await queries.usage(session, credential)
            if used and not force:
                names = ", ".join(f"'{name}'" for name in dict.fromkeys(one.name for one in used[:5]))
                count = len({one.workflow for one in used})
                raise ConflictError(
                    f"The credential '{row.name}' is used by {count} workflows, e.g. {names}.",
                    code="WF734",
                    mend="Choose another credential there first, or force it: those nodes will fail.",
                    details={"nodes": len(used)},
                )
            await session.delete(row)
            audit.record(
                session, actor, "credential.delete", _subject(credential), name=row.name, type=row.type, used=len(used)
            )
        self._leases.forget(credential)

    @needs("credential.read")
    async def read(self, actor: Actor, credential: UUID) -> CredentialRecord:
        """A credential, its own or one shared with a project of the reader's, without secrets."""
        return _record(*await self._seen(actor, credential))

    @needs("credential.read")
    async def find(self, actor: Actor, chosen: CredentialFilter) -> list[CredentialRecord]:
        """A page of the credentials the reader may see, by name; one more than asked for where there are others."""
        projects = await self._access.projects(actor, "credential.read")
        if projects is not None and not projects:
            return []
        async with self._database.session() as session:
            rows = list(await session.scalars(queries.listing(msgspec.structs.replace(chosen, projects=projects))))
            shares = await queries.shares_of(session, [row.id for row in rows])
        return [_record(row, shares.get(row.id, ()), projects is None or row.project_id in projects) for row in rows]

    @needs("credential.share")
    async def share(self, actor: Actor, credential: UUID, project: UUID) -> CredentialRecord:
        """Let another project's workflows use it; nobody there can read or change it."""
        await self._require(actor, credential, "credential.share")
        await self._access.require(actor, project, "credential.read")
        async with self._database.session() as session:
            row = await _locked(session, credential)
            if project == row.project_id:
                problem = Problem("WF731", "It belongs to this project already.", "Choose another.", field="project")
                raise InvalidRequestError(problem.message, code="WF731", mend=problem.mend, problems=[problem])
            try:
                values = {"credential_id": credential, "project_id": project}
                await session.execute(insert(CredentialShare).values(**values).on_conflict_do_nothing())
            except IntegrityError:
                raise NotFoundError("There is no such project.", mend="Check the id.") from None
            audit.record(session, actor, "credential.share", _subject(credential), project=str(project))
            shares = await queries.shares_of(session, [credential])
        return _record(row, shares[credential], is_own=True)

    @needs("credential.share")
    async def unshare(self, actor: Actor, credential: UUID, project: UUID) -> CredentialRecord:
        """Take the use of it away from another project; running executions keep what they were given."""
        await self._require(actor, credential, "credential.share")
        async with self._database.session() as session:
            row = await _locked(session, credential)
            await session.execute(
                delete(CredentialShare).where(
                    CredentialShare.credential_id == credential, CredentialShare.project_id == project
                )
            )
            audit.record(session, actor, "credential.unshare", _subject(credential), project=str(project))
            shares = await queries.shares_of(session, [credential])
        self._leases.forget(credential)
        return _record(row, shares.get(credential, ()), is_own=True)

    @needs("credential.read")
    async def usage(self, actor: Actor, credential: UUID) -> Usages:
        """Which nodes of which workflows use it; of projects the reader does not see, only how many workflows."""
        projects = await self._access.projects(actor, "workflow.read")
        await self._seen(actor, credential)
        async with self._database.session() as session:
            found = await queries.usage(session, credential)
        seen = tuple(one for one in found if projects is None or one.project in projects)
        return Usages(seen, len({one.workflow for one in found} - {one.workflow for one in seen}))

    @needs("credential.use")
    async def open(self, actor: Actor, credential: UUID) -> Mapping[str, Any]:
        """What nodes get of a credential, for loading choices of their parameters with it. Never for a door.

        Raises ``NotFoundError`` when the actor may use it in no project, ``NodeError`` when it cannot be used.
        """
        projects = await self._access.projects(actor, "credential.use")
        async with self._database.session() as session:
            owner = await session.scalar(select(Credential.project_id).where(Credential.id == credential))
            shares = (await queries.shares_of(session, [credential])).get(credential, [])
        candidates = [] if owner is None else [owner, *shares]
        project = next((one for one in candidates if projects is None or one in projects), None)
        if project is None:
            raise _missing()
        return (await self._leases.lease(new_id(), project, [str(credential)]))[str(credential)]

    async def _require(self, actor: Actor, credential: UUID, permission: str) -> None:
        """Raises ``NotFoundError`` or ``NotAllowedError`` unless the actor may do this in the credential's project."""
        async with self._database.session() as session:
            project = await session.scalar(select(Credential.project_id).where(Credential.id == credential))
        if project is None:
            raise _missing()
        await self._access.require(actor, project, permission, "credential")

    async def _seen(self, actor: Actor, credential: UUID) -> tuple[Credential, Sequence[UUID], bool]:
        """The row, whom it is shared with, and whether the actor sees it as its own project's."""
        projects = await self._access.projects(actor, "credential.read")
        async with self._database.session() as session:
            row = await session.get(Credential, credential)
            shares = (await queries.shares_of(session, [credential])).get(credential, [])
        if row is None:
            raise _missing()
        if projects is None or row.project_id in projects:
            return row, shares, True
        if projects.isdisjoint(shares):
            raise _missing()
        return row, shares, False


async def _locked(session: AsyncSession, credential: UUID) -> Credential:
    """The row, locked until the end of the transaction."""
    row = await session.get(Credential, credential, with_for_update=True)
    if row is None:
        raise _missing()
    return row


def _record(row: Credential, shares: Sequence[UUID], is_own: bool) -> CredentialRecord:
    return CredentialRecord(
        id=row.id, project=row.project_id, name=row.name, type=row.type, is_own=is_own,
        public=dict(row.public) if is_own else {}, secrets=tuple(row.secrets) if is_own else (),
        is_connected=row.token is not None, shared_with=tuple(shares) if is_own else (), version=row.version,
        created_by=row.created_by, created_at=row.created_at, updated_at=row.updated_at, used_at=row.used_at,
    )  # fmt: skip


def _name(name: str) -> str:
    found = " ".join(name.split())
    if not 1 <= len(found) <= 200:
        problem = Problem("WF731", "A name has 1 to 200 characters.", "Write another name.", field="name")
        raise InvalidRequestError(problem.message, code="WF731", mend=problem.mend, problems=[problem])
    return found


def _missing() -> NotFoundError:
    return NotFoundError("There is no such credential.", mend="Check the id, and that it is shared with you.")


def _subject(credential: UUID) -> str:
    return f"credential:{credential}"
