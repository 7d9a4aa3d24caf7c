"""Projects, and who may do what in them. Everybody has one of their own; teams share others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth.roles import PROJECT_ROLES
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import checked_text, own
from workflow_kernel.services.permission import needs
from workflow_kernel.storage import accounts
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Project, ProjectMember, Role, User


class ProjectTold(msgspec.Struct, frozen=True):
    """A project. ``owner`` is whose own it is, None for a team's; ``role`` is the asker's, empty where it has none."""

    id: UUID
    name: str
    owner: UUID | None
    role: str
    created_at: datetime
    updated_at: datetime


class Member(msgspec.Struct, frozen=True):
    """Somebody's part in a project."""

    account: UUID
    email: str
    name: str
    role: str
    created_at: datetime


class Projects:
    """See the module.

    Parameters
    ----------
    database: where projects are. access: who may do what in them.
    """

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    @needs("project.create")
    async def create(self, actor: Actor, name: str) -> ProjectTold:
        """Make a project for a team; who makes it owns it."""
        name = checked_text(name, "name")
        async with self._database.session() as session:
            project = Project(id=new_id(), name=name)
            session.add(project)
            await session.flush()
            if actor.id is not None:
                session.add(ProjectMember(project_id=project.id, user_id=actor.id, role="owner"))
            record(session, actor, "project.create", f"project:{project.id}", name=name)
        return _told(project, "owner" if actor.id is not None else "")

    @needs("project.read")
    async def find(
        self, actor: Actor, *, among: Collection[UUID] | None = None, after: UUID | None = None, limit: int = 50
    ) -> list[ProjectTold]:
        """The projects one may read, in the order they were made; of some only, where ``among`` is given."""
        allowed = await self._access.projects(actor, "project.read")
        member = ProjectMember.__table__
        statement = (
            select(Project, ProjectMember.role)
            .outerjoin(member, (ProjectMember.project_id == Project.id) & (ProjectMember.user_id == actor.id))
            .order_by(Project.id)
            .limit(limit)
        )
        if allowed is not None:
            statement = statement.where(Project.id.in_(allowed))
        if among is not None:
            statement = statement.where(Project.id.in_(among))
        if after is not None:
            statement = statement.where(Project.id > after)
        async with self._database.session() as session:
            return [_told(project, role or "") for project, role in await session.execute(statement)]

    @needs("project.read")
    async def read(self, actor: Actor, project: UUID) -> ProjectTold:
        """A project. Raises ``NotFoundError`` for those it is not shared with."""
        await self._access.require(actor, project, "project.read")
        async with self._database.session() as session:
            row = await _row(session, project)
            member = None if actor.id is None else await session.get(ProjectMember, (project, actor.id))
            return _told(row, member.role if member is not None else "")

    @needs("project.update")
    async def rename(self, actor: Actor, project: UUID, name: str) -> ProjectTold:
        """Give a project another name."""
        await self._access.require(actor, project, "project.update")
        async with self._database.session() as session:
            row = await _row(session, project, lock=True)
            row.name = checked_text(name, "name")
            member = None if actor.id is None else await session.get(ProjectMember, (project, actor.id))
            record(session, actor, "project.update", f"project:{project}", name=row.name)
            await session.flush()
            await session.refresh(row)
        return _told(row, member.role if member is not None else "")

    @needs("project.delete")
    async def delete(self, actor: Actor, project: UUID) -> None:
        """Delete a team's project that has no workflows (not even deleted ones that can be restored)."""
        await self._access.require(actor, project, "project.delete")
        try:
            async with self._database.session() as session:
                row = await _row(session, project, lock=True)
                if row.owner_id is not None:
                    raise ConflictError(
                        "Somebody's own project cannot be deleted.", code="WF729", mend="Delete what is in it."
                    )
                record(session, actor, "project.delete", f"project:{project}", name=row.name)
                await session.execute(delete(Project).where(Project.id == project))
        except IntegrityError:
            raise ConflictError(
                "The project has workflows, executions or credentials.", code="WF729",
                mend="Move or delete them first; those in the bin too.",
            ) from None  # fmt: skip

    @needs("project.read")
    async def members(self, actor: Actor, project: UUID) -> list[Member]:
        """Who is in a project, by e-mail address."""
        await self._access.require(actor, project, "project.read")
        async with self._database.session() as session:
            await _row(session, project)
            rows = await session.execute(
                select(ProjectMember, User)
                .join(User, User.id == ProjectMember.user_id)
                .where(ProjectMember.project_id == project)
                .order_by(User.email)
            )
            return [_member(member, user) for member, user in rows]

    @needs("project.share")
    async def add_member(self, actor: Actor, project: UUID, email: str, role: str) -> Member:
        """Share a project with somebody who has an account. Raises ``ConflictError`` for a member."""
        await self._access.require(actor, project, "project.share")
        async with self._database.session() as session:
            await _row(session, project, lock=True)
            await _check_role(session, role)
            user = await accounts.by_email(session, email)
            if user is None or not user.is_active:
                raise NotFoundError(f"There is no account for '{email}'.", mend="Invite them first.")
            if await session.get(ProjectMember, (project, user.id)) is not None:
                raise ConflictError(f"'{email}' is a member already.", mend="Change the role of that member.")
            member = ProjectMember(project_id=project, user_id=user.id, role=role)
            session.add(member)
            await session.flush()
            record(session, actor, "project.share", f"project:{project}", account=str(user.id), role=role)
            return _member(member, user)

    @needs("project.share")
    async def change_member(self, actor: Actor, project: UUID, account: UUID, role: str) -> Member:
        """Give a member another role. The last owner stays one."""
        await self._access.require(actor, project, "project.share")
        async with self._database.session() as session:
            row = await _row(session, project, lock=True)
            await _check_role(session, role)
            member = await _membership(session, project, account)
            if role != "owner":
                await _check_may_go(session, row, member)
            old, member.role = member.role, role
            user = await session.get_one(User, account)
            record(session, actor, "project.role", f"project:{project}", account=str(account), old=old, role=role)
            return _member(member, user)

    @needs("project.share")
    async def remove_member(self, actor: Actor, project: UUID, account: UUID) -> None:
        """Take a project away from a member. The last owner stays."""
        await self._access.require(actor, project, "project.share")
        await self._remove(actor, project, account)

    @needs("project.read")
    async def leave(self, actor: Actor, project: UUID) -> None:
        """Leave a project. The last owner cannot."""
        await self._access.require(actor, project, "project.read")
        await self._remove(actor, project, own(actor))

    async def _remove(self, actor: Actor, project: UUID, account: UUID) -> None:
        async with self._database.session() as session:
            row = await _row(session, project, lock=True)
            member = await _membership(session, project, account)
            await _check_may_go(session, row, member)
            await session.delete(member)
            record(session, actor, "project.unshare", f"project:{project}", account=str(account))


