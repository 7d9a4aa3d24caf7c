"""What happened in an execution so far: its finished runs, as the scopes of later runs look at them.

The runner adds runs; ``scope`` reads. Code nodes read from threads, so nothing here changes what it has given out.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from workflow_kernel.engine.activity import Run, RunOrder
from workflow_kernel.engine.plan import Plan, PlanNode
from workflow_kernel.expressions.scope import ExecutionFacts, Facts
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items
from workflow_kernel.runs.lineage import NONE
from workflow_kernel.worker.environment import Environment, nowhere

ONE_EMPTY_ITEM = Items([Item({})], NONE)
"""What a node gets that starts without input."""


class History:
    """The finished runs of an execution.

    Parameters
    ----------
    execution: its id. plan: of its workflow. order: tells which run comes before which.
    environment: has the clock and the variables. is_manual: whether it runs from an editor.
    """

    def __init__(
        self, execution: str, plan: Plan, order: RunOrder, environment: Environment, *, is_manual: bool
    ) -> None:
        self.id = execution
        self.plan = plan
        self.runs: list[Run] = []
        """In the order in which they were done."""
        self.start: PlanNode | None = None
        """The node the execution started with, which got what was ``given``."""
        self.given: Batch = ONE_EMPTY_ITEM
        self._order = order
        self._environment = environment
        self._by_name: dict[str, list[Run]] = {}
        workflow = plan.workflow
        # Shared by the facts of all runs, which may travel together.
        self._workflow_facts = {"id": workflow.id, "name": workflow.name, "active": not is_manual}
        self._execution_facts = {"id": execution, "mode": "test" if is_manual else "production"}
        self._unreachable = self._execution_facts | {"resumeUrl": ""}

    def add(self, run: Run) -> None:
        """Keep a finished run."""
        self.runs.append(run)
        runs = self._by_name.get(run.node.name)
        if runs is None:
            self._by_name[run.node.name] = [run]
        else:
            bisect.insort(runs, run, key=_index)

    def runs_of(self, name: str) -> Sequence[Run]:
        """The finished runs of a node, by run index."""
        return self._by_name.get(name, ())

    def run_of(self, name: str, index: int) -> Run:
        """The finished run of a node with a run index."""
        runs = self.runs_of(name)
        return runs[bisect.bisect_left(runs, index, key=_index)]

    def state_of(self, name: str) -> Mapping[str, Any]:
        """What a node's last run kept."""
        runs = self.runs_of(name)
        return (runs[-1].state or {}) if runs else {}

    def sees(self, run: Run, other: Run) -> bool:
        """Whether the data of a finished run may be looked at by ``run``."""
        return self._order.sees(run, other)

    def inputs_of(self, run: Run) -> list[Batch | None]:
        """The batches a run gets, by input port."""
        if not run.inputs:
            return [self.given if run.node is self.start and run.index == 0 else ONE_EMPTY_ITEM]
        return [None if source is None else source[0].outputs[source[1]] for source in run.inputs]

    def earlier_input(self, node: PlanNode) -> Callable[[int, int], Batch]:
        """Gives the batch an earlier run of a node got, by run index and input port."""

        def find(run_index: int, port: int) -> Batch:
            return self.inputs_of(self.run_of(node.name, run_index))[port] or EMPTY

        return find

    def output_towards(self, name: str, node: PlanNode) -> int:
        """Position of the output of node ``name`` from which a path leads to ``node``; 0 when none does."""
        seen = {node.index}
        line = [node]
        while line:
            current = line.pop(0)
            for _, parent, output in current.parents:
                found = self.plan.nodes[parent]
                if found.name == name:
                    return output
                if parent not in seen:
                    seen.add(parent)
                    line.append(found)
        return 0

    def facts_for(self, run: Run) -> Facts:
        """What is the same for all items of a run."""
        source = next((found for found in run.inputs if found is not None), None)
        execution: Mapping[str, Any] = self._unreachable
        resume_url = self._environment.resume_url
        if resume_url is not nowhere:
            execution = ExecutionFacts(self._execution_facts, partial(resume_url, self.id, run.node.id, run.index))
        return Facts(
            node=run.node.name,
            parameters=run.node.node.parameters,
            run_index=run.index,
            previous=None if source is None else (source[0].node.name, source[1], source[0].index),
            execution=execution,
            workflow=self._workflow_facts,
            timezone=self.plan.settings.timezone,
            now=self._environment.clock(),
            variables=self._environment.variables,
            environment=self._environment.variables_of_process,
        )


def _index(run: Run) -> int:
    return run.index
