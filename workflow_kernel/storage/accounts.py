"""Statements about accounts that several services need. They run in the caller's transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from workflow_kernel.base.ids import new_id
from workflow_kernel.storage.tables import Passkey, Project, ProjectMember, User
from workflow_kernel.storage.tables.base import now


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The account with an e-mail address, in whatever case."""
    found: User | None = await session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    return found


async def add(
    session: AsyncSession, email: str, *, name: str, role: str, password: str | None, is_verified: bool
) -> User:
    """Make an account, and its own project. ``password`` is a hash. Raises ``IntegrityError`` for an address taken."""
    user = User(
        id=new_id(), email=email.strip(), name=name, role=role, password=password,
        verified_at=now() if is_verified else None,
    )  # fmt: skip
    session.add(user)
    await session.flush()
    project = Project(id=new_id(), name=f"{name or email}'s project"[:200], owner_id=user.id)
    session.add(project)
    await session.flush()
    session.add(ProjectMember(project_id=project.id, user_id=user.id, role="owner"))
    return user


async def first_admin(session: AsyncSession) -> User | None:
    """The oldest account of an administrator."""
    found: User | None = await session.scalar(
        select(User).where(User.role == "admin", User.is_active).order_by(User.id).limit(1).with_for_update()
    )
    return found


async def other_admins(session: AsyncSession, but: UUID) -> int:
    """How many active administrators there are besides one. None of them can change before the transaction ends."""
    rows = await session.scalars(
        select(User.id).where(User.role == "admin", User.is_active).order_by(User.id).with_for_update()
    )
    return sum(admin != but for admin in rows)


async def has_signed_in(session: AsyncSession) -> bool:
    """Whether anybody ever signed in."""
    return bool(await session.scalar(select(exists().where(User.signed_in_at.is_not(None)))))


async def has_passkeys(session: AsyncSession, user: UUID) -> bool:
    """Whether an account has passkeys."""
    return bool(await session.scalar(select(exists().where(Passkey.user_id == user))))


async def owned_alone(session: AsyncSession, user: UUID) -> list[UUID]:
    """Projects that have no other owner."""
    other = aliased(ProjectMember)
    has_other = exists().where(
        other.project_id == ProjectMember.project_id, other.role == "owner", other.user_id != user
    )
    found = await session.scalars(
        select(ProjectMember.project_id).where(ProjectMember.user_id == user, ProjectMember.role == "owner", ~has_other)
    )
    return list(found)
