"""Sends the items of a batch to one of two ports by conditions. If and Filter call this."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes import _columns
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, NodeType
from workflow_kernel.sdk.conditions import Conditions, conditions_from_n8n


class Conditional(NodeType):
    """What nodes share that part items by conditions."""

    conditions: Conditions = Field(
        default_factory=Conditions, description="What an item must fulfil.", widget="conditions"
    )
    undecided: Literal["fail", "no"] = Field(
        "fail",
        section="Options",
        expression=False,
        description="What becomes of an item for which the conditions cannot be decided, where the node goes on after "
        "errors: it fails by itself, or counts as one that does not fulfil them.",
    )

    def split(self, items: Items, ctx: Context, ports: tuple[str, str]) -> dict[str, Items]:
        """The items that fulfil the conditions on the first port, the others on the second.

        An item for which they cannot be decided fails by itself, or goes with the others.
        """
        outcomes = _columns.decide(self.conditions, len(items), ctx, "conditions")
        matching = [index for index, outcome in enumerate(outcomes) if outcome is True]
        others = [index for index, outcome in enumerate(outcomes) if outcome is False]
        if len(matching) + len(others) < len(items):
            if self.undecided == "no" and not ctx.stops_on_error:
                others = [index for index, outcome in enumerate(outcomes) if outcome is not True]
            else:
                for index, outcome in enumerate(outcomes):
                    if not isinstance(outcome, bool):
                        ctx.fail(index, outcome.as_error())
        return {ports[0]: items.take(matching), ports[1]: items.take(others)}


def from_n8n(source: ImportedNode) -> Imported:
    """Our parameters for an n8n If or Filter of any version."""
    # The first versions keep how conditions are combined beside them, later ones inside.
    given = source.parameters if source.version < 2 else source.get("conditions", default=None) or {}
    ours: dict[str, Any] = {"conditions": conditions_from_n8n(given)}
    return Imported({**ours, "undecided": "no"} if source.version >= 2 else ours)
