"""Two executions side by side, node by node: states, counts, fields, rows, times.

Results of runs here and executions of a service are compared by it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workflow_kernel.runs import show

Rows = Sequence[Mapping[str, Any]]


class Side(NamedTuple):
    """A node's part in one of the executions: how its last run ended, how long all took, the rows the last one sent."""

    state: str
    seconds: float
    rows: Rows


class NodeDifference(NamedTuple):
    """How a node's part differs.

    Parameters
    ----------
    name: of the node. states, seconds, counts: in the first execution and in the second; None where it did not run.
    added, removed, changed: rows only the second has, only the first has, and those at the same place that differ.
    fields: what became of the fields, in words; empty where they are the same.
    """

    name: str
    states: tuple[str | None, str | None]
    seconds: tuple[float | None, float | None]
    counts: tuple[int | None, int | None]
    added: int
    removed: int
    changed: int
    fields: str

    @property
    def is_same(self) -> bool:
        """Whether it did the same, in whatever time."""
        return self.states[0] == self.states[1] and not (self.added or self.removed or self.changed or self.fields)


class Comparison(list[NodeDifference]):
    """How two executions differ: a difference for each node that ran in either of them."""

    def differing(self) -> list[NodeDifference]:
        """The nodes that did not do the same."""
        return [found for found in self if not found.is_same]

    def __repr__(self) -> str:
        return f"Comparison of {len(self)} nodes, {len(self.differing())} differ"

    def _repr_html_(self) -> str:
        rows = [
            [
                one.name, _both(one.states), _both(one.counts), "same" if one.is_same else _rows_text(one), one.fields,
                _both(tuple(None if found is None else show.duration(found) for found in one.seconds)),
            ]
            for one in self
        ]  # fmt: skip
        return show.list_html(["Node", "State", "Items", "Rows", "Fields", "Time"], rows)


def compare(first: Mapping[str, Side], second: Mapping[str, Side]) -> Comparison:
    """Compare the nodes of two executions, by name."""
    return Comparison(_node(name, first.get(name), second.get(name)) for name in dict.fromkeys((*first, *second)))


def _node(name: str, first: Side | None, second: Side | None) -> NodeDifference:
    before: Rows = () if first is None else first.rows
    after: Rows = () if second is None else second.rows
    left, right = _only(before, after), _only(after, before)
    return NodeDifference(
        name,
        (None if first is None else first.state, None if second is None else second.state),
        (None if first is None else first.seconds, None if second is None else second.seconds),
        (None if first is None else len(before), None if second is None else len(after)),
        len(right - left), len(left - right), len(left & right),
        "" if first is None or second is None else _fields(before, after),
    )  # fmt: skip


def _only(rows: Rows, others: Rows) -> set[int]:
    """Positions of rows that the others do not have, as often as they are there."""
    left = Counter(_text(row) for row in others)
    found = set()
    for position, row in enumerate(rows):
        text = _text(row)
        if left[text]:
            left[text] -= 1
        else:
            found.add(position)
    return found


def _text(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=str)


def _fields(before: Rows, after: Rows) -> str:
    first, second = _types(before), _types(after)
    if not first or not second:
        return ""
    told = [f"+ {name}" for name in second if name not in first]
    told += [f"- {name}" for name in first if name not in second]
    told += [
        f"{name}: {first[name]} → {second[name]}" for name in first if name in second and first[name] != second[name]
    ]
    return ", ".join(told)


def _types(rows: Rows) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, set()).add(type(value).__name__)
    return {name: " or ".join(sorted(kinds)) for name, kinds in found.items()}


def _both(values: Sequence[Any]) -> str:
    texts = ["did not run" if value is None else str(value) for value in values]
    return texts[0] if texts[0] == texts[1] else " → ".join(texts)


def _rows_text(one: NodeDifference) -> str:
    told = [(one.added, "added"), (one.removed, "removed"), (one.changed, "changed")]
    return ", ".join(f"{count:,} {word}" for count, word in told if count)
