"""Error trigger: starts a workflow when an execution has failed."""

from __future__ import annotations

from collections.abc import Sequence

from workflow_kernel.nodes.flow._given import given
from workflow_kernel.sdk import Batch, Context, Imported, ImportedNode, Items, NodeType, node
from workflow_kernel.sdk.triggers import Failures, Listener

_SAMPLE = {
    "execution": {
        "id": "231", "url": "https://flows.example.com/executions/231", "mode": "schedule", "last_node": "HTTP request",
        "lastNodeExecuted": "HTTP request",
        "error": {"message": "The service answered 503.", "code": "WF300", "kind": "error", "node": "HTTP request"},
    },
    "workflow": {"id": "1", "name": "Example workflow"},
}  # fmt: skip


def _from_n8n(source: ImportedNode) -> Imported:
    return Imported({})


@node(
    "flow.error_trigger",
    title="On error",
    trigger=True,
    imports={"n8n-nodes-base.errorTrigger": _from_n8n},
    icon="circle-alert",
    keywords=("failure", "exception", "alert", "catch", "monitor"),
)
class ErrorTrigger(NodeType):
    """Starts the workflow when an execution has failed that was not started by hand.

    It looks after the workflows whose settings name this one, and after its own.
    """

    def listeners(self) -> Sequence[Listener]:
        """Failures."""
        return [Failures()]

    def run(self, ctx: Context) -> Batch:
        """Send what failed; an example where it is run by hand."""
        return given(ctx) or Items.of(_SAMPLE)
