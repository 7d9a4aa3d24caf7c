"""Batches whose data is on another machine: the dispatcher passes them on without looking into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from workflow_kernel.runs.item import CHUNK, Batch, Items, Table
from workflow_kernel.runs.lineage import Lineage
from workflow_kernel.worker.child_values import Pickled, PickledObject

if TYPE_CHECKING:
    from ray_executor.messages import Parcel
    from workflow_kernel.storage.packing import PackedBatch

Load = Callable[[], Any]


class Elsewhere:
    """What all of them have: where the data is, and how it is fetched.

    Parameters
    ----------
    parcel: says where it is. load: fetches it.
    """

    __slots__ = ()
    parcel: Parcel
    lineage: Lineage
    _load: Load

    def __copy__(self) -> Any:
        made: Any = type(self)
        return made(self.parcel, self._load, self.lineage)

    def lose(self) -> None:
        """The data is gone from where it was: the durable copy stands in."""
        self.parcel.form, self.parcel.reference = "kept", None

    @property
    def kept(self) -> PackedBatch | None:
        """The durable copy, where whoever made it has put one into the blob store."""
        return self.parcel.kept


class ItemsElsewhere(Elsewhere, Batch):
    """Items on another machine."""

    __slots__ = ("_load", "parcel")

    def __init__(self, parcel: Parcel, load: Load, lineage: Lineage) -> None:
        self.parcel, self._load, self.lineage = parcel, load, lineage

    def __len__(self) -> int:
        return self.parcel.count

    def items(self) -> Items:
        found: Batch = self._load()
        return found.items()

    def chunks(self, size: int = CHUNK) -> Iterator[Items]:
        found: Batch = self._load()
        yield from found.chunks(size)


class TableElsewhere(Elsewhere, Table):
    """A table on another machine."""

    __slots__ = ("_load", "parcel")

    def __init__(self, parcel: Parcel, load: Load, lineage: Lineage) -> None:
        self.parcel, self._load, self.lineage = parcel, load, lineage

    def __len__(self) -> int:
        return self.parcel.count

    def __repr__(self) -> str:
        return f"Table({len(self)} rows elsewhere)"

    @property
    def table(self) -> Any:
        """The table itself."""
        return self._load().table


class ObjectElsewhere(Elsewhere, PickledObject):
    """An object on another machine."""

    __slots__ = ("_load", "parcel")

    def __init__(self, parcel: Parcel, load: Load, lineage: Lineage) -> None:
        self.parcel, self._load, self.lineage = parcel, load, lineage
        self._is_open, self._opened = False, None

    @property
    def pickled(self) -> Pickled:  # type: ignore[override]  # fetched when looked at
        """The object as it was pickled."""
        found: Pickled = self._load().pickled
        return found

    def items(self) -> Items:
        """The object told as one item, without fetching it."""
        return PickledObject(Pickled(b"", [], *(self.parcel.about or ("object", "", b""))), self.lineage).items()

    def __repr__(self) -> str:
        return f"Object({(self.parcel.about or ('object',))[0]})"
