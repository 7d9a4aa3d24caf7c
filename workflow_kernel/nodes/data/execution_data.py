"""Execution data: keeps values with the execution, to find it by."""

from __future__ import annotations

from typing import Any

from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, Lineage, Model, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of

_LONGEST_KEY = 50
_LONGEST_VALUE = 512


def _from_n8n(source: ImportedNode) -> Imported:
    values = source.get("dataToSave", "values", default=[])
    return Imported({"values": [{"key": entry.get("key", ""), "value": entry.get("value", "")} for entry in values]})


class Saved(Model):
    """A value to keep."""

    key: str = Field(description="The name it is found by.")
    value: Any = Field("", description="The value.")


@node(
    "data.execution_data",
    title="Execution data",
    per_item=("values",),
    imports={"n8n-nodes-base.executionData": _from_n8n},
    icon="bookmark",
    keywords=("annotate", "tag", "save", "search", "metadata", "highlight"),
)
class ExecutionData(NodeType):
    """Keeps values with the execution, so that it can be found by them, and passes its items on."""

    values: list[Saved] = Field(
        default_factory=list,
        description="What to keep; where several items give a key, the last one counts.",
        widget="key-value",
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Keep the values and pass the items on."""
        for position in range(len(self.values)):
            keys, values = ctx.column("values", position, "key"), ctx.column("values", position, "value")
            for key, value in zip(keys, values, strict=True):
                name, text = text_of(key)[:_LONGEST_KEY], text_of(value)
                if len(text) > _LONGEST_VALUE:
                    ctx.log.warning("execution_data.shortened", key=name, length=len(text))
                if name:
                    ctx.annotate(name, text[:_LONGEST_VALUE])
        return Items(items.rows, Lineage.same())
