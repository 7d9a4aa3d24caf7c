"""Who may do what in which project. Asked by every service function that touches something of a project."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from workflow_kernel.auth.roles import PROJECT_ROLES
from workflow_kernel.base.errors import NotAllowedError, NotFoundError
from workflow_kernel.services.actor import Actor
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Project, ProjectMember, Role


class Access:
    """Checks permissions inside projects.

    Parameters
    ----------
    database: where members are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def require(self, actor: Actor, project: UUID, permission: str, what: str = "project") -> None:
        """Raise unless the actor may do this in the project.

        Raises ``NotFoundError`` for those who may not even read it (``what`` names what they asked for), so that
        nobody learns what is there; ``NotAllowedError`` for the others.
        """
        granted = await self.permissions(actor, project)
        if permission in granted:
            return
        read = permission.split(".")[0] + ".read"
        if not granted or (read in PROJECT_ROLES["viewer"] and read not in granted):
            raise NotFoundError(f"There is no such {what}.", mend="Check the id, and that it is shared with you.")
        raise NotAllowedError(
            f"You may not do this in the project: it needs '{permission}'.", mend="Ask its owner for another role."
        )

    async def permissions(self, actor: Actor, project: UUID) -> frozenset[str]:
        """What the actor may do in a project: what both its global role and its role there allow."""
        if actor.is_admin:
            return actor.permissions
        if actor.id is None:
            return frozenset()
        async with self._database.session() as session:
            role = await session.scalar(
                select(ProjectMember.role).where(ProjectMember.project_id == project, ProjectMember.user_id == actor.id)
            )
            if role is None:
                return frozenset()
            inside = PROJECT_ROLES.get(role)
            if inside is None:
                custom = await session.scalar(select(Role.permissions).where(Role.name == role))
                inside = frozenset(custom or ())
        return actor.permissions & inside

    async def projects(self, actor: Actor, permission: str) -> frozenset[UUID] | None:
        """The projects in which the actor may do this; None for all of them."""
        if actor.is_admin:
            return None if actor.can(permission) else frozenset()
        if actor.id is None or not actor.can(permission):
            return frozenset()
        async with self._database.session() as session:
            rows = await session.execute(
                select(ProjectMember.project_id, ProjectMember.role, Role.permissions)
                .outerjoin(Role, Role.name == ProjectMember.role)
                .where(ProjectMember.user_id == actor.id)
            )
            return frozenset(
                project
                for project, role, custom in rows
                if permission in (PROJECT_ROLES.get(role) or frozenset(custom or ()))
            )

    async def personal(self, actor: Actor) -> UUID:
        """The actor's own project. Raises ``NotFoundError`` for those who have none."""
        async with self._database.session() as session:
            found = await session.scalar(select(Project.id).where(Project.owner_id == actor.id))
        if found is None:
            raise NotFoundError("You have no project of your own.", mend="Name a project.")
        return found
