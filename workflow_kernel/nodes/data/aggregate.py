"""Aggregate: many items into one."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes._paths import get_path, has_path, set_path
from workflow_kernel.nodes.data._names import FieldName, FieldNames, given, imported_names, negated, require
from workflow_kernel.sdk import (
    Binary,
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
)  # fmt: skip

_INCLUDE = {"allFields": "all", "specifiedFields": "selected", "allFieldsExcept": "except"}


def convert_aggregate(source: ImportedNode, missing: str | None = None) -> Imported:
    """Our parameters for n8n's Aggregate and for the same operation of its Item Lists.

    Parameters
    ----------
    source: the foreign node.
    missing: how its version takes fields that no item has; None for our default.
    """
    options = given(
        dot_notation=negated(source.get("options", "disableDotNotation", default=False)),
        include_binary=source.get("options", "includeBinaries"),
        unique_binary=source.get("options", "keepOnlyUnique"),
    )
    if source.get("aggregate", default="aggregateIndividualFields") == "aggregateAllItemData":
        include = _INCLUDE.get(source.get("include", default="allFields"), "all")
        named = {"selected": "fieldsToInclude", "except": "fieldsToExclude"}.get(include)
        return Imported(
            {
                "mode": "items",
                "destination": source.get("destinationFieldName", default="data"),
                "include": include,
                **({"include_fields": imported_names(source.get(named))} if named else {}),
                **options,
            }
        )
    fields = [
        given(
            field=entry.get("fieldToAggregate", ""),
            rename=(entry.get("outputFieldName") or None) if entry.get("renameField") else None,
        )
        for entry in source.get("fieldsToAggregate", "fieldToAggregate", default=[])
    ]
    return Imported(
        given(
            fields=fields,
            keep_missing=source.get("options", "keepMissing"),
            merge_lists=source.get("options", "mergeLists"),
            missing=missing,
            **options,
        )
    )


class Aggregation(Model):
    """A field whose values become a list."""

    field: FieldName = Field(description="The field to collect.")
    rename: str = Field("", description="Name of the list; the field's own when left out.")


@node(
    "data.aggregate",
    imports={"n8n-nodes-base.aggregate": convert_aggregate},
    icon="group",
    keywords=("collect", "combine", "list", "array", "item lists", "concatenate"),
)
class Aggregate(NodeType):
    """Puts many items into one: lists of the values of single fields, or one list of all items."""

    mode: Literal["fields", "items"] = Field(
        "fields", description="Collect single fields into lists of their own, or whole items into one list."
    )
    fields: list[Aggregation] = Field(
        default_factory=list, description="The fields to collect.", show={"mode": "fields"}, widget="list"
    )
    destination: str = Field("data", description="Field that gets the list of items.", show={"mode": "items"})
    include: Literal["all", "selected", "except"] = Field(
        "all", description="Which fields of each item the list holds.", show={"mode": "items"}
    )
    include_fields: FieldNames = Field(
        default_factory=list,
        description="The fields to hold, or to leave out.",
        show={"mode": "items", "include": ["selected", "except"]},
        widget="list",
        title="Fields to include or leave out",
    )
    merge_lists: bool = Field(
        False,
        description="Whether values that are lists are joined into one flat list.",
        section="Options",
        show={"mode": "fields"},
    )
    keep_missing: bool = Field(
        False,
        description="Whether the list has a null for items where the field is missing or null.",
        section="Options",
        show={"mode": "fields"},
    )
    missing: Literal["empty", "error"] = Field(
        "empty",
        description="What to do when no item has the field: give an empty list, or fail.",
        section="Options",
        show={"mode": "fields"},
    )
    dot_notation: bool = Field(True, description="Whether `a.b` means field b inside field a.", section="Options")
    include_binary: bool = Field(
        False,
        description="Whether the item gets the attachments of all.",
        section="Options",
        title="Include attachments",
    )
    unique_binary: bool = Field(
        False,
        description="Whether attachments with the same content and type are kept once.",
        section="Options",
        show={"include_binary": True},
        title="Keep only unique attachments",
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Make the one item."""
        used: list[int] = list(range(len(items)))
        if self.mode == "fields":
            json = self._collect(items)
        else:
            rows, used = self._whole(items)
            json = {self.destination: rows}
        binary = self._attachments(items, used) if self.include_binary else None
        return Items([Item(json, binary)], Lineage.many([[(0, index) for index in used]]))

    def _collect(self, items: Items) -> dict[str, Any]:
        require((entry.field for entry in self.fields), "fields", "to aggregate")
        lists: dict[str, list[Any]] = {}
        for entry in self.fields:
            if not entry.field:
                continue
            short = entry.field.rsplit(".", 1)[-1] if self.dot_notation else entry.field
            name = entry.rename or short
            if name in lists:
                raise NodeError(
                    f"The '{name}' output field is used more than once", mend="Give each list a name of its own."
                )
            lists[name] = self._values(items, entry.field)
        json: dict[str, Any] = {}
        for name, values in lists.items():
            set_path(json, name, values, literal=not self.dot_notation)
        return json

    def _values(self, items: Items, field: str) -> list[Any]:
        literal, keep, merge = not self.dot_notation, self.keep_missing, self.merge_lists
        if self.missing == "error" and not any(has_path(item.json, field, literal=literal) for item in items):
            raise NodeError(f"Couldn't find the field '{field}' in the input data", mend="Check the field's name.")
        values: list[Any] = []
        for item in items.rows:
            value = get_path(item.json, field, None, literal=literal)
            if value is None and not keep:
                continue
            if not isinstance(value, list):
                values.append(value)
                continue
            if not keep:
                value = [entry for entry in value if entry is not None]
            if merge:
                values.extend(value)
            else:
                values.append(value)
        return values

    def _whole(self, items: Items) -> tuple[list[dict[str, Any]], list[int]]:
        if self.include == "all" or not self.include_fields:
            return items.json(), list(range(len(items)))
        names, wanted = frozenset(self.include_fields), self.include == "selected"
        rows: list[dict[str, Any]] = []
        used: list[int] = []
        for index, item in enumerate(items.rows):
            row = {key: value for key, value in item.json.items() if (key in names) is wanted}
            if row:
                rows.append(row)
                used.append(index)
        return rows, used

    def _attachments(self, items: Items, used: list[int]) -> dict[str, Binary] | None:
        kept: dict[str, Binary] = {}
        seen: set[tuple[str, str, str | None]] = set()
        for index in used:
            for name, binary in (items[index].binary or {}).items():
                content = (binary.blob, binary.mime_type, binary.file_extension)
                if self.unique_binary and content in seen:
                    continue
                seen.add(content)
                free, count = name, 1
                while free in kept:
                    free, count = f"{name}_{count}", count + 1
                kept[free] = binary
        return kept or None
