"""Compares two items field by field: whether they are the same, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.nodes import _match, _paths
from workflow_kernel.sdk.convert_javascript import is_truthy


class Comparing(NamedTuple):
    """How items are compared.

    Parameters
    ----------
    pairs: the fields they were matched on.
    equal: when two values are equal.
    is_fuzzy: whether a field only one item has may be equal to an empty one.
    skip: fields that do not count.
    literal: whether field names are taken as they are, dots and all.
    names: how the inputs are called in the report of differences.
    missing_differs: a field only one item has is always reported as different.
    empty_as_null: values that count as false in JavaScript are reported as null.
    """

    pairs: Sequence[_match.Pair]
    equal: _match.Equal
    is_fuzzy: bool
    skip: Sequence[str]
    literal: bool
    names: tuple[str, str]
    missing_differs: bool
    empty_as_null: bool

    def are_same(self, first: dict[str, Any], second: dict[str, Any]) -> bool:
        """Whether two objects are the same but for the skipped fields."""
        first, second = self._without_skipped(first), self._without_skipped(second)
        if not self.is_fuzzy:
            return self.equal(first, second)
        keys = dict.fromkeys([*first, *second])
        return all(self.equal(first.get(key, UNDEFINED), second.get(key, UNDEFINED)) for key in keys)

    def report(self, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
        """What two objects have in common, and in what they differ."""
        keys = {
            pair.first: value
            for pair in self.pairs
            if (value := _paths.get_path(first, pair.first, literal=self.literal)) is not UNDEFINED
        }
        same: dict[str, Any] = {}
        different: dict[str, Any] = {}
        skipped: dict[str, Any] = {}
        for key in dict.fromkeys([*first, *second]):
            if self._is_same(key, first, second):
                if key in first:
                    same[key] = first[key]
                continue
            values = [self._shown(item.get(key, UNDEFINED)) for item in (first, second)]
            nested = [] if self.literal else [name for name in self.skip if name.startswith(f"{key}.")]
            if key in self.skip:
                skipped[key] = self._beside(values)
            elif nested:
                skipped[key] = self._beside([self._only(value, key, nested) for value in values])
                different[key] = self._beside([self._but(value, key, nested) for value in values])
            else:
                different[key] = self._beside(values)
        result = {"keys": keys, "same": same, "different": different}
        return {**result, "skipped": skipped} if skipped else result

    def _is_same(self, key: str, first: dict[str, Any], second: dict[str, Any]) -> bool:
        if self.missing_differs and not (key in first and key in second):
            return False
        return self.equal(first.get(key, UNDEFINED), second.get(key, UNDEFINED))

    def _without_skipped(self, json: dict[str, Any]) -> dict[str, Any]:
        if not self.skip:
            return json
        copy = dict(json)
        for name in self.skip:
            _paths.delete_path(copy, name, literal=self.literal)
        return copy

    def _beside(self, values: list[Any]) -> dict[str, Any]:
        return dict(zip(self.names, values, strict=True))

    def _shown(self, value: Any) -> Any:
        if value is UNDEFINED or (self.empty_as_null and not is_truthy(value)):
            return None
        return value

    @staticmethod
    def _only(value: Any, key: str, nested: list[str]) -> Any:
        picked: dict[str, Any] = {}
        for name in nested:
            part = _paths.get_path(value, name[len(key) + 1 :])
            if part is not UNDEFINED:
                _paths.set_path(picked, name[len(key) + 1 :], part)
        return picked

    @staticmethod
    def _but(value: Any, key: str, nested: list[str]) -> Any:
        if not isinstance(value, dict):
            return value
        copy = dict(value)
        for name in nested:
            _paths.delete_path(copy, name[len(key) + 1 :])
        return copy
