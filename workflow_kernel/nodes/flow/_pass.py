"""Sending a batch on unchanged; used by the nodes of this family that only look at what passes."""

from __future__ import annotations

import copy

from workflow_kernel.sdk import Batch, Items, Lineage


def pass_on(batch: Batch, lineage: Lineage | None = None) -> Batch:
    """The same rows as an output of the current node, each linked to the input item it is.

    Parameters
    ----------
    batch: an input batch of any kind; large ones stay where they are.
    lineage: another link than item by item.
    """
    if isinstance(batch, Items):
        return Items(batch.rows, lineage or Lineage.same())
    passed = copy.copy(batch)
    passed.lineage = lineage or Lineage.same()
    return passed
