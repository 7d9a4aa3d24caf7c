"""Runs that wait for a place on the cluster: in turn between executions, gathered to a size worth a Ray task."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ray_executor.costs import Cost, items_of
from ray_executor.messages import RunKey
from ray_executor.placement import Shape
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker.task import NodeTask

WEIGHTS = {1: 16, 2: 8, 3: 4, 4: 2, 5: 1}
"""What each priority gets for what the last one gets, while all have something to do."""

FIRST = 2
"""Priorities that are next when they come, whatever they had before."""

UNTRIED = 8
"""How many runs of code that nobody has run yet go together where a crowd of it waits: see ``rest``."""

LONG = 0.05
"""Seconds from which a bundle takes long."""

AGE = 60.0
"""Seconds of waiting that lift an execution by one priority."""


class Unit:
    """A node run, or a chunk of one, on its way.

    Parameters
    ----------
    key: of its attempt. task: what to run. shape: what it asks of a machine. cost: of its code.
    report: gets its outcomes, one for each run there was. ahead: what may follow it in the same place.
    part: items of a chunk, and how many come before them.
    """

    __slots__ = ("ahead", "cost", "is_alone", "items", "key", "part", "report", "shape", "task")

    def __init__(
        self,
        key: RunKey,
        task: NodeTask,
        shape: Shape,
        cost: Cost,
        report: Callable[[Unit, Sequence[Outcome], float], None],
        *,
        ahead: Sequence[NodeTask] = (),
        part: tuple[int, Items] | None = None,
    ) -> None:
        self.key = key
        self.task = task
        self.shape = shape
        self.cost = cost
        self.report = report
        self.ahead = ahead
        self.part = part
        self.items = items_of(task) if part is None else len(part[1])
        """How many it gets."""
        self.is_alone = False
        """Whether nothing goes beside it: it was lost with others, and may be the cause."""


class Bundle:
    """A Ray task that is under way."""

    __slots__ = ("name", "references", "shape", "since", "told", "units")

    def __init__(self, name: bytes, units: list[Unit], shape: Shape, references: tuple[Any, ...]) -> None:
        self.name = name
        self.since = time.time()
        self.units = units
        self.shape = shape
        self.references = references
        self.told: set[int] = set()
        """Positions of the runs whose outcomes came before the others'."""


class Line:
    """The units of one execution that wait, in their order.

    Parameters
    ----------
    execution: its id. owner: who started it. level: its priority by now, 1 to 5. since: when it got there.
    """

    __slots__ = ("execution", "level", "owner", "since", "units")

    def __init__(self, execution: str, owner: str, level: int, since: float) -> None:
        self.execution = execution
        self.owner = owner
        self.level = level
        self.since = since
        self.units: deque[Unit] = deque()


class Level:
    """The lines of one priority: owners take turns, and so do the executions of each."""

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.passed = 0.0
        """How far it has come, by what it was given for its weight: who is behind is next."""
        self.owners: OrderedDict[str, OrderedDict[str, Line]] = OrderedDict()

    def first(self) -> Line:
        """Whose turn it is."""
        return next(iter(next(iter(self.owners.values())).values()))

    def add(self, line: Line) -> None:
        """Let a line take part."""
        self.owners.setdefault(line.owner, OrderedDict())[line.execution] = line

    def remove(self, line: Line) -> None:
        """A line is empty, or goes elsewhere."""
        lines = self.owners[line.owner]
        del lines[line.execution]
        if not lines:
            del self.owners[line.owner]

    def turn(self, line: Line) -> None:
        """A line had its turn."""
        self.owners[line.owner].move_to_end(line.execution)
        self.owners.move_to_end(line.owner)


