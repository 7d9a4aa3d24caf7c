"""Entry of the Python code node: runs code over items, once for all or once for each, and normalises what it gives."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

from workflow_kernel.worker.child_code import compile_body, finish
from workflow_kernel.worker.child_errors import show_source
from workflow_kernel.worker.child_items import Data, Item
from workflow_kernel.worker.child_nodes import Facts, Input, Nodes
from workflow_kernel.worker.child_results import each, normalise
from workflow_kernel.worker.child_values import Host


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
        return normalise(result, self._data.seen, self._host)

    def each(self) -> dict[str, Any]:
        """Call the code once for each item."""
        of_item = self._names_of_item().keys() & self._used
        shared = self._arguments(self._used - of_item)

        def call(index: int) -> Any:
            self._index = index
            return finish(self._code(**shared, **self._arguments(of_item)))

        return each(self._data.items(), call, self._host, stops=self._stops)

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


def _jmespath(data: Any, expression: str) -> Any:
    import jmespath  # noqa: PLC0415 - only for code that asks

    return jmespath.search(expression, data)
