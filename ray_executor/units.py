"""Runs that wait for a place on the cluster: in turn between executions, gathered to a size worth a Ray task."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any

from ray_executor.messages import RunKey
from ray_executor.placement import Shape
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker.task import NodeTask


class Unit:
    """A node run, or a chunk of one, on its way.

    Parameters
    ----------
    key: of its attempt. task: what to run. shape: what it asks of a machine.
    report: gets its outcomes, one for each run there was. ahead: what may follow it in the same place.
    estimate: seconds it will take, None where nobody knows. part: items of a chunk, and how many come before them.
    """

    __slots__ = ("ahead", "estimate", "is_alone", "key", "part", "report", "shape", "task")

    def __init__(
        self,
        key: RunKey,
        task: NodeTask,
        shape: Shape,
        report: Callable[[Unit, Sequence[Outcome], float], None],
        *,
        ahead: Sequence[NodeTask] = (),
        estimate: float | None = None,
        part: tuple[int, Items] | None = None,
    ) -> None:
        self.key = key
        self.task = task
        self.shape = shape
        self.report = report
        self.ahead = ahead
        self.estimate = estimate
        self.part = part
        self.is_alone = estimate is None

    @property
    def count(self) -> int | None:
        """How many items a chunk has; None for whole runs."""
        return None if self.part is None else len(self.part[1])


class Waiting:
    """Units of one shape that wait, round robin by execution."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Unit]] = OrderedDict()
        self.seconds = 0.0
        """About what they will take in all."""

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, unit: Unit) -> None:
        """Put a unit in line."""
        line = self._lines.get(unit.key[0])
        if line is None:
            line = self._lines[unit.key[0]] = deque()
        line.append(unit)
        self.seconds += unit.estimate or 0.0

    def take(self, least: float, most: float, slots: int) -> list[Unit]:
        """The next unit, with others beside it where they are small.

        Together they take as long as each of the slots would have for an eighth of all that waits, but not less than
        ``least`` and not more than ``most`` seconds.
        """
        enough = min(most, max(least, self.seconds / (8 * slots)))
        taken: list[Unit] = []
        total = 0.0
        while self._lines and (not taken or total < enough):
            execution, line = next(iter(self._lines.items()))
            unit = line[0]
            if taken and (unit.is_alone or total + (unit.estimate or 0.0) > enough):
                break
            line.popleft()
            self._lines.move_to_end(execution)
            if not line:
                del self._lines[execution]
            taken.append(unit)
            total += unit.estimate or 0.0
            if unit.is_alone:
                break
        self.seconds = max(0.0, self.seconds - total)
        return taken

    def remove(self, key: RunKey) -> list[Unit]:
        """Take the units of a run out of the line."""
        line = self._lines.get(key[0])
        if line is None:
            return []
        found = [unit for unit in line if unit.key == key]
        if found:
            rest = deque(unit for unit in line if unit.key != key)
            self.seconds = max(0.0, self.seconds - sum(unit.estimate or 0.0 for unit in found))
            if rest:
                self._lines[key[0]] = rest
            else:
                del self._lines[key[0]]
        return found

    def __iter__(self) -> Any:
        return (unit for line in self._lines.values() for unit in line)
