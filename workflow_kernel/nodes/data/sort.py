"""Sort: puts items in another order."""

from __future__ import annotations

import random
from typing import Any, Literal

from workflow_kernel.nodes._paths import MISSING, get_path
from workflow_kernel.nodes.data._comparator import positions_by_code
from workflow_kernel.nodes.data._names import FieldName, given, negated, require
from workflow_kernel.nodes.data._order import sorted_positions
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Items, Model, NodeError, NodeType, node

_MODES = {"simple": "fields", "random": "random", "code": "code"}


def convert_sort(source: ImportedNode) -> Imported:
    """Our parameters for n8n's Sort and for the same operation of its Item Lists."""
    mode = source.get("type", default="simple")
    if mode not in _MODES:
        return Imported({}, warnings=(f"The kind of sorting is {mode!r}, which must be chosen by hand.",))
    if mode == "code":
        return Imported({"mode": "code", "language": "javascript", "code": source.get("code", default="")})
    if mode == "random":
        return Imported({"mode": "random"})
    by = [
        given(field=entry.get("fieldName", ""), order=entry.get("order"))
        for entry in source.get("sortFieldsUi", "sortField", default=[])
    ]
    return Imported({"by": by, "dot_notation": negated(source.get("options", "disableDotNotation", default=False))})


class SortField(Model):
    """A field to sort by."""

    field: FieldName = Field(description="The field.")
    order: Literal["ascending", "descending"] = Field("ascending", description="Smallest or largest first.")


@node(
    "data.sort",
    imports={"n8n-nodes-base.sort": convert_sort},
    icon="arrow-down-a-z",
    keywords=("order", "shuffle", "random", "rank", "item lists"),
)
class Sort(NodeType):
    """Puts items in order by their fields or by your code, or shuffles them."""

    mode: Literal["fields", "random", "code"] = Field("fields", description="What decides the order.")
    by: list[SortField] = Field(
        default_factory=list,
        description="Fields to sort by; the second decides where the first is equal, and so on.",
        show={"mode": "fields"},
        widget="list",
    )
    language: Literal["python", "javascript"] = Field(
        "python", description="What the code is written in.", show={"mode": "code"}
    )
    code: str = Field(
        "",
        description="Compares the items `a` and `b` (`a.json`): below 0 puts a first, above 0 puts b first.",
        expression=False,
        widget="code",
        show={"mode": "code"},
        placeholder='a.json["price"] - b.json["price"]',
    )
    seed: int | None = Field(
        None,
        description="A number that makes the shuffle the same each time.",
        section="Options",
        show={"mode": "random"},
    )
    dot_notation: bool = Field(
        True,
        description="Whether `a.b` means field b inside field a.",
        section="Options",
        show={"mode": "fields"},
    )

    async def run(self, items: Items, ctx: Context) -> Items:
        """Sort the items."""
        if self.mode == "code":
            return items.take(await positions_by_code(self.code, self.language, items, ctx))
        if self.mode == "random":
            positions = list(range(len(items)))
            random.Random(ctx.token if self.seed is None else self.seed).shuffle(positions)  # noqa: S311
            return items.take(positions)
        require((entry.field for entry in self.by), "by", "to sort by")
        columns = [self._column(items, entry.field) for entry in self.by]
        return items.take(sorted_positions(columns, [entry.order == "descending" for entry in self.by]))

    def _column(self, items: Items, field: str) -> list[Any]:
        literal = not self.dot_notation
        column = [get_path(item.json, field, literal=literal) for item in items.rows]
        if all(value is MISSING for value in column):
            nested = "." in field and literal
            raise NodeError(
                f"Couldn't find the field '{field}' in the input data",
                mend="Turn on 'dot_notation' to use a nested field." if nested else "Check the field's name.",
            )
        return column
