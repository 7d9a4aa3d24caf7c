"""``api``: starts real servers around routes.

``server = await api(ROUTES, tags=Tags(database))``, then ``client = await server.sign_in("editor")`` gives an
``httpx.AsyncClient``: ``await client.get("/api/tags")``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from tests.api.harness import Functions, Server, serve
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage.database import Database


class Start(Protocol):
    async def __call__(self, functions: Functions | None = None, *, prefix: str = "", **parts: Any) -> Server: ...


@pytest.fixture
async def api(settings: Settings, database: Database) -> AsyncIterator[Start]:
    """Starts a server around the given routes and parts of a service; people who sign in are in ``database``."""
    async with AsyncExitStack() as stack:

        async def start(functions: Functions | None = None, *, prefix: str = "", **parts: Any) -> Server:
            return await serve(stack, settings, functions, prefix=prefix, database=database, **parts)

        yield start
