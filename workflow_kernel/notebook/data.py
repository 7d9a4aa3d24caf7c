"""What node runs gave, in the shape the editor takes: states and counts, pages of items, failures."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Batch, Item, Object, Table

STATES = {"succeeded": "succeeded", "durable": "succeeded", "failed": "failed", "skipped": "skipped"}
MOST_ITEMS = 1000


def run_info(run: Run) -> dict[str, Any]:
    """A node run."""
    outputs = zip(run.node.output_names, run.outputs, strict=False)
    return {
        "node": run.node.id, "run_index": run.index, "state": STATES.get(run.status, "cancelled"),
        "attempt": run.attempt, "started_at": run.started, "seconds": max(0.0, run.ended - run.started),
        "items": {name: 0 if batch is None else len(batch) for name, batch in outputs},
        "error": None if run.error is None else msgspec.to_builtins(run.error, enc_hook=str),
    }  # fmt: skip


def find_run(result: ExecutionResult | None, node: str, index: int) -> Run | None:
    """A node run, by the node's id; None where there is none (yet)."""
    runs = () if result is None else result.runs
    return next((run for run in reversed(runs) if run.key == (node, index)), None)


def sent(run: Run | None, port: str) -> Batch | None:
    """What a run sent through an output."""
    names = [] if run is None else list(run.node.output_names)
    if run is None or port not in names or names.index(port) >= len(run.outputs):
        return None
    found: Batch | None = run.outputs[names.index(port)]
    return found


def page(batch: Batch | None, offset: int, limit: int, search: str = "") -> dict[str, Any]:
    """Part of a batch; only items in which a text stands, where one is given."""
    limit = min(limit, MOST_ITEMS)
    if batch is None:
        return {"items": [], "offset": offset, "total": 0, "kind": "items"}
    if isinstance(batch, Table) and not search:
        rows = [shown(Item(row)) for row in batch.table.slice(offset, limit).to_pylist()]
        columns = [{"name": field.name, "type": str(field.type)} for field in batch.table.schema]
        return {"items": rows, "offset": offset, "total": len(batch), "kind": "table", "columns": columns}
    found = batch.items().rows
    if search:
        needle = search.lower()
        found = [item for item in found if needle in str(msgspec.to_builtins(item.json, enc_hook=str)).lower()]
    kind = "object" if isinstance(batch, Object) else "items"
    return {
        "items": [shown(item) for item in found[offset : offset + limit]], "offset": offset, "total": len(found),
        "kind": kind,
    }  # fmt: skip


def shown(item: Item) -> dict[str, Any]:
    """An item; attachments are named as the editor does."""
    made: dict[str, Any] = {"json": msgspec.to_builtins(item.json, enc_hook=str)}
    if item.binary:
        made["binary"] = {
            name: {"mimeType": one.mime_type, "fileName": one.file_name, "fileSize": one.size, "ref": one.blob}
            for name, one in item.binary.items()
        }
    return made


def failure(execution: str, error: WorkflowError) -> dict[str, Any]:
    """The end of an execution that could not even run, as a live event."""
    told = {"message": error.message or str(error), "code": error.code, "mend": error.mend}
    return {
        "event": "execution.finished", "execution": execution, "at": time.time(), "state": "failed", "seconds": 0.0,
        "error": told,
    }  # fmt: skip
