"""Earlier nodes and facts of the run, as a user's Python sees them. Everything is asked of the server when needed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from workflow_kernel.base.errors import NodeError
from workflow_kernel.worker.child_items import Item, Record, items_of, rows_of
from workflow_kernel.worker.child_values import Host


class Nodes:
    """The nodes that ran before: ``node("Name")``.

    Parameters
    ----------
    host: answers for the server. position: tells the index of the current item.
    """

    def __init__(self, host: Host, position: Callable[[], int]) -> None:
        self._host = host
        self._position = position
        self._seen: dict[str, EarlierNode] = {}

    def __call__(self, name: str) -> EarlierNode:
        found = self._seen.get(name)
        if found is None:
            told = self._host.call("node", name)
            if told is None:
                known = ", ".join(self._host.call("names")[:20]) or "none"
                raise NodeError(f"There is no node '{name}' before this one.", mend=f"Nodes that ran before: {known}.")
            found = self._seen[name] = EarlierNode(name, told, self._host, self._position)
        return found

    __getitem__ = __call__


class EarlierNode:
    """One node that ran before this one; named as in expressions."""

    def __init__(self, name: str, told: Mapping[str, Any], host: Host, position: Callable[[], int]) -> None:
        self.name = name
        self.params = Record(told["parameters"])
        self.parameter = self.params
        self.context = Record(told["context"])
        self.isExecuted = told["runs"] > 0
        self._runs = told["runs"]
        self._output = told["output"]
        self._host = host
        self._position = position
        self._kept: dict[tuple[int, int], list[Item]] = {}

    def all(self, branch: int | None = None, run: int | None = None) -> list[Item]:
        """All items of an output: the one that leads here, of the last run, unless told otherwise."""
        at = self._runs - 1 if run is None else run % self._runs if self._runs else 0
        key = (at, self._output if branch is None else branch)
        if key not in self._kept:
            if not 0 <= at < self._runs:
                raise NodeError(f"Node '{self.name}' has not run.", mend="Connect it before this node, or check first.")
            self._kept[key] = items_of(rows_of(self._host.call("rows", self.name, *key)))
        return self._kept[key]

    def first(self, branch: int | None = None, run: int | None = None) -> Item | None:
        """The first item, None without items."""
        return next(iter(self.all(branch, run)), None)

    def last(self, branch: int | None = None, run: int | None = None) -> Item | None:
        """The last item, None without items."""
        return next(reversed(self.all(branch, run)), None)

    @property
    def items(self) -> list[Item]:
        """The items it sent here."""
        return self.all()

    @property
    def item(self) -> Item:
        """The item the current one descends from."""
        return self.item_matching(self._position())

    @property
    def json(self) -> Any:
        """The JSON of the item the current one descends from."""
        return self.item.json

    def item_matching(self, index: int) -> Item:
        """The item that the item at ``index`` of this node's input descends from."""
        match = self._host.call("trace", self.name, index)
        if isinstance(match, str):
            raise NodeError(match, mend="Use first(), last() or all().")
        run, output, at = match
        items: list[Item] = self.all(output, run)
        return items[int(at)]

    itemMatching = pairedItem = item_matching  # noqa: N815 - as in expressions


class Input:
    """``_input``: the items that came in, as n8n names them."""

    def __init__(self, items: list[Item], position: Callable[[], int], host: Host) -> None:
        self._items = items
        self._position = position
        self._host = host

    def all(self, branch: int = 0) -> list[Item]:
        """All items."""
        return self._items

    def first(self, branch: int = 0) -> Item | None:
        """The first item, None without items."""
        return self._items[0] if self._items else None

    def last(self, branch: int = 0) -> Item | None:
        """The last item, None without items."""
        return self._items[-1] if self._items else None

    @property
    def item(self) -> Item:
        """The current item."""
        return self._items[self._position()]

    @property
    def context(self) -> Record:
        """Small state of a loop node."""
        return Record(self._host.call("facts")["context"])


class Facts:
    """What is the same for every item of a run, by the names code may use for it."""

    def __init__(self, host: Host, zone: str, now: float) -> None:
        self._host = host
        self._zone = zone
        self._now = now

    def now(self) -> datetime.datetime:
        """The time, aware, in the workflow's time zone."""
        return datetime.datetime.fromtimestamp(self._now, ZoneInfo(self._zone))

    def today(self) -> datetime.datetime:
        """Midnight of the present day, aware."""
        return self.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def told(self, name: str) -> Any:
        """A fact of the server, e.g. ``execution``."""
        value = self._host.call("facts")[name]
        return Record(value) if isinstance(value, dict) else value
