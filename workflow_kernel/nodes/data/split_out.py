"""Split out: one item for each entry of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from workflow_kernel.nodes._paths import MISSING, delete_path, get_path
from workflow_kernel.nodes.data._item_lists import convert_item_lists
from workflow_kernel.nodes.data._names import FieldNames, given, imported_names, negated, require
from workflow_kernel.sdk import (
    Binary,
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeError,
    NodeType,
    node,
)

ATTACHMENTS = "$binary"
_INCLUDE = {"noOtherFields": "none", "allOtherFields": "all", "selectedOtherFields": "selected"}


def convert_split_out(source: ImportedNode, missing: str | None = None, not_list: str | None = None) -> Imported:
    """Our parameters for n8n's Split Out and for the same operation of its Item Lists.

    Parameters
    ----------
    source: the foreign node.
    missing, not_list: how its version takes absent fields and values that are no list; None for our default.
    """
    include = source.get("include", default="noOtherFields")
    destinations = source.get("options", "destinationFieldName")
    warnings = () if include in _INCLUDE else (f"'Include' is {include!r}, which must be chosen by hand.",)
    include = _INCLUDE.get(include, "none")
    return Imported(
        given(
            fields=imported_names(source.get("fieldToSplitOut", default="")),
            include=include,
            include_fields=imported_names(source.get("fieldsToInclude")) if include == "selected" else None,
            destinations=imported_names(destinations) if destinations else None,
            dot_notation=negated(source.get("options", "disableDotNotation", default=False)),
            include_binary=source.get("options", "includeBinary"),
            missing=missing,
            not_list=not_list,
        ),
        warnings=warnings,
    )


def _from_item_lists(source: ImportedNode) -> Imported:
    return convert_item_lists(source, convert_split_out)


@node(
    "data.split_out",
    title="Split out",
    imports={"n8n-nodes-base.splitOut": convert_split_out, "n8n-nodes-base.itemLists": _from_item_lists},
    per_item=(
        "fields",
        "include",
        "include_fields",
        "destinations",
        "dot_notation",
        "include_binary",
        "missing",
        "not_list",
    ),
    chunked=True,
    icon="split",
    keywords=("explode", "unnest", "flatten", "list", "array", "item lists"),
)
class SplitOut(NodeType):
    """Makes one item for each entry of a list in a field; several lists are split side by side."""

    fields: FieldNames = Field(
        description="The lists to split; `$binary` splits the attachments.", widget="list", placeholder="orders"
    )
    include: Literal["none", "all", "selected"] = Field(
        "none", description="Which of the item's other fields each new item gets as well."
    )
    include_fields: FieldNames = Field(
        default_factory=list,
        description="Other fields to copy into each new item.",
        show={"include": "selected"},
        widget="list",
    )
    destinations: FieldNames = Field(
        default_factory=list,
        description="Names the entries get, one for each field that is split; the same names when left out.",
        section="Options",
        widget="list",
    )
    dot_notation: bool = Field(
        True, description="Whether `a.b` means field b inside field a.", section="Options", title="Dot notation"
    )
    include_binary: bool = Field(
        False,
        description="Whether each new item keeps the attachments.",
        section="Options",
        title="Include attachments",
    )
    missing: Literal["skip", "error"] = Field(
        "skip", description="What to do when an item has no such field.", section="Options"
    )
    not_list: Literal["wrap", "error"] = Field(
        "wrap",
        description="What to do with a value that is no list: split an object by its values and take any other "
        "value as the only entry, or fail.",
        section="Options",
        title="Values that are no list",
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Split every item; where one cannot be split, nothing is."""
        rows: list[Item] = []
        sources: list[int] = []
        for index, item in enumerate(items.rows):
            try:
                parts = ctx.at(self, index).split(item)
            except NodeError as error:
                error.item = index
                raise
            rows += parts
            sources += [index] * len(parts)
        return Items(rows, Lineage.one(sources))

    def split(self, item: Item) -> list[Item]:
        """The items made of one."""
        require(self.fields, "fields", "to split out")
        if self.destinations and len(self.destinations) != len(self.fields):
            raise NodeError(
                f"{len(self.fields)} fields are split, but {len(self.destinations)} destination names are given.",
                mend="Give one destination name for each field, or none.",
            )
        if self.include == "selected":
            require(self.include_fields, "include_fields", "to include")
        rows: list[dict[str, Any]] = []
        attachments: dict[int, dict[str, Binary]] = {}
        for position, field in enumerate(self.fields):
            if field == ATTACHMENTS:
                for index, (name, binary) in enumerate((item.binary or {}).items()):
                    attachments.setdefault(index, {})[name] = binary
                    if index == len(rows):
                        rows.append({})
            else:
                self._fill(rows, item.json, field, self.destinations[position] if self.destinations else "")
        others = self._others(item.json)
        kept = item.binary if self.include_binary else None
        if self.include == "all":
            return [Item({**others, **row}, attachments.get(i, kept)) for i, row in enumerate(rows)]
        return [Item({**row, **others} if others else row, attachments.get(i, kept)) for i, row in enumerate(rows)]

    def _fill(self, rows: list[dict[str, Any]], json: dict[str, Any], field: str, destination: str) -> None:
        """Put the entries of one field into the rows, making rows where it is longer than the fields before."""
        entries = self._entries(json, field)
        spreads = self.include == "none" and not destination and len(self.fields) == 1
        name = destination or field
        for index, entry in enumerate(entries):
            if index == len(rows):
                rows.append({})
            if spreads and isinstance(entry, dict):
                rows[index].update(entry)
            elif spreads and isinstance(entry, list):
                rows[index].update((str(i), value) for i, value in enumerate(entry))
            else:
                rows[index][name] = entry

    def _entries(self, json: dict[str, Any], field: str) -> Sequence[Any]:
        value = get_path(json, field, literal=not self.dot_notation)
        if value is MISSING:
            if self.missing == "skip":
                return ()
            nested = "." in field and not self.dot_notation
            raise NodeError(
                f"Couldn't find the field '{field}' in the input data",
                mend="Turn on 'dot_notation' to use a nested field." if nested else "Check the field's name.",
            )
        if isinstance(value, list):
            return value
        if self.not_list == "error":
            raise NodeError(f"The provided field '{field}' is not an array", mend="Name a field that holds a list.")
        return list(value.values()) if isinstance(value, dict) else (value,)

    def _others(self, json: dict[str, Any]) -> dict[str, Any]:
        literal = not self.dot_notation
        if self.include == "all":
            rest = dict(json)
            for field in self.fields:
                delete_path(rest, field, literal=literal)
            return rest
        if self.include == "selected":
            found = ((field, get_path(json, field, literal=literal)) for field in self.include_fields)
            return {field: value for field, value in found if value is not MISSING}
        return {}
