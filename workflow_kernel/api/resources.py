"""The modules of the API: each has ``ROUTES`` (functions made by ``@route``), ``HANDLERS`` (Tornado handlers that speak
something other than JSON, as pairs of a pattern below the prefix and a class), or both.

To add one: write the module, add its name here.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType

PACKAGE = "workflow_kernel.api"

MODULES = (
    "sign_in", "sign_on", "registration", "sessions", "accounts", "profile", "api_keys", "invitations", "roles",
    "projects", "credentials", "credential_types", "keys", "workflows", "versions", "folders", "tags", "templates",
    "variables", "node_types", "executions", "queues", "triggers", "webhook_list", "webhooks", "schedules", "forms",
    "resume", "audit", "settings", "system", "graphql", "rooms", "docs", "health", "metrics", "live",
)  # fmt: skip
"""In the order of the documentation."""


def modules() -> Iterator[ModuleType]:
    """The modules that are there."""
    for name in MODULES:
        if importlib.util.find_spec(f"{PACKAGE}.{name}") is not None:
            yield importlib.import_module(f"{PACKAGE}.{name}")
