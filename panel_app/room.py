"""Where Panel's pages are served: beside the API, on its port. Panel is loaded in a thread once the API serves.

Until it is there, who asks for a page waits and is sent to it again.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from typing import Any, Self

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, RequestHandler

from panel_app.house import House

PAUSE = 0.3
"""Seconds the API serves alone before Panel is loaded."""


class Room(Router):
    """Routes requests to Panel.

    Parameters
    ----------
    house: of the pages.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._desk: Any = None
        self._loading: asyncio.Task[None] | None = None
        self._waiting = Application([(r".*", _Later, {"room": self})])

    async def __aenter__(self) -> Self:
        self._loading = asyncio.create_task(self._load(), name="load panel")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        if self._desk is not None:
            self._desk.stop()

    def rules(self) -> list[Any]:
        """All paths below the prefix that nobody else took."""
        return [(rf"{re.escape(self._house.prefix)}(?:/.*)?", self)]

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> HTTPMessageDelegate | None:
        if self._desk is None:
            return self._waiting.find_handler(request, **more)
        found: HTTPMessageDelegate | None = self._desk.find_handler(request, **more)
        return found

    async def is_ready(self) -> None:
        """Wait until Panel is loaded."""
        if self._loading is not None:
            await asyncio.shield(self._loading)

    async def _load(self) -> None:
        await asyncio.sleep(PAUSE)
        module = await asyncio.to_thread(importlib.import_module, "panel_app.desk")
        desk = module.Desk(self._house)
        desk.start()
        self._desk = desk


class _Later(RequestHandler):
    def initialize(self, room: Room) -> None:
        self._room = room

    async def get(self) -> None:
        await self._room.is_ready()
        self.set_header("Cache-Control", "no-store")
        self.redirect(self.request.uri or "/")
