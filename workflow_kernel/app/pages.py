"""Pages beside the API: whoever is installed and names itself in the entry point group ``workflow.pages``.

The kernel knows no host; the server asks here for what hosts want served on its port. A host names a function that
takes the service and the path everything is mounted below, and gives an asynchronous context: what it yields are
Tornado rules, which come after those of the API.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import entry_points
from typing import Any

from workflow_kernel.app.service import Service

GROUP = "workflow.pages"

Opened = AbstractAsyncContextManager[Sequence[Any]]
Pages = Callable[[Service, str], Opened]
"""What an entry point names."""


@asynccontextmanager
async def page_rules(service: Service, prefix: str) -> AsyncIterator[list[Any]]:
    """The rules of all pages, for as long as the context lasts.

    Parameters
    ----------
    service: that they show. prefix: path below which everything is mounted, without a slash at its end.
    """
    async with AsyncExitStack() as stack:
        rules: list[Any] = []
        for entry in sorted(entry_points(group=GROUP), key=lambda found: found.name):
            pages: Pages = entry.load()
            rules += await stack.enter_async_context(pages(service, prefix))
        yield rules
