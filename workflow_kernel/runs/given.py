"""What somebody gave to start a run with, as a batch: items, objects, data frames, or the fields of one item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.runs.item import Batch, Items, as_items


def as_batch(items: Any, fields: Mapping[str, Any]) -> Batch | None:
    """The items to start with; None when none are given."""
    if fields and items is not None:
        raise WorkflowError("Give items or fields, not both.", code="WF105", mend="run(items) or run(name=value).")
    if fields:
        return Items.of(dict(fields))
    if items is None or isinstance(items, Batch):
        return items
    if isinstance(items, Mapping):
        return Items.of(items)
    for name, arguments in (("to_dicts", ()), ("to_dict", ("records",)), ("to_pylist", ())):  # Polars, pandas, Arrow
        if hasattr(items, name):
            return as_items(getattr(items, name)(*arguments))
    return as_items(items)
