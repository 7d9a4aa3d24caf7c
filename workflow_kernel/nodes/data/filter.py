"""Filter: keeps the items that fulfil conditions."""

from __future__ import annotations

from workflow_kernel.nodes import _branches
from workflow_kernel.sdk import Context, Field, Items, NodeType, Outputs, node
from workflow_kernel.sdk.conditions import Conditions


@node(
    "data.filter",
    outputs=("kept", "discarded"),
    chunked=True,
    per_item=("conditions",),
    imports={"n8n-nodes-base.filter": _branches.from_n8n},
    icon="filter",
    keywords=("condition", "where", "remove", "keep", "select"),
)
class Filter(NodeType):
    """Sends items that fulfil the conditions to *kept*, the others to *discarded*."""

    conditions: Conditions = Field(
        default_factory=Conditions, description="What an item must fulfil to be kept.", widget="conditions"
    )

    def run(self, items: Items, ctx: Context) -> Outputs:
        """Decide for every item."""
        return _branches.split(self.conditions, items, ctx, ("kept", "discarded"))
