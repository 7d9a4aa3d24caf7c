"""A real Tornado server around routes, and clients that are signed in as somebody."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import httpx
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from workflow_kernel.api.routes import routes
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Project, ProjectMember, User

Functions = Iterable[Callable[..., Any]]
KEY = "X-Test-Key"


class Server:
    """A running server.

    Parameters
    ----------
    url: of its root, without a slash at the end. database: where people are added who sign in; may be None.
    """

    def __init__(self, url: str, database: Database | None, stack: AsyncExitStack) -> None:
        self.url = url
        self.database = database
        self.actors: dict[str, Actor] = {}
        self._stack = stack

    async def identify(self, handler: RequestHandler) -> Actor:
        """Who sent the request, by the key ``sign_in`` gave."""
        return self.actors.get(handler.request.headers.get(KEY, ""), STRANGER)

    async def client(self, **headers: str) -> httpx.AsyncClient:
        """A client that is not signed in."""
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)
        return await self._stack.enter_async_context(client)

    async def sign_in(self, role: str = "editor", actor: Actor | None = None) -> httpx.AsyncClient:
        """A client signed in as a new person of this role (with a project of their own), or as ``actor``."""
        actor = actor or await self.person(role)
        key = secrets.token_hex(8)
        self.actors[key] = actor
        return await self.client(**{KEY: key})

    async def person(self, role: str = "editor") -> Actor:
        """A new person of this role, with a project of their own."""
        identity = new_id()
        email = f"{role}-{secrets.token_hex(4)}@example.com"
        if self.database is not None:
            async with self.database.session() as session:
                session.add(User(id=identity, email=email, role=role))
                await session.flush()
                project = Project(id=new_id(), name="Personal", owner_id=identity)
                session.add(project)
                await session.flush()
                session.add(ProjectMember(project_id=project.id, user_id=identity, role="owner"))
        return Actor(id=identity, email=email, role=role, permissions=ROLES[role], via="token")


async def serve(
    stack: AsyncExitStack,
    settings: Settings,
    functions: Functions | None,
    *,
    prefix: str = "",
    database: Database | None = None,
    service: Any = None,
    modules: Sequence[Any] = (),
    **parts: Any,
) -> Server:
    """Start a server on a free port.

    Parameters
    ----------
    stack: closes it. settings: of the service. functions: the routes; all there are where None.
    modules: resource modules to serve besides. prefix: path it is mounted below.
    database: for people who sign in. service: a whole one with ``identify``; else one is put together of ``parts``,
        e.g. ``tags=Tags(database)``; without ``identify`` people are known by the key that ``sign_in`` gives.
    """
    sockets = bind_sockets(0, "127.0.0.1")
    port = sockets[0].getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}{prefix}", database, stack)
    made = service or SimpleNamespace(settings=settings, **parts)
    identify = None if hasattr(made, "identify") else server.identify
    found = None if functions is None else [SimpleNamespace(ROUTES=functions), *modules]
    http = HTTPServer(Application(list(routes(made, prefix, identify, found))), max_body_size=1 << 30)
    http.add_sockets(sockets)

    async def stop() -> None:
        http.stop()
        await http.close_all_connections()

    stack.push_async_callback(stop)
    return server
