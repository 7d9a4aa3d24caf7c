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

_Place = tuple[str, int]


class PlaceWait(msgspec.Struct, frozen=True):
    """A node run that waits for a place to run in, as it is held for who looks later.

    Parameters
    ----------
    by: id of the runner that says so; it counts while that one drives the execution. node: its name.
    """

    by: str
    node: str
    index: int
    at: float
    reason: str


class Relay:
    """The live events of one execution.

    Parameters
    ----------
    bus: where they go, on ``execution:{id}``; beginnings and ends also on ``project:{id}``.
    execution, project: whose they are. tally: counts them. runner: id of who drives the execution.
    """

    def __init__(self, bus: Bus, execution: UUID, project: UUID, tally: Tally | None = None, runner: str = "") -> None:
        self._runner = runner
        self._waits: set[_Place] = set()
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
        if self._waits or isinstance(event, wire.NodeRunWaits):
            self._hold(event)
        if isinstance(event, wire.ExecutionOver):
            self.flush()
            self._bus.publish(self._project, _encoder.encode([event]))
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self.flush)

    def close(self) -> None:
        """Send what waits; nothing waits for a place here any more."""
        for place in list(self._waits):
            self._let_go(place)
        self.flush()

    def _hold(self, event: wire.LiveEvent) -> None:
        """Keep why a run waits for a place as long as it does, for who did not listen when it was told."""
        if isinstance(event, wire.ExecutionBegan | wire.ExecutionOver | wire.NodeProgress):
            return
        place = (event.node, event.run_index)
        if isinstance(event, wire.NodeRunWaits) and event.reason:
            self._waits.add(place)
            held = PlaceWait(self._runner, event.node, event.run_index, event.at, event.reason)
            self._bus.hold(self._channel, _name(place), _encoder.encode(held))
        elif place in self._waits:
            self._let_go(place)

    def _let_go(self, place: _Place) -> None:
        self._waits.discard(place)
        self._bus.hold(self._channel, _name(place), b"")

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._events:
            self._bus.publish(self._channel, _encoder.encode(self._events))
            self._events = []


def _name(place: _Place) -> str:
    return f"{place[1]} {place[0]}"


async def held_waits(bus: Bus, execution: UUID, runner: UUID | None) -> list[PlaceWait]:
    """Node runs of an execution that wait for a place now, as its runner says."""
    held = await bus.held(f"execution:{execution}")
    found = [msgspec.json.decode(data, type=PlaceWait) for data in held.values()]
    return [wait for wait in found if wait.by == str(runner)]
