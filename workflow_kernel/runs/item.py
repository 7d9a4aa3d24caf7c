"""Items and batches: what travels along an edge.

An :class:`Item` is one record; a :class:`Batch` is what one node run sends through one port, with its
:class:`~workflow_kernel.runs.lineage.Lineage`. Batches are immutable and shared between all nodes an output is wired
to: a node that changes an item makes a new one. Reading blobs does not belong here; a batch whose rows live in the
blob store is a subclass in ``worker``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import msgspec

from workflow_kernel.runs.lineage import SAME, UNLINKED, Lineage

if TYPE_CHECKING:
    import pyarrow

CHUNK = 10_000
"""Items a chunk holds when a batch is read piece by piece."""


class Binary(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """An attachment, by reference: its bytes are in the blob store under ``blob``.

    Parameters
    ----------
    blob: sha256 of the bytes, in hex.
    mime_type: e.g. ``text/csv``.
    file_name, file_extension: as the sender named it; the extension without a dot.
    size: in bytes.
    """

    blob: str
    mime_type: str = "application/octet-stream"
    file_name: str | None = None
    file_extension: str | None = None
    size: int = 0


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record on its way: a JSON object and, by name, attachments."""

    json: dict[str, Any]
    binary: dict[str, Binary] | None = None

    def with_json(self, json: dict[str, Any]) -> Item:
        """The same item carrying other JSON; attachments stay."""
        return Item(json, self.binary)


class Batch:
    """What one node run sends through one port. Subclasses say how the rows are kept."""

    __slots__ = ("lineage",)
    lineage: Lineage

    def __len__(self) -> int:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """What a notebook shows: the first rows."""
        from workflow_kernel.runs import show  # noqa: PLC0415 - every worker loads this module, and shows nothing

        first = next(self.chunks(show.ROWS), None)  # no more than is shown is read
        return show.items_html([] if first is None else first.json(), len(self))

    def items(self) -> Items:
        """All rows as items, in memory."""
        raise NotImplementedError

    def chunks(self, size: int = CHUNK) -> Iterator[Items]:
        """The rows in pieces of at most ``size`` items, lineage left out."""
        rows = self.items().rows
        if len(rows) <= size:
            if rows:
                yield Items(rows)
            return
        for start in range(0, len(rows), size):
            yield Items(rows[start : start + size])


class Items(Batch, Sequence[Item]):
    """A batch whose items are in memory. Behaves as a read-only list of items."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[Item], lineage: Lineage = UNLINKED) -> None:
        self.rows = rows
        self.lineage = lineage

    @classmethod
    def of(cls, *values: Item | Mapping[str, Any]) -> Items:
        """A batch from items or plain objects: ``Items.of({"a": 1}, {"a": 2})``."""
        return cls([as_item(value) for value in values])

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        return self.rows[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Items) and self.rows == other.rows

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Items:
        return Items(self.rows, self.lineage)

    def __repr__(self) -> str:
        return f"Items({len(self.rows)})"

    def items(self) -> Items:
        return self

    def take(self, indices: Sequence[int], port: int = 0) -> Items:
        """The items at ``indices``, in that order, linked to where they came from.

        Parameters
        ----------
        indices: positions in this batch.
        port: position of this batch among the node's inputs, for nodes that have several.
        """
        rows = self.rows
        return Items([rows[i] for i in indices], Lineage.one(indices, port))

    def json(self) -> list[dict[str, Any]]:
        """The JSON objects alone."""
        return [item.json for item in self.rows]


class Table(Batch):
    """A batch kept as an Arrow table: columns, no copies, cheap at millions of rows."""

    __slots__ = ("table",)

    def __init__(self, table: pyarrow.Table, lineage: Lineage = SAME) -> None:
        self.table = table
        self.lineage = lineage

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return f"Table({len(self)} x {self.table.num_columns})"

    def items(self) -> Items:
        return Items([Item(row) for row in self.table.to_pylist()], self.lineage)

    def chunks(self, size: int = CHUNK) -> Iterator[Items]:
        for record_batch in self.table.to_batches(max_chunksize=size):
            if record_batch.num_rows:
                yield Items([Item(row) for row in record_batch.to_pylist()])


class Object(Batch):
    """Any Python object on an edge, e.g. a fitted model. Counts as one item."""

    __slots__ = ("value",)

    def __init__(self, value: Any, lineage: Lineage = SAME) -> None:
        self.value = value
        self.lineage = lineage

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"Object({type(self.value).__name__})"

    def items(self) -> Items:
        """The object as one item: a mapping is its JSON, anything else stands under ``value``."""
        value = self.value
        return Items([Item(dict(value) if isinstance(value, Mapping) else {"value": value})], self.lineage)


EMPTY = Items([])
"""The batch without items; shared, as batches are immutable."""


def as_item(value: Item | Mapping[str, Any]) -> Item:
    """An item from what a user's code returned: an item, a plain object, or ``{"json": ..., "binary": ...}``."""
    if isinstance(value, Item):
        return value
    if "json" in value and isinstance(value["json"], Mapping) and set(value) <= {"json", "binary", "pairedItem"}:
        binary = value.get("binary") or None
        attachments = {k: _as_binary(v) for k, v in binary.items()} if binary else None
        return Item(dict(value["json"]), attachments)
    return Item(dict(value))


def as_items(values: Iterable[Item | Mapping[str, Any]]) -> Items:
    """A batch from any iterable of items or plain objects."""
    return Items([as_item(value) for value in values])


def _as_binary(value: Any) -> Binary:
    return value if isinstance(value, Binary) else msgspec.convert(value, Binary)
