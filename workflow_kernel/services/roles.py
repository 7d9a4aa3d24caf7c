"""Roles: the built-in ones, which stand in code, and those an administrator makes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from sqlalchemy import exists, select

from workflow_kernel.auth.roles import PERMISSIONS, PROJECT_ROLES, ROLES
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, Problem
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import checked_text
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.identities import Identities
from workflow_kernel.storage.tables import Invitation, ProjectMember, Role, User

_NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_BUILT_IN = {
    "admin": "Administrator", "owner": "Owner of a project", "editor": "Editor", "operator": "Operator",
    "viewer": "Viewer",
}  # fmt: skip


class RoleTold(msgspec.Struct, frozen=True):
    """A role. ``is_global``: accounts may have it; ``is_project``: members of projects may."""

    name: str
    title: str
    permissions: tuple[str, ...]
    is_built_in: bool
    is_global: bool = True
    is_project: bool = True


class Roles:
    """See the module.

    Parameters
    ----------
    database: where roles are. identities: is told of changes.
    """

    def __init__(self, database: Database, identities: Identities) -> None:
        self._database = database
        self._identities = identities

    @needs("role.read")
    async def all(self, actor: Actor) -> list[RoleTold]:
        """Every role: the built-in ones first, then by name."""
        found = [
            RoleTold(
                name, title, tuple(sorted(ROLES.get(name) or PROJECT_ROLES[name])), True,
                is_global=name in ROLES, is_project=name in PROJECT_ROLES,
            )
            for name, title in _BUILT_IN.items()
        ]  # fmt: skip
        async with self._database.session() as session:
            return found + [_told(row) for row in await session.scalars(select(Role).order_by(Role.name))]

    @needs("role.read")
    async def permissions(self, actor: Actor) -> list[str]:
        """Every permission there is."""
        return sorted(PERMISSIONS)

    @needs("role.update")
    async def create(self, actor: Actor, name: str, *, title: str, permissions: Iterable[str]) -> RoleTold:
        """Make a role."""
        if not _NAME.fullmatch(name):
            message, mend = f"'{name}' is no name for a role.", "Use 2 to 40 of a-z, 0-9, _ and -; a letter first."
            raise InvalidRequestError(
                message, code="WF722", mend=mend, problems=[Problem("WF722", message, mend, field="name")]
            )
        if name in _BUILT_IN:
            raise _built_in(name)
        row = Role(name=name, title=checked_text(title, "title", least=0), permissions=_checked(actor, permissions))
        async with self._database.session() as session:
            if await session.get(Role, name) is not None:
                raise ConflictError(f"There is a role '{name}' already.", code="WF722", mend="Choose another name.")
            session.add(row)
            record(session, actor, "role.create", f"role:{name}", permissions=row.permissions)
        self._identities.role_changed(name)
        return _told(row)

    @needs("role.update")
    async def change(
        self, actor: Actor, name: str, *, title: str | None = None, permissions: Iterable[str] | None = None
    ) -> RoleTold:
        """Change a role somebody made; who has it may do so within seconds."""
        if name in _BUILT_IN:
            raise _built_in(name)
        wanted = None if permissions is None else _checked(actor, permissions)
        async with self._database.session() as session:
            row = await session.get(Role, name, with_for_update=True)
            if row is None:
                raise _no_role(name)
            if title is not None:
                row.title = checked_text(title, "title", least=0)
            if wanted is not None:
                record(session, actor, "role.update", f"role:{name}", old=list(row.permissions), permissions=wanted)
                row.permissions = wanted
        self._identities.role_changed(name)
        return _told(row)

    @needs("role.update")
    async def delete(self, actor: Actor, name: str) -> None:
        """Delete a role that nobody has. Raises ``ConflictError`` while somebody does."""
        if name in _BUILT_IN:
            raise _built_in(name)
        async with self._database.session() as session:
            row = await session.get(Role, name, with_for_update=True)
            if row is None:
                raise _no_role(name)
            for holder in (User.role, ProjectMember.role, Invitation.role):
                if await session.scalar(select(exists().where(holder == name))):
                    raise ConflictError(f"Somebody has the role '{name}'.", code="WF722", mend="Change theirs first.")
            await session.delete(row)
            record(session, actor, "role.delete", f"role:{name}")
        self._identities.role_changed(name)


def _told(row: Role) -> RoleTold:
    return RoleTold(row.name, row.title or row.name, tuple(sorted(row.permissions)), is_built_in=False)


def _checked(actor: Actor, permissions: Iterable[str]) -> list[str]:
    wanted = sorted(set(permissions))
    mend = "List permissions to see what there is."
    problems = [
        Problem("WF713", f"There is no permission '{one}'.", mend, field="permissions")
        for one in wanted
        if one not in PERMISSIONS
    ]
    if problems:
        raise InvalidRequestError(problems[0].message, code="WF713", mend=mend, problems=problems)
    if not actor.permissions.issuperset(wanted):
        more = ", ".join(sorted(set(wanted) - actor.permissions)[:5])
        raise NotAllowedError(f"A role of yours may do no more than you: {more}.", mend="Leave those out.")
    return wanted


def _built_in(name: str) -> ConflictError:
    return ConflictError(f"The role '{name}' is built in.", code="WF722", mend="Make one of your own.")


def _no_role(name: str) -> NotFoundError:
    return NotFoundError(f"There is no role '{name}'.", mend="List roles to see what there is.")
