"""What a cell does to variables, as a list of events in the order in which they happen.

``reading`` makes them of a cell's source without knowing any other cell; ``walk`` plays them, cell after cell, with
what the cells before left. A value is told by its sources: names of variables, and of passing results such as ``#3``.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Sources: TypeAlias = tuple[str, ...]

MarkKind = Literal["syntax", "star_import", "dynamic", "magic", "history", "state"]


MODES = "+-~"


def base(source: str) -> str:
    """The name in a source."""
    return source[1:] if source[0] in MODES else source


def holding(sources: Sources) -> Sources:
    """The sources of a value that holds these."""
    return tuple(f"+{base(source)}" for source in sources)


def any_of(sources: Sources) -> Sources:
    """The sources of a value that may be these, or hold them, or be a part of them."""
    return tuple(f"~{base(source)}" for source in sources)


def part_of(sources: Sources) -> Sources:
    """The sources of a part of these."""
    return tuple(f"~{source[1:]}" if source[0] in "+~" else f"-{base(source)}" for source in sources)


class Mark(msgspec.Struct, frozen=True):
    """Why it cannot be known what a cell does.

    Parameters
    ----------
    kind: what sort of doubt. text: the words that raise it, for people. line: where, from 1.
    """

    kind: MarkKind
    text: str
    line: int = 1


class Load(msgspec.Struct, frozen=True, tag=True):
    """A variable is read."""

    name: str


class Bind(msgspec.Struct, frozen=True, tag=True):
    """A name gets a value.

    Parameters
    ----------
    is_sure: False where it depends on a condition. is_plain: a number, text or the like, which nothing can change.
    """

    name: str
    sources: Sources
    is_sure: bool = True
    is_plain: bool = False


class Import(msgspec.Struct, frozen=True, tag=True):
    """A name becomes a module, or something of one."""

    name: str
    origin: str
    is_sure: bool = True


class Function(msgspec.Struct, frozen=True, eq=False):
    """A function or class: what happens when it is called.

    Parameters
    ----------
    name: its own. parameters: its local names, in order. events: of its body. returns: what it may give back.
    methods: of a class, by name.
    """

    name: str
    parameters: tuple[str, ...] = ()
    events: tuple[Any, ...] = ()
    returns: Sources = ()
    methods: dict[str, Function] | None = None


class Define(msgspec.Struct, frozen=True, tag=True):
    """A name becomes a function or class of the notebook. ``sources``: decorators and bases, which hold it too."""

    name: str
    function: Function
    is_sure: bool = True
    sources: Sources = ()


class Call(msgspec.Struct, frozen=True, tag=True):
    """Something is called.

    Parameters
    ----------
    result: name of the passing result.
    path: ``("np", "random", "seed")`` where it is a dotted name; empty for other expressions, whose sources are
    ``receiver``; its last part is the method then.
    arguments, named: sources of each. texts: arguments that are plain values, as they stand (``inplace=True``).
    source: the statement it makes up alone, where it does.
    """

    result: str
    path: tuple[str, ...]
    receiver: Sources
    method: str
    arguments: tuple[Sources, ...]
    named: tuple[tuple[str, Sources], ...]
    texts: tuple[tuple[str, str], ...] = ()
    line: int = 1
    statement: str = ""


class Change(msgspec.Struct, frozen=True, tag=True):
    """An attribute or element of a value is set or deleted; ``held`` is what it holds from then on."""

    sources: Sources
    held: Sources = ()
    path: tuple[str, ...] = ()
    line: int = 1
    statement: str = ""


class Enter(msgspec.Struct, frozen=True, tag=True):
    """What follows, up to its :class:`Leave`, may or may not happen."""


class Leave(msgspec.Struct, frozen=True, tag=True):
    """The end of what may or may not happen."""


class Delete(msgspec.Struct, frozen=True, tag=True):
    """A name is deleted."""

    name: str
    is_sure: bool = True


class Doubt(msgspec.Struct, frozen=True, tag=True):
    """Something whose effect cannot be known."""

    mark: Mark


class World(msgspec.Struct, frozen=True, tag=True):
    """Something outside of variables is read or changed, e.g. files."""

    name: str
    changes: bool
