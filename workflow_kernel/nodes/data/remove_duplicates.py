"""Remove duplicates: each record once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes._imports import choose
from workflow_kernel.nodes._paths import MISSING, delete_path, get_path, set_path
from workflow_kernel.nodes.data import _seen
from workflow_kernel.nodes.data._aggregations import freeze
from workflow_kernel.nodes.data._names import FieldNames, given, imported_names, negated, require
from workflow_kernel.sdk import (
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeError,
    NodeType,
    Ports,
    node,
)

_COMPARE = {"allFields": "all", "allFieldsExcept": "except", "selectedFields": "selected"}
_AGAINST = {
    "removeDuplicateInputItems": "input",
    "removeItemsSeenInPreviousExecutions": "history",
    "clearDeduplicationHistory": "forget",
}
_LOGIC = {
    "removeItemsWithAlreadySeenKeyValues": "new_value",
    "removeItemsUpToStoredIncrementalKey": "larger_number",
    "removeItemsUpToStoredDate": "later_date",
}
_VALUE = {"new_value": "dedupeValue", "larger_number": "incrementalDedupeValue", "later_date": "dateDedupeValue"}


def convert_remove_duplicates(source: ImportedNode, mixed_types: str | None = None) -> Imported:
    """Our parameters for n8n's Remove Duplicates and for the same operation of its Item Lists.

    Parameters
    ----------
    source: the foreign node.
    mixed_types: how its version takes a field whose type varies; None to tell it by the version.
    """
    against = choose(source.get("operation") if source.version >= 2 else None, _AGAINST, "input")
    if against in ("history", "forget"):
        return _convert_history(source, against)
    compare = choose(source.get("compare"), _COMPARE, "all")
    named = {"selected": "fieldsToCompare", "except": "fieldsToExclude"}.get(compare)
    if is_expression(compare):
        named = "fieldsToCompare"
    by_version = "error" if source.version < 1.1 else "error_but_null"
    return Imported(
        given(
            compare=compare,
            fields=imported_names(source.get(named)) if named else None,
            dot_notation=negated(source.get("options", "disableDotNotation", default=False)),
            remove_other_fields=source.get("options", "removeOtherFields"),
            missing="error",
            mixed_types=mixed_types or by_version,
            # Duplicates among the items of one input are dropped there; only those seen before have an output.
            send_discarded=False,
        )
    )


def _convert_history(source: ImportedNode, against: str) -> Imported:
    logic = choose(source.get("logic"), _LOGIC, "new_value")
    value = source.get(_VALUE.get(logic, "dedupeValue"), default="")
    return Imported(
        given(
            against=against,
            keep_if=logic if against == "history" else None,
            value=value if against == "history" else None,
            history_size=source.get("options", "historySize"),
            send_discarded=None if against == "history" else False,
        ),
        warnings=("The values seen before are kept within an execution, not from one execution to the next.",),
    )


@node(
    "data.remove_duplicates",
    title="Remove duplicates",
    outputs=("kept", "discarded"),
    per_item=("value",),
    imports={"n8n-nodes-base.removeDuplicates": convert_remove_duplicates},
    icon="copy-minus",
    keywords=("unique", "distinct", "dedupe", "item lists", "seen"),
)
class RemoveDuplicates(NodeType):
    """Keeps each record once, compared by all or some fields, or with those of earlier runs in a loop."""

    against: Literal["input", "history", "forget"] = Field(
        "input",
        description="Compare with the other items, with those of this node's earlier runs in the execution, "
        "or forget the earlier runs.",
    )
    compare: Literal["all", "except", "selected"] = Field(
        "all", description="Which fields must be equal.", show={"against": "input"}
    )
    fields: FieldNames = Field(
        default_factory=list,
        description="The fields to compare, or to leave out.",
        show={"against": "input", "compare": ["except", "selected"]},
        widget="list",
        title="Fields to compare or leave out",
    )
    keep_if: Literal["new_value", "larger_number", "later_date"] = Field(
        "new_value",
        description="Keep items with a value not seen before, or one above all seen before.",
        show={"against": "history"},
    )
    value: Any = Field("", description="The value to remember of each item, e.g. its id.", show={"against": "history"})
    history_size: int = Field(
        10_000, ge=1, description="How many values are remembered.", section="Options", show={"against": "history"}
    )
    remove_other_fields: bool = Field(
        False,
        description="Whether items keep only the fields compared.",
        section="Options",
        show={"against": "input"},
    )
    dot_notation: bool = Field(True, description="Whether `a.b` means field b inside field a.", section="Options")
    missing: Literal["allow", "error"] = Field(
        "allow",
        description="What to do when some items lack a field that is compared: take it as a value of its own, or fail.",
        section="Options",
        show={"against": "input"},
    )
    mixed_types: Literal["allow", "error", "error_but_null"] = Field(
        "allow",
        description="What to do when the type of a field varies: compare as it is, fail, or fail unless it is null.",
        section="Options",
        show={"against": "input"},
    )
    send_discarded: bool = Field(
        True,
        description="Whether the duplicates leave by a port of their own, or are dropped.",
        section="Options",
        expression=False,
    )

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """One output, and another for the duplicates."""
        sends = parameters.get("send_discarded", True) is not False
        return Ports.named(("main",), ("kept", "discarded") if sends else ("kept",))

    def run(self, items: Items, ctx: Context) -> dict[str, Items]:
        """Tell the first of each kind from the rest."""
        if self.against == "forget":
            ctx.state.pop(_seen.KEY, None)
            return {"kept": items.take(range(len(items)))}
        if self.against == "history":
            kept = _seen.unseen(ctx.column("value"), self.keep_if, self.history_size, ctx)
        else:
            kept = self._first_of_each(items)
        if not self.send_discarded:
            return {"kept": self._kept(items, kept)}
        chosen = frozenset(kept)
        rest = [index for index in range(len(items)) if index not in chosen]
        return {"kept": self._kept(items, kept), "discarded": items.take(rest)}

    def _first_of_each(self, items: Items) -> list[int]:
        if self.compare != "all":
            require(self.fields, "fields", "to compare" if self.compare == "selected" else "to leave out")
        if self.missing == "error" or self.mixed_types != "allow":
            self._check(items)
        found: dict[Any, int] = {}
        for index, item in enumerate(items.rows):
            found.setdefault(self._key(item.json), index)
        return list(found.values())

    def _key(self, json: dict[str, Any]) -> Any:
        """A hashable that is the same for records that are."""
        literal = not self.dot_notation
        if self.compare == "selected":
            return tuple([freeze(get_path(json, field, literal=literal)) for field in self.fields])
        if self.compare == "except":
            json = dict(json)
            for field in self.fields:
                delete_path(json, field, literal=literal)
        return freeze(json)

    def _kept(self, items: Items, kept: Sequence[int]) -> Items:
        if not (self.remove_other_fields and self.against == "input"):
            return items.take(kept)
        return Items([Item(self._picked(items[index].json)) for index in kept], Lineage.one(kept))

    def _picked(self, json: dict[str, Any]) -> dict[str, Any]:
        """Only the fields that were compared."""
        literal = not self.dot_notation
        if self.compare != "selected":
            rest = dict(json)
            for field in self.fields if self.compare == "except" else ():
                delete_path(rest, field, literal=literal)
            return rest
        picked: dict[str, Any] = {}
        for field in self.fields:
            value = get_path(json, field, literal=literal)
            if value is not MISSING:
                set_path(picked, field, value, literal=literal)
        return picked

    def _check(self, items: Items) -> None:
        """Fail where a compared field is missing or of several types, as the options say."""
        for field in self._compared(items):
            kind = ""
            for item in items.rows:
                value = get_path(item.json, field, literal=not self.dot_notation)
                if value is MISSING and self.missing == "error":
                    raise NodeError(
                        f"'{field}' field is missing from some input items",
                        mend="Turn on 'dot_notation' to use a nested field."
                        if "." in field and not self.dot_notation
                        else "Compare other fields, or set 'missing' to 'allow'.",
                    )
                if value is MISSING or self.mixed_types == "allow":
                    continue
                if value is None and self.mixed_types == "error_but_null":
                    continue
                own = _type_of(value)
                if kind and own != kind:
                    raise NodeError(
                        f"'{field}' isn't always the same type",
                        description=f"It is {kind} in one item and {own} in another.",
                        mend="Convert the field first, or set 'mixed_types' to 'allow'.",
                    )
                kind = own

    def _compared(self, items: Items) -> Sequence[str]:
        if self.compare == "selected":
            return self.fields
        fields: dict[str, None] = {}
        for item in items.rows:
            fields.update(dict.fromkeys(_leaves(item.json) if self.dot_notation else item.json))
        left_out = frozenset(self.fields) if self.compare == "except" else frozenset()
        return [field for field in fields if not _is_below(field, left_out)]


def _leaves(value: Any, path: str = "") -> list[str]:
    """The paths of all values that are neither objects nor lists."""
    if not isinstance(value, dict | list):
        return [path]
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    before = f"{path}." if path else ""
    return [leaf for key, part in parts for leaf in _leaves(part, f"{before}{key}")]


def _is_below(field: str, parents: frozenset[str]) -> bool:
    return any(field == parent or field.startswith(f"{parent}.") for parent in parents)


def _type_of(value: Any) -> str:
    """The type by which values may differ: JavaScript's ``typeof``."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"
