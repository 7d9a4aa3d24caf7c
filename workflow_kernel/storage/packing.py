"""Batches and journal entries as bytes: what rows of Postgres and blobs hold of an execution.

Items are msgpack, tables Arrow, objects stay the pickles they are and are never opened here. What is large goes to the
blob store first and leaves a reference, so that a row stays small. Used by the journal and by whoever shows data.
"""

from __future__ import annotations

import io
import json
from array import array
from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.entries import (
    AttemptFailed,
    EffectIntended,
    Entry,
    ExecutionEnded,
    ExecutionStarted,
    RunDone,
    RunSuspended,
)
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, Object, Table
from workflow_kernel.runs.lineage import NONE, SAME, UNLINKED, Lineage
from workflow_kernel.runs.outcome import ErrorInfo, Headway, LogLine
from workflow_kernel.worker.child_values import Pickled, PickledObject
from workflow_kernel.worker.output import SpilledItems

INLINE = 1 << 16
"""Bytes a batch may have in a row; more go to the blob store."""

Links = tuple[str, int, bytes, bytes, bytes, bytes, int | None]
_SHARED = {"same": SAME, "none": NONE, "unlinked": UNLINKED}


class PackedBatch(msgspec.Struct, array_like=True):
    """A batch as it is kept.

    Parameters
    ----------
    form: ``items``, ``json`` (items msgpack cannot hold), ``table``, ``object`` or ``spilled``.
    count: how many items it has. data: the bytes, where they are here. blob: their digest, where they are not.
    links: its lineage. parts: chunks of a spilled batch, digest and count. about: kind, text and view of an object.
    """

    form: str
    count: int
    data: bytes = b""
    blob: str = ""
    links: Links | None = None
    parts: list[tuple[str, int]] = []
    about: tuple[str, str, bytes] | None = None


class PackedRun(msgspec.Struct, array_like=True):
    """What is known of a node run: the newest entry of a kind.

    ``outputs`` belongs to ``done`` and ``suspended``; ``headway`` holds outputs and remaining positions of a failed
    attempt.
    """

    node: str
    index: int
    kind: str
    at: float
    started: float = 0.0
    attempt: int = 1
    outputs: list[PackedBatch] = []
    state: dict[str, Any] | None = None
    error: ErrorInfo | None = None
    annotations: dict[str, Any] | None = None
    logs: list[LogLine] = []
    losses: int = 0
    until: float | None = None
    token: str = ""
    headway: tuple[list[PackedBatch], list[int]] | None = None


_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_rows = msgspec.msgpack.Decoder(list[Item])
_run = msgspec.msgpack.Decoder(PackedRun)
_runs = msgspec.msgpack.Decoder(list[PackedRun])
_batch = msgspec.msgpack.Decoder(PackedBatch)


def pack_batch(batch: Batch, blobs: Blobs) -> PackedBatch:
    """A batch as it is kept; its bytes are in the blob store where they are many."""
    kept: PackedBatch | None = getattr(batch, "kept", None)
    if kept is not None:  # the machine that made it has put it there
        return kept
    links = pack_links(batch.lineage)
    if isinstance(batch, SpilledItems):
        return PackedBatch("spilled", len(batch), links=links, parts=list(batch.parts))
    about = None
    if isinstance(batch, Object):
        pickled = batch.pickled if isinstance(batch, PickledObject) else Pickled.of(batch.value, described=True)
        form, data = "object", _encoder.encode([bytes(pickled.data), [bytes(part) for part in pickled.buffers]])
        about = (pickled.kind, pickled.text, pickled.view)
    elif isinstance(batch, Table):
        form, data = "table", _arrow(batch)
    else:
        form, data = _pack_rows(batch.items().rows)
    if len(data) > INLINE:
        return PackedBatch(form, len(batch), b"", blobs.put(data), links, about=about)
    return PackedBatch(form, len(batch), data, "", links, about=about)


def unpack_batch(packed: PackedBatch, blobs: Blobs) -> Batch:
    """The batch that was packed. Objects of user code stay unopened."""
    lineage = unpack_links(packed.links)
    if packed.form == "spilled":
        return SpilledItems(blobs, packed.parts, lineage)
    data = blobs.get(packed.blob) if packed.blob else packed.data
    if packed.form == "items":
        rows = _rows.decode(data)
        return Items(rows, lineage) if rows or packed.links else EMPTY
    if packed.form == "json":
        return Items(msgspec.convert(json.loads(data), list[Item]), lineage)
    if packed.form == "table":
        import pyarrow.ipc  # noqa: PLC0415 - heavy, and most batches are items

        return Table(pyarrow.ipc.open_stream(data).read_all(), lineage)
    content, buffers = msgspec.msgpack.decode(data)
    kind, text, view = packed.about or ("object", "", b"")
    pickled = Pickled(content, buffers, kind, text, view)
    pickled.is_trusted = False
    return PickledObject(pickled, lineage)


def pack_items(items: Batch, blobs: Blobs) -> bytes:
    """A batch as one row's bytes."""
    return _encoder.encode(pack_batch(items, blobs))


def unpack_items(data: bytes, blobs: Blobs) -> Batch:
    """The batch of :func:`pack_items`."""
    return unpack_batch(_batch.decode(data), blobs)


