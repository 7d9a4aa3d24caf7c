"""Placeholder: keeps a node of another product that no node type here stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.sdk import Context, Field, Items, NodeError, NodeType, Port, Ports, node


@node("flow.placeholder", icon="circle-help", keywords=("imported", "unknown"))
class Placeholder(NodeType):
    """Keeps the place of an imported node that has no counterpart here; fails when it is run."""

    source: str = Field("", description="The product the node comes from.", expression=False)
    original: dict[str, Any] = Field(
        default_factory=dict, description="The node as it was written there.", expression=False, widget="json"
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """Enough ports that every edge of the original finds one."""
        return Ports(
            tuple(Port(name) for name in ("main", *(f"input{i}" for i in range(2, 11)))),
            tuple(Port(name) for name in ("main", *(f"output{i}" for i in range(2, 21)))),
        )

    def run(self, items: Items, ctx: Context) -> Items:
        """Fail, naming the original node type."""
        name = self.original.get("type", "unknown")
        origin = self.source or "another product"
        raise NodeError(
            f"Node '{ctx.node}' was imported from {origin} as '{name}', for which there is no node type here.",
            code="WF345",
            mend="Replace it by another node, e.g. an HTTP request or code.",
        )
