"""Executions, the node runs that make up their journal, and the runners that drive them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id


class Runner(Base):
    """A process that drives executions. Its lease is the lease of all of them."""

    __tablename__ = "runner"

    id: Mapped[Id]
    host: Mapped[str]
    pid: Mapped[int]
    lease_until: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """What names its hold on a cluster, so that others can end it once the runner is silent; empty without one."""
    started_at: Mapped[Created]


class Execution(Base):
    """One run of a workflow version.

    ``owner`` and ``epoch`` fence it: who writes must still be the owner in that epoch. ``runs`` holds the node runs
    of an execution that was over before they were due to be kept one by one.
    """

    __tablename__ = "execution"
    __table_args__ = (
        Index("ix_execution_workflow_created", "workflow_id", text("created_at desc")),
        Index("ix_execution_project_created", "project_id", text("created_at desc")),
        Index("ix_execution_open", "state", "owner", postgresql_where=text(
            "state in ('queued', 'running', 'suspended')")),
        Index("ix_execution_wake", "wake_at", postgresql_where=text("wake_at is not null")),
        Index("ix_execution_created", text("created_at desc"), text("id desc")),
        Index("ix_execution_failed", "project_id", text("created_at desc"), postgresql_where=text(
            "state in ('failed', 'timed_out')")),
        Index("ix_execution_parent", "parent_id", postgresql_where=text("parent_id is not null")),
        Index("uq_execution_key", "workflow_id", "key", unique=True, postgresql_where=text("key is not null")),
    )  # fmt: skip

    id: Mapped[Id]
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    version: Mapped[int | None]
    """Number of the version it runs; None where ``document`` holds a draft that was never saved."""
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    mode: Mapped[str]
    """``manual``, ``api``, ``webhook``, ``schedule``, ``form``, ``error``, ``workflow``, ``polling``, ``retry``."""
    state: Mapped[str] = mapped_column(default="queued")
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    owner: Mapped[UUID | None]
    epoch: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often its runner went silent; an execution that ends its runners again and again is given up."""
    cancel_asked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    resume_asked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A wait of it was ended from outside; its runner has not taken that in yet."""
    start: Mapped[str] = mapped_column(default="")
    """Name of the node it starts with; empty for the topmost trigger."""
    input: Mapped[bytes | None]
    """The items it starts with, packed; None for one empty item."""
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'::jsonb"))
    """What else a runner must know: the target of a partial run, the execution whose results it reuses."""
    runs: Mapped[bytes | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    last_node: Mapped[str] = mapped_column(default="")
    annotations: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    key: Mapped[str | None]
    """Idempotency key: one execution per workflow and key."""
    trigger_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    retry_of: Mapped[UUID | None]
    fork_of: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[Created]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    """When a suspended execution goes on by itself."""


class NodeRun(Base):
    """A node run of an execution, the newest of what is known of it; together they are the journal.

    ``kind`` says which entry ``entry`` holds, packed: an intent, a failed attempt, a wait, or the result.
    """

    __tablename__ = "node_run"
    __table_args__ = (Index("uq_node_run_place", "execution_id", "node", "run_index", "kind", unique=True),)

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(ForeignKey("execution.id", ondelete="CASCADE"))
    node: Mapped[str]
    run_index: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    entry: Mapped[bytes]
