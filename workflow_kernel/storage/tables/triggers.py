"""What starts executions, and what makes one firing one execution."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id, Json, Updated


class Trigger(Base):
    """A trigger node of a workflow's published version, while it listens."""

    __tablename__ = "trigger"
    __table_args__ = (UniqueConstraint("workflow_id", "node"),)

    id: Mapped[Id]
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    node: Mapped[str]
    """Id of the node in the workflow."""
    name: Mapped[str]
    type: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    """Of the node type."""
    parameters: Mapped[Json]
    credential: Mapped[str] = mapped_column(default="")
    """Id of the one its callers must know."""
    cursor: Mapped[Json]
    """Where a polling trigger left off."""
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class Webhook(Base):
    """A path that starts a workflow. ``is_test`` ones live until ``expires_at`` or their first call.

    ``method`` is ``FORM`` for the page of a form: those have paths of their own.
    """

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("path", "method", "is_test"), Index(None, "workflow_id"))

    id: Mapped[Id]
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    node: Mapped[str]
    path: Mapped[str]
    """Parts that are parameters are lone colons; ``settings`` has their names."""
    method: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    expires_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    called_at: Mapped[datetime | None]
    calls: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    settings: Mapped[Json]
    created_at: Mapped[Created]


class Schedule(Base):
    """When a schedule trigger fires next. The row is locked by the server that fires it."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("workflow_id", "node", "position"),
        Index("ix_schedule_due", "next_at", postgresql_where=text("is_paused = false")),
    )

    id: Mapped[Id]
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    node: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    """A trigger may have several rules."""
    kind: Mapped[str] = mapped_column(default="schedule")
    """``schedule`` or ``polling``."""
    rule: Mapped[Json]
    timezone: Mapped[str] = mapped_column(default="UTC")
    missed: Mapped[str] = mapped_column(default="once")
    """``once`` runs a missed tick once, ``skip`` does not."""
    is_paused: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    next_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class Tick(Base):
    """A firing of a schedule or a polling trigger; the key makes it happen once, however many servers run."""

    __tablename__ = "tick"
    __table_args__ = (Index(None, "at"),)

    trigger: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID | None]


class Delivery(Base):
    """A webhook call or message that was taken, by its idempotency key, until ``expires_at``."""

    __tablename__ = "delivery"
    __table_args__ = (Index(None, "expires_at"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID | None]
    answer: Mapped[bytes | None]
    """What its sender was answered, for when it is sent again."""
    expires_at: Mapped[datetime]
    created_at: Mapped[Created]
