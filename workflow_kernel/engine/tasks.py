"""Makes what a worker is handed for an attempt, from what is known of an execution."""

from __future__ import annotations

from collections.abc import Sequence

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.history import History
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.record import Record
from workflow_kernel.engine.scope import RunScope
from workflow_kernel.runs.item import Batch
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.task import NodeTask


class Tasks:
    """The attempts of one execution.

    Parameters
    ----------
    execution: its id. plan: of its workflow. history: what happened so far.
    environment: what nodes have at hand. record: told what they say while they run.
    """

    def __init__(self, execution: str, plan: Plan, history: History, environment: Environment, record: Record) -> None:
        self._id = execution
        self._plan = plan
        self._history = history
        self._environment = environment
        self._record = record

    def make(self, run: Run, batches: Sequence[Batch | None]) -> NodeTask:
        """What a worker is handed for the next attempt of a run that gets these batches."""
        node, settings = run.node, self._plan.settings
        return NodeTask(
            node=node.node,
            template=node.template,
            ports=node.ports,
            inputs=batches,
            scope=RunScope(self._history, run, batches),
            environment=self._environment,
            language=settings.language,
            timezone=settings.timezone,
            run_index=run.index,
            state=self._history.state_of(node.name),
            is_last_attempt=run.attempt >= node.node.retry.tries,
            earlier_input=self._history.earlier_input(node) if node.node_type.spec.is_loop else None,
            on_progress=self._record.progress_of(run),
            on_wait=self._record.wait_of(run),
            on_answer=self._record.on_answer,
            execution=self._id,
            headway=run.headway,
            attempt=run.attempt,
            is_pure=node.is_pure,
        )
