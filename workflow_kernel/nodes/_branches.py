"""Sends the items of a batch to one of two ports by conditions. If and Filter call this."""

from __future__ import annotations

from workflow_kernel.nodes import _columns
from workflow_kernel.sdk import Context, Imported, ImportedNode, Items, Outputs
from workflow_kernel.sdk.conditions import Conditions, conditions_from_n8n


def split(conditions: Conditions, items: Items, ctx: Context, ports: tuple[str, str]) -> Outputs:
    """The items that fulfil the node's ``conditions`` on the first port, the others on the second.

    An item for which they cannot be decided fails by itself.
    """
    outcomes = _columns.decide(conditions, len(items), ctx, "conditions")
    matching = [index for index, outcome in enumerate(outcomes) if outcome is True]
    others = [index for index, outcome in enumerate(outcomes) if outcome is False]
    if len(matching) + len(others) < len(items):
        for index, outcome in enumerate(outcomes):
            if not isinstance(outcome, bool):
                ctx.fail(index, outcome.as_error())
    return {ports[0]: items.take(matching), ports[1]: items.take(others)}


def from_n8n(source: ImportedNode) -> Imported:
    """Our parameters for an n8n If or Filter of any version."""
    # The first versions keep how conditions are combined beside them, later ones inside.
    given = source.parameters if source.version < 2 else source.get("conditions", default=None) or {}
    return Imported({"conditions": conditions_from_n8n(given)})