def pack_entry(entry: Entry, blobs: Blobs) -> PackedRun | None:
    """What is kept of an entry; None for what a row of the execution says itself."""
    match entry:
        case RunDone(node, index, outputs, state, error, started, ended, attempt, annotations, logs):
            packed = [pack_batch(batch, blobs) for batch in outputs]
            return PackedRun(
                node, index, "done", ended, started, attempt, packed, state, error, annotations, list(logs)
            )
        case AttemptFailed(node, index, attempt, losses, error, retry_at, started, headway, logs, at):
            return PackedRun(
                node, index, "failed", at, started, attempt, error=error, losses=losses, until=retry_at,
                logs=list(logs), headway=None if headway is None else (
                    [pack_batch(batch, blobs) for batch in headway.outputs], list(headway.remaining)),
            )  # fmt: skip
        case RunSuspended(node, index, until, outputs, started, page):
            packed = [pack_batch(batch, blobs) for batch in outputs]
            return PackedRun(node, index, "suspended", started, started, outputs=packed, until=until, state=page)
        case EffectIntended(node, index, attempt, token, at):
            return PackedRun(node, index, "intended", at, at, attempt, token=token)
        case ExecutionStarted(node, _, at):
            return PackedRun(node, 0, "started", at)
        case ExecutionEnded():
            return None
        case _:
            assert_never(entry)


def unpack_entry(run: PackedRun, items: Batch, blobs: Blobs) -> Entry:
    """The entry of a packed run; ``items`` is what the execution started with."""
    outputs = tuple(unpack_batch(batch, blobs) for batch in run.outputs)
    if run.kind == "done":
        return RunDone(
            run.node, run.index, outputs, run.state, run.error, run.started, run.at, run.attempt, run.annotations,
            tuple(run.logs),
        )  # fmt: skip
    if run.kind == "suspended":
        return RunSuspended(run.node, run.index, run.until, outputs, run.started, run.state)
    if run.kind == "intended":
        return EffectIntended(run.node, run.index, run.attempt, run.token, run.at)
    if run.kind == "started":
        return ExecutionStarted(run.node, items, run.at)
    headway = None
    if run.headway is not None:
        done, remaining = run.headway
        headway = Headway(tuple(unpack_batch(batch, blobs) for batch in done), tuple(remaining))
    error = run.error or ErrorInfo("The attempt failed.")
    return AttemptFailed(
        run.node, run.index, run.attempt, run.losses, error, run.until, run.started, headway, tuple(run.logs), run.at
    )


def encode_run(run: PackedRun) -> bytes:
    """A packed run as bytes."""
    try:
        return _encoder.encode(run)
    except (OverflowError, ValueError, TypeError, RecursionError):
        return _encoder.encode(_plain(run))


def decode_run(data: bytes) -> PackedRun:
    """The packed run of :func:`encode_run`."""
    return _run.decode(data)


def encode_runs(runs: list[PackedRun]) -> bytes:
    """All packed runs of a light execution, for its own row."""
    try:
        return _encoder.encode(runs)
    except (OverflowError, ValueError, TypeError, RecursionError):
        return _encoder.encode([_plain(run) for run in runs])


def decode_runs(data: bytes) -> list[PackedRun]:
    """The packed runs of :func:`encode_runs`."""
    return _runs.decode(data)


def _plain(run: PackedRun) -> PackedRun:
    """The same without what msgpack cannot hold: huge numbers become text, broken characters question marks."""
    error = run.error
    if error is not None:
        texts = {name: _text(getattr(error, name)) for name in ("message", "node", "description", "mend", "expression")}
        error = msgspec.structs.replace(error, data=_tame(error.data), **texts)
    return msgspec.structs.replace(
        run, node=_text(run.node), state=_tame(run.state), error=error, annotations=_tame(run.annotations),
        logs=[LogLine(line.at, line.level, _text(line.text)) for line in run.logs],
    )  # fmt: skip


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or not isinstance(value, int | Mapping | list | tuple):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, Mapping):
        return {_text(str(name)): _tame(inner) for name, inner in value.items()}
    return [_tame(inner) for inner in value]


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _pack_rows(rows: list[Item]) -> tuple[str, bytes]:
    try:
        return "items", _encoder.encode(rows)
    except (OverflowError, ValueError, TypeError, RecursionError):
        plain = [{"json": row.json, "binary": msgspec.to_builtins(row.binary)} for row in rows]
        return "json", json.dumps(plain, default=str).encode()


def _arrow(batch: Table) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and most batches are items

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.table.schema) as writer:
        writer.write_table(batch.table)
    return sink.getvalue()


def pack_links(lineage: Lineage) -> Links | None:
    """A lineage as plain values."""
    if lineage is SAME:
        return ("same", 0, b"", b"", b"", b"", None)
    parts: Mapping[str, Any] = {
        name: getattr(lineage, name).tobytes() if getattr(lineage, name) is not None else b""
        for name in ("indices", "offsets", "ports", "runs")
    }
    return (
        lineage.kind, lineage.port, parts["indices"], parts["offsets"], parts["ports"], parts["runs"], lineage.run
    )  # fmt: skip


def unpack_links(links: Links | None) -> Lineage:
    """The lineage of :func:`pack_links`."""
    if links is None:
        return UNLINKED
    kind, port, indices, offsets, ports, runs, run = links
    if kind in _SHARED and port == 0 and run is None:
        return _SHARED[kind]
    has_indices = kind in ("one", "many")
    return Lineage(
        kind,  # type: ignore[arg-type]  # written by pack_links
        port,
        array("i", indices) if has_indices else None,
        array("i", offsets) if offsets else None,
        array("h", ports) if kind == "many" else None,
        run,
        array("i", runs) if runs else None,
    )
