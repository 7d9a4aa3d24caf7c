"""Limit: the first or last items of a batch."""

from __future__ import annotations

from typing import Literal

from workflow_kernel.nodes._imports import choose
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, NodeType, node


def convert_limit(source: ImportedNode) -> Imported:
    """Our parameters for n8n's Limit and for the same operation of its Item Lists."""
    keep = choose(source.get("keep"), {"firstItems": "first", "lastItems": "last"}, "first")
    return Imported({"count": source.get("maxItems", default=1), "keep": keep})


@node(
    "data.limit",
    imports={"n8n-nodes-base.limit": convert_limit},
    icon="list-end",
    keywords=("first", "last", "head", "tail", "top", "item lists"),
)
class Limit(NodeType):
    """Lets only the first or the last items through."""

    count: int = Field(1, ge=0, description="How many items to keep.")
    keep: Literal["first", "last"] = Field("first", description="From which end.")

    def run(self, items: Items, ctx: Context) -> Items:
        """Keep ``count`` items from one end."""
        total = len(items)
        indices = range(min(self.count, total)) if self.keep == "first" else range(max(0, total - self.count), total)
        return items.take(indices)
