"""Items as a user's Python sees them in a worker process: ``item.json``, ``item["name"]``, ``item.json.name``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import msgspec

from workflow_kernel.runs.tables import table_of


class Record(dict[str, Any]):
    """A JSON object whose keys can be read and set as attributes too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            value = self[name]
        except KeyError:
            raise AttributeError(_missing(name, self)) from None
        if type(value) is dict:
            value = self[name] = Record(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class Item(MutableMapping[str, Any]):
    """One item: a mapping of its JSON, with ``json`` and ``binary`` as n8n has them.

    Parameters
    ----------
    json: its JSON object. binary: its attachments by name. index: its position in the input, -1 for others.
    """

    __slots__ = ("_binary", "_json", "index", "pairedItem")

    def __init__(self, json: dict[str, Any], binary: dict[str, Any] | None = None, index: int = -1) -> None:
        self._json = json
        self._binary = binary
        self.index = index
        self.pairedItem: Any = None

    @property
    def json(self) -> Any:
        """Its JSON object; changes to it are seen by whoever gets the item."""
        if type(self._json) is dict:
            self._json = Record(self._json)
        return self._json

    @json.setter
    def json(self, value: dict[str, Any]) -> None:
        self._json = value

    @property
    def binary(self) -> Any:
        """Its attachments, by name."""
        if type(self._binary) is not Record:
            self._binary = Record(self._binary or {})
        return self._binary

    @binary.setter
    def binary(self, value: dict[str, Any] | None) -> None:
        self._binary = value

    def __getitem__(self, key: str) -> Any:
        if key == "json":
            return self.json
        if key == "binary":
            return self.binary
        try:
            return self._json[key]
        except KeyError:
            raise KeyError(_missing(key, self._json)) from None

    def __setitem__(self, key: str, value: Any) -> None:
        if key in ("json", "binary", "pairedItem"):
            setattr(self, key, value)
        else:
            self._json[key] = value

    def __delitem__(self, key: str) -> None:
        if key == "binary":
            self._binary = None
        else:
            del self._json[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._json)

    def __len__(self) -> int:
        return len(self._json)

    def __contains__(self, key: object) -> bool:
        return key in self._json or key in ("json", "binary")

    def __repr__(self) -> str:
        return f"Item({dict(self._json)!r})"

    @property
    def row(self) -> dict[str, Any]:
        """The item as it travels."""
        return {"json": self._json, "binary": self._binary or None}


def items_of(rows: list[dict[str, Any]], *, numbered: bool = False) -> list[Item]:
    """Items from rows as they travel; ``numbered`` for those of the input, whose index links results to them."""
    if numbered:
        return [Item(row["json"], row.get("binary"), index) for index, row in enumerate(rows)]
    return [Item(row["json"], row.get("binary")) for row in rows]


def rows_of(data: Any) -> list[dict[str, Any]]:
    """Rows as they travel: packed, or a list already where they hold more than messages can."""
    if isinstance(data, list):
        return data
    rows: list[dict[str, Any]] = msgspec.msgpack.decode(data)
    return rows


def _missing(key: str, record: dict[str, Any]) -> str:
    known = ", ".join(list(record)[:20])
    return f"there is no '{key}'; the item has {known or 'nothing'}"


class Data:
    """What came in, as items, as a table or as the object it is; turned into another only when code asks."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._items: list[Item] | None = None
        self.is_object = given["kind"] == "object"
        self.is_table = given["kind"] == "table"

    def items(self) -> list[Item]:
        """The items; always the same objects, so that code may change them."""
        if self._items is None:
            self._items = items_of(self._rows(), numbered=True)
        return self._items

    @property
    def seen(self) -> list[Item]:
        """The items code has got hold of: it cannot give back others, and making them of a large table takes long."""
        return self._items or []

    def value(self) -> Any:
        """The object."""
        return self._given["value"]

    def table(self) -> Any:
        """An Arrow table."""
        if self._given["kind"] == "table":
            return self._given["value"]
        return table_of([item._json for item in self.items()])

    def _rows(self) -> list[dict[str, Any]]:
        if self._given["kind"] == "table":
            return [{"json": row} for row in self._given["value"].to_pylist()]
        if self._given["kind"] == "object":
            value = self._given["value"]
            return [{"json": dict(value) if isinstance(value, Mapping) else {"value": value}}]
        return rows_of(self._given["rows"])
