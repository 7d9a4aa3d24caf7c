"""Asks the machines of a cluster what a process of theirs had written when it ended. Used for runs that were lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

import ray

from ray_executor import written
from ray_executor.written import Found

WITHIN = 20.0
"""Seconds in which a machine answers, else it is not waited for; it may have to start a process for that."""

MOST_MACHINES = 100
"""Machines that are asked: nobody knows which of them had the process."""


async def last_words(bundle: bytes) -> Found | None:
    """What the process that did a bundle had written; None where nobody knows."""
    with contextlib.suppress(TimeoutError, ray.exceptions.RayError):
        async with asyncio.timeout(WITHIN):
            machines: list[str] = await asyncio.to_thread(_machines)
            for answer in asyncio.as_completed([_answer(machine, bundle) for machine in machines[:MOST_MACHINES]]):
                found = await answer
                if found is not None:
                    return found
    return None


async def _answer(machine: str, bundle: bytes) -> Found | None:
    where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(machine, soft=False)
    find: Any = ray.remote(written.find)
    asked: Awaitable[Found | None] = find.options(num_cpus=0, max_retries=0, scheduling_strategy=where).remote(bundle)
    with contextlib.suppress(ray.exceptions.RayError):  # it is gone as well
        return await asked
    return None


def _machines() -> list[str]:
    return [node["NodeID"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
