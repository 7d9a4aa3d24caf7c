"""Manual trigger: starts a workflow by hand."""

from __future__ import annotations

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Imported, ImportedNode, Items, Lineage, NodeType, node


def _from_n8n(source: ImportedNode) -> Imported:
    return Imported({})


@node(
    "flow.manual_trigger",
    trigger=True,
    imports={
        "n8n-nodes-base.manualTrigger": _from_n8n,
        "n8n-nodes-base.start": _from_n8n,
        "@n8n/n8n-nodes-langchain.manualChatTrigger": _from_n8n,
    },
    icon="mouse-pointer-click",
    keywords=("start", "run", "button", "test"),
)
class ManualTrigger(NodeType):
    """Starts the workflow when you press Run, with the items given or one empty item."""

    def run(self, ctx: Context) -> Batch:
        """Send the items the execution was started with."""
        given = next((batch for batch in ctx.inputs() if len(batch)), None)
        return Items.of({}) if given is None else pass_on(given, Lineage("none"))
