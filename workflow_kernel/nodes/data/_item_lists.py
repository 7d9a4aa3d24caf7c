"""Imports n8n's Item Lists, one node that did what several of ours do. Registered by ``data.split_out``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from workflow_kernel.nodes.data.aggregate import convert_aggregate
from workflow_kernel.nodes.data.limit import convert_limit
from workflow_kernel.nodes.data.remove_duplicates import convert_remove_duplicates
from workflow_kernel.nodes.data.sort import convert_sort
from workflow_kernel.nodes.data.summarize import convert_summarize
from workflow_kernel.sdk import Imported, ImportedNode

SplitOut = Callable[[ImportedNode, str | None, str | None], Imported]


def convert_item_lists(source: ImportedNode, convert_split_out: SplitOut) -> Imported:
    """The node of ours for the operation, of any version from 1 to 3.1.

    Parameters
    ----------
    source: the foreign node.
    convert_split_out: converts the operation that makes items of a list.
    """
    version = source.version
    operation = source.get("operation", default="splitOutItems")
    missing = "error" if version < 2.1 else None
    if operation in ("aggregateItems", "concatenateItems"):
        return _as("data.aggregate", convert_aggregate(source, missing))
    if operation == "limit":
        return _as("data.limit", convert_limit(source))
    if operation == "removeDuplicates":
        return _as("data.remove_duplicates", _remove_duplicates(source))
    if operation == "sort":
        return _as("data.sort", convert_sort(source))
    if operation == "summarize":
        return _as("data.summarize", convert_summarize(source, missing or "allow", "numbers_first", True))
    if operation != "splitOutItems":
        return Imported({}, warnings=(f"The operation {operation!r} is not known; choose the node for it by hand.",))
    return convert_split_out(source, missing, "error" if version < 2.2 else None)


def _remove_duplicates(source: ImportedNode) -> Imported:
    # The operations beyond one batch came with the node that followed Item Lists.
    plain = msgspec.structs.replace(source, version=1.0)
    return convert_remove_duplicates(plain, "error" if source.version < 3.1 else "allow")


def _as(type_name: str, imported: Imported) -> Imported:
    return msgspec.structs.replace(imported, type=type_name)
