"""Approval: waits until somebody approves or rejects, on a page made for it."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Field, NodeType, Suspend, node

_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}


@node(
    "flow.approval",
    outputs=("approved", "rejected", "expired"),
    icon="user-check",
    keywords=("human", "review", "confirm", "decision", "sign-off", "wait", "ask", "permission"),
)
class Approval(NodeType):
    """Waits until somebody approves or rejects on its page, and sends its items the way that was chosen.

    `$execution.resumeUrl` is the page's address, in any node before it: send it by mail, say. It counts once. The
    items get `approval` with the decision and the comment.
    """

    title: str = Field("Please decide", description="Heading of the page.", max_length=300)
    text: str = Field("", description="What is to be decided.", widget="multiline", max_length=20_000)
    details: dict[str, Any] = Field({}, description="Names and values shown below.", widget="key-value")
    approve: str = Field("Approve", description="What the first button says.", min_length=1, max_length=60)
    reject: str = Field("Reject", description="What the other button says.", min_length=1, max_length=60)
    comment: bool = Field(True, description="Whether a comment can be written.")
    limit: Literal["none", "interval"] = Field("none", description="Whether it expires.", section="Options")
    amount: float = Field(
        3, gt=0, le=100_000, description="After how long.", show={"limit": "interval"}, section="Options"
    )
    unit: Literal["minutes", "hours", "days"] = Field(
        "days", description="The unit.", show={"limit": "interval"}, section="Options"
    )

    def run(self, batch: Batch, ctx: Context) -> Suspend:
        """Wait."""
        until = None
        if self.limit == "interval":
            until = ctx.now().timestamp() + self.amount * _SECONDS[self.unit]
        page = {
            "approval": {
                "title": self.title, "text": self.text, "approve": self.approve, "reject": self.reject,
                "comment": self.comment,
                "details": [[name, _shown(value)] for name, value in self.details.items()],
            }
        }  # fmt: skip
        return Suspend(until, {"expired": pass_on(batch)}, page)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return "" if value is None else str(value)
