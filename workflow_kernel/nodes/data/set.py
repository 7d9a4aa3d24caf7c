"""Set: adds fields to each item, changes them, or keeps only some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.nodes import _columns, _paths
from workflow_kernel.nodes.data import _fields, _set_import
from workflow_kernel.sdk import Binary, Context, Field, Item, Items, Lineage, Model, NodeError, NodeType, node
from workflow_kernel.sdk.convert_javascript import text_of
from workflow_kernel.sdk.convert_literal import parse

FieldType = Literal["any", "string", "number", "boolean", "array", "object", "binary", "numeric", "truthy"]
Name = Annotated[str, pydantic.BeforeValidator(text_of)]


class Assignment(Model):
    """One field to set: ``{"name": "total", "value": "={{ $json.price * 2 }}", "type": "number"}``."""

    name: Name = Field("", description="The field, `a.b[0]` for a nested one.")
    value: Any = Field(None, description="Its value.")
    type: FieldType = Field(
        "any",
        description="Its type: `any` leaves the value as it is, `numeric` turns texts that are numbers into numbers "
        "and leaves all else, `truthy` gives true for what counts as true in JavaScript, `binary` sets an attachment; "
        "others convert the value or fail.",
        expression=False,
    )


@node(
    "data.set",
    title="Set fields",
    chunked=True,
    per_item=("fields", "data", "selected_fields"),
    imports={"n8n-nodes-base.set": _set_import.from_n8n},
    icon="pencil-line",
    keywords=("edit fields", "assign", "add", "change", "map", "json"),
)
class Set(NodeType):
    """Adds fields to each item, changes them, or keeps only some."""

    mode: Literal["fields", "json"] = Field("fields", description="Set fields one by one, or all by one JSON object.")
    fields: list[Assignment] = Field(
        default_factory=list, description="The fields, set in this order.", show={"mode": "fields"},
        widget="assignments",
    )  # fmt: skip
    data: Any = Field(
        default_factory=dict, description="The fields and their values, as an object or its JSON text.",
        show={"mode": "json"}, widget="json",
    )  # fmt: skip
    include: Literal["all", "none", "selected", "except"] = Field(
        "all", description="Which fields of the input item stay besides those that are set."
    )
    selected_fields: Any = Field(
        default_factory=list, description="The input fields that stay, or with `except` those that go.",
        show={"include": ["selected", "except"]}, widget="list",
    )  # fmt: skip
    dot_notation: bool = Field(
        True, section="Options", description="Whether `a.b` means field b inside a, rather than a field named `a.b`."
    )
    ignore_conversion_errors: bool = Field(
        False, section="Options", description="Leave a value that is not of its field's type as it is."
    )
    null_text: Literal["null", "text", "error"] = Field(
        "null", section="Options", description="What a field of type string becomes when its value is null or missing: "
        "null, the word for it, or an error.",
    )  # fmt: skip
    attachments: Literal["with_fields", "keep", "drop"] = Field(
        "with_fields", section="Options", description="Whether attachments stay: when any input field may, always, or "
        "never.",
    )  # fmt: skip
    copies: int = Field(
        0, ge=0, le=100_000, section="Options",
        description="How many more times to send each item in manual runs, for trying out.",
    )  # fmt: skip

    def run(self, items: Items, ctx: Context) -> Items:
        """Set the fields of every item."""
        failed: set[int] = set()
        bases = self._bases(items, ctx)
        if self.mode == "json":
            self._set_objects(bases, ctx, failed)
            attachments: dict[int, dict[str, Binary]] = {}
        else:
            attachments = self._set_fields(items, bases, ctx, failed)
        keeps = self.attachments == "keep" or (self.attachments == "with_fields" and self.include != "none")
        rows = [Item(json, item.binary if keeps else None) for json, item in zip(bases, items.rows, strict=True)]
        for index, added in attachments.items():
            rows[index] = Item(rows[index].json, {**(rows[index].binary or {}), **added})
        return self._output(rows, failed, ctx)

    def _output(self, rows: list[Item], failed: set[int], ctx: Context) -> Items:
        is_production = ctx.scope.facts.execution.get("mode") == "production"
        times = 1 + (0 if is_production else self.copies)
        if not failed and times == 1:
            return Items(rows, Lineage.same())
        indices = [index for index in range(len(rows)) if index not in failed for _ in range(times)]
        return Items([rows[index] for index in indices], Lineage.one(indices))

    def _bases(self, items: Items, ctx: Context) -> list[dict[str, Any]]:
        """For each item a new object with the input fields that stay."""
        if self.include == "all":
            return [dict(item.json) for item in items.rows]
        if self.include == "none":
            return [{} for _ in range(len(items))]
        selected = ctx.column("selected_fields")
        pick = self._picked if self.include == "selected" else self._without
        return [pick(item.json, names_of(names)) for item, names in zip(items.rows, selected, strict=True)]

    def _picked(self, json: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        picked: dict[str, Any] = {}
        for name in names:
            value = _paths.get_path(json, name, literal=not self.dot_notation)
            if value is not UNDEFINED:
                # A nested field comes out under its own name, without the objects around it.
                own = name.rsplit(".", 1)[-1] if self.dot_notation else name
                _paths.set_path(picked, own, value, literal=not self.dot_notation)
        return picked

    def _without(self, json: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        rest = dict(json)
        for name in names:
            _paths.delete_path(rest, name, literal=not self.dot_notation)
        return rest

    def _set_objects(self, bases: list[dict[str, Any]], ctx: Context, failed: set[int]) -> None:
        data = ctx.column("data")
        parsed: dict[str, dict[str, Any]] = {}
        for index, base in enumerate(bases):
            value = self.data if data[index] is UNDEFINED else data[index]
            try:
                if isinstance(value, str):
                    if value not in parsed:
                        parsed = {value: as_object(value, index)}
                    value = parsed[value]
                elif not isinstance(value, dict):
                    value = as_object(value, index)
            except NodeError as error:
                ctx.fail(index, error)
                failed.add(index)
                continue
            if self.dot_notation:
                for name, part in value.items():
                    if "." in name or "[" in name:
                        _paths.set_path(base, name, part)
                    else:
                        base[name] = part
            else:
                base.update(value)

    def _set_fields(
        self, items: Items, bases: list[dict[str, Any]], ctx: Context, failed: set[int]
    ) -> dict[int, dict[str, Binary]]:
        reading = _fields.Reading(self.ignore_conversion_errors, self.null_text, ctx.timezone)
        attachments: dict[int, dict[str, Binary]] = {}
        for position, field in enumerate(self.fields):
            names = ctx.column("fields", position, "name")
            values = ctx.column("fields", position, "value")
            if field.type == "binary":
                for index, (item, name, value) in enumerate(zip(items.rows, names, values, strict=True)):
                    binary = _fields.as_attachment(value, item)
                    if binary is not None:
                        attachments.setdefault(index, {})[text_of(name)] = binary
                continue
            converted = _fields.convert_column(field.name, field.type, values, reading)
            if _fields.Refused in set(map(type, converted)):
                refused = {i: value for i, value in enumerate(converted) if isinstance(value, _fields.Refused)}
                for index in sorted(refused.keys() - failed):
                    ctx.fail(index, _fields.conversion_error(field.name, refused[index], index))
                failed.update(refused)
            if _columns.is_constant(names):
                _fields.assign(bases, field.name, converted, literal=not self.dot_notation)
            else:
                for base, name, value in zip(bases, names, converted, strict=True):
                    _fields.assign([base], text_of(name), [value], literal=not self.dot_notation)
        return attachments


def names_of(value: Any) -> list[str]:
    """Field names from a list or from text with commas."""
    if isinstance(value, str):
        return [name for name in (part.strip() for part in value.split(",")) if name]
    if isinstance(value, list | tuple):
        return [text_of(name) for name in value]
    raise NodeError(
        f"'selected_fields' takes a list of names or text with commas, and got {text_of(value)}.",
        mend='Write names as in ["id", "address.city"].',
    )


def as_object(value: Any, index: int) -> dict[str, Any]:
    """An object from JSON text; raises ``NodeError`` for text that is none."""
    if isinstance(value, str):
        try:
            value = parse(value)
        except ValueError as error:
            raise NodeError(
                f"The 'JSON Output' in item {index} contains invalid JSON", description=f"{error} The text is: {value}"
            ) from None
    if not isinstance(value, dict):
        raise NodeError(
            f"The 'JSON Output' in item {index} does not contain a valid JSON object",
            mend='Write an object, e.g. {"name": "value"}.',
        )
    return value
