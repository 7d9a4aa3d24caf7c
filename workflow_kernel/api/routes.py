"""All doors of a service as Tornado rules, for the standalone server, Jupyter and Panel alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from workflow_kernel.api import resources
from workflow_kernel.api.handler import ApiHandler
from workflow_kernel.api.kernel import Identify, Kernel

Rule = tuple[str, Any, dict[str, Any]]


def routes(
    service: Any,
    prefix: str = "",
    identify: Identify | None = None,
    functions: Iterable[Callable[..., Any]] | None = None,
) -> list[Rule]:
    """The rules.

    Parameters
    ----------
    service: the ``Service``. prefix: path below which they are mounted, e.g. ``/user/ann/workflow``.
    identify: tells who asks, for hosts that know; else the service does (cookies, tokens, API keys).
    functions: the routes; those of all resource modules where not given.
    """
    prefix = prefix.rstrip("/")
    modules = () if functions is not None else tuple(resources.modules())
    found = [function for module in modules for function in getattr(module, "ROUTES", ())]
    kernel = Kernel(service, functions or found, identify, prefix)
    below = re.escape(prefix)
    arguments = {"kernel": kernel}
    rules: list[Rule] = [
        (below + pattern, handler, arguments)
        for module in modules
        for pattern, handler in getattr(module, "HANDLERS", ())
    ]
    rules.append((below + r"/api(?:/.*)?", ApiHandler, arguments))
    return rules
