"""What an execution was started with; used by the triggers of this family."""

from __future__ import annotations

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Items, Lineage


def given(ctx: Context) -> Batch | None:
    """The batch an execution was started with, as a trigger's output; None when there is none.

    An execution that is started without items gives its first node one empty item, which is no data of a trigger.
    """
    found = next((batch for batch in ctx.inputs() if len(batch)), None)
    if found is None or (isinstance(found, Items) and len(found) == 1 and not found[0].json and not found[0].binary):
        return None
    return pass_on(found, Lineage("none"))
