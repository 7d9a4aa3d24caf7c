"""Compare datasets: which items two inputs share, and how these differ."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.nodes import _imports, _match, _paths
from workflow_kernel.nodes.data._compare_items import Comparing
from workflow_kernel.sdk import (
    Context,
    Field,
    Imported,
    ImportedNode,
    Inputs,
    Item,
    Items,
    Lineage,
    Model,
    NodeError,
    NodeType,
    Outputs,
    node,
)

Names = Annotated[list[str], pydantic.BeforeValidator(_imports.split_names)]
_DIFFERENT = {
    "preferInput1": "prefer_a",
    "preferInput2": "prefer_b",
    "mix": "mix",
    "includeBoth": "include_both",
}


def _from_n8n(source: ImportedNode) -> Imported:
    version = source.version
    options = source.get("options", default=None) or {}
    pairs = [
        {"field_a": pair.get("field1", ""), "field_b": pair.get("field2", "")}
        for pair in source.get("mergeByFields", "values", default=None) or []
    ]
    default = "includeBoth" if version >= 2 else "preferInput2"
    resolve = source.get("resolve", default=default)
    ours: dict[str, Any] = {
        "fields": pairs,
        "when_different": _imports.choose(resolve, _DIFFERENT, _DIFFERENT[default]),
    }
    fuzzy = source.get("fuzzyCompare", default=False) if version >= 2 else options.get("fuzzyCompare", False)
    if fuzzy:
        ours["compare"] = _imports.choose(fuzzy, {"true": "fuzzy", "false": "exact"}, "exact")
        ours["zero_is_empty"] = version >= 2
    if resolve == "mix":
        if source.get("preferWhenMix", default="input1") == "input2":
            ours["prefer"] = "b"
        ours["except_fields"] = _imports.split_names(source.get("exceptWhenMix", default=""))
    if options.get("skipFields"):
        ours["skip_fields"] = _imports.split_names(options["skipFields"])
    if options.get("disableDotNotation"):
        ours["dot_notation"] = False
    if options.get("multipleMatches", "first") == "all":
        ours["matches"] = "all"
    if version < 2:
        ours |= {"name_a": "input1", "name_b": "input2", "empty_as_null": True}
    if version < 2.1:
        ours["missing_differs"] = True
    if version >= 2.2:
        ours["require_fields"] = False
    return Imported(ours)


class FieldPair(Model):
    """A field of input A and the field of input B it must equal."""

    field_a: str = Field("", description="Field of input A.")
    field_b: str = Field("", description="Field of input B.")


@node(
    "data.compare_datasets",
    inputs=("input_a", "input_b"),
    outputs=("in_a_only", "same", "different", "in_b_only"),
    imports={"n8n-nodes-base.compareDatasets": _from_n8n},
    icon="git-compare",
    keywords=("diff", "difference", "changes", "sync", "new", "deleted"),
)
class CompareDatasets(NodeType):
    """Tells which items are in one input only, in both and the same, or in both and different."""

    fields: list[FieldPair] = Field(
        default_factory=list, description="The fields that tell which items belong together."
    )
    when_different: Literal["include_both", "prefer_a", "prefer_b", "mix"] = Field(
        "include_both", description="What is sent for two items that differ: a report of both, one of them, or a mix."
    )
    prefer: Literal["a", "b"] = Field("a", description="The input whose item is sent.", show={"when_different": "mix"})
    except_fields: Names = Field(
        default_factory=list, description="Fields to take from the other input instead.",
        show={"when_different": "mix"}, widget="list",
    )  # fmt: skip
    compare: Literal["exact", "fuzzy"] = Field(
        "exact", description="Whether values whose type alone differs, as 3 and '3', are the same."
    )
    skip_fields: Names = Field(
        default_factory=list, section="Options", description="Fields that may differ.", widget="list"
    )
    dot_notation: bool = Field(True, section="Options", description="Whether `a.b` means field b inside a.")
    matches: Literal["first", "all"] = Field(
        "first", section="Options", description="Which of several items of input B count that belong to one of input A."
    )
    zero_is_empty: bool = Field(
        False, section="Options", description="Whether 0 equals null.", show={"compare": "fuzzy"}
    )
    missing_differs: bool = Field(
        False, section="Options", description="Report a field that only one input has as different, even where the "
        "other's is empty.", show={"when_different": "include_both"},
    )  # fmt: skip
    empty_as_null: bool = Field(
        False, section="Options", description="Report false, 0 and empty texts that differ as null.",
        show={"when_different": "include_both"},
    )  # fmt: skip
    name_a: str = Field("inputA", section="Options", description="How input A is called in a report.")
    name_b: str = Field("inputB", section="Options", description="How input B is called in a report.")
    require_fields: bool = Field(
        True, section="Options", description="Fail when no item of an input has a field to match on."
    )

    def run(self, inputs: Inputs, ctx: Context) -> Outputs:
        """Compare the two inputs."""
        first, second = inputs["input_a"], inputs["input_b"]
        pairs = [_match.Pair(pair.field_a.strip(), pair.field_b.strip()) for pair in self.fields]
        self._check(pairs, first, second)
        literal = not self.dot_notation
        equal = _match.comparing(self.compare, zero_is_empty=self.zero_is_empty)
        matches = _match.find_matches(first.rows, second.rows, _match.Rule(pairs, equal, self.matches, literal))
        comparing = Comparing(
            pairs, equal, self.compare == "fuzzy", self.skip_fields, literal, (self.name_a, self.name_b),
            self.missing_differs, self.empty_as_null,
        )  # fmt: skip
        same: list[tuple[Item, int, int]] = []
        different: list[tuple[Item, int, int]] = []
        for i, found in enumerate(matches.of_first):
            is_sent = False
            for j in found:
                one, two = first.rows[i], second.rows[j]
                if not comparing.are_same(one.json, two.json):
                    different.append((self._different(one, two, comparing), i, j))
                elif not is_sent:
                    takes_second = self.compare == "fuzzy" and self.when_different == "prefer_b"
                    same.append((two if takes_second else one, i, j))
                    is_sent = True
        in_second = matches.in_second()
        return {
            "in_a_only": first.take([i for i, found in enumerate(matches.of_first) if not found]),
            "same": _linked(same),
            "different": _linked(different),
            "in_b_only": second.take([j for j in range(len(second)) if j not in in_second], port=1),
        }

    def _check(self, pairs: list[_match.Pair], first: Items, second: Items) -> None:
        _match.check_pairs(pairs)
        dotted = next((name for name in self.skip_fields if "." in name), None)
        if dotted is not None and not self.dot_notation:
            raise NodeError(
                f"Dot notation is disabled, but field to skip comparing '{dotted}' contains dot",
                mend="Switch 'dot_notation' on, or name the whole field.",
            )
        if self.require_fields:
            literal = not self.dot_notation
            _match.require_fields(first, [pair.first for pair in pairs], "Input A", literal=literal)
            _match.require_fields(second, [pair.second for pair in pairs], "Input B", literal=literal)

    def _different(self, one: Item, two: Item, comparing: Comparing) -> Item:
        if self.when_different == "prefer_a":
            return one
        if self.when_different == "prefer_b":
            return two
        if self.when_different == "include_both":
            return Item(comparing.report(one.json, two.json))
        chosen, other = (one, two) if self.prefer == "a" else (two, one)
        json = dict(chosen.json)
        for name in self.except_fields:
            value = _paths.get_path(other.json, name, literal=not self.dot_notation)
            if value is UNDEFINED:
                _paths.delete_path(json, name, literal=not self.dot_notation)
            else:
                _paths.set_path(json, name, value, literal=not self.dot_notation)
        return chosen.with_json(json)


def _linked(found: list[tuple[Item, int, int]]) -> Items:
    return Items([item for item, _, _ in found], Lineage.many([[(0, i), (1, j)] for _, i, j in found]))
