"""The order of old n8n workflows (``executionOrder: v0``): breadth first, one node at a time.

A node with several inputs that gets its first batch makes the nodes before its other inputs run too, with an empty
item where they have no data; and a batch without items still counts as arrived on every input but the first. What
waits for inputs that never come runs at the end, if its first input has come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from workflow_kernel.engine.activity import Input, Run
from workflow_kernel.engine.places import Place
from workflow_kernel.engine.plan import Plan, PlanNode


class _Slots:
    """A node with several inputs, some of which have arrived. ``arrived`` counts empty batches as well."""

    __slots__ = ("arrived", "inputs", "node")

    def __init__(self, node: PlanNode) -> None:
        self.node = node
        self.inputs: list[Input | None] = [None] * len(node.ports.inputs)
        self.arrived: set[int] = set()


class BreadthFirstOrder:
    """First come, first run; see the module."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._queue: deque[tuple[PlanNode, tuple[Input | None, ...]]] = deque()
        self._waiting: dict[int, list[_Slots]] = {}
        self._runs = [0] * len(plan.nodes)
        self._place = Place(0, 0)
        self._current: Run | None = None

    def begin(self, node: PlanNode) -> None:
        """See the protocol."""
        self._queue.append((node, ()))

    def finished(self, run: Run, sizes: Sequence[int]) -> None:
        """See the protocol."""
        self._current = None
        for output, index, port in run.node.targets:
            if output < len(sizes) and (sizes[output] or port > 0):
                self._arrive(run, output, sizes, self._plan.nodes[index], port)
        if not self._queue:
            self._resolve_waiting()

    def take_ready(self) -> list[Run]:
        """See the protocol."""
        if self._current is not None or not self._queue:
            return []
        node, inputs = self._queue.popleft()
        run = Run(node, self._runs[node.index], inputs, self._place)
        self._runs[node.index] += 1
        run.status = "ready"
        self._current = run
        return [run]

    def sees(self, run: Run, other: Run) -> bool:
        """See the protocol: everything that finished."""
        return True

    def waiting(self) -> Iterator[tuple[PlanNode, list[int]]]:
        """See the protocol."""
        for entries in self._waiting.values():
            for entry in entries:
                yield entry.node, sorted(entry.node.connected - entry.arrived)

    def _arrive(self, run: Run, output: int, sizes: Sequence[int], node: PlanNode, port: int) -> None:
        if max(node.connected) == 0:
            self._queue.append((node, ((run, output),)))
            return
        is_first = node.index not in self._waiting
        entries = self._waiting.setdefault(node.index, [])
        entry = next((found for found in entries if port not in found.arrived), None)
        if entry is None:
            entry = _Slots(node)
            entries.append(entry)
        entry.inputs[port] = (run, output)
        entry.arrived.add(port)
        if len(entry.arrived) == max(node.connected) + 1:
            entries.remove(entry)
            if not entries:
                del self._waiting[node.index]
            self._queue.append((node, tuple(entry.inputs)))
        elif is_first:
            self._force_inputs(run.node, output, sizes, node)

    def _force_inputs(self, parent: PlanNode, output: int, sizes: Sequence[int], node: PlanNode) -> None:
        """Make what leads to the node's other inputs run, where nothing else will."""
        siblings = {found.node for found in parent.targets if found.output < len(sizes) and sizes[found.output]}
        for _, source, _ in node.parents:
            if source == parent.index or source in siblings or self._is_known(source):
                continue
            start = self._first_missing(self._plan.nodes[source], siblings)
            if start is None or (start.reach & parent.bit and not sizes[output]):
                continue
            if not start.parents or self._has_empty_input(start):
                self._queue.append((start, ()))

    def _first_missing(self, source: PlanNode, siblings: set[int]) -> PlanNode | None:
        """The furthest node before ``source`` that has to run for it to run; None when it will run anyway."""
        found = source
        seen = {source.index}
        line = [source]
        while line:
            node = line.pop(0)
            for _, parent, _ in node.parents:
                if parent in seen:
                    continue
                seen.add(parent)
                if parent in siblings or any(queued.index == parent for queued, _ in self._queue):
                    return None
                if self._runs[parent]:
                    return found
                found = self._plan.nodes[parent]
                line.append(found)
        return found

    def _is_known(self, index: int) -> bool:
        return bool(self._runs[index]) or any(queued.index == index for queued, _ in self._queue)

    def _has_empty_input(self, node: PlanNode) -> bool:
        return all(self._runs[parent] for _, parent, _ in node.parents)

    def _resolve_waiting(self) -> None:
        for index in list(self._waiting):
            for entry in self._waiting.pop(index):
                if entry.inputs[0] is None:
                    continue
                if self._queue:
                    self._waiting.setdefault(index, []).append(entry)
                else:
                    self._queue.append((entry.node, tuple(entry.inputs)))
            if self._queue:
                return
