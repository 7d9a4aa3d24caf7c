"""Calls a plain Python function for a node: in a worker process, in a thread, or here. Used by the context."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import EMPTY, Batch
from workflow_kernel.worker import child_function
from workflow_kernel.worker.child_batches import batch_of, error_of, given, given_here, report_failures
from workflow_kernel.worker.child_calls import Calls
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_results import LocalHost
from workflow_kernel.worker.child_values import Pickled

if TYPE_CHECKING:
    from workflow_kernel.sdk.context import Context
    from workflow_kernel.sdk.node import Where

ENTRY = "workflow_kernel.worker.child_function:run"


async def call_function(
    ctx: Context,
    function: str | Callable[..., Any],
    inputs: Mapping[str, Batch],
    arguments: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    where: Where,
    outputs: Sequence[str] = (),
) -> Any:
    """See ``Context.call_function``."""
    name = function if isinstance(function, str) else name_of(function)
    data: dict[str, Any] = {
        "arguments": dict(arguments) if isinstance(arguments, Mapping) else [dict(own) for own in arguments],
        "stops": ctx.stops_on_error,
        "outputs": list(outputs),
    }
    batches = list(inputs.values()) or [EMPTY]
    if where == "process":
        data["inputs"] = {port: given(batch) for port, batch in inputs.items()}
        if not name:
            data["function"] = Pickled.of(function)
        answer = await ctx.run_python(name, data, entry=ENTRY)
    else:
        data["inputs"] = {port: given_here(batch) for port, batch in inputs.items()}
        data["function"] = child_function.load(function) if isinstance(function, str) else function
        answer = await _call_here(data, ctx, is_inline=where == "inline")
    report_failures(answer, ctx)
    if answer["kind"] == "ports":
        return {port: batch_of(part, *batches) for port, part in answer["ports"].items()}
    return batch_of(answer, *batches)


async def _call_here(data: dict[str, Any], ctx: Context, *, is_inline: bool) -> dict[str, Any]:
    host = LocalHost(Calls(ctx))

    def call() -> dict[str, Any]:
        try:
            return child_function.run({"code": "", "data": data}, host)
        except NodeError:
            raise
        except Exception as error:
            raise error_of(describe(error)) from error

    # An asynchronous function gets a loop of its own, which only another thread can have.
    if is_inline and not inspect.iscoroutinefunction(data["function"]):
        return call()
    return await asyncio.to_thread(call)


def name_of(function: Callable[..., Any]) -> str:
    """``module:function`` for one that a worker process can import; empty for those of a session or a function."""
    module, path = function.__module__, function.__qualname__
    if module == "__main__" or "<" in path or getattr(sys.modules.get(module), "__file__", None) is None:
        return ""
    return f"{module}:{path}"