def _told(row: Project, role: str) -> ProjectTold:
    return ProjectTold(row.id, row.name, row.owner_id, role, row.created_at, row.updated_at)


def _member(member: ProjectMember, user: User) -> Member:
    return Member(user.id, user.email, user.name, member.role, member.created_at)


async def _row(session: AsyncSession, project: UUID, *, lock: bool = False) -> Project:
    row = await session.get(Project, project, with_for_update=lock or None)
    if row is None:
        raise NotFoundError(f"There is no project '{project}'.", mend="List projects to see what there is.")
    return row


async def _membership(session: AsyncSession, project: UUID, account: UUID) -> ProjectMember:
    member = await session.get(ProjectMember, (project, account))
    if member is None:
        raise NotFoundError(f"There is no member '{account}'.", mend="List members to see who is there.")
    return member


async def _check_role(session: AsyncSession, role: str) -> None:
    if role in PROJECT_ROLES or await session.scalar(select(Role.name).where(Role.name == role)) is not None:
        return
    message, mend = f"There is no role '{role}' in projects.", f"Choose one of {', '.join(PROJECT_ROLES)}."
    problem = Problem("WF722", message, mend, field="role")
    raise InvalidRequestError(message, code="WF722", mend=mend, problems=[problem])


async def _check_may_go(session: AsyncSession, project: Project, member: ProjectMember) -> None:
    """Raise ``ConflictError`` when a project would have no owner left. The project's row is locked."""
    if member.role != "owner":
        return
    if project.owner_id == member.user_id:
        raise ConflictError("It is their own project: they stay its owner.", code="WF718", mend="Delete the account.")
    others = await session.scalar(
        select(func.count()).where(
            ProjectMember.project_id == project.id,
            ProjectMember.role == "owner",
            ProjectMember.user_id != member.user_id,
        )
    )
    if not others:
        raise ConflictError(
            "This is the last owner of the project.", code="WF718", mend="Make somebody else an owner first."
        )
