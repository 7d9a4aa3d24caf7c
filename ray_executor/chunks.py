"""One run over many items, cut into chunks that run beside each other: as large as is worth a Ray task, no larger.

For nodes whose code gets one item at a time and has no effects. What comes out is what the run would give in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ray_executor.costs import Cost
from ray_executor.messages import RunKey
from ray_executor.placement import Shape
from ray_executor.units import Unit
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.outcome import Done, Failed, LogLine, Outcome
from workflow_kernel.worker import failure
from workflow_kernel.worker.output import PortWriter
from workflow_kernel.worker.task import NodeTask

PROBE = 10
"""Items of the first chunk of code nobody has run yet."""

FEWEST = 64
"""Items below which a batch is not cut."""

MOST_CHUNKS = 2_000


def is_divisible(task: NodeTask) -> bool:
    """Whether a run may be cut by items."""
    spec, node = task.template.node_type.spec, task.node
    if not spec.chunked or not task.is_pure or spec.where != "process" or len(task.inputs) != 1:
        return False
    if node.execute_once or node.always_output or task.headway is not None or task.state:
        return False
    batch = task.inputs[0]
    is_plain = isinstance(batch, Items) and len(batch) >= FEWEST
    return is_plain and not any("ndex" in text or "$(" in text for text in task.template.expressions.values())


class Chunks:
    """A run in chunks.

    Parameters
    ----------
    key, task, shape: the run. cost: of its code. seconds: that a chunk should take.
    enqueue: takes units. done: gets the outcome, once.
    """

    def __init__(
        self,
        key: RunKey,
        task: NodeTask,
        shape: Shape,
        cost: Cost,
        seconds: float,
        enqueue: Callable[[Sequence[Unit]], None],
        done: Callable[[Outcome], None],
    ) -> None:
        self._key = key
        self._task = task
        self._shape = shape
        self._cost = cost
        self._seconds = seconds
        self._enqueue = enqueue
        self._done = done
        self._slots = 1
        self._given = 0
        self._open = 0
        self._is_over = False
        self._outcomes: dict[int, Done] = {}
        batch = task.inputs[0]
        assert isinstance(batch, Items)
        self._items = batch

    def begin(self, slots: int) -> None:
        """Start: with a small chunk where nobody knows what the code takes."""
        self._slots = max(1, slots)
        if self._cost.each is None:
            self._give([min(PROBE, len(self._items))])
        else:
            self._give(self._sizes())

    def _sizes(self) -> list[int]:
        """Sizes of the chunks that are left: even at first, smaller at the end, so that no place waits long."""
        left = len(self._items) - self._given
        each = max(1e-7, self._cost.each or 0.0)
        size = int(self._seconds / each)
        size = max(1, left // MOST_CHUNKS, min(size, -(-left // (4 * self._slots))))
        sizes: list[int] = []
        while left > 0:
            if left < 2 * size * self._slots:
                size = max(1, -(-size // 2)) if left > self._slots else 1
            sizes.append(min(size, left))
            left -= sizes[-1]
        return sizes

    def _give(self, sizes: Sequence[int]) -> None:
        units: list[Unit] = []
        for size in sizes:
            part = Items(self._items.rows[self._given : self._given + size])
            units.append(Unit(self._key, self._task, self._shape, self._cost, self._take, part=(self._given, part)))
            self._given += size
        self._open += len(units)
        self._enqueue(units)

    def _take(self, unit: Unit, outcomes: Sequence[Outcome], seconds: float) -> None:
        self._open -= 1
        outcome = outcomes[0]
        offset = 0 if unit.part is None else unit.part[0]
        if self._is_over:
            return
        if not isinstance(outcome, Done):
            self._is_over = True
            self._done(_placed(outcome, offset))
            return
        self._outcomes[offset] = outcome
        if self._given < len(self._items):
            self._give(self._sizes())
        elif not self._open:
            self._is_over = True
            self._done(self._joined())

    def _joined(self) -> Outcome:
        environment = self._task.environment
        order = sorted(self._outcomes.items())
        logs: list[LogLine] = [line for _, outcome in order for line in outcome.logs]
        try:
            writers = [
                PortWriter(environment.blobs, environment.spill_at, environment.chunk) for _ in order[0][1].outputs
            ]
            for offset, outcome in order:
                for writer, batch in zip(writers, outcome.outputs, strict=True):
                    writer.add(batch, offset)
            outputs = tuple(writer.finish() for writer in writers)
        except Exception as error:  # data that is gone
            return Failed(failure.describe_error(error, self._task.node.name), tuple(logs))
        recovered = next((outcome.recovered for _, outcome in order if outcome.recovered is not None), None)
        return Done(outputs, None, tuple(logs), recovered)


def _placed(outcome: Outcome, offset: int) -> Outcome:
    """A failure with its item's place in the whole batch."""
    if not isinstance(outcome, Failed) or outcome.error.item is None:
        return outcome
    return msgspec.structs.replace(
        outcome, error=msgspec.structs.replace(outcome.error, item=outcome.error.item + offset)
    )
