"""Services about people on a fresh database and Redis, for tests: ``people`` signs in strangers, reads mail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from redis.asyncio import Redis
from sqlalchemy import select

from workflow_kernel.app.people import PeopleServices, people_services
from workflow_kernel.base.settings import Settings
from workflow_kernel.contracts import MailMessage
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.admission import SignedIn
from workflow_kernel.services.identify import SESSION_COOKIE
from workflow_kernel.services.people import Account
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import AuditEvent

PASSWORD = "seven brown otters juggle"
OTHER_PASSWORD = "eleven green herons whistle"
STRANGER = Actor(address="203.0.113.7")


class Mailbox:
    """A mail queue that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[MailMessage] = []

    async def send(self, message: MailMessage) -> None:
        self.messages.append(message)

    def to(self, email: str) -> list[MailMessage]:
        return [message for message in self.messages if message.to == email]

    def token(self, email: str) -> str:
        """The token of the link in the last mail to somebody."""
        found = re.findall(r"token=([\w-]+)", self.to(email)[-1].text)
        return str(found[-1])


class World:
    """The services, and what tests do with them again and again."""

    def __init__(self, services: PeopleServices, database: Database, redis: Redis, mailbox: Mailbox) -> None:
        self.services = services
        self.database = database
        self.redis = redis
        self.mailbox = mailbox

    async def account(self, email: str = "ada@example.com", role: str = "editor") -> Account:
        """A new account with the password of the tests."""
        return await self.services.accounts.create(SYSTEM, email, role=role, password=PASSWORD)

    async def enter(self, email: str = "ada@example.com", password: str = PASSWORD, **more: str) -> SignedIn:
        """Sign in where no second factor is asked for."""
        found = await self.services.sign_in.with_password(STRANGER, email, password, **more)  # type: ignore[arg-type]
        assert isinstance(found, SignedIn)
        return found

    async def person(self, email: str = "ada@example.com", role: str = "editor") -> Actor:
        """Somebody new who has signed in with a token."""
        await self.account(email, role)
        return await self.by_token((await self.enter(email)).access_token)

    async def by_token(self, token: str) -> Actor:
        return await self.services.identify({"Authorization": f"Bearer {token}"}, {}, address="203.0.113.7")

    async def by_cookie(self, cookie: str) -> Actor:
        return await self.services.identify({}, {SESSION_COOKIE: cookie})

    async def audited(self) -> list[str]:
        """The actions in the audit trail, in order."""
        async with self.database.session() as session:
            return list(await session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


@asynccontextmanager
async def world(database: Database, settings: Settings) -> AsyncIterator[World]:
    """The services on a database and the Redis that settings name."""
    assert settings.redis_url is not None
    redis = Redis.from_url(settings.redis_url.get_secret_value())
    mailbox = Mailbox()
    async with httpx.AsyncClient() as client, redis:
        yield World(people_services(database, redis, settings, mailbox, client), database, redis, mailbox)
