"""Cluster: its machines, what waits for a place on them and why, what runs. As its dispatchers see it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from panel_app.page import Page


class ClusterPage(Page):
    """The clusters of the service's dispatchers."""

    pattern = r"/cluster"
    place = "cluster"
    template = "cluster.html"
    permission = "system.read"
    every = 5.0

    async def load(self) -> Mapping[str, Any]:
        about = await self.service.system.about(self.visit.actor)
        return shown([process for process in about.processes if process.cluster is not None])


def shown(dispatchers: list[Any]) -> dict[str, Any]:
    """What the page shows of processes that have a cluster."""
    seen: dict[tuple[str, ...], Any] = {}
    for process in dispatchers:
        # Several dispatchers of one cluster see the same machines.
        seen.setdefault(tuple(machine.name for machine in process.cluster.machines), process.cluster)
    return {
        "dispatchers": dispatchers,
        "machines": [_row(machine) for cluster in seen.values() for machine in cluster.machines],
        "places": [(process, place) for process in dispatchers for place in process.cluster.places],
        "fragments": [(process, found) for process in dispatchers for found in process.cluster.fragments],
        "waiting": _waiting(dispatchers),
        "now": time.time(),
    }


def _row(machine: Any) -> dict[str, Any]:
    """A machine with the shares of it that are in use."""
    used = {name: total - machine.free.get(name, total) for name, total in machine.total.items()}
    own = {
        name: (used[name], total)
        for name, total in machine.total.items()
        if name not in ("CPU", "GPU", "memory", "object_store_memory")
    }
    return {"name": machine.name, "total": machine.total, "used": used, "own": own}


def _waiting(dispatchers: list[Any]) -> dict[int, int]:
    """Node runs that wait, by priority."""
    found = dict.fromkeys(range(1, 6), 0)
    for process in dispatchers:
        for place in process.cluster.places:
            for priority, count in place.waiting.items():
                found[int(priority)] += count
    return found