class Waiting:
    """Units of one shape that wait: five priorities by weights, so that none starves; users and executions take turns.

    Parameters
    ----------
    price: seconds a unit will take by what is known now; None where nobody knows. clock: gives seconds.
    """

    def __init__(self, price: Callable[[Unit], float | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._levels = {priority: Level(weight) for priority, weight in WEIGHTS.items()}
        self._lines: dict[str, Line] = {}
        self._price = price
        self._clock = clock
        self._aged_at = clock()
        self._count = 0
        self.gathered = 0.0
        """Seconds of work that came since somebody was last given some; kept by who gives it."""

    def __bool__(self) -> bool:
        return self._count > 0

    def units(self) -> Iterator[Unit]:
        """All that waits, by execution."""
        for line in self._lines.values():
            yield from line.units

    def counts(self) -> dict[int, int]:
        """How many units wait, by the priority they have by now."""
        found = dict.fromkeys(WEIGHTS, 0)
        for line in self._lines.values():
            found[line.level] += len(line.units)
        return found

    def add(self, unit: Unit) -> None:
        """Put a unit in line."""
        line = self._lines.get(unit.key[0])
        if line is None:
            environment = unit.task.environment
            level = min(5, max(1, environment.priority))
            line = self._lines[unit.key[0]] = Line(unit.key[0], environment.owner, level, self._clock())
            self._enter(line)
        line.units.append(unit)
        self._count += 1

    def take(self, least: float, most: float, slots: int) -> list[Unit]:
        """The next unit, with others of its priority beside it where they are small.

        Together they take as long as each of the slots would have for an eighth of all that waits, but not less than
        ``least`` and not more than ``most`` seconds. Code nobody has run yet goes alone, but for a crowd of it.
        """
        self._age()
        taken: list[Unit] = []
        if not self._count:
            return taken
        level = self._next()
        total = enough = 0.0
        while level.owners and (not taken or total < enough):
            line = level.first()
            unit = line.units[0]
            seconds = None if unit.is_alone else self._price(unit)
            if seconds is None and not unit.is_alone:
                seconds = most / UNTRIED
            if not taken:
                enough = 0.0 if seconds is None else min(most, max(least, seconds * self._count / (8 * slots)))
            elif seconds is None or total + seconds > enough:
                break
            line.units.popleft()
            self._count -= 1
            level.turn(line)
            if not line.units:
                self._leave(line)
            taken.append(unit)
            total += seconds or 0.0
        level.passed += max(total, least) / level.weight
        return taken

    def room(self, slots: int) -> int:
        """How many bundles Ray may have: what fits, and so many more that workers need not wait for us.

        Fewer where each takes long: who comes first waits for those that were given already. Of what is scarce no
        more than there is, as who waits for that wants to be told.
        """
        first = self._next().first().units[0] if self._count else None
        if first is not None and (first.shape.gpus or first.shape.custom):
            return slots
        is_long = first is not None and (self._price(first) or 0.0) >= LONG
        return -(-3 * slots // 2) if is_long else 2 * slots

    def remove(self, key: RunKey) -> list[Unit]:
        """Take the units of a run out of the line."""
        line = self._lines.get(key[0])
        if line is None:
            return []
        found = [unit for unit in line.units if unit.key == key]
        if found:
            self._count -= len(found)
            line.units = deque(unit for unit in line.units if unit.key != key)
            if not line.units:
                self._leave(line)
        return found

    def _next(self) -> Level:
        """Of those that have something, who is behind; the higher one where they are equal."""
        return min((level for level in self._levels.values() if level.owners), key=lambda level: level.passed)

    def _enter(self, line: Line) -> None:
        level = self._levels[line.level]
        if not level.owners:
            # Who had nothing to do has saved up nothing.
            busy = [other.passed for other in self._levels.values() if other.owners]
            level.passed = max(level.passed, min(busy)) if busy else 0.0
            if line.level <= FIRST:
                level.passed = min([level.passed, *busy])
        level.add(line)

    def _leave(self, line: Line) -> None:
        self._levels[line.level].remove(line)
        del self._lines[line.execution]

    def _age(self) -> None:
        """Who has waited for long comes a level up."""
        now = self._clock()
        if now - self._aged_at < 1.0:
            return
        self._aged_at = now
        for line in self._lines.values():
            if line.level > 1 and now - line.since >= AGE:
                self._levels[line.level].remove(line)
                line.level, line.since = line.level - 1, now
                self._enter(line)
