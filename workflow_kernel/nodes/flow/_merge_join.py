"""Merges two batches by matching fields: which pairs there are, and what is sent of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from workflow_kernel.nodes import _match
from workflow_kernel.nodes.flow._merge_values import Merging, with_suffix
from workflow_kernel.sdk import Item, Items, Lineage

Keep = Literal["matches", "non_matches", "everything", "enrich_input1", "enrich_input2"]
Sources = list[tuple[int, int]]


class Join(NamedTuple):
    """How a join is made.

    Parameters
    ----------
    rule: which items match.
    keep: what is sent.
    output: of which input the items are, for matches and non-matches.
    prefer_first: input 1's value stays where both have a field of that name.
    suffix: every field gets its input's number instead.
    merging: how two objects become one.
    in_order: unmatched items stay in their place among the matched ones, instead of coming after them.
    drop_lacking: items of input 1 that lack a field to match on are left out.
    drop_second: input 2's fields to match on are left out of merged items.
    """

    rule: _match.Rule
    keep: Keep
    output: Literal["both", "input1", "input2"]
    prefer_first: bool
    suffix: bool
    merging: Merging
    in_order: bool
    drop_lacking: bool
    drop_second: bool

    def run(self, first: Items, second: Items) -> Items:
        """The joined batch."""
        matches = _match.find_matches(first.rows, second.rows, self.rule)
        matched2 = matches.in_second()
        lone1 = [i for i, found in enumerate(matches.of_first) if not found]
        if self.drop_lacking:
            lone1 = [index for index in lone1 if index not in matches.lacking]
        lone2 = [index for index in range(len(second)) if index not in matched2]
        if self.keep == "non_matches":
            return self._non_matches(first, second, lone1, lone2)
        if self.keep == "matches" and self.output == "input1":
            return first.take([i for i, found in enumerate(matches.of_first) if found])
        if self.keep == "matches" and self.output == "input2":
            return second.take(sorted(matched2), port=1)
        pairs = [(i, j) for i, found in enumerate(matches.of_first) for j in found]
        return self._joined(first, second, pairs, lone1, lone2)

    def _non_matches(self, first: Items, second: Items, lone1: list[int], lone2: list[int]) -> Items:
        if self.output == "input1":
            return first.take(lone1)
        if self.output == "input2":
            return second.take(lone2, port=1)
        rows = [first[i].with_json({**first[i].json, "_source": "input1"}) for i in lone1]
        rows += [second[j].with_json({**second[j].json, "_source": "input2"}) for j in lone2]
        return Items(rows, Lineage.many([*([(0, i)] for i in lone1), *([(1, j)] for j in lone2)]))

    def _joined(
        self, first: Items, second: Items, pairs: list[tuple[int, int]], lone1: list[int], lone2: list[int]
    ) -> Items:
        merge = self._merge()
        entries: list[tuple[Item, Sources]] = [
            (merge(first.rows[i], second.rows[j]), [(0, i), (1, j)]) for i, j in pairs
        ]
        rest1 = [(self._alone(first.rows[i], 1), [(0, i)]) for i in lone1] if self._has(1) else []
        rest2 = [(self._alone(second.rows[j], 2), [(1, j)]) for j in lone2] if self._has(2) else []
        entries = [*entries, *rest1, *rest2]
        if self.in_order and (rest1 or rest2):
            leading = 1 if self.keep == "enrich_input2" else 0
            entries.sort(key=lambda entry: _position(entry[1], leading))
        return Items([item for item, _ in entries], Lineage.many([sources for _, sources in entries]))

    def _has(self, number: int) -> bool:
        return self.keep == "everything" or self.keep == f"enrich_input{number}"

    def _alone(self, item: Item, number: int) -> Item:
        return with_suffix(item, number) if self.suffix else item

    def _merge(self) -> Callable[[Item, Item], Item]:
        merging = self.merging
        if self.suffix:
            return lambda one, two: merging.items((with_suffix(one, 1), with_suffix(two, 2)))
        dropped = {pair.second for pair in self.rule.pairs} if self.drop_second else set()

        def second(item: Item) -> Item:
            if not dropped:
                return item
            return item.with_json({key: value for key, value in item.json.items() if key not in dropped})

        if self.prefer_first:
            return lambda one, two: merging.items((second(two), one))
        return lambda one, two: merging.items((one, second(two)))


def _position(sources: Sources, leading: int) -> tuple[bool, int]:
    at = next((index for port, index in sources if port == leading), None)
    return (at is None, -1 if at is None else at)
