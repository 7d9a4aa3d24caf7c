"""Transform: changes a table step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflow_kernel.nodes.data import _tables
from workflow_kernel.nodes.data._transform_step import Step
from workflow_kernel.sdk import Batch, Context, Field, NodeType, Ports, node

if TYPE_CHECKING:
    import polars


@node(
    "data.transform",
    title="Transform table",
    where="thread",
    icon="table-properties",
    keywords=("dataframe", "polars", "pandas", "table", "group", "join", "pivot", "columns", "filter"),
)
class Transform(NodeType):
    """Changes a table step by step: filter, add columns, group, join, pivot and more."""

    steps: list[Step] = Field(description="What is done, in order.", widget="list")
    inputs: int = Field(
        1, ge=1, le=_tables.MOST_INPUTS, description="How many inputs there are, for joins.", expression=False
    )
    result: _tables.Result = Field(
        "auto", description="Whether items or a table go on; auto gives a table where one came in.", section="Options"
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """One input, or as many as asked for."""
        count = parameters.get("inputs", 1)
        if not isinstance(count, int) or count <= 1:
            return cls.spec.ports
        return Ports.named(tuple(_tables.input_names(count)), ("main",))

    def run(self, batch: Batch, ctx: Context) -> Batch:
        """The table after all steps."""
        from workflow_kernel.nodes.data import _steps

        batches = ctx.inputs()
        frames = {name: _frame(entry) for name, entry in zip(_tables.input_names(self.inputs), batches, strict=False)}
        frame, lineage = _steps.run(self.steps, frames.pop("input1"), frames)
        return _tables.as_batch(frame.to_arrow(), batches, self.result, lineage)


def _frame(batch: Batch) -> polars.DataFrame:
    import polars

    found = polars.from_arrow(_tables.as_arrow(batch))
    return found if isinstance(found, polars.DataFrame) else found.to_frame()
