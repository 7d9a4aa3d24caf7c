"""Limits on what one Python expression may use, and the meter that counts.

Everything that can grow (loops, texts, lists, numbers) asks the meter first. The invariant that makes the rest simple:
every container an expression builds has been weighed as a tree, so no value in sight takes more than a bounded time to
compare, print or copy. Which operations must ask is decided in ``python_operators``, ``python_attributes`` and
``functions``.
"""

from __future__ import annotations

import datetime as dates
import time
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import msgspec

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.runs.item import Item

SCALARS = frozenset({str, int, float, bool, type(None)})
"""Plain values without parts."""

MOMENTS = frozenset({dates.datetime, dates.date, dates.time, dates.timedelta})
CONTAINERS = frozenset({list, tuple, dict, set, frozenset})
ITERABLES = frozenset({list, tuple, dict, set, frozenset, str, range})

MAX_BITS = 13_000
"""Bits of a whole number: just under the 4,300 digits Python is willing to print."""

SMALL = 64
"""Texts up to this length are not counted."""


class Limits(msgspec.Struct, frozen=True):
    """What expressions may use.

    Parameters
    ----------
    steps: for one item; a step is a turn of a loop, or 64 bytes made.
    seconds: wall-clock time for a whole batch.
    size: characters of a text, or weight of a list or object, that an expression makes.
    memory: bytes that all results of a batch may have together.
    """

    steps: int = 1_000_000
    seconds: float = 10.0
    size: int = 10_000_000
    memory: int = 256_000_000


class Meter:
    """Counts for one batch. ``left`` is set back to ``limits.steps`` for each item by the generated code."""

    __slots__ = ("counted", "deadline", "kept", "left", "limits", "made", "results", "until_clock")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.steps
        self.until_clock = 0
        self.deadline = time.monotonic() + limits.seconds
        self.made = 0
        self.kept = 0
        self.counted = 0
        self.results: list[Any] = []

    def charge(self, steps: int) -> None:
        """Count steps; look at the clock every few thousand."""
        self.left -= steps
        if self.left < 0:
            raise ExpressionError(
                f"The expression takes more than {self.limits.steps:,} steps for one item.",
                mend="Loop over less, or use a code node.",
            )
        self.until_clock -= steps
        if self.until_clock < 0:
            self.until_clock = 10_000
            self.check_clock()

    def check_clock(self) -> None:
        """Stop when the batch has had its time."""
        if time.monotonic() > self.deadline:
            raise ExpressionError(
                f"The expression takes longer than {self.limits.seconds:g} s for this batch of items.",
                mend="Make it cheaper, or use a code node.",
            )

    def is_out_of_time(self) -> bool:
        """Whether the batch has had its time."""
        return time.monotonic() > self.deadline

    def expect(self, size: int, what: str = "text") -> None:
        """Ask before making something of ``size`` characters or parts."""
        if size > self.limits.size:
            raise ExpressionError(
                f"The result would be a {what} of {size:,} characters or parts; the limit is {self.limits.size:,}.",
                mend="Make it smaller, or use a code node.",
            )
        if size > SMALL:
            self.count_made(size)
            self.charge(size >> 6)

    def fill(self, results: list[Any]) -> None:
        """Tell which column is being filled, so that what it keeps can be counted."""
        self.results = results
        self.counted = 0

    def count_made(self, size: int) -> None:
        """Count bytes made; from time to time see how many of them the results keep."""
        self.made += size
        if self.made * 4 >= self.limits.memory:
            self.made = 0
            self.kept += sum(_weight(value, self.limits.size) for value in self.results[self.counted :])
            self.counted = len(self.results)
        if self.kept > self.limits.memory:
            raise ExpressionError(
                f"The results for this batch take more than {self.limits.memory:,} bytes.",
                mend="Keep less of each item, or work on fewer items at a time.",
            )

    def text(self, value: str) -> str:
        """Count a text that has just been made."""
        if len(value) > SMALL:
            self.expect(len(value))
        return value

    def text_or_list(self, value: Any) -> Any:
        """Count what a method of a long text gave, if it is a text."""
        return self.text(value) if type(value) is str else value

    def walk(self, values: Any, cost: int = 1, source: str = "") -> Collection[Any]:
        """``values`` if they can be looped over, their length counted ``cost`` times."""
        if type(values) not in ITERABLES:
            raise ExpressionError(not_iterable(values, source), mend="Loop over a list, a text or an object.")
        self.charge(len(values) * cost + 2)
        return values  # type: ignore[no-any-return]

    def weigh(self, value: Any) -> Any:
        """``value`` if it is small enough as a tree: shared parts count as often as they are reached."""
        if type(value) in SCALARS:
            return value
        limit = self.limits.size
        weight = _weight(value, limit)
        if weight > limit:
            self.expect(weight, "list or object")
        if weight > SMALL:
            self.count_made(weight)
        self.charge(weight >> 5)
        return value


def _weight(value: Any, limit: int) -> int:
    """Roughly the bytes of a value as a tree; stops counting above the limit."""
    weight = 0
    stack = [value]
    pop = stack.pop
    while stack and weight <= limit:
        part = pop()
        kind = type(part)
        if kind is str:
            weight += len(part) + 2
        elif kind is dict:
            weight += 16 + sum(map(_key_weight, part))
            stack.extend(part.values())
        elif kind in CONTAINERS:
            weight += 16 + 8 * len(part)
            stack.extend(part)
        elif kind is Item:
            stack.append(part.json)
        else:
            weight += 8
    return weight


def _key_weight(key: Any) -> int:
    return len(key) + 2 if type(key) is str else 8


def not_iterable(value: Any, source: str) -> str:
    """Why a loop over ``value`` is not possible."""
    name = f"`{source}`" if source else "This"
    if value is None:
        return f"{name} is None, so there is nothing to loop over."
    return f"{name} is {kind_of(value)}, which cannot be looped over."


_KINDS: dict[type, str] = {
    str: "a text (str)",
    int: "a whole number (int)",
    float: "a number (float)",
    bool: "a bool",
    list: "a list",
    dict: "an object (dict)",
    tuple: "a tuple",
    set: "a set",
    range: "a range",
    Decimal: "a decimal number",
    dates.datetime: "a datetime",
    dates.date: "a date",
    dates.timedelta: "a timedelta",
}


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    return "None" if value is None else _KINDS.get(type(value), f"of type {type(value).__name__}")
