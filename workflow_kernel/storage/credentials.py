"""Queries about credentials: those that may be seen or used, where they are used, batches for rotation of keys.

Called by the services of credentials. What is encrypted passes through as bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, exists, func, or_, select, text, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from workflow_kernel.storage.tables import Credential, CredentialShare


class CredentialFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which credentials are listed.

    Parameters
    ----------
    projects: those the reader may see; None for all. project: owned by it or shared with it.
    types: any of these. text: in the name, in any case. after: name and id of the last one listed.
    """

    projects: frozenset[UUID] | None = None
    project: UUID | None = None
    types: tuple[str, ...] = ()
    text: str = ""
    after: tuple[str, UUID] | None = None
    limit: int = 50


class CredentialUsage(msgspec.Struct, frozen=True):
    """A node that uses a credential.

    Parameters
    ----------
    workflow, name, project: of the workflow. node: its name. slot: which of its credentials.
    in_draft, in_published: in which versions.
    """

    workflow: UUID
    name: str
    project: UUID
    node: str
    slot: str
    in_draft: bool
    in_published: bool


def listing(chosen: CredentialFilter) -> Select[Credential]:
    """The statement of a page, one row more than asked for, so that it shows whether there are others."""
    name = func.lower(Credential.name)
    statement = select(Credential).where(_reachable(chosen.projects))
    if chosen.project is not None:
        statement = statement.where(_reachable({chosen.project}))
    if chosen.types:
        statement = statement.where(Credential.type.in_(chosen.types))
    if chosen.text:
        statement = statement.where(name.contains(chosen.text.lower(), autoescape=True))
    if chosen.after is not None:
        statement = statement.where(tuple_(name, Credential.id) > tuple_(*chosen.after))
    return statement.order_by(name, Credential.id).limit(chosen.limit + 1)


async def shares_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The projects credentials are shared with."""
    rows = await session.execute(
        select(CredentialShare.credential_id, CredentialShare.project_id)
        .where(CredentialShare.credential_id.in_(ids))
        .order_by(CredentialShare.created_at)
    )
    found: dict[UUID, list[UUID]] = {}
    for credential, project in rows:
        found.setdefault(credential, []).append(project)
    return found


async def usable(session: AsyncSession, project: UUID, ids: Collection[UUID]) -> Sequence[Credential]:
    """Those of the credentials that a project's workflows may use: its own and those shared with it."""
    found = await session.scalars(select(Credential).where(Credential.id.in_(ids), _reachable({project})))
    return found.all()


async def note_use(session: AsyncSession, ids: Collection[UUID], at: datetime) -> None:
    """Keep when credentials were used last; rows somebody is changing just now are left for the next time."""
    statement = text("""
        update credential set used_at = :at
        where id in (select id from credential where id = any(:ids) order by id for no key update skip locked)""")
    await session.execute(statement, {"ids": list(ids), "at": at})


async def usage(session: AsyncSession, credential: UUID) -> list[CredentialUsage]:
    """The nodes of all workflows that use a credential, in the draft or the published version."""
    # Documents that do not hold the id at all are sorted out as text, before any is taken apart.
    statement = text("""
        select workflow.id, workflow.name, workflow.project_id, node.value->>'name', slot.key,
            bool_or(version.number = workflow.version),
            bool_or(version.number is not distinct from workflow.published_version)
        from workflow
        join workflow_version version on version.workflow_id = workflow.id
            and version.number in (workflow.version, workflow.published_version)
        cross join lateral json_each(version.document->'nodes') node
        cross join lateral json_each(coalesce(node.value->'credentials', '{}'::json)) slot
        where workflow.deleted_at is null
            and strpos(version.document::text, :id) > 0
            and slot.value->>'id' = :id
        group by workflow.id, node.value->>'name', slot.key
        order by lower(workflow.name), workflow.id, 4, 5""")
    return [CredentialUsage(*row) for row in await session.execute(statement, {"id": str(credential)})]


async def to_rewrap(session: AsyncSession, current: str, after: UUID, limit: int) -> Sequence[Credential]:
    """Credentials whose data key another master key wraps, by id, locked."""
    found = await session.scalars(
        select(Credential)
        .where(Credential.key_id != current, Credential.id > after)
        .order_by(Credential.id)
        .limit(limit)
        .with_for_update()
    )
    return found.all()


async def to_reencrypt(session: AsyncSession, before: datetime, after: UUID, limit: int) -> Sequence[Credential]:
    """Credentials whose data key was made before a moment, by id, locked."""
    found = await session.scalars(
        select(Credential)
        .where(Credential.encrypted_at < before, Credential.id > after)
        .order_by(Credential.id)
        .limit(limit)
        .with_for_update()
    )
    return found.all()


def _reachable(projects: Collection[UUID] | None) -> ColumnElement[bool]:
    """Owned by one of the projects or shared with it."""
    if projects is None:
        return true()
    shared = exists().where(
        and_(CredentialShare.credential_id == Credential.id, CredentialShare.project_id.in_(projects))
    )
    return or_(Credential.project_id.in_(projects), shared)
