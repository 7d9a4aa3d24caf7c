"""What cells of a notebook really depend on: runs them top to bottom and watches every name and every object.

A cell depends on the cell that last gave a variable its value, by binding it or by changing it in place, when it reads
it. Reads and bindings are seen by a dict that tells of them; changes in place by what the objects look like before and
after.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import types
from collections.abc import Sequence
from typing import Any, NamedTuple

from IPython.core.inputtransformer2 import TransformerManager

MOST_DEPTH = 6


class Seen(NamedTuple):
    """A dependency that was seen: the later cell read what the earlier one left."""

    source: int
    target: int
    name: str


class Watched(dict):
    """A namespace that tells which names are read, and which are bound or deleted."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name not in self.bound:
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self.bound:
            self.read.add(name)
        super().__delitem__(name)


def trace(sources: Sequence[str]) -> tuple[set[Seen], int]:
    """Run cells; gives the dependencies and how many cells ran before one failed."""
    names = Watched()
    givers: dict[str, int] = {}
    found: set[Seen] = set()
    transform = TransformerManager().transform_cell
    looks: dict[str, Any] = {}
    for index, source in enumerate(sources):
        names.read, names.bound = set(), set()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                code = compile(transform(source), f"<cell {index}>", "exec")
                exec(code, names)
        except BaseException:
            return found, index
        # STORE_GLOBAL passes the dict by: what is another object now was bound.
        ids = {name: id(value) for name, value in dict.items(names)}
        read = {name for name in names.read if name in givers}
        after = {name: look(value) for name, value in dict.items(names) if not name.startswith("__")}
        found.update(Seen(givers[name], index, name) for name in read if givers[name] != index)
        for name in after:
            if name in names.bound or looks.get(name) != (ids[name], after[name]):
                givers[name] = index
        for name in list(givers):
            if name not in after:
                del givers[name]
        looks = {name: (ids[name], after[name]) for name in after}
    return found, len(sources)


def look(value: Any, depth: int = 0, seen: frozenset[int] = frozenset()) -> Any:
    """What a value looks like: equal for values that are equal all through."""
    if isinstance(value, int | float | str | bytes | bool | complex | None):
        return repr(value)
    if depth > MOST_DEPTH or id(value) in seen:
        return "..."
    seen |= {id(value)}
    kind = type(value).__name__
    if isinstance(value, types.ModuleType | types.BuiltinFunctionType):
        return kind
    if isinstance(value, types.FunctionType):
        inner = [look(cell.cell_contents, depth + 1, seen) for cell in value.__closure__ or () if _is_full(cell)]
        return (kind, value.__qualname__, inner, look(value.__dict__, depth + 1, seen))
    if isinstance(value, dict):
        return (kind, [(look(key, depth + 1, seen), look(part, depth + 1, seen)) for key, part in value.items()])
    if isinstance(value, list | tuple):
        return (kind, [look(part, depth + 1, seen) for part in value])
    if isinstance(value, set | frozenset):
        return (kind, sorted(str(look(part, depth + 1, seen)) for part in value))
    if isinstance(value, type):
        own = value.__module__ == "__main__"
        parts = {name: part for name, part in vars(value).items() if not name.startswith("__")} if own else {}
        return (kind, value.__qualname__, look(parts, depth + 1, seen))
    for text in ("to_csv", "tobytes", "getstate", "__getstate__"):
        method = getattr(value, text, None)
        if text in ("to_csv", "tobytes", "getstate") and callable(method):
            with contextlib.suppress(Exception):
                return (kind, method())
    if hasattr(value, "bit_generator"):
        return (kind, str(value.bit_generator.state))
    if hasattr(value, "getvalue") and not value.closed:
        return (kind, value.getvalue(), value.tell())
    state = getattr(value, "__dict__", None)
    if state is not None:
        return (kind, look(dict(state), depth + 1, seen))
    if hasattr(value, "__length_hint__"):
        return (kind, value.__length_hint__())
    return kind


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
