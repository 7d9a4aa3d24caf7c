"""Tells live what happens in an execution: events gathered for a moment, sent as one message over the bus."""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec

from workflow_kernel import wire
from workflow_kernel.contracts import Bus
from workflow_kernel.services.tally import Tally

GATHER = 0.02
"""Seconds events wait for others."""

_encoder = msgspec.json.Encoder()


class Relay:
    """The live events of one execution.

    Parameters
    ----------
    bus: where they go, on ``execution:{id}``; beginnings and ends also on ``project:{id}``.
    execution, project: whose they are. tally: counts them.
    """

    def __init__(self, bus: Bus, execution: UUID, project: UUID, tally: Tally | None = None) -> None:
        self._bus = bus
        self._tally = tally
        self._channel = f"execution:{execution}"
        self._project = f"project:{project}"
        self._events: list[wire.LiveEvent] = []
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, event: wire.LiveEvent) -> None:
        """Send an event, soon; an end is sent at once, with all that came before."""
        self._events.append(event)
        if self._tally is not None:
            self._tally.event(event)
        if isinstance(event, wire.ExecutionOver):
            self.flush()
            self._bus.publish(self._project, _encoder.encode([event]))
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self.flush)

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._events:
            self._bus.publish(self._channel, _encoder.encode(self._events))
            self._events = []
