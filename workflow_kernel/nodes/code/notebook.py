"""Notebook: where a workflow that was made of a notebook begins; keeps what the notebook has besides its cells."""

from __future__ import annotations

from typing import Any

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Batch, Context, Field, Items, Lineage, NodeType, node


@node(
    "code.notebook",
    trigger=True,
    icon="notebook",
    keywords=("jupyter", "ipynb", "start", "cells"),
)
class Notebook(NodeType):
    """Starts a workflow whose nodes are the cells of a notebook.

    It keeps what the notebook has besides the code and the text of its cells, so that `workflow to-notebook` gives
    back the whole notebook: order, metadata, outputs.
    """

    document: dict[str, Any] = Field(
        default_factory=dict, description="The notebook without the sources of its cells.", expression=False
    )

    def run(self, ctx: Context) -> Batch:
        """Send the items the execution was started with."""
        given = next((batch for batch in ctx.inputs() if len(batch)), None)
        return Items.of({}) if given is None else pass_on(given, Lineage("none"))
