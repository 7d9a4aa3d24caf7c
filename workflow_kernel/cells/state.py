"""What is known of all variables between two cells. Values are never changed in place, so a copy costs little."""

from __future__ import annotations

from typing import Any

import msgspec

from workflow_kernel.cells.events import Function, Mark

NONE: frozenset[str] = frozenset()
NO_FUNCTIONS: frozenset[Function] = frozenset()


class Summary(msgspec.Struct, frozen=True):
    """What a call of a function does.

    Parameters
    ----------
    reads, changes: variables of the notebook. changed: positions of the parameters it changes; deep: of those whose
    parts it changes. held: pairs of what holds something afterwards, and what: variables, or parameters as ``?0``.
    returns: sources of the result. made: functions the result may hold.
    worlds: what outside of variables it reads or changes. marks: doubts.
    """

    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    changed: frozenset[int] = frozenset()
    deep: frozenset[int] = frozenset()
    held: tuple[tuple[str, str], ...] = ()
    returns: tuple[str, ...] = ()
    made: frozenset[Function] = NO_FUNCTIONS
    worlds: tuple[tuple[str, bool], ...] = ()
    marks: tuple[Mark, ...] = ()


class State:
    """What the cells so far left.

    Attributes
    ----------
    definers: variable > the cell that gave it its present value. barrier: the last cell that may have done anything.
    out: variable > variables whose objects its value may be or hold. into: the same, the other way round.
    carries: variable > functions and classes of the notebook it may be or hold. origins: variable > module.
    linkers: variable > cells that linked it with another.
    crowd: variables with so many partners that each of them counts as a partner of all the others.
    changed, readers: per world, who changed it last, and who read it since. seeded: random numbers with a seed.
    """

    __slots__ = (
        "barrier", "carries", "changed", "crowd", "definers", "into", "linkers", "origins", "out", "readers", "seeded",
        "summaries", "version",
    )  # fmt: skip

    def __init__(self) -> None:
        self.definers: dict[str, str] = {}
        self.barrier: str | None = None
        self.out: dict[str, frozenset[str]] = {}
        self.into: dict[str, frozenset[str]] = {}
        self.linkers: dict[str, frozenset[str]] = {}
        self.carries: dict[str, frozenset[Function]] = {}
        self.origins: dict[str, str] = {}
        self.changed: dict[str, str] = {}
        self.readers: dict[str, tuple[str, ...]] = {}
        self.seeded: frozenset[str] = NONE
        self.crowd: frozenset[str] = NONE
        self.version = 0
        self.summaries: dict[Function, tuple[int, Summary]] = {}

    def copy(self) -> State:
        """The same, to be changed without this one."""
        made = State()
        made.definers = self.definers.copy()
        made.barrier = self.barrier
        made.out = self.out.copy()
        made.into = self.into.copy()
        made.linkers = self.linkers.copy()
        made.carries = self.carries.copy()
        made.origins = self.origins.copy()
        made.changed = self.changed.copy()
        made.readers = self.readers.copy()
        made.seeded = self.seeded
        made.crowd = self.crowd
        made.version = self.version
        made.summaries = self.summaries
        return made

    def differences(self, other: State) -> frozenset[str] | None:
        """The variables of which the two know different things; None where more than that is different."""
        if (
            self.barrier != other.barrier
            or self.changed != other.changed
            or self.readers != other.readers
            or self.seeded != other.seeded
            or self.crowd != other.crowd
        ):
            return None
        found: set[str] = set()
        for one, two in zip(self._places(), other._places(), strict=True):
            if one != two:
                found.update(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
        return frozenset(found)

    def _places(self) -> tuple[dict[str, Any], ...]:
        return (self.definers, self.out, self.into, self.linkers, self.carries, self.origins)

    def patch(self, names: frozenset[str], other: State) -> None:
        """Know of some variables what another state knows."""
        for own, new in zip(self._places(), other._places(), strict=True):
            for name in names:
                if name in new:
                    own[name] = new[name]
                else:
                    own.pop(name, None)
