"""Webhook: starts a workflow when somebody calls its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.nodes.flow._given import given
from workflow_kernel.nodes.flow._webhook_import import from_n8n
from workflow_kernel.sdk import Batch, Context, Field, Items, NodeType, node
from workflow_kernel.sdk.triggers import Listener
from workflow_kernel.sdk.triggers import Webhook as WebhookListener
from workflow_kernel.sdk.webhooks import CREDENTIALS, Auth, Guard, Intake, Method, Reply, Respond, path_problem


@node(
    "flow.webhook",
    trigger=True,
    credentials=CREDENTIALS,
    imports={"n8n-nodes-base.webhook": from_n8n},
    icon="webhook",
    keywords=("http", "api", "call", "request", "url", "endpoint", "hook", "callback", "listen"),
)
class Webhook(NodeType):
    """Starts the workflow when its address is called, with the request as one item.

    The item has `headers`, `params` (of the path), `query`, `body` and `webhookUrl`; files are attachments.
    """

    path: str = Field(
        description="Path of its address; parts such as :id are parameters.", expression=False,
        placeholder="orders/:id", max_length=500,
    )  # fmt: skip
    methods: list[Method] = Field(
        ["POST"], description="Methods it may be called by.", expression=False, min_length=1, widget="list"
    )
    respond: Respond = Field(
        "at_once", expression=False,
        description="When callers are answered: at once, with what the last node gives, by a Respond node, or bit by "
        "bit by a Respond node.",
    )  # fmt: skip
    reply: Reply = Field(
        Reply(), description="What callers are answered.", expression=False, show={"respond": ["at_once", "last_node"]}
    )
    auth: Auth = Field(Auth(), description="How callers show that they may call.", expression=False, section="Access")
    guard: Guard = Field(Guard(), description="What else a call must fulfil.", expression=False, section="Access")
    origins: list[str] = Field(
        [], description="Origins of pages that may call it from a browser; * for all.", expression=False,
        section="Access", placeholder="https://shop.example.com", widget="list",
    )  # fmt: skip
    intake: Intake = Field(Intake(), description="How a request is read.", expression=False, section="Options")

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with its path."""
        path = parameters.get("path")
        return [problem] if isinstance(path, str) and (problem := path_problem(path)) else []

    def listeners(self) -> Sequence[Listener]:
        """Calls of its path."""
        return [
            WebhookListener(
                self.path.strip("/"), tuple(dict.fromkeys(self.methods)), self.respond, self.reply, self.auth,
                self.guard, self.intake, tuple(self.origins),
            )
        ]  # fmt: skip

    def run(self, ctx: Context) -> Batch:
        """Send the request."""
        empty: dict[str, Any] = {"headers": {}, "params": {}, "query": {}, "body": {}}
        return given(ctx) or Items.of(empty)
