"""Lineage: which input items each output item came from, as arrays of indices beside the items.

The engine keeps it through every node. It stays compact: items that pass one to one cost nothing, a filter or sort
costs four bytes an item, and only many-to-one outputs (aggregates, joins) pay for offsets as well.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Kind = Literal["same", "one", "many", "none", "unlinked"]


class Source(NamedTuple):
    """Where one item came from: the node's input ``port`` (position) and the item's ``index`` in that batch."""

    port: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a source


class Lineage:
    """Sources of each item of a batch.

    ``same``: item i comes from item i of one input. ``one``: item i comes from ``indices[i]``. ``many``: item i comes
    from ``indices[offsets[i]:offsets[i + 1]]``, each in the input given by ``ports``. ``none``: made from nothing.
    ``unlinked``: not said yet.
    """

    __slots__ = ("indices", "kind", "offsets", "port", "ports")

    def __init__(
        self,
        kind: Kind,
        port: int = 0,
        indices: array[int] | None = None,
        offsets: array[int] | None = None,
        ports: array[int] | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.port = port
        self.indices = indices
        self.offsets = offsets
        self.ports = ports

    @classmethod
    def same(cls, port: int = 0) -> Lineage:
        """Item i comes from item i of input ``port``."""
        return SAME if port == 0 else cls("same", port)

    @classmethod
    def one(cls, indices: Iterable[int], port: int = 0) -> Lineage:
        """Item i comes from item ``indices[i]`` of input ``port``."""
        return cls("one", port, array("i", indices))

    @classmethod
    def many(cls, sources: Iterable[Iterable[tuple[int, int]]]) -> Lineage:
        """Item i comes from every ``(port, index)`` in ``sources[i]``."""
        offsets, ports, indices = array("i", [0]), array("h"), array("i")
        for group in sources:
            for port, index in group:
                ports.append(port)
                indices.append(index)
            offsets.append(len(indices))
        return cls("many", 0, indices, offsets, ports)

    def sources(self, index: int) -> Sequence[Source]:
        """Every source of item ``index``; empty when it has none or lies outside."""
        if self.kind == "same":
            return (Source(self.port, index),)
        if self.indices is None or index < 0:
            return ()
        if self.kind == "one":
            return (Source(self.port, self.indices[index]),) if index < len(self.indices) else ()
        offsets, ports = self.offsets, self.ports
        if offsets is None or ports is None or index + 1 >= len(offsets):
            return ()
        return tuple(Source(ports[k], self.indices[k]) for k in range(offsets[index], offsets[index + 1]))

    def __repr__(self) -> str:
        return f"Lineage({self.kind})"


SAME = Lineage("same")
"""Shared: item i comes from item i of the first input."""

NONE = Lineage("none")
"""Shared: items made from nothing, e.g. by a trigger."""

UNLINKED = Lineage("unlinked")
"""Shared: the author of these items did not say; the worker links them by identity, else by count."""
