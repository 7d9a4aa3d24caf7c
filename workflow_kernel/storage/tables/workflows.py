"""Workflows and every version of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id, Texts, Updated


class Folder(Base):
    """Where workflows of a project are filed."""

    __tablename__ = "folder"
    __table_args__ = (Index(None, "project_id"),)

    id: Mapped[Id]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"))
    name: Mapped[str]
    created_at: Mapped[Created]


class Workflow(Base):
    """A workflow. Its document is that of its versions: the newest is the draft, ``published`` is what production runs.

    ``version`` counts saves: a save names the one it was made from, and a stale one is refused.
    """

    __tablename__ = "workflow"
    __table_args__ = (
        Index("ix_workflow_project_updated", "project_id", text("updated_at desc"), text("id desc"),
            postgresql_where=text("deleted_at is null")),
        Index("ix_workflow_updated", text("updated_at desc"), text("id desc"), postgresql_where=text(
            "deleted_at is null")),
        Index("ix_workflow_node_types", "node_types", postgresql_using="gin"),
        Index("ix_workflow_folder", "folder_id", postgresql_where=text("folder_id is not null")),
        Index("ix_workflow_deleted", "deleted_at", postgresql_where=text("deleted_at is not null")),
    )  # fmt: skip

    id: Mapped[Id]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="RESTRICT"))
    folder_id: Mapped[UUID | None] = mapped_column(ForeignKey("folder.id", ondelete="SET NULL"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    node_types: Mapped[Texts]
    """Types of the draft's nodes, for finding it."""
    is_active: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether its triggers listen; only with a published version."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    deleted_at: Mapped[datetime | None]


class WorkflowVersion(Base):
    """One save of a workflow: the whole document in the file format, never changed afterwards."""

    __tablename__ = "workflow_version"
    __table_args__ = (UniqueConstraint("workflow_id", "number"),)

    id: Mapped[Id]
    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As text: JSONB would reorder keys, which parameters, exports and differences show."""
    name: Mapped[str] = mapped_column(default="")
    """What somebody called this version, for finding it again."""
    note: Mapped[str] = mapped_column(default="")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    published_at: Mapped[datetime | None]


class Tag(Base):
    """A word workflows are found by."""

    __tablename__ = "tag"
    __table_args__ = (Index("uq_tag_name", text("lower(name)"), unique=True),)

    id: Mapped[Id]
    name: Mapped[str]
    created_at: Mapped[Created]


class WorkflowTag(Base):
    """A tag on a workflow."""

    __tablename__ = "workflow_tag"
    __table_args__ = (Index(None, "tag_id"),)

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflow.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)


class Template(Base):
    """A workflow to begin with."""

    __tablename__ = "template"

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    categories: Mapped[Texts]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
