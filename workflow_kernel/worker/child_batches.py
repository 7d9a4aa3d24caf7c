"""Batches on their way to a user's Python and back, with their lineage. The server's side of ``child_results``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, Object, Table
from workflow_kernel.runs.lineage import NONE, SAME, Lineage
from workflow_kernel.worker.child_calls import pack_rows
from workflow_kernel.worker.child_values import Pickled, PickledObject

if TYPE_CHECKING:
    from workflow_kernel.sdk.context import Context

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


def batch_of(answer: Mapping[str, Any], *batches: Batch) -> Batch:
    """The batch code answered with, linked to the batches it was given, by their order."""
    if answer["kind"] == "table":
        table = answer["table"] if "table" in answer else _read_table(answer["data"])
        return Table(table, lineage_of_all(table.num_rows, *map(len, batches)))
    if answer["kind"] == "object":
        value, links = answer["value"], lineage_of_all(1, *map(len, batches))
        return PickledObject(value, links) if isinstance(value, Pickled) else Object(value, links)
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
    counts = [len(batch) for batch in batches]
    links = lineage_of_all(len(rows), *counts) if sources is None else lineage(sources, counts[0])
    return Items(rows, links)


def given_here(batch: Batch) -> dict[str, Any]:
    """A batch as code in this process gets it: items are copies it may change, tables and objects as they are."""
    if isinstance(batch, Object):
        return {"kind": "object", "value": batch.value}
    if isinstance(batch, Table):
        return {"kind": "table", "value": batch.table}
    packed = pack_rows(batch.items().rows)
    return {"kind": "items", "rows": packed.load() if isinstance(packed, Pickled) else packed}


def report_failures(answer: Mapping[str, Any], ctx: Context) -> None:
    """Report the items the code failed for; raises for the first one where the node stops on errors."""
    for index, told in answer.get("failures", ()):
        ctx.fail(index, error_of(told, index))


def error_of(told: Mapping[str, Any], item: int | None = None) -> NodeError:
    """The error that ``child_errors.describe`` told of."""
    return NodeError(
        told["message"],
        description=told.get("description", ""),
        item=told.get("item") if item is None else item,
        data=told.get("data"),
        retry_after=told.get("retry_after"),
        code=told.get("code") or "WF301",
        mend=told.get("mend", ""),
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


def lineage_of_all(rows: int, *counts: int) -> Lineage:
    """Lineage of rows of which only their number is known, and how many items each input has.

    Of a lone input they are the items, when there are as many; else every row comes from all items.
    """
    if len(counts) == 1 and rows == counts[0]:
        return SAME
    if not sum(counts) or rows * sum(counts) > MOST_LINKS:
        return NONE
    if counts == (1,):
        return Lineage.one([0] * rows)
    everything = [(port, index) for port, count in enumerate(counts) for index in range(count)]
    return Lineage.many(everything for _ in range(rows))


def _read_table(data: Any) -> Any:
    import pyarrow  # noqa: PLC0415 - 100 ms that most code does not need

    table = pyarrow.ipc.open_stream(pyarrow.py_buffer(data)).read_all()
    table.validate()
    return table
