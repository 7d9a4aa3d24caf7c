"""``/health/live``: the process answers. ``/health/ready``: it can be asked; says which part is down, never why."""

from __future__ import annotations

import json

import msgspec

from workflow_kernel.api.base_handler import BaseHandler
from workflow_kernel.services.actor import STRANGER


class HealthHandler(BaseHandler):
    """Base of both: not counted, not logged; a balancer asks every second."""

    is_limited = False

    def _log(self) -> None:
        """Nothing."""

    def _answer(self, status: int, body: object) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(body))


class LiveHealthHandler(HealthHandler):
    """Whether the process answers."""

    route_name = "/health/live"

    async def get(self) -> None:
        """It does."""
        self._answer(200, {"status": "up"})

    head = get


class ReadyHealthHandler(HealthHandler):
    """Whether requests can be served."""

    route_name = "/health/ready"

    async def get(self) -> None:
        """Ask every part."""
        found = await self.kernel.service.system.readiness(STRANGER)
        body = {"status": "up" if found.is_ready else "down", **msgspec.to_builtins(found)}
        self._answer(200 if found.is_ready else 503, body)

    head = get


HANDLERS = ((r"/health/live", LiveHealthHandler), (r"/health/ready", ReadyHealthHandler))
