"""Merge: brings several branches together."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.nodes import _match, _sql
from workflow_kernel.nodes.flow import _merge_import
from workflow_kernel.nodes.flow._merge_join import Join
from workflow_kernel.nodes.flow._merge_values import Merging, with_suffix
from workflow_kernel.sdk import Context, Field, Inputs, Item, Items, Lineage, Model, NodeError, NodeType, Ports, node

Several = ("append", "by_position", "sql", "choose_branch")
MOST_INPUTS = 10_000


class FieldPair(Model):
    """A field of input 1 and the field of input 2 it must equal."""

    field1: str = Field("", description="Field of input 1.")
    field2: str = Field("", description="Field of input 2.")


@node(
    "flow.merge",
    inputs=("input1", "input2"),
    imports={"n8n-nodes-base.merge": _merge_import.from_n8n},
    icon="merge",
    keywords=("join", "combine", "append", "union", "wait", "sql", "enrich", "concatenate"),
)
class Merge(NodeType):
    """Brings several branches together: one after the other, joined by fields or position, or by SQL."""

    mode: Literal["append", "by_fields", "by_position", "combinations", "sql", "choose_branch"] = Field(
        "append", description="How the inputs are brought together."
    )
    number_of_inputs: int = Field(
        2,
        ge=2,
        le=MOST_INPUTS,
        description="How many inputs there are.",
        show={"mode": list(Several)},
        expression=False,
    )
    fields: list[FieldPair] = Field(
        default_factory=list, description="The fields whose values must be equal.", show={"mode": "by_fields"}
    )
    keep: Literal["matches", "non_matches", "everything", "enrich_input1", "enrich_input2"] = Field(
        "matches", description="Send what matches, what does not, everything, or all of one input with what matches of "
        "the other added.", show={"mode": "by_fields"},
    )  # fmt: skip
    output_from: Literal["both", "input1", "input2"] = Field(
        "both", description="Of which input the items are that are sent.",
        show={"mode": "by_fields", "keep": ["matches", "non_matches"]},
    )  # fmt: skip
    unpaired: Literal["drop", "input1", "keep"] = Field(
        "drop", description="What becomes of items that have none beside them: dropped, those of input 1 kept, or all.",
        show={"mode": "by_position"},
    )  # fmt: skip
    query: str = Field(
        "SELECT * FROM input1 LEFT JOIN input2 ON input1.id = input2.id", description="A query over the tables input1, "
        "input2 and so on, in DuckDB's SQL.", show={"mode": "sql"}, widget="code", language="sql",
    )  # fmt: skip
    query_parameters: list[Any] = Field(
        default_factory=list, description="Values for the ? in the query.", show={"mode": "sql"}
    )
    output: str = Field(
        "input1", description="The input whose items go on, or `empty` for one empty item.",
        show={"mode": "choose_branch"}, pattern=r"^(input\d+|empty)$",
    )  # fmt: skip
    require_all: bool = Field(
        True, section="Options", description="Run only when every input has items.", show={"mode": "choose_branch"},
        expression=False,
    )  # fmt: skip
    clash: Literal["auto", "prefer_input", "prefer_last", "suffix"] = Field(
        "auto", section="Options", description="Which value a field gets that several inputs have: that of the input "
        "which adds data (`auto`: the last one, but input 1 when input 2 is enriched), of a chosen input, of the last, "
        "or each under a name with the input's number.", show={"mode": ["by_fields", "by_position", "combinations"]},
    )  # fmt: skip
    preferred_input: int = Field(
        1, ge=1, section="Options", description="The number of the input whose values stay.",
        show={"clash": "prefer_input"},
    )  # fmt: skip
    nested: Literal["deep", "shallow"] = Field(
        "deep", section="Options", description="Whether objects inside are merged as well, or replaced as a whole.",
        show={"mode": ["by_fields", "by_position", "combinations"]},
    )  # fmt: skip
    fill_empty: bool = Field(
        False, section="Options", description="Take another input's value where the preferred one is empty.",
        show={"mode": ["by_fields", "by_position", "combinations"]},
    )  # fmt: skip
    compare: Literal["exact", "fuzzy", "text"] = Field(
        "exact", section="Options", description="When values are equal: only of the same type; also if only their type "
        "differs, as 3 and '3'; or if they read the same as text and are not empty.", show={"mode": "by_fields"},
    )  # fmt: skip
    matches: Literal["all", "first", "last"] = Field(
        "all", section="Options", description="Which of several matches of an item count.", show={"mode": "by_fields"}
    )
    dot_notation: bool = Field(
        True, section="Options", description="Whether `a.b` means field b inside a.", show={"mode": "by_fields"}
    )
    order: Literal["as_input", "matches_first"] = Field(
        "as_input", section="Options", description="Whether unmatched items stay in their place or come last.",
        show={"mode": "by_fields"},
    )  # fmt: skip
    lacking: Literal["unmatched", "drop"] = Field(
        "unmatched", section="Options", description="What an item of input 1 is that lacks a field to match on.",
        show={"mode": "by_fields"},
    )  # fmt: skip
    drop_fields2: bool = Field(
        False, section="Options", description="Leave input 2's fields to match on out of merged items.",
        show={"mode": "by_fields"},
    )  # fmt: skip
    require_fields: bool = Field(
        True, section="Options", description="Fail when no item of an input has a field to match on.",
        show={"mode": "by_fields"},
    )  # fmt: skip
    pass_lone_input: bool = Field(
        False, section="Options", description="Pass the items of one input on unchanged when the other has none.",
        show={"mode": ["by_fields", "by_position"]},
    )  # fmt: skip
    lenient: bool = Field(
        False, section="Options", description="Columns that no item has count as missing values instead of errors.",
        show={"mode": "sql"},
    )  # fmt: skip
    empty_result: Literal["nothing", "success"] = Field(
        "nothing", section="Options", description="What a query without rows gives: nothing, or {success: true}.",
        show={"mode": "sql"},
    )  # fmt: skip

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """An input for each branch; all must have items where the node waits for every branch."""
        mode = parameters.get("mode", "append")
        number = parameters.get("number_of_inputs", 2) if mode in Several else 2
        count = min(max(number, 2), MOST_INPUTS) if isinstance(number, int) else 2
        waits = mode == "choose_branch" and parameters.get("require_all", True) is not False
        names = tuple(f"input{position + 1}" for position in range(count))
        return Ports.named(names, ("main",), "all" if waits else "any")

    def run(self, inputs: Inputs, ctx: Context) -> Items | list[dict[str, Any]]:
        """Bring the inputs together."""
        batches = list(inputs.values())
        if self.mode == "append":
            return append(batches)
        if self.mode == "choose_branch":
            return self._chosen(inputs)
        if self.mode == "sql":
            return self._queried(ctx)
        if self.mode == "by_position":
            return self._by_position(batches)
        if self.mode == "combinations":
            return self._combinations(batches[0], batches[1])
        return self._by_fields(batches[0], batches[1])

    def _chosen(self, inputs: Inputs) -> Items:
        if self.output == "empty":
            sources = [(port, index) for port, batch in enumerate(inputs.values()) for index in range(len(batch))]
            return Items([Item({})], Lineage.many([sources]))
        if self.output not in inputs:
            raise NodeError(
                f"There is no '{self.output}'.", mend=f"Choose one of {', '.join(inputs)}, or raise 'number_of_inputs'."
            )
        port = list(inputs).index(self.output)
        return Items(inputs[self.output].rows, Lineage.same(port))

    def _queried(self, ctx: Context) -> list[dict[str, Any]]:
        tables = {f"input{position + 1}": batch for position, batch in enumerate(ctx.inputs())}
        rows = _sql.query(self.query, tables, self.query_parameters, lenient=self.lenient)
        return rows or ([{"success": True}] if self.empty_result == "success" else [])

    def _merging(self) -> Merging:
        return Merging(self.nested == "deep", self.fill_empty)

    def _by_position(self, batches: list[Items]) -> Items:
        if self.pass_lone_input and sum(1 for batch in batches if len(batch)) == 1:
            return append(batches)
        lengths = [len(batch) for batch in batches]
        count = {"drop": min(lengths), "input1": lengths[0], "keep": max(lengths)}[self.unpaired]
        if self.clash == "suffix":
            batches = [Items([with_suffix(item, port + 1) for item in batch]) for port, batch in enumerate(batches)]
        order = list(range(len(batches)))
        if self.clash == "prefer_input":
            preferred = self._preferred(len(batches))
            order = [*(port for port in order if port != preferred), preferred]
        merging = self._merging()
        rows: list[Item] = []
        sources: list[list[tuple[int, int]]] = []
        for index in range(count):
            parts = [batches[port].rows[index] for port in order if index < lengths[port]]
            rows.append(merging.items(parts) if len(parts) > 1 else parts[0])
            sources.append([(port, index) for port, length in enumerate(lengths) if index < length])
        return Items(rows, Lineage.many(sources))

    def _preferred(self, count: int) -> int:
        if self.preferred_input > count:
            raise NodeError(f"There is no input {self.preferred_input} to prefer; the node has {count}.")
        return self.preferred_input - 1

    def _combinations(self, first: Items, second: Items) -> Items:
        merging = self._merging()
        batches = [first.rows, second.rows]
        ports = [0, 1]
        if self.clash == "suffix":
            batches = [[with_suffix(item, port + 1) for item in batches[port]] for port in ports]
        if self.clash == "prefer_input" and self._preferred(2) == 0:
            ports = [1, 0]
        outer, inner = ports
        rows: list[Item] = []
        sources: list[list[tuple[int, int]]] = []
        for i, one in enumerate(batches[outer]):
            for j, two in enumerate(batches[inner]):
                rows.append(merging.items((one, two)))
                sources.append([(outer, i), (inner, j)])
        return Items(rows, Lineage.many(sources))

    def _takes_lone(self, first: Items, second: Items) -> bool:
        if self.keep == "non_matches":
            return self.output_from == "both"
        if self.keep == "enrich_input1":
            return len(first) > 0
        if self.keep == "enrich_input2":
            return len(second) > 0
        return self.keep == "everything"

    def _by_fields(self, first: Items, second: Items) -> Items:
        pairs = [_match.Pair(pair.field1.strip(), pair.field2.strip()) for pair in self.fields]
        _match.check_pairs(pairs)
        if self.pass_lone_input and not (len(first) and len(second)) and self._takes_lone(first, second):
            return append([first, second])
        literal = not self.dot_notation
        if self.require_fields:
            _match.require_fields(first, [pair.first for pair in pairs], "Input 1", literal=literal)
            _match.require_fields(second, [pair.second for pair in pairs], "Input 2", literal=literal)
        prefers_first = self.keep == "enrich_input2" if self.clash == "auto" else False
        if self.clash == "prefer_input":
            prefers_first = self._preferred(2) == 0
        return Join(
            rule=_match.Rule(pairs, _match.comparing(self.compare), self.matches, literal),
            keep=self.keep,
            output=self.output_from,
            prefer_first=prefers_first,
            suffix=self.clash == "suffix",
            merging=self._merging(),
            in_order=self.order == "as_input",
            drop_lacking=self.lacking == "drop",
            drop_second=self.drop_fields2,
        ).run(first, second)


def append(batches: list[Items]) -> Items:
    """All batches, one after the other."""
    filled = [(port, batch) for port, batch in enumerate(batches) if len(batch)]
    if len(filled) == 1:
        port, batch = filled[0]
        return Items(batch.rows, Lineage.same(port))
    rows = [item for _, batch in filled for item in batch.rows]
    ports, indices = array("h"), array("i")
    for port, batch in filled:
        ports.extend(array("h", [port]) * len(batch))
        indices.extend(range(len(batch)))
    return Items(rows, Lineage("many", 0, indices, array("i", range(len(rows) + 1)), ports))
