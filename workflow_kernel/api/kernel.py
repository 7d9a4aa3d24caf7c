"""What all handlers of one mount share: the service, the routes, who tells who asks, the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from tornado.web import RequestHandler

from workflow_kernel.api.address import Proxies
from workflow_kernel.api.binding import Binding
from workflow_kernel.api.cors import Origins
from workflow_kernel.api.measures import Measures
from workflow_kernel.api.parts import Service
from workflow_kernel.api.paths import Paths
from workflow_kernel.api.permissions import permissions_of
from workflow_kernel.api.routing import Route
from workflow_kernel.services.actor import Actor
from workflow_kernel.storage.rate_limit import RateLimit

Identify = Callable[[RequestHandler], Awaitable[Actor]]
"""Tells a host's people: gets the handler of a request, which is what Jupyter's identity providers ask for."""


class Endpoint(msgspec.Struct, frozen=True):
    """A route that can be served. ``permissions`` are what it needs, as the service methods it calls say."""

    route: Route
    binding: Binding
    permissions: frozenset[str]

    @property
    def early(self) -> str | None:
        """The permission to ask for before the body is read: where exactly one is needed."""
        return next(iter(self.permissions)) if len(self.permissions) == 1 and not self.route.public else None


class Kernel:
    """What handlers need.

    Parameters
    ----------
    service: the ``Service``. functions: made by ``@route``.
    identify: tells who asks, for hosts that know; else the service does. prefix: path below which everything is
        mounted, without a slash at its end.
    """

    def __init__(
        self,
        service: Service,
        functions: Iterable[Callable[..., Any]],
        identify: Identify | None = None,
        prefix: str = "",
    ) -> None:
        self.service = service
        self.settings = service.settings
        self.identify = identify
        self.prefix = prefix
        self.proxies = Proxies(self.settings.trusted_proxies)
        self.origins = Origins(self.settings.cors_origins)
        self.rate_limit: RateLimit | None = getattr(service, "rate_limit", None)
        self.sockets: Counter[str] = Counter()
        """Open websockets by who opened them."""
        self.measures = Measures()
        self.document: bytes | None = None
        """The OpenAPI document, once somebody asked for it."""
        self.endpoints: list[Endpoint] = []
        self.paths: Paths[Endpoint] = Paths()
        for function in functions:
            route: Route = function.__route__  # type: ignore[attr-defined]
            endpoint = Endpoint(route, Binding(route), permissions_of(route, service))
            self.endpoints.append(endpoint)
            self.paths.add(route.method, route.path, endpoint)
