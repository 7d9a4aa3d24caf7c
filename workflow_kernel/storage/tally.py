"""What all processes of a service have counted, and which processes there are: in Redis, which may lose it.

Counts only grow; when Redis loses them they begin anew, as Prometheus expects of a counter.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from workflow_kernel.contracts import ClusterState

COUNTS = "workflow:tally"
PROCESSES = "workflow:processes"
SILENT = 30.0
"""Seconds after which a process that says nothing is taken for gone."""


class ProcessState(msgspec.Struct, frozen=True):
    """A process of the service.

    Parameters
    ----------
    id: of its runner. kind: ``server`` or ``worker``. host, pid: where it is.
    memory: bytes. cpu: seconds it has used. running: executions at hand. started_at: seconds since 1970.
    cluster: where its nodes run, if they do so elsewhere.
    """

    id: str
    kind: str
    host: str
    pid: int
    memory: int
    cpu: float
    running: int
    started_at: float
    cluster: ClusterState | None = None


class TallyStore:
    """The counts.

    Parameters
    ----------
    client: gives bytes, not text.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def add(self, counts: Mapping[str, float], process: ProcessState) -> None:
        """Add what a process has counted since the last time, and say that it is there."""
        pipeline = self._client.pipeline(transaction=True)
        for name, count in counts.items():
            pipeline.hincrbyfloat(COUNTS, name, count)
        pipeline.hset(PROCESSES, process.id, msgspec.json.encode((time.time(), process)))
        await pipeline.execute()

    async def leave(self, process: str) -> None:
        """A process ends."""
        await self._client.hdel(PROCESSES, process)

    async def counts(self) -> dict[str, float]:
        """What all processes have counted."""
        found: Any = await self._client.hgetall(COUNTS)
        return {name.decode(): float(count) for name, count in found.items()}

    async def processes(self) -> list[ProcessState]:
        """The processes there are; those that went silent are forgotten."""
        found: Any = await self._client.hgetall(PROCESSES)
        states: list[ProcessState] = []
        for name, data in found.items():
            at, state = msgspec.json.decode(data, type=tuple[float, ProcessState])
            if time.time() - at > SILENT:
                await self._client.hdel(PROCESSES, name)
            else:
                states.append(state)
        return sorted(states, key=lambda state: (state.kind, state.host, state.pid))

    async def ping(self) -> None:
        """Raises when Redis does not answer."""
        await self._client.ping()
