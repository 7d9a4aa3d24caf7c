"""A whole service behind a real server, with people who signed in for real."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack

import httpx

from tests.api.harness import Server, serve
from workflow_kernel.app.service import Service
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.admission import SignedIn

PASSWORD = "seven brown otters juggle"
STRANGER = Actor(address="203.0.113.7")


class Whole:
    """The service, its server, and ways to sign in."""

    def __init__(self, service: Service, server: Server) -> None:
        self.service = service
        self.server = server

    async def account(self, role: str = "editor") -> str:
        """A new account; gives its e-mail."""
        email = f"{role}-{secrets.token_hex(4)}@example.com"
        await self.service.accounts.create(SYSTEM, email, role=role, password=PASSWORD)
        return email

    async def enter(self, role: str = "editor", *, kind: str = "token") -> SignedIn:
        """Somebody new signs in."""
        email = await self.account(role)
        found = await self.service.sign_in.with_password(STRANGER, email, PASSWORD, kind=kind)  # type: ignore[arg-type]
        assert isinstance(found, SignedIn)
        return found

    async def sign_in(self, role: str = "editor") -> httpx.AsyncClient:
        """A client with the access token of somebody new."""
        return await self.server.client(Authorization=f"Bearer {(await self.enter(role)).access_token}")

    async def by_cookie(self, role: str = "editor") -> httpx.AsyncClient:
        """A client with the session cookie of somebody new."""
        return await self.server.client(Cookie=f"workflow_session={(await self.enter(role, kind='session')).cookie}")


async def whole_service(stack: AsyncExitStack, settings: Settings) -> Whole:
    """Start a service and its server."""
    changes = {"rate_limit": 0, "metrics_token": "a token of sixteen or more", "registration": "open"}
    settings = Settings(**{**settings.model_dump(exclude_unset=True), **changes})
    service = await stack.enter_async_context(Service(settings))
    return Whole(service, await serve(stack, service.settings, None, service=service))
