"""Calls a function that is a node for each of some items in this very thread: no messages to and from a process.

It gives what ``functions.call_function`` gives. Used by ``quick`` where an environment lets users' code run here.
"""

from __future__ import annotations

from typing import Any

from workflow_kernel.runs.item import Batch, Items
from workflow_kernel.sdk.node import ItemFunction, NodeType
from workflow_kernel.worker.child_batches import batch_of, report_failures
from workflow_kernel.worker.child_calls import Calls, pack_rows
from workflow_kernel.worker.child_code import finish
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_function import load
from workflow_kernel.worker.child_items import items_of, rows_of
from workflow_kernel.worker.child_results import LocalHost, each, encode_rows
from workflow_kernel.worker.child_values import Pickled
from workflow_kernel.worker.context import RunContext
from workflow_kernel.worker.environment import CallHere
from workflow_kernel.worker.functions import name_of


def call_items(
    made_of: ItemFunction, instance: NodeType, items: Items, ctx: RunContext, call_here: CallHere
) -> Batch | None:
    """Call the function for each item; gives what the node gives, None (and nothing was called) where it cannot.

    Parameters
    ----------
    made_of: the node's function. instance: the node with its parameters, which are the same for all items.
    """
    name, packed = name_of(made_of.function), pack_rows(items.rows)
    if not name or isinstance(packed, Pickled):
        return None
    rows = rows_of(packed)  # copies, which it may change
    settings = {parameter: getattr(instance, attribute) for parameter, attribute in made_of.settings.items()}
    node = ctx.task.node
    answer: dict[str, Any] = call_here(
        lambda: _answer(name, made_of.parameter, settings, rows, ctx),
        timeout=node.timeout,
        log=ctx.printed,
        memory=node.resources.memory,
    )
    report_failures(answer, ctx)
    return batch_of(answer, items)


def _answer(
    name: str, parameter: str, settings: dict[str, Any], rows: list[dict[str, Any]], ctx: RunContext
) -> dict[str, Any]:
    """See ``child_results.each``, which is asked where the function gives more than plain objects."""
    function, results = load(name), list[Any]()

    def call(index: int) -> Any:
        if index == len(results):
            results.append(finish(function(**{parameter: rows[index]["json"]}, **settings)))
        return results[index]

    for index in range(len(rows)):
        try:
            result = call(index)
        except Exception as error:  # the boundary between user code and the node
            return {"kind": "items", "rows": b"[]", "sources": None, "failures": [(index, describe(error))]}
        if type(result) is not dict or "json" in result:
            return each(items_of(rows, numbered=True), call, LocalHost(Calls(ctx)), stops=True)
    places = {id(row["json"]): index for index, row in enumerate(rows)}
    return {
        "kind": "items",
        "rows": encode_rows([{"json": result, "binary": None} for result in results]),
        "sources": [places.get(id(result), index) for index, result in enumerate(results)],
    }
