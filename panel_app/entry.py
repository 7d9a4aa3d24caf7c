"""Where the server takes the dashboard in: the entry point ``panel`` of the group ``workflow.pages``.

Panel is large. Plain pages are served at once; Panel itself is loaded in a thread once the API serves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from panel_app.house import House
from panel_app.plain import plain_rules
from panel_app.room import Room
from workflow_kernel.app.service import Service


@asynccontextmanager
async def pages(service: Service, prefix: str) -> AsyncIterator[list[Any]]:
    """The rules of the dashboard, for as long as the context lasts.

    Parameters
    ----------
    service: that it shows. prefix: path below which everything is mounted, without a slash at its end.
    """
    house = House(service, prefix)
    async with Room(house) as room:
        yield [*plain_rules(house), *room.rules()]
