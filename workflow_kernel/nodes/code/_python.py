"""Data on its way to a user's Python in a worker process and back. Shared by the nodes that run Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, Object, Table
from workflow_kernel.runs.lineage import NONE, SAME, Lineage
from workflow_kernel.sdk import Context, NodeError
from workflow_kernel.worker.child_calls import pack_rows
from workflow_kernel.worker.child_values import Pickled, PickledObject

MOST_LINKS = 1_000_000

_decode_rows = msgspec.json.Decoder(list[Item]).decode


def given(batch: Batch) -> dict[str, Any]:
    """A batch as a worker process gets it. Tables and objects go as they are, items packed."""
    if isinstance(batch, PickledObject):
        return {"kind": "object", "value": batch.pickled}
    if isinstance(batch, Object):
        return {"kind": "object", "value": Pickled.of(batch.value)}
    if isinstance(batch, Table):
        return {"kind": "table", "value": Pickled.of(batch.table)}
    return {"kind": "items", "rows": pack_rows(batch.items().rows)}


def batch_of(answer: Mapping[str, Any], batch: Batch) -> Batch:
    """The batch a worker process answered with, linked to the batch it was given."""
    if answer["kind"] == "table":
        table = _read_table(answer["data"])
        return Table(table, lineage_of_all(table.num_rows, len(batch)))
    if answer["kind"] == "object":
        return PickledObject(answer["value"], lineage_of_all(1, len(batch)))
    try:
        rows = _decode_rows(answer["rows"])
    except msgspec.ValidationError as error:
        raise NodeError(
            f"The code returned items with an attachment that is not one: {error}.",
            mend="Make attachments with attach(bytes, name=...), or pass on those of an item.",
        ) from None
    if not rows:
        return EMPTY
    sources = answer["sources"]
    links = lineage_of_all(len(rows), len(batch)) if sources is None else lineage(sources, len(batch))
    return Items(rows, links)


def report_failures(answer: Mapping[str, Any], ctx: Context) -> None:
    """Report the items the code failed for; raises for the first one where the node stops on errors."""
    for index, told in answer.get("failures", ()):
        ctx.fail(
            index,
            NodeError(
                told["message"],
                description=told.get("description", ""),
                item=index,
                data=told.get("data"),
                retry_after=told.get("retry_after"),
                code=told.get("code") or "WF301",
                mend=told.get("mend", ""),
            ),
        )


def lineage(sources: Iterable[Any], count: int) -> Lineage:
    """Lineage from what is known of each item: an index, a list of (index, input), or None.

    Items of which nothing is known are linked by their position where the counts are equal, else to all.
    """
    told = list(sources)
    if all(isinstance(source, int) and 0 <= source < count for source in told):
        return SAME if told == list(range(count)) else Lineage.one(told)
    unknown = sum(source is None for source in told)
    if unknown * count > MOST_LINKS:
        return NONE
    everything = [(0, index) for index in range(count)]

    def links(position: int, source: Any) -> list[tuple[int, int]]:
        if source is None:
            return [(0, position)] if len(told) == count else everything
        pairs = [(source, 0)] if isinstance(source, int) else source
        return [(port, index) for index, port in pairs if 0 <= index < count and port >= 0]

    return Lineage.many(links(position, source) for position, source in enumerate(told))


def lineage_of_all(rows: int, count: int) -> Lineage:
    """Lineage of rows of which only their number is known."""
    if rows == count:
        return SAME
    if count == 1:
        return Lineage.one([0] * rows)
    if count == 0 or rows * count > MOST_LINKS:
        return NONE
    return Lineage.many([(0, index) for index in range(count)] for _ in range(rows))


def _read_table(data: Any) -> Any:
    import pyarrow

    table = pyarrow.ipc.open_stream(pyarrow.py_buffer(data)).read_all()
    table.validate()
    return table
