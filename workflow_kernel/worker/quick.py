"""The short way through a node run, for the usual small one: constant parameters, one batch in, batches out.

Gives up (None) on anything out of the ordinary, before the node was called; ``call`` then goes the long way.
"""

from __future__ import annotations

from typing import Any

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.runs.item import EMPTY, Batch, Items
from workflow_kernel.runs.lineage import UNLINKED
from workflow_kernel.runs.outcome import Done, Outcome
from workflow_kernel.worker.context import RunContext
from workflow_kernel.worker.output import SPILL_AT
from workflow_kernel.worker.task import NodeTask


def run_quick(task: NodeTask) -> Outcome | None:
    """The outcome of a run that is simple enough and went well; None for the long way.

    Only pure nodes take this way: should the node fail, the long way calls it again to tell why.
    """
    template, node = task.template, task.node
    spec = template.node_type.spec
    if not template.is_constant or not spec.is_pure or node.on_error == "branch":
        return None
    if node.execute_once or node.always_output or spec.style not in ("items", "batch") or task.state:
        return None
    batch = task.inputs[0] if task.inputs else None
    if batch is None or len(batch) > SPILL_AT:
        return None
    try:
        instance: Any = template.constant()
        ctx = RunContext(task, None, task.scope)
        result = instance.run(batch.items() if spec.style == "items" else batch, ctx)
    except (WorkflowError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return None
    if ctx.failures:
        return None
    outputs = _outputs(result, task)
    if outputs is None:
        return None
    return Done(outputs, ctx.state or None, ctx.lines, None, ctx.annotations or None)


def _outputs(result: Any, task: NodeTask) -> tuple[Batch, ...] | None:
    """The outputs where they are batches whose lineage is told."""
    ports = task.ports.outputs
    if isinstance(result, Batch):
        if result.lineage is UNLINKED:
            return None
        return (result,) if len(ports) == 1 else (result, *(EMPTY for _ in ports[1:]))
    if type(result) is not dict or not result.keys() <= {port.name for port in ports}:
        return None
    batches = tuple(result.get(port.name, EMPTY) for port in ports)
    is_told = all(isinstance(batch, Items) and (batch.lineage is not UNLINKED or not batch) for batch in batches)
    return batches if is_told else None
