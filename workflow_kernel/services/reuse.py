"""Which results of an earlier execution stand in for node runs of a new one: partial runs, retries, forks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.plan import Plan
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.entries import RunDone
from workflow_kernel.runs.item import as_items
from workflow_kernel.runs.stale import stale_nodes
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services.library import Library
from workflow_kernel.storage.executions import ExecutionStore


class Partial(msgspec.Struct, frozen=True):
    """What of an execution is to be run.

    Parameters
    ----------
    only: ids of the nodes that may run; None for all. reuse: runs taken as done.
    """

    only: frozenset[str] | None = None
    reuse: Mapping[tuple[str, int], RunDone] | None = None


async def partial(
    options: Mapping[str, Any], graph: Workflow, store: ExecutionStore, library: Library, registry: Registry
) -> Partial:
    """What an execution's options say.

    Parameters
    ----------
    options: ``to``, the name of the node to run to; ``reuse``, the id of an earlier execution; ``without``, names of
        nodes whose results are not taken over, nor those of what follows from them; ``replace``, items by node name
        that stand in the place of that node's results.
    graph: as it is now.
    """
    plan = Plan(graph, registry)
    only = None
    if options.get("to"):
        target = plan.by_name.get(options["to"])
        if target is None:
            raise WorkflowError(f"There is no node '{options['to']}' to run to.", code="WF110", mend="Name another.")
        only = frozenset(node.id for node in plan.nodes if node is target or node.bit & target.reach)
    replaced = dict(options.get("replace") or {})
    reuse: dict[tuple[str, int], RunDone] = {}
    if options.get("reuse"):
        without = {name for name in (*options.get("without", ()), *replaced) if name in plan.by_name}
        if options.get("to"):
            without.add(options["to"])
        reuse = await _earlier(UUID(options["reuse"]), graph, plan, without, store, library)
    for name, items in replaced.items():
        node = plan.by_name.get(name)
        if node is None:
            raise WorkflowError(f"There is no node '{name}' whose data could be replaced.", code="WF110")
        reuse[node.id, 0] = RunDone(node.id, 0, (as_items(items),), None, None, 0.0, 0.0)
    return Partial(only, reuse or None)


async def _earlier(
    execution: UUID, graph: Workflow, plan: Plan, without: Iterable[str], store: ExecutionStore, library: Library
) -> dict[tuple[str, int], RunDone]:
    row = await store.find(execution)
    if row is None:
        raise WorkflowError(
            "The execution whose results were to be used is gone.", code="WF773", mend="Run the whole workflow."
        )
    if row.document is not None or row.version is None or row.workflow_id is None:
        before = library.draft(row.document or {}, row.workflow_id, row.project_id).graph
    else:
        before = (await library.version(row.workflow_id, row.project_id, row.version)).graph
    left_out = set(stale_nodes(before, graph))
    for name in without:
        bit = plan.by_name[name].bit
        left_out.add(plan.by_name[name].id)
        left_out |= {node.id for node in plan.nodes if node.reach & bit}
    journal = await store.journal(row)
    return {
        (entry.node, entry.index): entry
        for entry in journal.entries
        if isinstance(entry, RunDone) and entry.node not in left_out
    }
