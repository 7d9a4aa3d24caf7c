"""Limit: the first or last items of a batch."""

from __future__ import annotations

from typing import Literal

from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, NodeType, node


def _from_n8n(source: ImportedNode) -> Imported:
    keep = "last" if source.get("keep") == "lastItems" else "first"
    return Imported({"count": source.get("maxItems", default=1), "keep": keep})


@node("data.limit", imports={"n8n-nodes-base.limit": _from_n8n}, icon="list-end", keywords=("first", "last", "head"))
class Limit(NodeType):
    """Lets only the first or the last items through."""

    count: int = Field(1, ge=0, description="How many items to keep.")
    keep: Literal["first", "last"] = Field("first", description="From which end.")

    def run(self, items: Items, ctx: Context) -> Items:
        """Keep ``count`` items from one end."""
        total = len(items)
        indices = range(min(self.count, total)) if self.keep == "first" else range(max(0, total - self.count), total)
        return items.take(indices)
