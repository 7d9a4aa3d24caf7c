"""Gathers what a node gave into batches: normalises shapes, links lineage, spills what is too large for memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import CHUNK, EMPTY, Batch, Item, Items, Table, as_item
from workflow_kernel.runs.lineage import NONE, SAME, UNLINKED, Lineage

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Item])


class SpilledItems(Batch):
    """A batch whose rows are in the blob store; read chunk by chunk."""

    __slots__ = ("blobs", "count", "parts")

    def __init__(self, blobs: Blobs, parts: Sequence[tuple[str, int]], lineage: Lineage) -> None:
        self.blobs = blobs
        self.parts = tuple(parts)
        self.count = sum(count for _, count in parts)
        self.lineage = lineage

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        return f"SpilledItems({self.count})"

    def items(self) -> Items:
        return Items([item for chunk in self.chunks() for item in chunk.rows], self.lineage)

    def chunks(self, size: int = CHUNK) -> Iterator[Items]:
        for digest, _ in self.parts:
            rows = _decoder.decode(self.blobs.get(digest))
            for start in range(0, len(rows), size):
                yield Items(rows[start : start + size])


class PortWriter:
    """Collects the batches a run sends through one port.

    Parameters
    ----------
    blobs: where items go, in chunks of ``chunk``, beyond the ``spill_at`` that stay in memory.
    """

    __slots__ = ("_batches", "_blobs", "_chunk", "_held", "_lineages", "_parts", "_spill_at")

    def __init__(self, blobs: Blobs, spill_at: int, chunk: int) -> None:
        self._blobs = blobs
        self._spill_at = spill_at
        self._chunk = chunk
        self._batches: list[Batch] = []
        self._lineages: list[tuple[Lineage, int, int]] = []
        self._held = 0
        self._parts: list[tuple[str, int]] = []

    def add(self, batch: Batch, offset: int = 0) -> None:
        """Add a batch whose lineage counts from input index ``offset``."""
        if not len(batch):
            return
        self._batches.append(batch)
        self._lineages.append((batch.lineage, offset, len(batch)))
        self._held += len(batch)
        if self._held > self._spill_at and len(self._batches) > 1:
            self._spill()

    def finish(self) -> Batch:
        """Everything added, as one batch."""
        if not self._batches and not self._parts:
            return EMPTY
        if self._parts:
            self._spill()
            return SpilledItems(self._blobs, self._parts, join_lineages(self._lineages))
        if len(self._batches) == 1 and self._lineages[0][1] == 0:
            return self._batches[0]
        rows = [item for batch in self._batches for item in batch.items().rows]
        return Items(rows, join_lineages(self._lineages))

    def _spill(self) -> None:
        for batch in self._batches:
            for chunk in batch.chunks(self._chunk):
                self._parts.append((self._blobs.put(_encoder.encode(chunk.rows)), len(chunk)))
        self._batches, self._held = [], 0


def join_lineages(parts: Sequence[tuple[Lineage, int, int]]) -> Lineage:
    """One lineage for batches that follow each other, each with its input offset and its length."""
    kinds = {lineage.kind if lineage.run is None else "many" for lineage, _, _ in parts}
    if kinds == {"none"}:
        return NONE
    if kinds == {"same"}:
        position, port = 0, parts[0][0].port
        for lineage, offset, length in parts:
            if offset != position or lineage.port != port:
                break
            position += length
        else:
            return Lineage.same(port)
    if kinds <= {"same", "one"} and len({lineage.port for lineage, _, _ in parts}) == 1:
        indices = array("i")
        for lineage, offset, length in parts:
            own = range(length) if lineage.indices is None else lineage.indices
            indices.extend(index + offset for index in own)
        return Lineage("one", parts[0][0].port, indices)
    return Lineage.many(
        [source._replace(index=source.index + offset) for source in lineage.sources(i)]
        for lineage, offset, length in parts
        for i in range(length)
    )


def join_ordered(first: Batch, second: Batch) -> Batch:
    """Two batches made of different items of one input, as if made in one go: in the order of these items."""
    if not len(first) or not len(second):
        return first if len(first) else second
    rows = [
        (batch.lineage.sources(index), item) for batch in (first, second) for index, item in enumerate(batch.items())
    ]
    rows.sort(key=lambda row: row[0][0].index if row[0] else 0)
    return Items([item for _, item in rows], Lineage.many(sources for sources, _ in rows))


def link(batch: Batch, inputs: Sequence[Batch | None]) -> Batch:
    """The batch with its lineage told: by identity where items were passed on, else by count.

    Equal counts link by index; one input item is the source of all; otherwise every output item has all inputs.
    """
    if batch.lineage is not UNLINKED:
        return batch
    rows = batch.items().rows
    sources = [(port, entry) for port, entry in enumerate(inputs) if entry is not None and len(entry)]
    if not sources:
        lineage = NONE
    elif len(sources) == 1 and isinstance(sources[0][1], Items):
        lineage = _link_one(rows, sources[0][1].rows, sources[0][0])
    else:
        lineage = _link_many(rows, sources)
    return Items(rows, lineage)


def _link_one(rows: list[Item], inputs: list[Item], port: int) -> Lineage:
    positions = {id(item): index for index, item in enumerate(inputs)}
    indices = [positions.get(id(item), -1) for item in rows]
    if -1 not in indices:
        same = len(indices) == len(inputs) and indices == list(range(len(inputs)))
        return Lineage.same(port) if same else Lineage.one(indices, port)
    if len(rows) == len(inputs):
        return Lineage.same(port)
    if len(inputs) == 1:
        return Lineage.one([0] * len(rows), port)
    if len(rows) * len(inputs) > 1_000_000:
        return NONE
    everything = [(port, index) for index in range(len(inputs))]
    return Lineage.many(everything if at < 0 else [(port, at)] for at in indices)


def _link_many(rows: list[Item], sources: Sequence[tuple[int, Batch]]) -> Lineage:
    positions = {
        id(item): (port, index)
        for port, batch in sources
        if isinstance(batch, Items)
        for index, item in enumerate(batch.rows)
    }
    total = sum(len(batch) for _, batch in sources)
    if not positions and len(rows) * total > 1_000_000:
        return SAME if len(rows) == len(sources[0][1]) else NONE
    everything = [(port, index) for port, batch in sources for index in range(len(batch))]
    found = [positions.get(id(item)) for item in rows]
    if None in found and len(rows) * total > 1_000_000:
        return NONE
    return Lineage.many(everything if at is None else [at] for at in found)


def as_batch(value: Any, *, node: str) -> Batch:
    """A batch from what a node's run gave for one port."""
    if isinstance(value, Batch):
        return value
    if value is None:
        return EMPTY
    if isinstance(value, Item | Mapping):
        return Items([as_item(value)])
    if isinstance(value, list | tuple):
        wrong = next((entry for entry in value if not isinstance(entry, Item | Mapping)), None)
        if wrong is None:
            return Items([as_item(entry) for entry in value])
        raise NodeError(
            f"Node '{node}' returned a list with a {type(wrong).__name__} in it.",
            code="WF303",
            mend="Return objects, e.g. {'value': 1}, one for each item.",
        )
    if type(value).__module__.startswith("pyarrow") and hasattr(value, "to_batches"):
        return Table(value)
    raise NodeError(
        f"Node '{node}' returned a {type(value).__name__}, which is not data an edge can carry.",
        code="WF303",
        mend="Return an object, a list of objects, a table, or None.",
    )


def split_ports(result: Any, names: Sequence[str]) -> Mapping[str, Any]:
    """What a run gave, by output port: a mapping of port names as it is, anything else on the first port."""
    is_mapping = isinstance(result, Mapping) and 0 < len(result) <= len(names)
    if is_mapping and all(key in names and isinstance(value, Batch | list | tuple) for key, value in result.items()):
        named: Mapping[str, Any] = result
        return named
    return {names[0]: result} if names else {}
