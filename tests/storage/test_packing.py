"""Batches and journal entries survive being kept: whatever a node may send comes back equal."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.runs.entries import AttemptFailed, EffectIntended, Entry, ExecutionStarted, RunDone, RunSuspended
from workflow_kernel.runs.item import Binary, Item, Items, Object, Table
from workflow_kernel.runs.lineage import NONE, SAME, UNLINKED, Lineage
from workflow_kernel.runs.outcome import ErrorInfo, Headway, LogLine
from workflow_kernel.storage import packing
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.output import SpilledItems

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
items = st.lists(st.builds(Item, st.dictionaries(st.text(), plain, max_size=4)), max_size=6)
sources = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=3)
lineages = st.one_of(
    st.sampled_from([SAME, NONE, UNLINKED]),
    st.builds(Lineage.same, st.integers(0, 5)),
    st.builds(
        Lineage.one, st.lists(st.integers(0, 1000), max_size=8), st.integers(0, 3), st.none() | st.integers(0, 9)
    ),
    st.builds(Lineage.many, st.lists(sources, max_size=5)),
)
finite = st.floats(0, 2e9, allow_nan=False)


def told(lineage: Lineage, count: int) -> list[Any]:
    return [lineage.kind, [list(lineage.sources(index)) for index in range(count)]]


@given(rows=items, lineage=lineages)
def test_items_come_back_with_their_lineage(rows: list[Item], lineage: Lineage) -> None:
    blobs = MemoryBlobs()
    kept = packing.unpack_items(packing.pack_items(Items(rows, lineage), blobs), blobs)
    assert list(kept.items()) == rows
    assert told(kept.lineage, len(rows)) == told(lineage, len(rows))


outputs = st.lists(items.map(lambda rows: Items(rows, SAME)), max_size=3).map(tuple)
errors = st.builds(ErrorInfo, st.text(), node=st.text(), item=st.none() | st.integers(0, 99))
logs = st.lists(st.builds(LogLine, finite, st.sampled_from(["info", "error"]), st.text()), max_size=3).map(tuple)
state = st.none() | st.dictionaries(st.text(), st.integers(-(2**60), 2**60), max_size=3)
entries = st.one_of(
    st.builds(
        RunDone, st.text(), st.integers(0, 999), outputs, state, st.none() | errors, finite, finite,
        st.integers(1, 9), state, logs,
    ),
    st.builds(
        AttemptFailed, st.text(), st.integers(0, 999), st.integers(1, 9), st.integers(0, 3), errors,
        st.none() | finite, finite, st.none() | st.builds(Headway, outputs, st.lists(st.integers(0, 99)).map(tuple)),
        logs, finite,
    ),
    st.builds(RunSuspended, st.text(), st.integers(0, 999), st.none() | finite, outputs, finite),
    st.builds(EffectIntended, st.text(), st.integers(0, 999), st.integers(1, 9), st.text(), finite),
)  # fmt: skip


@given(entry=entries)
def test_entries_come_back(entry: Entry) -> None:
    blobs = MemoryBlobs()
    run = packing.pack_entry(entry, blobs)
    assert run is not None
    found = packing.unpack_entry(packing.decode_run(packing.encode_run(run)), Items([]), blobs)
    if isinstance(entry, EffectIntended):
        entry = msgspec.structs.replace(entry, at=entry.at)
    assert msgspec.structs.asdict(found) == msgspec.structs.asdict(entry)


def test_a_start_comes_back_with_the_items_of_its_execution() -> None:
    given = Items.of({"n": 1})
    run = packing.pack_entry(ExecutionStarted("start", given, 5.0), MemoryBlobs())
    assert run is not None
    assert packing.unpack_entry(run, given, MemoryBlobs()) == ExecutionStarted("start", given, 5.0)


@pytest.mark.parametrize(
    "value", [2**80, "\ud800", {"deep": [1e400]}, float("nan")], ids=["large", "surrogate", "infinite", "nan"]
)
def test_values_msgpack_cannot_hold_are_kept(value: Any) -> None:
    blobs = MemoryBlobs()
    kept = packing.unpack_items(packing.pack_items(Items.of({"x": value}), blobs), blobs).items()[0].json["x"]
    assert kept == value or (value != value and kept != kept)


def test_what_is_large_is_in_the_blob_store() -> None:
    blobs = MemoryBlobs()
    rows = [Item({"n": n, "text": "x" * 200}) for n in range(1000)]
    packed = packing.pack_batch(Items(rows), blobs)
    assert packed.data == b"" and packed.blob in blobs
    assert list(packing.unpack_batch(packed, blobs).items()) == rows


def test_tables_objects_and_spilled_items_come_back() -> None:
    blobs = MemoryBlobs()
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
    kept = packing.unpack_items(packing.pack_items(Table(table), blobs), blobs)
    assert isinstance(kept, Table) and kept.table.equals(table)
    part = blobs.put(msgspec.msgpack.encode([Item({"n": 1}), Item({"n": 2})]))
    spilled = packing.unpack_items(packing.pack_items(SpilledItems(blobs, [(part, 2)], SAME), blobs), blobs)
    assert [item.json["n"] for item in spilled.items()] == [1, 2]
    array = packing.unpack_items(packing.pack_items(Object(np.arange(4)), blobs), blobs)
    assert isinstance(array, Object) and len(array) == 1
    with pytest.raises(WorkflowError, match="may not be opened"):
        _ = array.value
    binary = Item({}, {"file": Binary("0" * 64, "text/csv", "a.csv", "csv", 3)})
    assert list(packing.unpack_items(packing.pack_items(Items([binary]), blobs), blobs).items()) == [binary]
