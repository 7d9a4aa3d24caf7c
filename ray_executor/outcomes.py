"""Outcomes on their way back to the dispatcher, their large data on shelves beside them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow

from ray_executor.messages import Parcel, SentOutcome
from ray_executor.parcels import receive, wrap
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import Batch
from workflow_kernel.runs.outcome import Failed, Headway, Outcome
from workflow_kernel.storage.packing import pack_batch


class Shelf:
    """Large data a worker gives as one object beside its answer.

    Parameters
    ----------
    number: position of the shelf among what the worker gives. beside: another one, which may hold the same buffers.
    """

    def __init__(self, number: int, beside: Shelf | None = None) -> None:
        self.number = number
        self._beside = beside
        self._data: list[Any] = []
        self._known: dict[int, tuple[Any, int]] = {}
        self._buffers: list[pickle.PickleBuffer] = []
        self._places: dict[tuple[int, int], int] = {}

    def put(self, data: Any) -> tuple[int | None, Any, int]:
        """Keep data; gives where it is found."""
        known = self._known.get(id(data))
        if known is None:
            kept = data if isinstance(data, list | bytes) else self._thin(data)
            if kept is None:
                assert self._beside is not None
                return self._beside.put(data)
            known = self._known[id(data)] = (data, len(self._data))
            self._data.append(kept)
        return self.number, None, known[1]

    def given(self) -> Given | None:
        """What there is to give."""
        return Given(self._data, self._buffers) if self._data else None

    def _thin(self, data: Any) -> Thin | None:
        """A table without its buffers: those that several tables share are given once; None if the other has them."""
        buffers: list[pickle.PickleBuffer] = []
        content = pickle.dumps(data, 5, buffer_callback=buffers.append)
        raws = [pyarrow.py_buffer(buffer.raw()) for buffer in buffers]
        keys = [(raw.address, raw.size) for raw in raws]
        if self._beside is not None and all(key in self._beside._places for key in keys):
            return None
        places: list[int] = []
        for key, buffer in zip(keys, buffers, strict=True):
            if key not in self._places:
                self._places[key] = len(self._buffers)
                self._buffers.append(buffer)
            places.append(self._places[key])
        return Thin(content, places)


class Thin(NamedTuple):
    """A pickle, and which of the shelf's buffers it needs."""

    content: bytes
    places: list[int]


class Given:
    """What a worker gave beside its answer, by position."""

    def __init__(self, data: list[Any], buffers: list[Any]) -> None:
        self._data = data
        self._buffers = buffers

    def __getitem__(self, at: int) -> Any:
        found = self._data[at]
        if not isinstance(found, Thin):
            return found
        return pickle.loads(found.content, buffers=[self._buffers[place] for place in found.places])  # noqa: S301 - ours


def pack_outcome(outcome: Outcome, seconds: float, shelf: Shelf, blobs: Blobs | None) -> SentOutcome:
    """An outcome as it travels; with ``blobs``, large outputs are put there too, so that they outlive this machine."""

    def packed(batches: Sequence[Batch]) -> list[Parcel]:
        parcels = [wrap(batch, shelf.put) for batch in batches]
        if blobs is not None:
            for parcel, batch in zip(parcels, batches, strict=True):
                if parcel.argument is not None:
                    parcel.kept = pack_batch(batch, blobs)
        return parcels

    if not isinstance(outcome, Failed):
        return SentOutcome(msgspec.structs.replace(outcome, outputs=()), seconds, packed(outcome.outputs))
    if outcome.headway is None:
        return SentOutcome(outcome, seconds)
    bare = msgspec.structs.replace(outcome, headway=None)
    return SentOutcome(bare, seconds, packed(outcome.headway.outputs), outcome.headway.remaining)


def unpack_outcome(sent: SentOutcome, references: Sequence[Any], blobs: Blobs, get: Callable[[Any], Any]) -> Outcome:
    """The outcome; large outputs stay where they are."""
    outputs = tuple(receive(parcel, references, blobs, get) for parcel in sent.outputs)
    if not isinstance(sent.outcome, Failed):
        return msgspec.structs.replace(sent.outcome, outputs=outputs)
    if sent.remaining is None:
        return sent.outcome
    return msgspec.structs.replace(sent.outcome, headway=Headway(outputs, sent.remaining))
