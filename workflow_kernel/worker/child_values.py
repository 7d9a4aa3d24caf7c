"""Values on their way between the server and its worker processes.

What JSON can hold travels as it is. Anything else travels as :class:`Pickled`, which the server passes on without
opening it: user code made it, and reading a pickle runs what is in it. Used on both sides; light to import.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.runs.item import Item, Items, Object
from workflow_kernel.runs.lineage import SAME, Lineage

BYTES = bytes | bytearray | memoryview

VIEW_LIMIT = 1 << 16
"""Bytes of JSON an opaque value keeps of itself, so that it can be shown without being opened."""


class Host(Protocol):
    """What code that runs for a node sees of the server, wherever it runs."""

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of the server's functions for this run, e.g. to read an attachment."""
        ...

    def keep(self, value: Any) -> Any:
        """An object as it can be given back to the server."""
        ...


class Pickled:
    """A Python object in its pickled form, with its large parts (arrays, columns) beside it uncopied.

    Parameters
    ----------
    data: the pickle. buffers: its parts out of band.
    kind: the object's class, e.g. ``sklearn.linear_model.Ridge``. text: how it shows itself, cut.
    view: the same value as JSON, where it can be told so and is small.
    is_trusted: whether the server may open it too.
    """

    __slots__ = ("buffers", "data", "is_trusted", "kind", "text", "view")

    def __init__(self, data: BYTES, buffers: Sequence[Any], kind: str, text: str = "", view: bytes = b"") -> None:
        self.data = data
        self.buffers = buffers
        self.kind = kind
        self.text = text
        self.view = view
        self.is_trusted = True

    @classmethod
    def of(cls, value: Any, *, described: bool = False) -> Pickled:
        """Pickle an object; what only its own session knows (a notebook's classes) goes by value.

        Raises ``WorkflowError`` WF331 when the object cannot leave its process, as an open connection cannot.
        """
        name = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        try:
            data, buffers = _dump(value)
        except Exception as error:  # whatever an object's own code raises
            raise WorkflowError(
                f"A {name} cannot be sent from one process to another: {error}",
                code="WF331",
                mend="Return the data it is made of, e.g. its rows or its settings.",
            ) from error
        if not described:
            return cls(data, buffers, name)
        return cls(data, buffers, name, show(value), view(value))

    def load(self) -> Any:
        """The object. Runs what its maker put into the pickle: only where that code may run."""
        return pickle.loads(self.data, buffers=self.buffers)  # noqa: S301 - said above

    def __reduce__(self) -> tuple[Any, ...]:
        buffers = [bytes(memoryview(buffer)) for buffer in self.buffers]
        return Pickled, (bytes(self.data), buffers, self.kind, self.text, self.view)


class PickledObject(Object):
    """An object on an edge that was made by user code in a worker process and has not been opened here.

    Parameters
    ----------
    pickled: the object; opened when ``value`` is read, if it is trusted.
    """

    __slots__ = ("_is_open", "_opened", "pickled")

    def __init__(self, pickled: Pickled, lineage: Lineage = SAME) -> None:
        self.pickled = pickled
        self.lineage = lineage
        self._is_open = False
        self._opened: Any = None

    @property
    def value(self) -> Any:
        """The object itself. Raises ``WorkflowError`` WF332 where user objects may not be opened."""
        if not self._is_open:
            if not self.pickled.is_trusted:
                raise WorkflowError(
                    f"A {self.pickled.kind} made by user code may not be opened in this process.",
                    code="WF332",
                    mend="Use it in a Python code node, or return plain data.",
                )
            self._opened, self._is_open = self.pickled.load(), True
        return self._opened

    def __repr__(self) -> str:
        return f"Object({self.pickled.kind})"

    def items(self) -> Items:
        """The object told as one item, without opening it."""
        if not self.pickled.view:
            return Items([Item({"type": self.pickled.kind, "text": self.pickled.text})], self.lineage)
        seen = msgspec.json.decode(self.pickled.view)
        return Items([Item(seen if isinstance(seen, dict) else {"value": seen})], self.lineage)


def _dump(value: Any) -> tuple[bytes, list[pickle.PickleBuffer]]:
    buffers: list[pickle.PickleBuffer] = []
    try:
        data = pickle.dumps(value, 5, buffer_callback=buffers.append)
        if b"__main__" not in data:
            return data, buffers
    except (pickle.PicklingError, AttributeError, TypeError):
        pass
    import cloudpickle  # type: ignore[import-untyped] # noqa: PLC0415 - only objects of a session need it

    buffers = []
    return cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append), buffers


def show(value: Any) -> str:
    """How an object shows itself, cut."""
    try:
        return repr(value)[:1000]
    except Exception as error:  # an object's own repr
        return f"<no text: {error}>"


def view(value: Any) -> bytes:
    """An object as JSON, where it can be told so and is small; else nothing."""
    if not isinstance(value, Mapping | list | tuple | str | int | float | bool | None):
        return b""
    try:
        data = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return b""
    return data if len(data) <= VIEW_LIMIT else b""
