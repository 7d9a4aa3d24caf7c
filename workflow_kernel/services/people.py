"""What the services about people share: where accounts, sessions and tokens are, and how they are told things."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from workflow_kernel.auth.passwords import Passwords
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.auth.sealing import Seal
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, Problem
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.mail import Mailer
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.identities import Identities
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.sessions import SessionStore
from workflow_kernel.storage.tables import User
from workflow_kernel.storage.throttle import Throttle

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>\"(),:;\\\[\]]{1,64}@[\w.-]{1,253}")


class People(msgspec.Struct, frozen=True):
    """See the module. ``seal`` encrypts the secrets of second factors."""

    database: Database
    sessions: SessionStore
    identities: Identities
    one_time: OneTimeTokens
    throttle: Throttle
    passwords: Passwords
    mail: Mailer
    seal: Seal
    settings: Settings

    @classmethod
    def on(cls, database: Database, redis: Redis, settings: Settings, mail: Mailer, seal: Seal) -> People:
        """Everything on a database and a Redis whose client gives bytes."""
        return cls(
            database, SessionStore(redis, days=settings.session_days), Identities(database, redis, ROLES),
            OneTimeTokens(redis), Throttle(redis), Passwords(settings.bcrypt_cost), mail, seal, settings,
        )  # fmt: skip


class Account(msgspec.Struct, frozen=True):
    """What may be told about an account."""

    id: UUID
    email: str
    name: str
    role: str
    is_active: bool
    is_verified: bool
    has_password: bool
    has_second_factor: bool
    preferences: dict[str, Any]
    created_at: datetime
    signed_in_at: datetime | None = None
    locked_until: datetime | None = None


def told(user: User) -> Account:
    """What may be told about a row."""
    return Account(
        user.id, user.email, user.name, user.role, user.is_active, user.verified_at is not None,
        user.password is not None, user.totp_confirmed_at is not None, dict(user.preferences or {}), user.created_at,
        user.signed_in_at, user.locked_until,
    )  # fmt: skip


def checked_email(email: str) -> str:
    """An e-mail address as it is kept. Raises ``InvalidRequestError`` for what is none."""
    email = email.strip()
    if _EMAIL.fullmatch(email):
        return email
    message, mend = "This is not an e-mail address.", "Write it like ada@example.com."
    raise InvalidRequestError(
        message, code="WF720", mend=mend, problems=[Problem("WF720", message, mend, field="email")]
    )  # fmt: skip


def checked_text(text: str, field: str, *, most: int = 200, least: int = 1) -> str:
    """A name as it is kept. Raises ``InvalidRequestError`` for one that is empty, too long or not one line."""
    text = text.strip()
    if least <= len(text) <= most and text.isprintable():
        return text
    message = f"The {field} must have {least} to {most} characters on one line."
    raise InvalidRequestError(message, problems=[Problem("WF705", message, "Change it.", field=field)])


def own(actor: Actor) -> UUID:
    """The account of an actor. Raises ``NotAllowedError`` for the service itself."""
    if actor.id is None:
        raise NotAllowedError("The service itself has no account.", mend="Sign in.")
    return actor.id


def in_person(actor: Actor) -> UUID:
    """The account of an actor who signed in; a key for programs is not enough. Raises ``NotAllowedError``."""
    if actor.via == "api_key":
        raise NotAllowedError("An API key may not do this.", mend="Sign in yourself.")
    return own(actor)


async def check_rank(people: People, actor: Actor, role: str) -> None:
    """Raise ``NotAllowedError`` unless the actor may do all that a role may: nobody gives, or takes over, more."""
    if actor.permissions >= await people.identities.permissions(role):
        return
    raise NotAllowedError(
        f"The role '{role}' may do more than you.", mend="Ask somebody who may do as much as that role."
    )


@contextlib.asynccontextmanager
async def evenly(seconds: float = 0.1) -> AsyncIterator[None]:
    """Take so long in any case, so that the time tells nobody what was found."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    try:
        yield
    finally:
        await asyncio.sleep(max(0.0, end - clock()))


def email_taken(email: str) -> ConflictError:
    """The address has an account already."""
    return ConflictError(f"'{email}' has an account already.", code="WF717", mend="Choose another address.")


def no_account(id: UUID) -> NotFoundError:
    """There is no such account."""
    return NotFoundError(f"There is no account '{id}'.", mend="List accounts to see what there is.")
