"""Plays the events of one cell, or of one function, on what is known of all variables.

``graph`` makes a :class:`Walk` for each cell in turn. What calls do is in ``calls``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from workflow_kernel.cells.events import (
    MODES,
    Bind,
    Call,
    Change,
    Define,
    Delete,
    Doubt,
    Enter,
    Function,
    Import,
    Leave,
    Load,
    Mark,
    Sources,
    World,
    base,
    holding,
)
from workflow_kernel.cells.knowledge import BUILTINS, HISTORY, LIBRARIES, STATE
from workflow_kernel.cells.state import NO_FUNCTIONS, NONE, State

SETTINGS = "settings"
"""The world of what holds for the whole process: options of libraries, the working folder, the environment."""

ALL = "*"
PLAIN = "."
"""Instead of an origin: a value that nothing can change or hold."""
CROWD = 24
"""Partners from which on a name is no longer told apart from all others that have as many."""


class Walk:
    """One cell, or the body of one function.

    Attributes
    ----------
    uses: variables read before the cell gave them a value itself. bound: those it gave one for sure.
    touched: those it gave one, perhaps, or changed. deleted: gone afterwards.
    weak: those it may have left as they were. together: cells that linked variables which are changed together here,
    with the variable: one process must have both, so such a cell has to give them anew.
    """

    def __init__(self, state: State, calls: Any, cell: str = "") -> None:
        self.state = state
        self._cell = cell
        self.together: set[tuple[str, str]] = set()
        self._calls = calls
        self.uses: dict[str, None] = {}
        self.bound: set[str] = set()
        self.touched: dict[str, None] = {}
        self.deleted: set[str] = set()
        self.marks: list[Mark] = []
        self.worlds: dict[tuple[str, bool], None] = {}
        self.settings: list[str] = []
        self.changed_locals: set[str] = set()
        self.deep_locals: set[str] = set()
        self.weak: set[str] = set()
        self.depth = 0
        self._blocks: list[set[str]] = []
        self._used: set[Function] = set()
        self._out: dict[str, frozenset[str]] = {}
        self._into: dict[str, frozenset[str]] = {}
        self._carries: dict[str, frozenset[Function]] = {}
        self._origins: dict[str, str] = {}
        self._players: dict[Any, Callable[[Any], None]] = {
            Load: lambda event: self.load(event.name),
            Bind: self._bind,
            Call: self._call,
            Change: self._change,
            Import: self._import,
            Define: self._define,
            Delete: self._delete,
            Doubt: lambda event: self.marks.append(event.mark),
            World: self._world,
            Enter: self._enter,
            Leave: self._leave,
        }

    def play(self, events: Iterable[Any]) -> None:
        """Play events."""
        players = self._players
        for event in events:
            players[type(event)](event)

    def out(self, name: str) -> frozenset[str]:
        """The names whose objects its value may be or hold."""
        own = self._out.get(name, NONE)
        return own if is_local(name) or name not in self.state.out else own | self.state.out[name]

    def into(self, name: str) -> frozenset[str]:
        """The names whose values may be or hold its object."""
        own = self._into.get(name, NONE)
        return own if is_local(name) or name not in self.state.into else own | self.state.into[name]

    def carries(self, name: str) -> frozenset[Function]:
        """The functions it may be or hold."""
        return self._carries.get(name, NO_FUNCTIONS) if is_local(name) else self.state.carries.get(name, NO_FUNCTIONS)

    def origin(self, name: str) -> str:
        """The module or part of one it is; empty for others."""
        return self._origins.get(name, "") if is_local(name) else self.state.origins.get(name, "")

    def is_known(self, name: str) -> bool:
        """Whether a name stands for a variable, and not for a builtin."""
        return is_local(name) or name in self.bound or name in self.touched or name in self.state.definers

    def ends(self, sources: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Of a value: the names whose objects it may be or hold, and those that may be or hold it."""
        out: set[str] = set()
        into: set[str] = set()
        for source in sources:
            name, mode = (source[1:], source[0]) if source[0] in MODES else (source, "")
            if self.origin(name):
                continue
            below, above = self.out(name), self.into(name)
            if name in self.state.crowd:
                below = above = frozenset([ALL])
            out |= below
            if mode != "-":
                out.add(name)
            if mode == "+":
                if is_local(name):
                    out |= above
                continue
            into.add(name)
            into |= above
            if mode:
                into |= below
        return frozenset(out), frozenset(into)

    def held_by(self, sources: Iterable[str]) -> frozenset[Function]:
        """All functions a value may hold."""
        found = NO_FUNCTIONS
        for name in sources:
            found |= self.carries(base(name))
        return found

    def load(self, name: str) -> None:
        """A variable is read, and whatever functions it holds may be called."""
        if not is_local(name) and name not in self.bound:
            if name in HISTORY and name not in self.state.definers:
                self.marks.append(Mark("history", name))
            self.uses[name] = None
        functions = self.carries(name)
        if functions and not functions <= self._used:
            for function in functions:
                self.use(function)

    def use(self, function: Function) -> None:
        """What a function may do besides changing its arguments."""
        if function in self._used:
            return
        self._used.add(function)
        if self.depth > 50:
            return
        if function.methods is not None:
            for method in function.methods.values():
                self.use(method)
            return
        summary = self._calls.summary(function, self)
        for name in summary.reads:
            self.load(name)
        for name in summary.changes:
            self._touch([name])
            self._set_origin(name, self.origin(name).removeprefix(PLAIN))
        self.change(summary.changes)
        self.worlds.update(dict.fromkeys(summary.worlds))
        self.marks.extend(mark for mark in summary.marks if mark not in self.marks)

    def _bind(self, event: Bind) -> None:
        name, sources, is_sure = event.name, event.sources, event.is_sure
        ends, functions = self.ends(sources), self.held_by(sources)
        origin = self.origin(sources[0]) if len(sources) == 1 else ""
        if event.is_plain and (is_sure or name not in self.touched):
            origin = PLAIN
        is_first = name not in self.bound
        self._take(name, is_sure=is_sure)
        if is_sure or is_first:
            self._unlink(name)
        else:
            functions |= self.carries(name)
        self._set_carries(name, functions)
        self._set_origin(name, origin)
        self.link(name, ends)

    def _take(self, name: str, *, is_sure: bool) -> None:
        if is_local(name):
            return
        self.touched[name] = None
        self.deleted.discard(name)
        if not self.depth and (is_sure or self._blocks):
            self.bound.add(name)

    def _enter(self, event: Enter) -> None:
        self._blocks.append(self.bound.copy())

    def _leave(self, event: Leave) -> None:
        before = self._blocks.pop()
        self.weak |= self.bound - before
        self.bound = before

    def _import(self, event: Import) -> None:
        self._take(event.name, is_sure=event.is_sure)
        self._unlink(event.name)
        self._set_carries(event.name, NO_FUNCTIONS)
        self._set_origin(event.name, event.origin)

    def _define(self, event: Define) -> None:
        functions = frozenset([event.function]) | self.held_by(event.sources)
        if not event.is_sure:
            functions |= self.carries(event.name)
        self._take(event.name, is_sure=event.is_sure)
        self._unlink(event.name)
        self._set_origin(event.name, "")
        self._set_carries(event.name, functions)
        self.link(event.name, self.ends(event.sources))

    def _delete(self, event: Delete) -> None:
        name = event.name
        if is_local(name):
            return
        self.touched[name] = None
        self._unlink(name)
        if event.is_sure:
            self.bound.discard(name)
            self.deleted.add(name)

    def _world(self, event: World) -> None:
        self.worlds[event.name, event.changes] = None

    def _call(self, event: Call) -> None:
        self._calls.call(event, self)

    def _change(self, event: Change) -> None:
        if event.path == ("%",):
            self.setting(event.statement, event.line, "")
            return
        name = event.path[0] if event.path else base(event.sources[0]) if len(event.sources) == 1 else ""
        origin = self.origin(name) if name else ""
        if origin == PLAIN:
            self._touch([name])
            return
        if origin:
            place = ".".join((origin, *event.path[1:]))
            if origin.partition(".")[0] in LIBRARIES or place.startswith(STATE):
                self.setting(event.statement, event.line, place)
                return
            self.setting("", event.line, place)
            return
        self.change(event.sources)
        for held in event.sources:
            self.hold(held, event.held)

    def setting(self, statement: str, line: int, place: str) -> None:
        """Something that holds for the whole process is changed, by a statement that may be repeated elsewhere."""
        self.worlds[SETTINGS, True] = None
        if not statement or self.depth or not can_repeat(statement, self.origin, self.is_known):
            self.marks.append(Mark("state", place or statement, line))
            return
        self.settings.append(statement)

    def change(self, sources: Iterable[str], *, is_deep: bool = False) -> None:
        """A value is changed in place, and with it all that may be or hold it; its parts too where ``is_deep``."""
        reached: set[str] = set()
        for source in sources:
            name = base(source)
            if self.origin(name) or source[0] == "+":
                continue
            reached.add(name)
            reached |= self.into(name)
            if name in self.state.crowd:
                reached.add(ALL)
            if is_deep or source[0] in MODES:
                self.deep_locals.add(name)
                for inner in self.out(name):
                    reached.add(inner)
                    reached |= self.into(inner)
        if ALL in reached:
            reached |= self.state.crowd
        self._touch(reached)
        if len(reached) > 1 and not self.depth:
            for name in reached:
                self.together.update((cell, name) for cell in self.state.linkers.get(name, NONE) if cell != self._cell)

    def _touch(self, names: Iterable[str]) -> None:
        for name in names:
            if name == ALL:
                continue
            if is_local(name):
                self.changed_locals.add(name)
            elif self.is_known(name) or name not in BUILTINS:
                if name not in self.bound:
                    self.uses[name] = None
                self.touched[name] = None

    def hold(self, holder: str, held: Sources) -> None:
        """A value holds others from now on."""
        holder = base(holder)
        functions = self.held_by(held)
        if functions - self.carries(holder):
            self._set_carries(holder, self.carries(holder) | functions)
        out, _ = self.ends(holding(held))
        if out and not self.origin(holder):
            for name in {holder, *self.into(holder)} - {ALL}:
                self.link(name, (out, NONE))

    def link(self, name: str, ends: tuple[frozenset[str], frozenset[str]]) -> None:
        """A name may be or hold what others do from now on, and others what it does."""
        out, into = ends
        if (ALL in out or ALL in into) and not is_local(name):
            self.state.crowd |= {name}
        for other in out:
            self._join(name, other)
        for other in into:
            self._join(other, name)

    def _join(self, name: str, other: str) -> None:
        """``name`` may be or hold ``other``."""
        if name == other:
            return
        if ALL in (name, other):
            for end, place in ((name, self._out), (other, self._into)):
                if end != ALL and is_local(end):
                    place[end] = place.get(end, NONE) | {ALL}
            return
        is_inner = is_local(name) or is_local(other)
        out, into = (self._out, self._into) if is_inner else (self.state.out, self.state.into)
        known, back = out.get(name, NONE), into.get(other, NONE)
        if other in known:
            return
        if not is_inner and max(len(known), len(back)) >= CROWD:
            self.state.crowd |= known | back | {name, other}
            return
        out[name] = known | {other}
        into[other] = back | {name}
        if not is_inner and self._cell:
            for end in (name, other):
                self.state.linkers[end] = self.state.linkers.get(end, NONE) | {self._cell}

    def _unlink(self, name: str) -> None:
        if name in self.state.crowd:
            self.state.crowd -= {name}
        if not is_local(name):
            self.state.linkers.pop(name, None)
        for out, into in ((self._out, self._into), (self.state.out, self.state.into)):
            for other in out.pop(name, NONE):
                if other in into:
                    into[other] -= {name}
            for other in into.pop(name, NONE):
                if other in out:
                    out[other] -= {name}

    def _set_carries(self, name: str, functions: frozenset[Function]) -> None:
        if is_local(name):
            self._carries[name] = functions
        elif self.state.carries.get(name, NO_FUNCTIONS) != functions:
            self.state.version = next(self._calls.versions)
            self.state.carries[name] = functions

    def _set_origin(self, name: str, origin: str) -> None:
        if is_local(name):
            self._origins[name] = origin
        elif self.state.origins.get(name, "") != origin:
            self.state.version = next(self._calls.versions)
            if origin:
                self.state.origins[name] = origin
            else:
                del self.state.origins[name]

    def result(self, name: str, sources: Iterable[str], functions: frozenset[Function] = NO_FUNCTIONS) -> None:
        """A passing result gets its value."""
        self._carries[name] = functions
        self.link(name, self.ends(sources))


def can_repeat(statement: str, origin: Callable[[str], str], is_known: Callable[[str], bool]) -> bool:
    """Whether a statement uses modules alone, so that it does the same in another process."""
    if statement.startswith("%"):
        return True
    names = [part.id for part in ast.walk(ast.parse(statement)) if isinstance(part, ast.Name)]
    return all(origin(name) not in ("", PLAIN) if is_known(name) else name in BUILTINS for name in names)


def is_local(name: str) -> bool:
    """Whether a name is no variable of the notebook: local to a function, or a passing result."""
    return "@" in name or name[0] == "#"
