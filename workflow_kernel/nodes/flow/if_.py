"""If: sends each item one way or the other."""

from __future__ import annotations

from workflow_kernel.nodes import _branches
from workflow_kernel.sdk import Context, Items, Outputs, node


@node(
    "flow.if",
    title="If",
    outputs=("true", "false"),
    chunked=True,
    per_item=("conditions",),
    imports={"n8n-nodes-base.if": _branches.from_n8n},
    icon="split",
    keywords=("condition", "branch", "else", "compare", "route"),
)
class If(_branches.Conditional):
    """Sends items that fulfil the conditions to *true*, the others to *false*."""

    def run(self, items: Items, ctx: Context) -> Outputs:
        """Decide for every item."""
        return self.split(items, ctx, ("true", "false"))
