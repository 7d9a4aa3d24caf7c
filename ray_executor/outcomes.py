"""Outcomes on their way back to the dispatcher, their large data on shelves beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

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
    number: position of the shelf among what the worker gives.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.data: list[Any] = []
        self._known: dict[int, tuple[Any, int]] = {}

    def put(self, data: Any) -> tuple[int | None, Any, int]:
        """Keep data; gives where it is found."""
        known = self._known.get(id(data))
        if known is None:
            known = self._known[id(data)] = (data, len(self.data))
            self.data.append(data)
        return self.number, None, known[1]


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
