"""Workflow trigger: starts a workflow that another workflow calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import (
    Batch,
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    Model,
    NodeError,
    NodeType,
    node,
)
from workflow_kernel.sdk.convert import convert_value
from workflow_kernel.sdk.convert_javascript import kind_of

Type = Literal["any", "string", "number", "boolean", "array", "object"]


def _from_n8n(source: ImportedNode) -> Imported:
    mode = source.get("inputSource", default="workflowInputs" if source.version >= 1.1 else "passthrough")
    if mode == "passthrough":
        return Imported({})
    if mode == "jsonExample":
        return _from_example(source.get("jsonExample", default="{}"))
    entries = source.get("workflowInputs", "values", default=[])
    fields = [{"name": entry.get("name", ""), "type": entry.get("type", "string")} for entry in entries]
    return Imported({"fields": fields, "convert": False}) if fields else Imported({})


def _from_example(text: Any) -> Imported:
    try:
        example = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        example = None
    if not isinstance(example, Mapping):
        return Imported({}, warnings=("The example of its input is not a JSON object; any fields are taken.",))
    types = {name: kind_of(value) for name, value in example.items()}
    fields = [{"name": name, "type": "any" if type_ == "null" else type_} for name, type_ in types.items()]
    return Imported({"fields": fields, "convert": False})


class InputField(Model):
    """A field the workflow asks for."""

    name: str = Field(description="The field's name.")
    type: Type = Field("any", description="What it holds.")


@node(
    "flow.workflow_trigger",
    title="When called by another workflow",
    trigger=True,
    imports={"n8n-nodes-base.executeWorkflowTrigger": _from_n8n},
    icon="log-in",
    keywords=("sub-workflow", "called", "subroutine", "function", "start"),
)
class WorkflowTrigger(NodeType):
    """Starts the workflow when another one calls it, with the items it was given."""

    fields: list[InputField] = Field(
        default_factory=list,
        description="The fields callers give; others are dropped and missing ones are null. Anything goes when empty.",
        widget="list",
    )
    convert: bool = Field(
        True,
        description="Whether values are made the type of their field; one that cannot be fails the run.",
        section="Options",
    )

    def run(self, ctx: Context) -> Batch:
        """Send the items the caller gave."""
        given = next((batch for batch in ctx.inputs() if len(batch)), None)
        none = Lineage("none")
        if not self.fields:
            return Items.of({}) if given is None else pass_on(given, none)
        items = Items.of({}) if given is None else given.items()
        return Items([Item(self._declared(item.json), item.binary) for item in items], none)

    def _declared(self, json: dict[str, Any]) -> dict[str, Any]:
        if not self.convert:
            return {field.name: json.get(field.name) for field in self.fields}
        return {field.name: self._value(field, json.get(field.name)) for field in self.fields}

    @staticmethod
    def _value(field: InputField, value: Any) -> Any:
        if field.type == "any":
            return value
        converted = convert_value(field.name, value, field.type, parse_strings=True)
        if not converted.valid:
            raise NodeError(
                f"The input field '{field.name}' was not given a {field.type}: {converted.message}",
                mend="Give it a value of that type where the workflow is called.",
            )
        return converted.value
