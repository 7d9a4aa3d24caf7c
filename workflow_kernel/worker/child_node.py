"""Entry of the Python code node: runs code over items, once for all or once for each, and normalises what it gives."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

from workflow_kernel.worker.child import Host
from workflow_kernel.worker.child_code import compile_body, finish
from workflow_kernel.worker.child_errors import describe, show_source
from workflow_kernel.worker.child_items import Item, items_of
from workflow_kernel.worker.child_nodes import Facts, Input, Nodes, rows_of
from workflow_kernel.worker.child_results import Rows, as_arrow, normalise


def run(payload: Mapping[str, Any], host: Host) -> dict[str, Any]:
    """Run the code of a node; see ``nodes.code.python`` for what the payload holds and what comes back."""
    data = payload["data"]
    session = Session(payload["code"], data, host)
    return session.each() if data["each"] else session.all()


class Session:
    """One run of a code node: its data and the names its code may use."""

    def __init__(self, code: str, payload: Mapping[str, Any], host: Host) -> None:
        self._host = host
        self._stops = payload["stops"]
        self._index = 0
        self._data = Data(payload["input"])
        self._facts = Facts(host, payload["timezone"], payload["now"])
        self._names = self._names_of_run() | (self._names_of_item() if payload["each"] else {})
        body = compile_body(code, frozenset(self._names))
        show_source(code)
        self._used = body.used
        self._code = body.function()

    def all(self) -> dict[str, Any]:
        """Call the code once."""
        result = finish(self._code(**self._arguments(self._used)))
        return normalise(result, self._data.items(), self._host)

    def each(self) -> dict[str, Any]:
        """Call the code once for each item; failures are told beside the results unless the first one stops all."""
        items = self._data.items()
        rows = Rows(items, self._host)
        failures: list[tuple[int, dict[str, Any]]] = []
        of_item = self._names_of_item().keys() & self._used
        shared = self._arguments(self._used - of_item)
        for index, item in enumerate(items):
            self._index = index
            try:
                result = finish(self._code(**shared, **self._arguments(of_item)))
                self._take(rows, result, index)
            except Exception as error:  # the boundary between user code and the node
                failures.append((index, describe(error)))
                if self._stops:
                    break
        return rows.answer() | {"failures": failures}

    def _take(self, rows: Rows, result: Any, index: int) -> None:
        if result is None or rows.add(result, index):
            return
        table = as_arrow(result)
        entries = table.to_pylist() if table is not None else result
        if not isinstance(entries, list | tuple) or not all([rows.add(entry, index) for entry in entries]):
            raise TypeError(
                f"the code returned a {type(result).__name__} for item {index}; return an object, e.g. {{'value': 1}}"
            )

    def _arguments(self, names: frozenset[str] | set[str]) -> dict[str, Any]:
        return {name: self._names[name]() for name in names}

    def _names_of_item(self) -> dict[str, Callable[[], Any]]:
        def item() -> Item:
            return self._data.items()[self._index]

        return {
            "item": item,
            "index": lambda: self._index,
            "_item": item,
            "_json": lambda: item().json,
            "_binary": lambda: item().binary,
            "_itemIndex": lambda: self._index,
        }

    def _names_of_run(self) -> dict[str, Callable[[], Any]]:
        host, facts, data = self._host, self._facts, self._data
        nodes = Nodes(host, lambda: self._index)
        names: dict[str, Callable[[], Any]] = {
            "items": data.items,
            "table": data.table,
            "node": lambda: nodes,
            "now": facts.now,
            "read_binary": lambda: self._read_binary,
            "attach": lambda: self._attach,
            "progress": lambda: self._progress,
            "variables": lambda: facts.told("vars"),
            "_items": data.items,
            "_input": lambda: Input(data.items(), lambda: self._index, host),
            "_": lambda: nodes,
            "_node": lambda: nodes,
            "_now": facts.now,
            "_today": facts.today,
            "_jmespath": lambda: _jmespath,
            "_json": lambda: data.items()[0].json if data.items() else None,
        }
        for name in ("execution", "workflow", "prevNode", "vars", "env", "parameter", "runIndex"):
            names[f"_{name}"] = lambda name=name: facts.told(name)  # type: ignore[misc]
        return names | ({"value": data.value} if data.is_object else {})

    def _read_binary(self, item: Item | int, name: str = "data") -> bytes:
        """The bytes of an item's attachment."""
        entry = self._data.items()[item] if isinstance(item, int) else item
        attachments = entry["binary"] or {}
        if name not in attachments:
            known = ", ".join(attachments) or "none"
            raise KeyError(f"the item has no attachment '{name}'; it has {known}")
        return bytes(self._host.call("read", dict(attachments[name])))

    def _attach(self, data: bytes, name: str | None = None, mime_type: str | None = None) -> Any:
        """Keep bytes as an attachment, for ``{"json": ..., "binary": {"data": attach(...)}}``."""
        return self._host.call("attach", pickle.PickleBuffer(data), name, mime_type)

    def _progress(self, fraction: float, message: str = "") -> None:
        """Tell how far the code is, 0 to 1."""
        self._host.call("progress", fraction, message)


class Data:
    """What came in, as items, as a table or as the object it is; turned into another only when code asks."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._items: list[Item] | None = None
        self.is_object = given["kind"] == "object"

    def items(self) -> list[Item]:
        """The items; always the same objects, so that code may change them."""
        if self._items is None:
            self._items = items_of(self._rows(), numbered=True)
        return self._items

    def value(self) -> Any:
        """The object."""
        return self._given["value"]

    def table(self) -> Any:
        """An Arrow table."""
        if self._given["kind"] == "table":
            return self._given["value"]
        import pyarrow  # noqa: PLC0415 - 100 ms that most code does not need

        return pyarrow.Table.from_pylist([dict(item._json) for item in self.items()])

    def _rows(self) -> list[dict[str, Any]]:
        if self._given["kind"] == "table":
            return [{"json": row} for row in self._given["value"].to_pylist()]
        if self._given["kind"] == "object":
            value = self._given["value"]
            return [{"json": dict(value) if isinstance(value, Mapping) else {"value": value}}]
        return rows_of(self._given["rows"])


def _jmespath(data: Any, expression: str) -> Any:
    import jmespath  # noqa: PLC0415 - only for code that asks

    return jmespath.search(expression, data)
