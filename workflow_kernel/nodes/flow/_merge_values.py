"""Makes one JSON object of several, as a merge does where they have fields of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from workflow_kernel.sdk import Binary, Item


class Merging(NamedTuple):
    """How objects are merged.

    Parameters
    ----------
    deep: nested objects are merged as well, and lists position by position; else the last one's replace the others'.
    fill_empty: an empty value (null or the empty text) of a later object does not replace an earlier one's.
    """

    deep: bool = True
    fill_empty: bool = False

    def json(self, objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """One object with the fields of all; later ones win."""
        result = dict(objects[0])
        for other in objects[1:]:
            if self.deep or self.fill_empty:
                self._merge_into(result, other)
            else:
                result.update(other)
        return result

    def items(self, parts: Sequence[Item]) -> Item:
        """One item with the fields and attachments of all; later ones win."""
        binary: dict[str, Binary] | None = None
        for part in parts:
            if part.binary:
                binary = {**(binary or {}), **part.binary}
        return Item(self.json([part.json for part in parts]), binary)

    def _merge_into(self, target: dict[str, Any], source: dict[str, Any]) -> None:
        for key, value in source.items():
            target[key] = self._merged(target[key], value) if key in target else value

    def _merged(self, old: Any, new: Any) -> Any:
        if self.fill_empty and (new is None or new == ""):
            return old
        if not self.deep:
            return new
        if isinstance(new, dict) and isinstance(old, dict):
            copy = dict(old)
            self._merge_into(copy, new)
            return copy
        if isinstance(new, list) and isinstance(old, list):
            shared = min(len(old), len(new))
            merged = [self._merged(old[index], new[index]) for index in range(shared)]
            return [*merged, *old[shared:], *new[shared:]]
        return new


def with_suffix(item: Item, number: int) -> Item:
    """The item with its input's number behind the name of every field."""
    return Item({f"{key}_{number}": value for key, value in item.json.items()}, item.binary)
