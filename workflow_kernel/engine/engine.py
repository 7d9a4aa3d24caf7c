"""The engine: runs workflows, and the workflows they call. ``app`` makes one for this process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from workflow_kernel import wire
from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.contracts import ClusterState, Tenure
from workflow_kernel.engine.cache import ResultCache
from workflow_kernel.engine.journal import Journal, RunDone
from workflow_kernel.engine.plan import Plan, start_nodes
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.engine.run import ExecutionRunner
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import EMPTY, Batch, Items
from workflow_kernel.runs.stale import stale_nodes
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.worker.backend import Backend
from workflow_kernel.worker.environment import Environment

MOST_PLANS = 32
"""Workflows whose plans are kept."""

MAX_DEPTH = 50
"""Workflows that may call each other in a row before it is taken for an endless recursion."""


class FindWorkflow(Protocol):
    """Gives the workflow a node names: by path, id, or the workflow itself."""

    def __call__(self, source: Any) -> Workflow: ...


class Engine:
    """Runs workflows.

    Parameters
    ----------
    registry: where node types are found.
    environment: what nodes have at hand.
    backend: where nodes are computed.
    journal: what survives.
    find_workflow: finds the workflows that nodes call.
    cache: results of nodes that ask for it; none are kept when not given.
    """

    def __init__(
        self,
        registry: Registry,
        environment: Environment,
        backend: Backend,
        journal: Journal,
        find_workflow: FindWorkflow | None = None,
        cache: ResultCache | None = None,
    ) -> None:
        self.registry = registry
        self.environment = environment
        self.journal = journal
        self._find_workflow = find_workflow
        self._cache = cache
        self._backend = backend
        self._plans: dict[tuple[int, frozenset[str] | None], Plan] = {}
        self._runners: dict[str, ExecutionRunner] = {}
        self._children: dict[str, list[ExecutionRunner]] = {}
        self._detached: set[asyncio.Task[ExecutionResult]] = set()
        self.environment.call_workflow = self._call_workflow

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for workflows started without waiting, then release threads, clients and processes."""
        if self._detached:
            await asyncio.gather(*self._detached, return_exceptions=True)
        await self._backend.close()
        await self.environment.close()

    @property
    def tenure(self) -> Tenure | None:
        """The hold of its backend on a cluster; None where it has none."""
        return self._backend.tenure

    def report(self) -> ClusterState | None:
        """How the cluster is its nodes run on; None where there is none."""
        return self._backend.report()

    @property
    def slots(self) -> int:
        """How many node runs its backend takes at once."""
        return self._backend.capacity().slots

    async def run(
        self,
        workflow: Workflow,
        items: Batch | None = None,
        *,
        start: str | None = None,
        execution: str | None = None,
        is_manual: bool = False,
        only: frozenset[str] | None = None,
        reuse: Mapping[tuple[str, int], RunDone] | None = None,
        on_event: Callable[[wire.LiveEvent], None] | None = None,
        depth: int = 0,
        parent: str = "",
        environment: Environment | None = None,
        park_after: float | None = None,
        on_answer: Callable[[Answer], None] | None = None,
    ) -> ExecutionResult:
        """Run a workflow to its end.

        Parameters
        ----------
        workflow: must be valid. items: for the node it starts with; one empty item when not given.
        start: name of the node to start with; the topmost trigger when not given, else the topmost node without input.
        execution: id; one that the journal knows is resumed.
        is_manual: whether pins count.
        only: ids of the nodes that may run. reuse: runs taken as done.
        on_event: told of everything that happens.
        environment: what its nodes have at hand, where that differs from the engine's own.
        park_after: seconds of waiting after which it leaves memory, see :class:`ExecutionRunner`.
        on_answer: takes what its nodes answer the caller with, see :class:`ExecutionRunner`.
        """
        if execution is not None and execution in self._runners:
            raise WorkflowError(
                f"The execution '{execution}' is running.", code="WF112", mend="Wait for its end, or use another id."
            )
        runner = ExecutionRunner(
            execution or str(uuid.uuid4()),
            self._plan_of(workflow, only),
            environment or self.environment,
            backend=self._backend,
            journal=self.journal,
            is_manual=is_manual,
            reuse=reuse,
            on_event=on_event,
            cache=self._cache,
            depth=depth,
            park_after=park_after,
            on_answer=on_answer,
        )
        self._runners[runner.id] = runner
        if parent:
            self._children.setdefault(parent, []).append(runner)
        try:
            return await runner.run(self._start_of(runner.plan, start), items)
        finally:
            del self._runners[runner.id]
            if parent:
                self._leave(parent, runner)

    async def run_to(
        self, workflow: Workflow, name: str, *, previous: ExecutionResult, before: Workflow, items: Batch | None = None
    ) -> ExecutionResult:
        """Run a node and only those before it whose earlier results no longer hold ("run to here").

        Parameters
        ----------
        workflow: as it is now. name: of the node to run to.
        previous: an earlier execution. before: the workflow as it ran then.
        """
        plan = Plan(workflow, self.registry)
        target = plan.by_name[name]
        only = frozenset(node.id for node in plan.nodes if node is target or node.bit & target.reach)
        stale = stale_nodes(before, workflow) | {target.id}
        reuse = {
            run.key: RunDone(run.node.id, run.index, run.outputs, run.state, run.error, run.started, run.ended)
            for run in previous.runs
            if run.status == "succeeded" and run.node.id in only and run.node.id not in stale
        }
        return await self.run(workflow, items, is_manual=True, only=only, reuse=reuse)

    def cancel(self, execution: str) -> bool:
        """Ask a running execution, and those it started, to stop. False when it does not run here."""
        runner = self._runners.get(execution)
        if runner is None:
            return False
        runner.cancel()
        for child in self._children.get(execution, []):
            self.cancel(child.id)
        return True

    def resume(self, execution: str, node: str, run_index: int = 0, outputs: Sequence[Batch] | None = None) -> bool:
        """Let a suspended node run go on, with these outputs or its own. False when it does not wait here."""
        runner = self._runners.get(execution)
        return runner is not None and runner.resume(node, run_index, outputs)

    def _forget(self, task: asyncio.Task[ExecutionResult]) -> None:
        """A workflow nobody waited for is over; its error is its own."""
        self._detached.discard(task)
        if not task.cancelled():
            task.exception()

    def _leave(self, parent: str, runner: ExecutionRunner) -> None:
        children = self._children[parent]
        children.remove(runner)
        if not children:
            del self._children[parent]

    def _plan_of(self, workflow: Workflow, only: frozenset[str] | None) -> Plan:
        """The plan of a workflow; those of the last few are kept, as most workflows run again and again."""
        key = (id(workflow), only)
        plan = self._plans.get(key)
        # The workflow itself is compared as well, for its id may have been another's before.
        if plan is None or plan.workflow is not workflow:
            if len(self._plans) >= MOST_PLANS:
                del self._plans[next(iter(self._plans))]
            plan = self._plans[key] = Plan(workflow, self.registry, only)
        return plan

    @staticmethod
    def _start_of(plan: Plan, name: str | None) -> str:
        if name is not None:
            if name not in plan.by_name:
                raise WorkflowError(
                    f"There is no node '{name}' to start with.",
                    code="WF110",
                    mend="Name one of: " + ", ".join(plan.by_name),
                )
            return plan.by_name[name].id
        starts = list(start_nodes(plan).values())
        if not starts:
            lone = [node for node in plan.nodes if not node.parents]
            starts = sorted(lone, key=lambda node: (node.node.position[1], node.node.position[0]))
        if not starts:
            raise WorkflowError(
                "The workflow has no node to start with.", code="WF111", mend="Add a trigger, e.g. flow.manual_trigger."
            )
        return starts[0].id

    async def _call_workflow(self, source: Any, items: Items, *, wait: bool, parent: str, key: str) -> Items:
        caller = self._runners.get(parent)
        depth = (caller.depth if caller else 0) + 1
        if depth > MAX_DEPTH:
            raise NodeError(
                f"Workflows called each other {MAX_DEPTH} times in a row.",
                code="WF347",
                mend="Look for a workflow that calls itself without an end.",
            )
        if isinstance(source, Workflow):
            workflow = source
        elif self._find_workflow is not None:
            workflow = self._find_workflow(source)
        else:
            raise NodeError("Workflows cannot be looked up here.", code="WF342")
        work = self.run(workflow, items, depth=depth, parent=parent if wait else "")
        if not wait:
            task = asyncio.create_task(work, name=f"sub-workflow {workflow.name}")
            self._detached.add(task)
            task.add_done_callback(self._forget)
            return EMPTY
        result = await work
        result.raise_if_failed()
        return result.output()
