"""Projects, who may do what in them, their variables, and the audit trail."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id, Json, Updated


class Project(Base):
    """What owns workflows, credentials and variables: a person's own (``owner_id`` set) or a team's."""

    __tablename__ = "project"
    __table_args__ = (
        Index("uq_project_owner_id", "owner_id", unique=True, postgresql_where=text("owner_id is not null")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="RESTRICT"))
    """Whose personal project it is; None for a team's."""
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class ProjectMember(Base):
    """A person's part in a project: a role that holds inside it."""

    __tablename__ = "project_member"
    __table_args__ = (Index(None, "user_id"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[Created]


class Variable(Base):
    """``$vars.key``: of a project, or of all where ``project_id`` is None."""

    __tablename__ = "variable"
    __table_args__ = (UniqueConstraint("project_id", "key", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    key: Mapped[str]
    value: Mapped[str]
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class AuditEvent(Base):
    """Who did what to what, when and from where. Rows are only ever added; a trigger in the database sees to it."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "at"), Index(None, "actor_id", "at"), Index(None, "subject", "at"))

    id: Mapped[Id]
    at: Mapped[Created]
    actor_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(default="")
    via: Mapped[str] = mapped_column(default="")
    action: Mapped[str]
    """A permission-like word, e.g. ``credential.create``, ``account.sign_in_failed``."""
    subject: Mapped[str] = mapped_column(default="")
    """What it was done to, as ``kind:id``."""
    address: Mapped[str] = mapped_column(default="")
    request: Mapped[str] = mapped_column(default="")
    details: Mapped[Json]
