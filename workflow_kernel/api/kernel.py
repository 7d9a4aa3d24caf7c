"""What all handlers of one mount share: the service, the routes, who tells who asks, the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from tornado.httputil import HTTPServerRequest

from workflow_kernel.api.binding import Binding
from workflow_kernel.api.paths import Paths
from workflow_kernel.api.routing import Route
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import Actor

Identify = Callable[[HTTPServerRequest], Awaitable[Actor]]


class Endpoint(msgspec.Struct, frozen=True):
    """A route that can be served."""

    route: Route
    binding: Binding


class Kernel:
    """What handlers need.

    Parameters
    ----------
    service: the ``Service``. functions: made by ``@route``. settings: of the service.
    identify: tells who asks. prefix: path below which everything is mounted, without a slash at its end.
    """

    def __init__(
        self,
        service: Any,
        functions: Iterable[Callable[..., Any]],
        settings: Settings,
        identify: Identify,
        prefix: str = "",
    ) -> None:
        self.service = service
        self.settings = settings
        self.identify = identify
        self.prefix = prefix
        self.endpoints: list[Endpoint] = []
        self.paths: Paths[Endpoint] = Paths()
        for function in functions:
            route: Route = function.__route__  # type: ignore[attr-defined]
            endpoint = Endpoint(route, Binding(route))
            self.endpoints.append(endpoint)
            self.paths.add(route.method, route.path, endpoint)
