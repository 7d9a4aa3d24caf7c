"""Entry of the Python code node: runs code over items, once for all or once for each, and normalises what it gives."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

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
        offered = _OFFERED[bool(payload["each"]), self._data.is_object]
        self._names = offered.names
        body = compile_body(code, offered.all)
        show_source(code)
        self._used = body.used
        self._code = body.function()

    def all(self) -> dict[str, Any]:
        """Call the code once."""
        result = finish(self._code(**self._arguments(self._used)))
        return normalise(result, self._data.seen, self._host)

    def each(self) -> dict[str, Any]:
        """Call the code once for each item."""
        of_item = _OF_ITEM.keys() & self._used
        shared = self._arguments(self._used - of_item)

        def call(index: int) -> Any:
            self._index = index
            return finish(self._code(**shared, **self._arguments(of_item)))

        return each(self._data.items(), call, self._host, stops=self._stops)

    def _arguments(self, names: Collection[str]) -> dict[str, Any]:
        return {name: self._names[name](self) for name in names}

    @property
    def data(self) -> Data:
        """What came in."""
        return self._data

    @property
    def item(self) -> Item:
        """The item at hand."""
        return self._data.items()[self._index]

    @property
    def index(self) -> int:
        """Its position."""
        return self._index

    @property
    def facts(self) -> Facts:
        """What is the same for all items."""
        return self._facts

    @property
    def nodes(self) -> Nodes:
        """Earlier nodes, as seen from the item at hand."""
        return Nodes(self._host, lambda: self._index)

    @property
    def input(self) -> Input:
        """What came in, as n8n's code asks for it."""
        return Input(self._data.items(), lambda: self._index, self._host)

    def read_binary(self, item: Item | int, name: str = "data") -> bytes:
        """The bytes of an item's attachment."""
        entry = self._data.items()[item] if isinstance(item, int) else item
        attachments = entry["binary"] or {}
        if name not in attachments:
            known = ", ".join(attachments) or "none"
            raise KeyError(f"the item has no attachment '{name}'; it has {known}")
        return bytes(self._host.call("read", dict(attachments[name])))

    def attach(self, data: bytes, name: str | None = None, mime_type: str | None = None) -> Any:
        """Keep bytes as an attachment, for ``{"json": ..., "binary": {"data": attach(...)}}``."""
        return self._host.call("attach", pickle.PickleBuffer(data), name, mime_type)

    def progress(self, fraction: float, message: str = "") -> None:
        """Tell how far the code is, 0 to 1."""
        self._host.call("progress", fraction, message)


def _jmespath(data: Any, expression: str) -> Any:
    import jmespath  # noqa: PLC0415 - only for code that asks

    return jmespath.search(expression, data)


_Name = Callable[[Session], Any]

_OF_ITEM: dict[str, _Name] = {
    "item": lambda session: session.item,
    "index": lambda session: session.index,
    "_item": lambda session: session.item,
    "_json": lambda session: session.item.json,
    "_binary": lambda session: session.item.binary,
    "_itemIndex": lambda session: session.index,
}


def _first_json(session: Session) -> Any:
    items = session.data.items()
    return items[0].json if items else None


_OF_RUN: dict[str, _Name] = {
    "items": lambda session: session.data.items(),
    "table": lambda session: session.data.table(),
    "node": lambda session: session.nodes,
    "now": lambda session: session.facts.now(),
    "read_binary": lambda session: session.read_binary,
    "attach": lambda session: session.attach,
    "progress": lambda session: session.progress,
    "variables": lambda session: session.facts.told("vars"),
    "_items": lambda session: session.data.items(),
    "_input": lambda session: session.input,
    "_": lambda session: session.nodes,
    "_node": lambda session: session.nodes,
    "_now": lambda session: session.facts.now(),
    "_today": lambda session: session.facts.today(),
    "_jmespath": lambda session: _jmespath,
    "_json": _first_json,
}
for _told in ("execution", "workflow", "prevNode", "vars", "env", "parameter", "runIndex"):
    _OF_RUN[f"_{_told}"] = lambda session, told=_told: session.facts.told(told)  # type: ignore[misc]


OFFERED = frozenset(_OF_RUN | _OF_ITEM)
"""What code may see by name, but for ``value``: it may be any object."""


class _Offered(NamedTuple):
    """The names code may use; ``all`` of them as a set that is made once."""

    names: Mapping[str, _Name]
    all: frozenset[str]


def _offered(*, each: bool, is_object: bool) -> _Offered:
    names = _OF_RUN | (_OF_ITEM if each else {})
    if is_object:
        names["value"] = lambda session: session.data.value()
    return _Offered(names, frozenset(names))


_OFFERED = {
    (each, is_object): _offered(each=each, is_object=is_object) for each in (False, True) for is_object in (False, True)
}
