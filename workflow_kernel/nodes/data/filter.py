"""Filter: keeps the items that fulfil conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.nodes import _branches
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, Outputs, Ports, node


def _from_n8n(source: ImportedNode) -> Imported:
    # Its Filter has one output: what is discarded goes nowhere, and its error output comes right after.
    imported = _branches.from_n8n(source)
    return msgspec.structs.replace(imported, parameters={**imported.parameters, "send_discarded": False})


@node(
    "data.filter",
    outputs=("kept", "discarded"),
    chunked=True,
    per_item=("conditions",),
    imports={"n8n-nodes-base.filter": _from_n8n},
    icon="filter",
    keywords=("condition", "where", "remove", "keep", "select"),
)
class Filter(_branches.Conditional):
    """Sends items that fulfil the conditions to *kept*, the others to *discarded*."""

    send_discarded: bool = Field(
        True,
        section="Options",
        expression=False,
        description="Whether the items that do not fulfil the conditions leave by a port of their own, or are dropped.",
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """One output, and another for what is discarded."""
        sends = parameters.get("send_discarded", True) is not False
        return Ports.named(("main",), ("kept", "discarded") if sends else ("kept",))

    def run(self, items: Items, ctx: Context) -> Outputs:
        """Decide for every item."""
        found = self.split(items, ctx, ("kept", "discarded"))
        return found if self.send_discarded else {"kept": found["kept"]}
