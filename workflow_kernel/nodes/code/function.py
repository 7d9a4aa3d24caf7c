"""Function: calls a Python function of an installed module, or of a file beside the workflow."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.sdk import EMPTY, Batch, Context, Field, NodeType, node
from workflow_kernel.sdk.node import Port


@node(
    "code.function",
    inputs=(Port("main", "any"),),
    outputs=(Port("main", "any"),),
    where="process",
    pure=False,
    per_item=("arguments",),
    icon="square-function",
    keywords=("code", "call", "module", "import", "library", "python"),
)
class Function(NodeType):
    """Calls a Python function with the items.

    The function's annotation says how it takes them: a parameter that is a `dict` gets one item's JSON at a time, a
    `list` all of them, a pyarrow `Table` or a polars or pandas `DataFrame` the whole input as that; without an
    annotation it is called once for each item. What it returns is taken as the Python node takes it.
    """

    function: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
        description="Which function, as `module:function`; the module may be a file beside the workflow.",
        placeholder="package.module:function",
        expression=False,
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, widget="key-value", description="Its other arguments, by name."
    )
    where: Literal["process", "thread"] = Field(
        "process",
        section="Options",
        expression=False,
        description="Whether it runs in a worker process, with limits, or in a thread of the engine's process.",
    )

    async def run(self, batch: Batch, ctx: Context) -> Batch:
        """Call the function."""
        entered = batch if batch is not None else EMPTY
        column = ctx.column("arguments")
        count = len(column)
        is_same = all(column[index] is column[0] for index in range(count))
        arguments = self.arguments if is_same else [column[index] for index in range(count)]
        found: Batch = await ctx.call_function(self.function, {"": entered}, arguments, where=self.where)
        return found
