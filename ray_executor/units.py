"""Runs that wait for a place on the cluster: in turn between executions, gathered to a size worth a Ray task."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

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
    part: items of a chunk, and how many come before them.
    """

    __slots__ = ("ahead", "is_alone", "key", "part", "report", "shape", "task")

    def __init__(
        self,
        key: RunKey,
        task: NodeTask,
        shape: Shape,
        report: Callable[[Unit, Sequence[Outcome], float], None],
        *,
        ahead: Sequence[NodeTask] = (),
        part: tuple[int, Items] | None = None,
    ) -> None:
        self.key = key
        self.task = task
        self.shape = shape
        self.report = report
        self.ahead = ahead
        self.part = part
        self.is_alone = False
        """Whether nothing goes beside it: it was lost with others, and may be the cause."""

    @property
    def count(self) -> int | None:
        """How many items a chunk has; None for whole runs."""
        return None if self.part is None else len(self.part[1])


class Waiting:
    """Units of one shape that wait, round robin by execution.

    Parameters
    ----------
    price: seconds a unit will take by what is known now; None where nobody knows.
    """

    def __init__(self, price: Callable[[Unit], float | None]) -> None:
        self._lines: OrderedDict[str, deque[Unit]] = OrderedDict()
        self._price = price
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, unit: Unit) -> None:
        """Put a unit in line."""
        line = self._lines.get(unit.key[0])
        if line is None:
            line = self._lines[unit.key[0]] = deque()
        line.append(unit)
        self._count += 1

    def take(self, least: float, most: float, slots: int) -> list[Unit]:
        """The next unit, with others beside it where they are small.

        Together they take as long as each of the slots would have for an eighth of all that waits, but not less than
        ``least`` and not more than ``most`` seconds. Code nobody has run yet goes alone.
        """
        taken: list[Unit] = []
        total = enough = 0.0
        while self._lines and (not taken or total < enough):
            execution, line = next(iter(self._lines.items()))
            unit = line[0]
            seconds = None if unit.is_alone else self._price(unit)
            if not taken:
                enough = 0.0 if seconds is None else min(most, max(least, seconds * self._count / (8 * slots)))
            elif seconds is None or total + seconds > enough:
                break
            line.popleft()
            self._count -= 1
            self._lines.move_to_end(execution)
            if not line:
                del self._lines[execution]
            taken.append(unit)
            total += seconds or 0.0
        return taken

    def remove(self, key: RunKey) -> list[Unit]:
        """Take the units of a run out of the line."""
        line = self._lines.get(key[0])
        if line is None:
            return []
        found = [unit for unit in line if unit.key == key]
        if found:
            self._count -= len(found)
            rest = deque(unit for unit in line if unit.key != key)
            if rest:
                self._lines[key[0]] = rest
            else:
                del self._lines[key[0]]
        return found
