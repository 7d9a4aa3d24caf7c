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
    """Where one item came from.

    Parameters
    ----------
    port: position of the node's input. index: of the item in the batch there.
    run: run index of the same node whose input it was; None for the current run. Loops send what earlier runs got.
    """

    port: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on a source
    run: int | None = None


class Lineage:
    """Sources of each item of a batch.

    ``same``: item i comes from item i of one input. ``one``: item i comes from ``indices[i]``. ``many``: item i comes
    from ``indices[offsets[i]:offsets[i + 1]]``, each in the input given by ``ports``. ``none``: made from nothing.
    ``unlinked``: not said yet. ``run`` (for all items) or ``runs`` (for each source of ``many``) tell that the batch
    was the input of an earlier run of the same node.
    """

    __slots__ = ("indices", "kind", "offsets", "port", "ports", "run", "runs")

    def __init__(
        self,
        kind: Kind,
        port: int = 0,
        indices: array[int] | None = None,
        offsets: array[int] | None = None,
        ports: array[int] | None = None,
        run: int | None = None,
        runs: array[int] | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.port = port
        self.indices = indices
        self.offsets = offsets
        self.ports = ports
        self.run = run
        self.runs = runs

    @classmethod
    def same(cls, port: int = 0) -> Lineage:
        """Item i comes from item i of input ``port``."""
        return SAME if port == 0 else cls("same", port)

    @classmethod
    def one(cls, indices: Iterable[int], port: int = 0, run: int | None = None) -> Lineage:
        """Item i comes from item ``indices[i]`` of input ``port`` (of an earlier run, where ``run`` is given)."""
        return cls("one", port, array("i", indices), run=run)

    @classmethod
    def many(cls, sources: Iterable[Iterable[tuple[int, int] | Source]]) -> Lineage:
        """Item i comes from every ``(port, index)`` (or :class:`Source`) in ``sources[i]``."""
        offsets, ports, indices, runs = array("i", [0]), array("h"), array("i"), array("i")
        for group in sources:
            for source in group:
                ports.append(source[0])
                indices.append(source[1])
                run = source[2] if len(source) > 2 else None
                runs.append(-1 if run is None else run)
            offsets.append(len(indices))
        has_runs = any(run >= 0 for run in runs)
        return cls("many", 0, indices, offsets, ports, runs=runs if has_runs else None)

    def sources(self, index: int) -> Sequence[Source]:
        """Every source of item ``index``; empty when it has none or lies outside."""
        if self.kind == "same":
            return (Source(self.port, index, self.run),)
        if self.indices is None or index < 0:
            return ()
        if self.kind == "one":
            return (Source(self.port, self.indices[index], self.run),) if index < len(self.indices) else ()
        offsets, ports = self.offsets, self.ports
        if offsets is None or ports is None or index + 1 >= len(offsets):
            return ()
        indices, runs = self.indices, self.runs
        found = range(offsets[index], offsets[index + 1])
        if runs is None:
            return tuple(Source(ports[k], indices[k]) for k in found)
        return tuple(Source(ports[k], indices[k], None if runs[k] < 0 else runs[k]) for k in found)

    def __repr__(self) -> str:
        return f"Lineage({self.kind})"


SAME = Lineage("same")
"""Shared: item i comes from item i of the first input."""

NONE = Lineage("none")
"""Shared: items made from nothing, e.g. by a trigger."""

UNLINKED = Lineage("unlinked")
"""Shared: the author of these items did not say; the worker links them by identity, else by count."""
