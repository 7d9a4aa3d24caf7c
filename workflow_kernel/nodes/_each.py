"""Making items of each value in turn: every one is linked to its input, and one that fails leaves the others alone.

Nodes call this whose ``run`` takes all items but works on one after the other. How many run at the same time and at
what pace is of ``web._paced``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from workflow_kernel.sdk import Context, Item, Items, Lineage, NodeError

T = TypeVar("T")


def each(values: Iterable[T], make: Callable[[int, T], Sequence[Item]], ctx: Context) -> Items:
    """The items made of all values.

    Parameters
    ----------
    values: one for each input item, in order.
    make: gives the items of a value from its index and the value; a ``NodeError`` fails that item alone.
    """
    rows: list[Item] = []
    sources: list[int] = []
    for index, value in enumerate(values):
        try:
            made = make(index, value)
        except NodeError as error:
            ctx.fail(index, error)
            continue
        rows.extend(made)
        sources.extend([index] * len(made))
    return Items(rows, Lineage.one(sources))
