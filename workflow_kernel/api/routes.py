"""All doors of a service as Tornado rules, for the standalone server, Jupyter and Panel alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from workflow_kernel.api import resources
from workflow_kernel.api.handler import ApiHandler
from workflow_kernel.api.kernel import Identify, Kernel
from workflow_kernel.api.parts import Service
from workflow_kernel.base import log

Rule = tuple[str, Any, dict[str, Any]]


def routes(
    service: Service,
    prefix: str = "",
    identify: Identify | None = None,
    modules: Iterable[ModuleType] | None = None,
    *,
    outer: str = "",
) -> list[Rule]:
    """The rules.

    Parameters
    ----------
    service: the ``Service``. prefix: path below which they are mounted, e.g. ``/user/ann/workflow``.
    identify: tells who asks, for hosts that know; else the service does (cookies, tokens, API keys).
    modules: the resources; all there are where not given.
    outer: path the host puts before every rule by itself, e.g. ``--prefix`` of Panel.
    """
    log.make_safe()
    prefix = prefix.rstrip("/")
    modules = tuple(resources.MODULES if modules is None else modules)
    functions = [function for module in modules for function in getattr(module, "ROUTES", ())]
    kernel = Kernel(service, functions, identify, f"{outer.rstrip('/')}{prefix}")
    below = re.escape(prefix)
    arguments = {"kernel": kernel}
    rules: list[Rule] = [
        (below + pattern, handler, arguments)
        for module in modules
        for pattern, handler in getattr(module, "HANDLERS", ())
    ]
    rules.append((below + r"/api(?:/.*)?", ApiHandler, arguments))
    return rules
