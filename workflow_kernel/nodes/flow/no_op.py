"""No operation: a place in the graph where items pass."""

from __future__ import annotations

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Imported, ImportedNode, NodeType, node


def _from_n8n(source: ImportedNode) -> Imported:
    return Imported({})


@node(
    "flow.no_op",
    title="No operation",
    imports={"n8n-nodes-base.noOp": _from_n8n},
    icon="arrow-right",
    keywords=("nothing", "pass", "join", "placeholder"),
)
class NoOp(NodeType):
    """Passes its items on unchanged."""

    def run(self, batch: Batch, ctx: Context) -> Batch:
        """Send the batch on as it came."""
        return pass_on(batch)
