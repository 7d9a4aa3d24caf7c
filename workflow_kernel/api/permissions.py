"""What a route needs: what the service methods need that it calls as ``request.service.<part>.<method>(...)``.

Read off the source, so that documentation, early refusal and the service cannot disagree. Routes that call in another
way say ``permission=`` themselves.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from workflow_kernel.api.routing import Route


def permissions_of(route: Route, service: Any) -> frozenset[str]:
    """The permissions a route needs of a service; none for one that is open to all who are signed in."""
    if route.permission is not None:
        return frozenset({route.permission})
    found = (getattr(getattr(service, part, None), method, None) for part, method in calls_of(route.function))
    needed = (getattr(method, "__permission__", None) for method in found)
    return frozenset(permission for permission in needed if permission)


def calls_of(function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """The service methods a route's function calls, as pairs of part and method."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(
                attr=method,
                value=ast.Attribute(attr=part, value=ast.Attribute(attr="service", value=ast.Name(id="request"))),
            ):
                yield part, method
