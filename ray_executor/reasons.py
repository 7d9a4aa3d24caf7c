"""Tells runs that wait for a place on the cluster, for longer than a moment, for what. Used by the backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from ray_executor.placement import Machines, Shape
from ray_executor.units import Unit, Waiting
from workflow_kernel.base.errors import WorkflowError

EVERY = 1.0
"""Seconds between looks; who waits at two of them is told."""

MOST = 1_000
"""Runs of a shape that are looked at: a crowd need not be told one by one."""


class Reasons:
    """Who was told.

    Parameters
    ----------
    waiting: runs that wait, by shape. machines: gives what there is. again: looks whether there are places by now, as
    machines may come while nothing ends.
    """

    def __init__(
        self, waiting: Mapping[Shape, Waiting], machines: Callable[[], Machines], again: Callable[[], None]
    ) -> None:
        self._again = again
        self._waiting = waiting
        self._machines = machines
        self._seen: set[Unit] = set()
        self._told: set[Unit] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Something waits: look soon."""
        if self._timer is None:
            self._timer = loop.call_later(EVERY, self._look, loop)

    def sent(self, units: Iterable[Unit]) -> None:
        """These have a place now."""
        if self._told:
            for unit in units:
                if unit in self._told:
                    self._told.discard(unit)
                    _tell(unit, "")

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        here: set[Unit] = set()
        for shape, waiting in self._waiting.items():
            found = set(islice(waiting.units(), MOST))
            here |= found
            late = (found & self._seen) - self._told
            if late:
                reason = self._reason(shape)
                for unit in late:
                    _tell(unit, reason)
                self._told |= late
        self._seen, self._told = here, self._told & here
        if here:
            self._again()

    def _reason(self, shape: Shape) -> str:
        try:
            slots = self._machines().slots(shape)
        except WorkflowError as error:
            return error.message
        asked = in_words(shape)
        if not slots:
            return f"Waiting for {asked}: no machine has it at this moment"
        return f"Waiting for {asked}: {'the place is' if slots == 1 else f'all {slots} places are'} taken"


def in_words(shape: Shape) -> str:
    """What is asked, scarce things first: ``1 GPU and 4 CPUs``."""
    words = [f"{amount:g} {name}" for name, amount in shape.custom]
    words += [_counted(shape.gpus, "GPU")] if shape.gpus else []
    words += [_counted(shape.cpus, "CPU")] if shape.cpus else []
    words += [f"{shape.memory / (1 << 30):.3g} GB of memory"] if shape.memory else []
    return " and ".join(words) or "a place"


def _counted(amount: float, name: str) -> str:
    return f"{amount:g} {name}{'s' * (amount > 1)}"


def _tell(unit: Unit, reason: str) -> None:
    if unit.task.on_wait is not None:
        unit.task.on_wait(reason)
