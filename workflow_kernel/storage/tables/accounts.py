"""People and how they sign in. Sessions live in Redis; what must survive is here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow_kernel.storage.tables.base import Base, Created, Id, Json, Texts, Updated


class User(Base):
    """A person. ``password`` is a bcrypt hash, None for people who sign in elsewhere."""

    __tablename__ = "user_account"
    __table_args__ = (Index("uq_user_account_email", text("lower(email)"), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="editor")
    password: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    verified_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None]
    """Encrypted; None where there is no second factor. ``totp_confirmed_at`` tells whether it counts."""
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The last time step whose code was used: no code counts twice."""
    failed_sign_ins: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    locked_until: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]
    """Tokens made before count no more: sign-out everywhere."""
    signed_in_at: Mapped[datetime | None]
    """The last time; None for an account that nobody ever used."""
    preferences: Mapped[Json]
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]


class Identity(Base):
    """A person's account with an identity provider."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created]


class RecoveryCode(Base):
    """A hashed one-time code that stands in for a lost second factor."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    hash: Mapped[str]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("credential_id"), Index(None, "user_id"))

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key for programs: shown once, kept as a hash; ``prefix`` tells them apart."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("hash"), Index(None, "user_id"))

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[str]
    scopes: Mapped[Texts]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class Invitation(Base):
    """An invitation to make an account."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("hash"),)

    id: Mapped[Id]
    email: Mapped[str]
    role: Mapped[str]
    hash: Mapped[str]
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class Role(Base):
    """A role somebody made; the built-in ones stand in code."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(default="")
    permissions: Mapped[Texts]
    created_at: Mapped[Created]
    updated_at: Mapped[Updated]
