"""What is shown of executions: rows of lists, node runs, data in pages. No permissions here; ``executions`` asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import Binary, Item, Table
from workflow_kernel.runs.lineage import Source
from workflow_kernel.runs.outcome import ErrorInfo, LogLine
from workflow_kernel.services.relay import PlaceWait
from workflow_kernel.storage.packing import PackedBatch, PackedRun, unpack_batch, unpack_links
from workflow_kernel.storage.tables import Execution

MOST_ITEMS = 1000
"""Items a page of data holds at most."""


class ExecutionView(msgspec.Struct, frozen=True):
    """An execution as lists show it."""

    id: UUID
    workflow: UUID | None
    project: UUID
    version: int | None
    mode: str
    state: str
    priority: int
    error: ErrorInfo | None
    last_node: str
    annotations: dict[str, Any]
    trigger: UUID | None
    parent: UUID | None
    retry_of: UUID | None
    fork_of: UUID | None
    created_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    wake_at: datetime | None
    is_draft: bool = False

    @property
    def seconds(self) -> float | None:
        """How long it ran; None while it does not know."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class NodeRunView(msgspec.Struct, frozen=True):
    """A node run: its state, times, what it sent and logged.

    Parameters
    ----------
    node: id of the node. items: count by output position.
    until: when a wait or the pause before another try ends. reason: for what place it waits, in state ``waiting``.
    """

    node: str
    index: int
    state: str
    attempt: int
    started: float
    ended: float | None
    items: list[int]
    error: ErrorInfo | None
    logs: Sequence[LogLine]
    until: float | None = None
    reason: str = ""


class DataPage(msgspec.Struct, frozen=True):
    """Part of what a node run sent through a port.

    Parameters
    ----------
    kind: ``items``, ``table`` or ``object``. count: of all items. start: position of the first one here.
    columns: names and types of a table's columns. sources: where each item here came from; empty where that is not
    known.
    """

    kind: str
    count: int
    start: int
    items: list[Item]
    columns: list[tuple[str, str]] = []
    sources: list[Sequence[Source]] = []


def execution_view(row: Execution) -> ExecutionView:
    """A row as it is shown."""
    return ExecutionView(
        id=row.id, workflow=row.workflow_id, project=row.project_id, version=row.version, mode=row.mode,
        state=row.state, priority=row.priority, error=None if row.error is None else error_of(row.error),
        last_node=row.last_node, annotations=row.annotations or {}, trigger=row.trigger_id, parent=row.parent_id,
        retry_of=row.retry_of, fork_of=row.fork_of, created_by=row.created_by, created_at=row.created_at,
        started_at=row.started_at, ended_at=row.ended_at, wake_at=row.wake_at, is_draft=row.version is None,
    )  # fmt: skip


def error_of(kept: dict[str, Any]) -> ErrorInfo:
    """The error a row holds."""
    return msgspec.convert(kept, ErrorInfo)


def node_run_views(runs: Sequence[PackedRun]) -> list[NodeRunView]:
    """Node runs from the entries that are kept of them, in the order in which they started."""
    newest: dict[tuple[str, int], dict[str, PackedRun]] = {}
    for run in runs:
        if run.kind != "started":
            newest.setdefault((run.node, run.index), {})[run.kind] = run
    views = [_view(kinds) for kinds in newest.values()]
    return sorted(views, key=lambda view: (view.started, view.ended or view.started))


def with_waits(
    views: Sequence[NodeRunView], waits: Sequence[PlaceWait], document: Mapping[str, Any]
) -> list[NodeRunView]:
    """Node runs with those that wait for a place; these may have left nothing behind yet."""
    ids = {about.get("name", node): node for node, about in document.get("nodes", {}).items()}
    found = {(view.node, view.index): view for view in views}
    for wait in waits:
        place = (ids.get(wait.node, wait.node), wait.index)
        view = found.get(place) or NodeRunView(*place, "running", 1, wait.at, None, [], None, ())
        if view.state in ("running", "retry_wait"):  # else it is over, which is told sooner than it is taken back
            found[place] = msgspec.structs.replace(view, state="waiting", ended=None, until=None, reason=wait.reason)
    return list(found.values())


def _view(kinds: dict[str, PackedRun]) -> NodeRunView:
    done, failed = kinds.get("done"), kinds.get("failed")
    run = done or failed or kinds.get("suspended") or kinds["intended"]
    if done is not None:
        state = "succeeded"
    elif failed is not None:
        state = "failed" if failed.until is None else "retry_wait"
    else:
        state = "suspended" if "suspended" in kinds else "running"
    logs = [*(failed.logs if failed is not None else ()), *(done.logs if done is not None else ())]
    return NodeRunView(
        run.node, run.index, state, run.attempt, run.started, run.at if run.kind in ("done", "failed") else None,
        [batch.count for batch in run.outputs], run.error, logs, None if done is not None else run.until,
    )  # fmt: skip


def data_page(packed: PackedBatch, blobs: Blobs, start: int, limit: int) -> DataPage:
    """Part of a batch; of a large one no more is read than that."""
    page = _items_page(packed, blobs, start, min(limit, MOST_ITEMS))
    links = unpack_links(packed.links)
    if links.kind in ("none", "unlinked"):
        return page
    return msgspec.structs.replace(page, sources=[links.sources(start + at) for at in range(len(page.items))])


def _items_page(packed: PackedBatch, blobs: Blobs, start: int, limit: int) -> DataPage:
    batch = unpack_batch(packed, blobs)
    if isinstance(batch, Table):
        columns = [(field.name, str(field.type)) for field in batch.table.schema]
        rows = batch.table.slice(start, limit).to_pylist()
        return DataPage("table", len(batch), start, [Item(row) for row in rows], columns)
    kind = "object" if packed.form == "object" else "items"
    if packed.form != "spilled":
        return DataPage(kind, len(batch), start, batch.items().rows[start : start + limit])
    found: list[Item] = []
    position = 0
    for digest, count in packed.parts:
        if position + count > start and len(found) < limit:
            part = unpack_batch(PackedBatch("items", count, blob=digest), blobs).items().rows
            found += part[max(0, start - position) :][: limit - len(found)]
        position += count
    return DataPage(kind, packed.count, start, found)


def value_of(packed: PackedBatch, blobs: Blobs) -> bytes:
    """What is kept of a table or an object: an Arrow stream, or the pickle with its parts as msgpack, unopened."""
    return blobs.get(packed.blob) if packed.blob else packed.data


def find_attachment(runs: Sequence[PackedRun], digest: str, blobs: Blobs) -> Binary | None:
    """The attachment of that content in what node runs sent, or told of their failure; None when none has it."""
    sought = digest.encode()
    for run in runs:
        reported = (run.error.data or {}).get("report") if run.error is not None else None
        for attached in reported.values() if isinstance(reported, dict) else ():
            if isinstance(attached, dict) and attached.get("blob") == digest:
                return msgspec.convert(attached, Binary)
        for packed in run.outputs:
            places = [packed.blob, *(part for part, _ in packed.parts)]
            inline = packed if sought in packed.data else None
            found = (
                [inline]
                if inline
                else [
                    PackedBatch("items", packed.count, blob=place)
                    for place in places
                    if place and sought in blobs.get(place)
                ]
            )
            for batch in found:
                for item in unpack_batch(batch, blobs).items():
                    for binary in (item.binary or {}).values():
                        if binary.blob == digest:
                            return binary
    return None
