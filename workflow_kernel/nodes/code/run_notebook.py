"""Run notebook: a whole notebook as one node, with values for its parameters and what it assigns as its output.

The worker process's side is ``worker.child_notebook``.
"""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import EMPTY, Batch, Context, Field, NodeError, NodeType, node
from workflow_kernel.sdk.node import Port
from workflow_kernel.worker.child_batches import batch_of, given

ENTRY = "workflow_kernel.worker.child_notebook:run"


@node(
    "code.run_notebook",
    title="Run notebook",
    inputs=(Port("main", "any"),),
    outputs=(Port("main", "any"), Port("report", "items")),
    where="process",
    pure=False,
    icon="notebook",
    keywords=("jupyter", "ipynb", "papermill", "parameters", "report", "kernel"),
)
class RunNotebook(NodeType):
    """Runs a notebook from its first cell to its last, in a kernel of its own.

    The cell with the tag `parameters` holds defaults; the values given here are set in a cell behind it. The notebook
    sees `items`, the objects that came in, or `table` where a table came in.

    What it gives are variables: those named under *outputs*, or those that cells with the tag `outputs` assign. One
    that is a data frame, a table or a list goes on as such; several go on as one item. *report* gets the executed
    notebook as an attachment, with its figures. Where a cell fails, the error names it, and the notebook as far as it
    came is kept with it, under `report` of its details.
    """

    path: str = Field(description="The notebook's file.", placeholder="report.ipynb", min_length=1, widget="file")
    parameters: dict[str, Any] = Field(
        default_factory=dict, widget="key-value", description="Values for its parameters, by name."
    )
    outputs: list[str] = Field(
        default_factory=list,
        description="Variables it gives; those of cells with the tag `outputs` when left out.",
        expression=False,
    )

    async def run(self, batch: Batch, ctx: Context) -> dict[str, Batch]:
        """Run the notebook in a worker process."""
        entered = batch if batch is not None else EMPTY
        path = ctx.path(self.path)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise NodeError(
                f"The notebook '{self.path}' cannot be read: {error.strerror or error}.",
                mend="Put it beside the workflow, or correct its path.",
            ) from None
        odd = next((name for name in (*self.parameters, *self.outputs) if not name.isidentifier()), None)
        if odd is not None:
            raise NodeError(f"'{odd}' is no name of a variable.", mend="Use letters, digits and underscores.")
        data = {
            "input": given(entered),
            "parameters": self.parameters,
            "outputs": self.outputs,
            "name": path.name,
            "folder": str(path.parent),
        }
        answer = await ctx.run_python(text, data, entry=ENTRY)
        return {port: batch_of(part, entered) for port, part in answer["ports"].items()}
