"""``api``: starts real servers around routes.

``server = await api(ROUTES, tags=Tags(database))``, then ``client = await server.sign_in("editor")`` gives an
``httpx.AsyncClient``: ``await client.get("/api/tags")``. ``whole``: the same around a whole service.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from tests.api.harness import Functions, Server, serve
from tests.api.whole import Whole, whole_service
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


@pytest.fixture
async def whole(settings: Settings) -> AsyncIterator[Whole]:
    """A whole service behind a server."""
    async with AsyncExitStack() as stack:
        yield await whole_service(stack, settings)
