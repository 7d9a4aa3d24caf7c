"""What stands in for a node that is not run: its pin, or its input when it is disabled."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.engine.plan import PlanNode
from workflow_kernel.runs.item import EMPTY, Batch, Items, as_items
from workflow_kernel.runs.lineage import NONE, Lineage


def pinned(
    node: PlanNode, pin: Mapping[str, list[dict[str, Any]]], batches: Sequence[Batch | None]
) -> tuple[Batch, ...]:
    """The outputs of a pinned node, linked to its first input item by item where there are enough."""
    port, first = _first_input(batches)
    outputs: list[Batch] = []
    for name in node.output_names:
        rows = as_items(pin.get(name, [])).rows
        outputs.append(Items(rows, Lineage.same(port) if len(rows) <= len(first) else NONE))
    return tuple(outputs)


def passed(node: PlanNode, batches: Sequence[Batch | None]) -> tuple[Batch, ...]:
    """The outputs of a disabled node: its first input passes to its first output, whatever it is."""
    port, first = _first_input(batches)
    through: Batch = EMPTY
    if len(first):
        through = copy.copy(first)
        through.lineage = Lineage.same(port)
    return (through, *(EMPTY for _ in node.output_names[1:]))


def _first_input(batches: Sequence[Batch | None]) -> tuple[int, Batch]:
    """The first input that has items, with its position."""
    return next(((port, batch) for port, batch in enumerate(batches) if batch is not None and len(batch)), (0, EMPTY))
