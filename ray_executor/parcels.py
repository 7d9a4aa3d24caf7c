"""Batches as parcels and back: small data travels by value, large data by reference. Used on both sides.

Rows are pickled, so that what comes out is equal to what went in; tables and arrays are left to Ray, which shares them
without copying. Objects of user code stay the pickles they are.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ray_executor.elsewhere import ItemsElsewhere, ObjectElsewhere, TableElsewhere
from ray_executor.errors import OutputLostError
from ray_executor.messages import Parcel
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, Object, Table
from workflow_kernel.storage.packing import pack_links, unpack_batch, unpack_links
from workflow_kernel.worker.child_values import Pickled, PickledObject
from workflow_kernel.worker.output import SpilledItems

SMALL = 1 << 16
"""Bytes that travel by value."""

Put = Callable[[Any], tuple[int | None, Any, int]]
"""Takes large data; gives the argument, or the reference, and the position where it is found again."""


def wrap(batch: Batch, put: Put) -> Parcel:
    """A batch as a parcel; ``put`` takes its data where it is large."""
    links = pack_links(batch.lineage)
    if isinstance(batch, SpilledItems):
        return Parcel("spilled", len(batch), links, list(batch.parts))
    about = None
    data: Any
    if isinstance(batch, Object):
        pickled = batch.pickled if isinstance(batch, PickledObject) else Pickled.of(batch.value, described=True)
        parts: list[Any] = [pickle.PickleBuffer(pickled.data), *map(pickle.PickleBuffer, pickled.buffers)]
        about = (pickled.kind, pickled.text, pickled.view)
        form, data, size = "object", parts, sum(part.raw().nbytes for part in parts)
        if size <= SMALL:
            data = [bytes(part) for part in parts]
    elif isinstance(batch, Table):
        form, data, size = "table", batch.table, batch.table.nbytes
    else:
        data = pack_rows(batch.items().rows)
        form, size = "rows", len(data)
    parcel = Parcel(form, len(batch), links, about=about)  # type: ignore[arg-type]  # one of the forms
    if size <= SMALL:
        parcel.data = data
    else:
        parcel.argument, parcel.reference, parcel.at = put(data)
    return parcel


def size_of(batch: Batch | None) -> int:
    """About how many bytes a batch is; items are looked at one in many."""
    if batch is None or not len(batch):
        return 0
    if isinstance(batch, Table):
        return int(batch.table.nbytes)
    if isinstance(batch, Items):
        step = max(1, len(batch) // 8)
        seen = batch.rows[::step][:8]
        return len(pickle.dumps([row.json for row in seen], 5)) * len(batch) // len(seen)
    return SMALL + 1


def unwrap(parcel: Parcel, blobs: Blobs, arguments: Sequence[Any], get: Callable[[Any], Any]) -> Batch:
    """The batch of a parcel, with its data; where that is gone, of its durable copy.

    ``get`` gives what a reference refers to, and raises ``OutputLostError`` where nobody has it any more.
    """
    lineage = unpack_links(parcel.links)
    if parcel.form == "absent":
        return Absent(parcel.count, lineage)
    if parcel.form == "kept":
        assert parcel.kept is not None
        return unpack_batch(parcel.kept, blobs)
    if parcel.form == "spilled":
        return SpilledItems(blobs, parcel.data, lineage)
    data = parcel.data
    if parcel.argument is not None:
        data = arguments[parcel.argument][parcel.at]
    elif parcel.reference is not None:
        try:
            data = get(parcel.reference)[parcel.at]
        except OutputLostError:
            if parcel.kept is None:
                raise
            return unpack_batch(parcel.kept, blobs)
    return open_parcel(parcel, data)


def open_parcel(parcel: Parcel, data: Any) -> Batch:
    """The batch of a parcel whose data is at hand."""
    lineage = unpack_links(parcel.links)
    if parcel.form == "table":
        return Table(data, lineage)
    if parcel.form == "object":
        return PickledObject(Pickled(data[0], list(data[1:]), *(parcel.about or ("object", "", b""))), lineage)
    rows = unpack_rows(data)
    return Items(rows, lineage) if rows or parcel.links is not None else EMPTY


def receive(parcel: Parcel, references: Sequence[Any], blobs: Blobs, get: Callable[[Any], Any]) -> Batch:
    """The batch of a parcel that a worker sent: large data stays where it is until somebody looks at it.

    ``references`` are Ray's, to what the worker gave beside its answer.
    """
    if parcel.argument is None:
        return unwrap(parcel, blobs, (), get)
    parcel.reference, parcel.argument = references[parcel.argument], None
    lineage = unpack_links(parcel.links)

    kind: Any = {"table": TableElsewhere, "object": ObjectElsewhere}.get(parcel.form, ItemsElsewhere)
    found: Batch = kind(parcel, partial(unwrap, parcel, blobs, (), get), lineage)
    return found


def pack_rows(rows: Sequence[Item]) -> bytes:
    """Items as bytes, exactly."""
    attached = {at: row.binary for at, row in enumerate(rows) if row.binary is not None}
    return pickle.dumps(([row.json for row in rows], attached), 5)


def unpack_rows(data: Any) -> list[Item]:
    """The items of :func:`pack_rows`."""
    found, attached = pickle.loads(data)  # noqa: S301 - written by pack_rows, of plain values
    if not attached:
        return [Item(json) for json in found]
    return [Item(json, attached.get(at)) for at, json in enumerate(found)]


class Absent(Batch):
    """A batch of which only its number of items and its lineage are here."""

    __slots__ = ("_count",)

    def __init__(self, count: int, lineage: Any) -> None:
        self._count = count
        self.lineage = lineage

    def __len__(self) -> int:
        return self._count

    def items(self) -> Items:
        """There are none here."""
        raise OutputLostError("The data of this node was not sent along.", mend="Name the node in the expression.")
