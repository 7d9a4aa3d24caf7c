"""The cache of node results: an equal run of a node that asks for it (``cache``) is not computed again.

A result is found by what made it: node type and version, parameters, input items. Nodes whose result may depend on
anything else (effects, other nodes' data, the clock, variables) are never cached.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import PlanNode
from workflow_kernel.runs.item import Batch, Item, Items
from workflow_kernel.runs.lineage import Lineage

_UNSTEADY = re.compile(r"\$(now|today|vars|env|secrets|execution|workflow|runIndex|prevNode|evaluate)|random|Date|_now")
_encoder = msgspec.msgpack.Encoder(order="sorted")


class _Kept(msgspec.Struct, array_like=True):
    """One output as it is kept: its rows, and the sources of each."""

    rows: list[Item]
    sources: list[list[tuple[int, int]]] | None


_decoder = msgspec.msgpack.Decoder(list[_Kept])


class ResultCache(Protocol):
    """Where results are kept."""

    def get(self, key: str) -> tuple[Batch, ...] | None:
        """The outputs kept under a key."""
        ...

    def put(self, key: str, outputs: Sequence[Batch]) -> None:
        """Keep the outputs under a key."""
        ...


class FolderCache:
    """Results in a local folder, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> tuple[Batch, ...] | None:
        """See the protocol. A file that cannot be read counts as absent."""
        try:
            outputs = _decoder.decode((self._folder / key).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
        return tuple(
            Items(kept.rows, Lineage.same() if kept.sources is None else Lineage.many(kept.sources)) for kept in outputs
        )

    def put(self, key: str, outputs: Sequence[Batch]) -> None:
        """See the protocol; written whole or not at all. What cannot be written is not kept."""
        part = self._folder / f"{key}.{uuid.uuid4().hex[:8]}"
        try:
            data = _encoder.encode([_kept(batch) for batch in outputs])
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(self._folder / key)
        except (OSError, TypeError, ValueError, OverflowError):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


class RunResults:
    """The cache as the runs of one execution use it; without a cache nothing is found or kept."""

    def __init__(self, cache: ResultCache | None) -> None:
        self._cache = cache
        self._keys: dict[Run, str] = {}

    def find(self, run: Run, batches: Sequence[Batch | None]) -> tuple[Batch, ...] | None:
        """What an equal run gave."""
        key = cache_key(run.node, batches) if self._cache is not None and run.node.node.cache else None
        if key is None or self._cache is None:
            return None
        found = self._cache.get(key)
        if found is None:
            self._keys[run] = key
        return found

    def keep(self, run: Run) -> None:
        """Keep what a run gave, unless it went on after an error or gave other things than items in memory."""
        key = self._keys.pop(run, None)
        is_plain = all(isinstance(batch, Items) for batch in run.outputs)
        if key is not None and self._cache is not None and run.error is None and is_plain:
            self._cache.put(key, run.outputs)


def cache_key(node: PlanNode, batches: Sequence[Batch | None]) -> str | None:
    """What a run's result is found by; None for a run that must not be cached."""
    spec = node.node_type.spec
    if not (node.node.cache and spec.is_pure) or spec.is_loop or spec.is_trigger or node.reads or node.reads_all:
        return None
    texts = [*node.template.expressions.values(), *(str(node.node.parameters.get(name, "")) for name in spec.raw)]
    if any(_UNSTEADY.search(text) for text in texts):
        return None
    if any(batch is not None and not isinstance(batch, Items) for batch in batches):
        return None
    rows = [None if batch is None else batch.items().rows for batch in batches]
    made_of = (spec.type, spec.version, node.node.parameters, node.node.on_error, node.node.execute_once, rows)
    try:
        return hashlib.sha256(_encoder.encode(made_of)).hexdigest()
    except (TypeError, ValueError, OverflowError):
        return None


def _kept(batch: Batch) -> _Kept:
    if batch.lineage.kind == "same" and batch.lineage.port == 0:
        return _Kept(batch.items().rows, None)
    return _Kept(
        batch.items().rows,
        [[(source.port, source.index) for source in batch.lineage.sources(index)] for index in range(len(batch))],
    )
