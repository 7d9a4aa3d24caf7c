"""The short way through a node run, for the usual small one: constant parameters, one batch in, batches out.

Gives up (None) on anything out of the ordinary before it calls the node. What the node gave is handed to the long way
in ``call`` where that has to make sense of it: no node is called twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import AsyncGeneratorType, CoroutineType
from typing import Any, NamedTuple

from workflow_kernel.runs.item import EMPTY, Batch, Items
from workflow_kernel.runs.lineage import UNLINKED
from workflow_kernel.runs.outcome import Done
from workflow_kernel.worker.context import RunContext
from workflow_kernel.worker.item_function import call_items
from workflow_kernel.worker.task import NodeTask


class Called(NamedTuple):
    """A node that was called: with what, what it gave or raised."""

    ctx: RunContext
    data: Batch
    result: Any
    error: Exception | SystemExit | None = None


def run_quick(task: NodeTask, settle: Callable[[Any], Any] | None = None) -> Done | Called | None:
    """The outcome of a run that is simple enough and went well, or what came of the call; None for the long way.

    ``settle`` makes the result of what an asynchronous node gave; not needed for others.
    """
    template, node = task.template, task.node
    spec = template.node_type.spec
    if not template.is_constant or node.on_error == "branch" or node.credentials:
        return None
    if node.execute_once or node.always_output or spec.style not in ("items", "batch") or task.state:
        return None
    batch = task.inputs[0] if task.inputs else None
    if batch is None or len(batch) > task.environment.spill_at:
        return None
    ctx = RunContext(task, None, task.scope)
    data: Batch = batch.items() if spec.style == "items" else batch
    try:
        instance: Any = template.constant()
        result = _call_items(instance, data, ctx, task)
        if result is None:
            result = instance.run(data, ctx)
            if settle is not None:
                result = settle(result)
    except (Exception, SystemExit) as error:  # the boundary between user code and the engine
        return Called(ctx, data, None, error)
    outputs = None if ctx.failures else _outputs(result, task)
    if outputs is None:
        return Called(ctx, data, result)
    return Done(outputs, ctx.state or None, ctx.lines, None, ctx.annotations or None)


def _call_items(instance: Any, data: Batch, ctx: RunContext, task: NodeTask) -> Batch | None:
    """What a function that is the node gives, called right here; None where that is not possible."""
    made_of, call_here = instance.item_function, task.environment.call_here
    if made_of is None or call_here is None or not isinstance(data, Items) or not data.rows:
        return None
    return call_items(made_of, instance, data, ctx, call_here) if ctx.stops_on_error else None


def settled(result: Any) -> Any:
    """What a coroutine gives that never waits, or an asynchronous generator as a plain one."""
    if type(result) is AsyncGeneratorType:
        return iter(settled(_gathered(result)))
    if type(result) is not CoroutineType:
        return result
    try:
        result.send(None)
    except StopIteration as over:
        return over.value
    result.close()
    raise RuntimeError("a node that runs code waited for something else")


async def _gathered(parts: AsyncIterator[Any]) -> list[Any]:
    return [part async for part in parts]


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
