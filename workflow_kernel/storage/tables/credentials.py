"""Secrets, encrypted: each with a data key of its own, the data keys with a master key that is never here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id, Json, Texts, Updated


class Credential(Base):
    """A secret a node may use and nobody can read back. ``public`` holds the fields that are no secret."""

    __tablename__ = "credential"
    __table_args__ = (Index(None, "project_id"),)

    id: Mapped[Id]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str]
    type: Mapped[str]
    public: Mapped[Json]
    secrets: Mapped[Texts]
    """Names of the secret fields that are filled in."""
    secret: Mapped[bytes]
    """nonce | ciphertext | tag of the secret fields as JSON, by the data key."""
    wrapped_key: Mapped[bytes]
    """The data key, encrypted by the master key ``key_id``."""
    key_id: Mapped[str]
    token: Mapped[bytes | None]
    """What an OAuth 2 server gave: access and refresh token as JSON, by the same data key."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts changes by people: a change names the version it was made from, and a stale one is refused."""
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    """Counts every change of what is encrypted, renewed tokens among them."""
    encrypted_at: Mapped[Created]
    """When the data key was made."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
    used_at: Mapped[datetime | None]


class CredentialShare(Base):
    """Another project whose workflows may use a credential."""

    __tablename__ = "credential_share"
    __table_args__ = (Index(None, "project_id"),)

    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[Created]


class DataKey(Base):
    """A data key for other things that are encrypted at rest, e.g. TOTP secrets, by purpose."""

    __tablename__ = "data_key"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    key_id: Mapped[str]
    created_at: Mapped[Created]
