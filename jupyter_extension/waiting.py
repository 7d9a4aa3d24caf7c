"""Requests to a service that is still starting wait for it, whatever their method; then its own rules answer them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest, RequestStartLine, ResponseStartLine
from tornado.routing import Router
from tornado.web import Application, RequestHandler

Rules = Callable[[], Awaitable[Sequence[Any]]]


class Mount(Router):
    """Takes requests until the rules of the service are there, which come after it.

    Parameters
    ----------
    application: that serves. rules: gives the rules of the service once it has started.
    """

    def __init__(self, application: Application, rules: Rules) -> None:
        self._application = application
        self._rules = rules
        self._is_there = False

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> HTTPMessageDelegate | None:
        return None if self._is_there else _Waiting(self, request)

    async def handler_for(self, request: HTTPServerRequest) -> HTTPMessageDelegate:
        """What answers a request, once the service has started; or tells why it has not."""
        try:
            rules = await self._rules()
        except Exception as error:  # whatever it is, it is told, and tried again
            return self._application.get_handler_delegate(request, NotThere, {"error": error})
        if not self._is_there:
            self._is_there = True
            Application.add_handlers(self._application, ".*$", list(rules))
        return self._application.find_handler(request)


class _Waiting(HTTPMessageDelegate):
    """Holds a request before its body is read."""

    def __init__(self, mount: Mount, request: HTTPServerRequest) -> None:
        self._mount = mount
        self._request = request
        self._found: HTTPMessageDelegate | None = None

    async def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: Any) -> None:
        self._found = await self._mount.handler_for(self._request)
        done = self._found.headers_received(start_line, headers)
        if done is not None:
            await done

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return None if self._found is None else self._found.data_received(chunk)

    def finish(self) -> None:
        if self._found is not None:
            self._found.finish()

    def on_connection_close(self) -> None:
        if self._found is not None:
            self._found.on_connection_close()


class NotThere(RequestHandler):
    """Tells why the service could not start. It says nothing else, so it asks nobody who they are."""

    def initialize(self, error: Exception) -> None:
        self._error = error

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here."""

    async def prepare(self) -> None:
        error = self._error
        self.set_status(503)
        self.set_header("Content-Type", "application/problem+json")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            json.dumps(
                {
                    "title": "Service Unavailable",
                    "status": 503,
                    "detail": f"The workflow service could not start: {getattr(error, 'message', '') or error}",
                    "code": getattr(error, "code", "WF000"),
                    "mend": getattr(error, "mend", ""),
                }
            )
        )
