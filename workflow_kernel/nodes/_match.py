"""Finds which items of two batches belong together, by the values of some fields. Merge and Compare call this.

Items are put into buckets such that values that could be equal share one, so that matching costs about as much as
reading both batches, also where comparing is fuzzy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.nodes import _paths
from workflow_kernel.sdk import Item, NodeError
from workflow_kernel.sdk.convert_javascript import text_of

Comparison = Literal["exact", "fuzzy", "text"]
Equal = Callable[[Any, Any], bool]


class Pair(NamedTuple):
    """A field of the first input and the field of the second it must equal."""

    first: str
    second: str


class Matches(NamedTuple):
    """What matching found, as positions.

    Parameters
    ----------
    of_first: for each item of the first input the matching items of the second.
    lacking: items of the first input that lack a field to match on.
    """

    of_first: list[Sequence[int]]
    lacking: frozenset[int]

    def in_second(self) -> set[int]:
        """The items of the second input that match something."""
        return {index for found in self.of_first for index in found}


class Rule(NamedTuple):
    """How items are matched.

    Parameters
    ----------
    pairs: the fields that must be equal.
    equal: when two values are.
    which: whether an item takes all its matches, or only one.
    literal: whether field names are taken as they are, dots and all.
    """

    pairs: Sequence[Pair]
    equal: Equal
    which: Literal["all", "first", "last"] = "all"
    literal: bool = False


def comparing(how: Comparison, *, zero_is_empty: bool = False) -> Equal:
    """The function that tells whether two values are equal."""
    if how == "exact":
        return _paths.deep_equal
    if how == "text":
        return text_equal
    return lambda a, b: _paths.fuzzy_equal(a, b, zero_is_empty=zero_is_empty)


def text_equal(a: Any, b: Any) -> bool:
    """Whether two values are the same as text; null, false, 0 and the empty text equal nothing."""
    return bool(a) and bool(b) and not isinstance(a, dict | list) and text_of(a) == text_of(b)


def find_matches(first: Sequence[Item], second: Sequence[Item], rule: Rule) -> Matches:
    """Which items of ``second`` match each item of ``first``."""
    seconds = [
        [_paths.get_path(item.json, pair.second, literal=rule.literal) for pair in rule.pairs] for item in second
    ]
    buckets: dict[tuple[Any, ...], list[int]] = {}
    for index, values in enumerate(seconds):
        buckets.setdefault(_bucket(values), []).append(index)
    found: list[Sequence[int]] = []
    lacking = []
    for index, item in enumerate(first):
        values = [_paths.get_path(item.json, pair.first, literal=rule.literal) for pair in rule.pairs]
        if UNDEFINED in values:
            lacking.append(index)
            found.append(())
        else:
            found.append(_matching(values, buckets.get(_bucket(values), ()), seconds, rule))
    return Matches(found, frozenset(lacking))


def require_fields(items: Sequence[Item], fields: Iterable[str], name: str, *, literal: bool = False) -> None:
    """Raise ``NodeError`` where a field to match on is in no item at all; it is misspelt, most likely."""
    for field in fields:
        if items and not any(_paths.has_path(item.json, field, literal=literal) for item in items):
            raise NodeError(
                f"Field '{field}' is not present in any of items in '{name}'",
                mend=f"Its first item has {_listed(items[0].json)}.",
            )


def check_pairs(pairs: Sequence[Pair]) -> None:
    """Raise ``NodeError`` unless there are fields to match on, each with its partner."""
    if not pairs or (len(pairs) == 1 and not pairs[0].first and not pairs[0].second):
        raise NodeError(
            'You need to define at least one pair of fields in "Fields to Match" to match on',
            mend="Name a field both inputs have, e.g. 'id'.",
        )
    for position, pair in enumerate(pairs):
        if not pair.first or not pair.second:
            raise NodeError(
                f'You need to define both fields in "Fields to Match" for pair {position + 1}, '
                f"field 1 = '{pair.first}' field 2 = '{pair.second}'"
            )


def _matching(values: list[Any], candidates: Sequence[int], seconds: list[list[Any]], rule: Rule) -> Sequence[int]:
    ordered = reversed(candidates) if rule.which == "last" else candidates
    hits = (index for index in ordered if all(rule.equal(a, b) for a, b in zip(values, seconds[index], strict=True)))
    if rule.which == "all":
        return list(hits)
    hit = next(hits, None)
    return () if hit is None else (hit,)


def _bucket(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([value if value.__class__ is int and value > 1 else _key(value) for value in values])


def _key(value: Any) -> Any:
    """A key that all values share which any comparison may find equal; unequal values may share it, too."""
    if value is None or value is UNDEFINED or value is False or value == "":
        return 0
    if value is True:
        return 1
    if isinstance(value, str):
        return _text_key(value)
    if isinstance(value, int | float):
        return _text_key(text_of(value))
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(_shape(value), sort_keys=True) if value else 0
    return text_of(value)


def _text_key(text: str) -> Any:
    if text[0] in "{[":
        try:
            return _key(json.loads(text))
        except (ValueError, RecursionError):
            return text
    if text.isascii() and text.isdigit() and len(text) < 16 and (text[0] != "0" or text == "0"):
        return int(text)
    return {"true": 1, "false": 0}.get(text.lower(), text)


def _shape(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _shape(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shape(part) for part in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value if isinstance(value, str | int) or value is None else text_of(value)


def _listed(json_object: Mapping[str, Any]) -> str:
    names = [f"'{name}'" for name in list(json_object)[:20]]
    return f"the fields {', '.join(names)}" if names else "no fields"
