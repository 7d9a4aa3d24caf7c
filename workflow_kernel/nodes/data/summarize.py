"""Summarize: counts, sums and the like, for all items or for groups of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Literal

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes._imports import choose, computed
from workflow_kernel.nodes._paths import MISSING, get_path
from workflow_kernel.nodes.data import _aggregations
from workflow_kernel.nodes.data._names import FieldName, FieldNames, given, imported_names, negated, require
from workflow_kernel.sdk import (
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
from workflow_kernel.sdk.convert_javascript import json_text, text_of

_KINDS = {kind: kind for kind in ("append", "average", "concatenate", "count", "max", "min", "sum")}
_KINDS["countUnique"] = "count_unique"
_DROPPED = re.compile(r"[\[\]\"]")
_REPLACED = re.compile(r"[ .]")

Group = tuple[dict[str, Any], list[Any], list[int]]
"""The values an output item begins with, the keys of its place in a single item, the positions of its items."""


def convert_summarize(
    source: ImportedNode, missing: str | None = None, group_order: str | None = None, as_text: bool | None = None
) -> Imported:
    """Our parameters for n8n's Summarize and for the same operation of its Item Lists.

    Parameters
    ----------
    source: the foreign node.
    missing, group_order, as_text: how its version takes fields no item has, orders groups, and gives their values;
        None to tell it by the version.
    """
    options = source.get("options", default={})
    goes_on = options.get("continueIfFieldNotFound", False)
    if missing is None and source.version < 1.1:
        is_computed = is_expression(goes_on)
        missing = computed(goes_on, "(%s) ? 'allow' : 'error'") if is_computed else None if goes_on else "error"
    is_text = source.version < 1.1 if as_text is None else as_text
    return Imported(
        given(
            summaries=[_convert_entry(entry) for entry in source.get("fieldsToSummarize", "values", default=[])],
            split_by=imported_names(source.get("fieldsToSplitBy", default="")) or None,
            output=choose(options.get("outputFormat"), {"separateItems": "items", "singleItem": "single"}, "items"),
            skip_empty_groups=options.get("skipEmptySplitFields"),
            dot_notation=negated(options.get("disableDotNotation", False)),
            missing=missing,
            group_order=group_order,
            group_values="text" if is_text else None,
        )
    )


def _convert_entry(entry: dict[str, Any]) -> dict[str, Any]:
    separator = entry.get("separateBy")
    if separator == "other":
        separator = entry.get("customSeparator", "")
    return given(
        aggregation=choose(entry.get("aggregation"), _KINDS, "count"),
        field=entry.get("field", ""),
        include_empty=entry.get("includeEmpty"),
        separator=separator,
    )


class Summary(Model):
    """A value to compute of a field."""

    aggregation: _aggregations.Aggregation = Field("count", description="What to compute.")
    field: FieldName = Field(description="The field.")
    include_empty: bool = Field(
        False,
        description="Whether missing, null and empty values count as well.",
        show={"aggregation": ["append", "concatenate", "count", "count_unique"]},
    )
    separator: str = Field(",", description="What stands between the values.", show={"aggregation": "concatenate"})


@node(
    "data.summarize",
    imports={"n8n-nodes-base.summarize": convert_summarize},
    icon="sigma",
    keywords=("pivot", "group by", "count", "sum", "average", "total", "statistics", "item lists"),
)
class Summarize(NodeType):
    """Computes counts, sums, averages and the like of fields, for all items or for each group of them."""

    summaries: list[Summary] = Field(
        description="What to compute; the result of the sum of `price` is named `sum_price`.", widget="list"
    )
    split_by: FieldNames = Field(
        default_factory=list,
        description="Fields that make groups: items with the same values are summarized together.",
        widget="list",
        title="Split by",
    )
    output: Literal["items", "single"] = Field(
        "items", description="An item for each group, or one item with an object for each group.", section="Options"
    )
    skip_empty_groups: bool = Field(
        False,
        description="Whether to leave out items that have no value to group by.",
        section="Options",
    )
    missing: Literal["allow", "error"] = Field(
        "allow",
        description="What to do when no item has a field that is summarized: take it as empty, or fail.",
        section="Options",
    )
    dot_notation: bool = Field(True, description="Whether `a.b` means field b inside field a.", section="Options")
    group_values: Literal["kept", "text"] = Field(
        "kept", description="Whether the values that make groups keep their type or become text.", section="Options"
    )
    group_order: Literal["found", "numbers_first"] = Field(
        "found",
        description="Order of the groups: as found, or whole numbers first and in order.",
        section="Options",
    )

    def run(self, items: Items, ctx: Context) -> Items:
        """Summarize the items."""
        require((entry.field for entry in self.summaries), "summaries", "to summarize")
        columns = {entry.field: self._column(items, entry.field) for entry in self.summaries}
        for field, column in columns.items():
            if self.missing == "error" and all(value is MISSING for value in column):
                raise NodeError(
                    f"The field '{field}' does not exist in any items",
                    mend="Check the field's name, or set 'missing' to 'allow'.",
                )
        groups = list(self._groups(items))
        results = [self._results(columns, positions) for _, _, positions in groups]
        if self.output == "items":
            rows = [Item({**values, **result}) for (values, _, _), result in zip(groups, results, strict=True)]
            return Items(rows, Lineage.many([[(0, index) for index in positions] for _, _, positions in groups]))
        everything = [(0, index) for index in range(len(items))]
        return Items([Item(_nested(groups, results))], Lineage.many([everything]))

    def _column(self, items: Items, field: str) -> list[Any]:
        literal = not self.dot_notation
        return [get_path(item.json, field, literal=literal) for item in items.rows]

    def _results(self, columns: dict[str, list[Any]], positions: list[int]) -> dict[str, Any]:
        return {
            _name(_aggregations.PREFIX[entry.aggregation] + entry.field): _aggregations.aggregate(
                entry.aggregation,
                [columns[entry.field][index] for index in positions],
                include_empty=entry.include_empty,
                separator=entry.separator,
            )
            for entry in self.summaries
        }

    def _groups(self, items: Items) -> Iterator[Group]:
        columns = [self._column(items, field) for field in self.split_by]
        yield from self._split(columns, ({}, [], list(range(len(items)))))

    def _split(self, columns: Sequence[list[Any]], group: Group) -> Iterator[Group]:
        """Split a group by the first column, the parts by the next, and so on."""
        values, keys, positions = group
        if not columns:
            yield group
            return
        parts: dict[Hashable, tuple[Any, list[int]]] = {}
        for index in positions:
            value = columns[0][index]
            if self.skip_empty_groups and (_aggregations.is_empty(value) or value is False):
                continue
            value = self._group_value(value)
            parts.setdefault(_aggregations.freeze(value), (value, []))[1].append(index)
        name = _name(self.split_by[len(keys)])
        for value, part in self._ordered(list(parts.values())):
            own = values if value is MISSING else {**values, name: value}
            yield from self._split(columns[1:], (own, [*keys, value], part))

    def _group_value(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            return json_text(value)
        return _text(value) if self.group_values == "text" else value

    def _ordered(self, parts: list[tuple[Any, list[int]]]) -> list[tuple[Any, list[int]]]:
        if self.group_order == "found":
            return parts
        numbers = [part for part in parts if _is_whole(_text(part[0]))]
        return sorted(numbers, key=lambda part: int(part[0])) + [part for part in parts if part not in numbers]


def _nested(groups: Sequence[Group], results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One object with an object for each value that makes a group, in as many levels as there are fields."""
    root: dict[str, Any] = {}
    for (_, keys, _), result in zip(groups, results, strict=True):
        place = root
        for key in keys:
            place = place.setdefault(_text(key), {})
        place.update(result)
    return root


def _name(text: str) -> str:
    """A name that can be used in a path: without brackets and quotes, ``_`` for dots and blanks."""
    return _REPLACED.sub("_", _DROPPED.sub("", text))


def _text(value: Any) -> str:
    return "undefined" if value is MISSING else text_of(value)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
