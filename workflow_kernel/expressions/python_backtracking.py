"""How many steps Python's regular expression engine may need for a pattern and a text: an upper estimate.

Called by ``python_regex`` before each search. Works on the engine's own syntax tree. A repeat whose end is fixed by the
next character costs the length of its longest run in the text; one that can end anywhere multiplies; a repeat in a
repeat is exponential unless its turns can be told apart. Matching itself does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

MAX_PATTERN = 500
NEVER = 10**30
_UNROLLED = 4
_EASY = 2_000_000
_BACK = 10
"""How much dearer going back is than going on."""

_ONE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY, _constants.CATEGORY}
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_ASSERTIONS = {_constants.ASSERT, _constants.ASSERT_NOT}
_ASCII = frozenset(map(chr, range(128)))


class Part(NamedTuple):
    """Characters that may stand ``low`` to ``high`` times.

    Zero-width checks have ``high`` 0; those for an end have ``low`` 1 and, as letters, what may follow there.
    ``weight`` tells how much dearer a turn is than going over one character.
    """

    letters: frozenset[str]
    low: int
    high: int
    weight: int = 1

    @property
    def varies(self) -> bool:
        """Whether the part may take more or fewer characters."""
        return self.high > 0 and self.low != self.high


_ENDS = {
    _constants.AT_END: Part(frozenset("\n"), 1, 0),
    _constants.AT_END_STRING: Part(frozenset(), 1, 0),
}


class _TooHardError(Exception):
    """A repeat in a repeat whose turns cannot be told apart."""


def steps_needed(pattern: re.Pattern[str], text: str, is_anchored: bool) -> int:
    """Steps for all matches of a pattern in a text; ``NEVER`` where that grows exponentially."""
    length = len(text) + 1
    repeats, is_nested = _shape(pattern.pattern, pattern.flags)
    if not is_nested and length ** (repeats + 2 - is_anchored) * 4 <= _EASY:
        return int(length ** (repeats + 2 - is_anchored))
    others = frozenset(letter for letter in set(text) if letter not in _ASCII)
    if len(others) > 5_000:
        return NEVER
    parts = _parts_of(pattern.pattern, pattern.flags, others)
    is_anchored = is_anchored or _starts_at_beginning(pattern.pattern, pattern.flags)
    return NEVER if parts is None else _estimate(parts, text, is_anchored)


def _tree(pattern: str, flags: int) -> Any:
    return _parser.parse(pattern, flags & ~re.U)


@lru_cache(maxsize=500)
def _starts_at_beginning(pattern: str, flags: int) -> bool:
    tree = _tree(pattern, flags)
    if not len(tree) or tree[0][0] is not _constants.AT:
        return False
    is_line = tree[0][1] is _constants.AT_BEGINNING and bool(flags & re.M)
    return tree[0][1] in (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING) and not is_line


@lru_cache(maxsize=500)
def _shape(pattern: str, flags: int) -> tuple[int, bool]:
    """How many repeats a pattern has, and whether one stands in another or text is referred back to."""
    counts = [0, 0]

    def visit(nodes: Any, depth: int) -> None:
        for operation, argument in nodes:
            inner = depth
            if operation in _REPEATS:
                counts[0] += argument[0] != argument[1]
                counts[1] |= depth > 0 and argument[0] != argument[1]
                inner += argument[1] > 1
            if operation in (_constants.GROUPREF, _constants.GROUPREF_EXISTS) or operation in _ASSERTIONS:
                counts[1] = 1
            if depth and operation is _constants.BRANCH:
                counts[1] = 1
            for child in _children(operation, argument):
                visit(child, inner)

    visit(_tree(pattern, flags), 0)
    return counts[0], bool(counts[1])


def _children(operation: Any, argument: Any) -> Iterable[Any]:
    if operation in _REPEATS:
        return (argument[2],)
    if operation is _constants.SUBPATTERN:
        return (argument[3],)
    if operation is _constants.ATOMIC_GROUP:
        return (argument,)
    if operation is _constants.BRANCH:
        return tuple(argument[1])
    if operation in _ASSERTIONS:
        return (argument[1],)
    if operation is _constants.GROUPREF_EXISTS:
        return tuple(part for part in argument[1:] if part is not None)
    return ()


@lru_cache(maxsize=200)
def _parts_of(pattern: str, flags: int, others: frozenset[str]) -> tuple[Part, ...] | None:
    """The pattern as a row of parts, over the letters in question; None where it is exponential."""
    tree = _tree(pattern, flags)
    try:
        return tuple(_Flattener(tree.state, flags, _ASCII | others).row(tree))
    except _TooHardError:
        return None


class _Flattener:
    """Turns a syntax tree into a row of parts. Alternatives are laid side by side, which only overestimates."""

    def __init__(self, state: Any, flags: int, alphabet: frozenset[str]) -> None:
        self.state = state
        self.flags = flags
        self.alphabet = alphabet
        self.known: dict[str, frozenset[str]] = {}

    def row(self, nodes: Any) -> list[Part]:
        parts: list[Part] = []
        for operation, argument in nodes:
            if operation in _ONE:
                parts.append(Part(self.letters(operation, argument), 1, 1))
            elif operation in _REPEATS:
                parts.extend(self.repeat(*argument))
            elif operation in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
                parts.append(Part(self.alphabet, 0, 1_000_000))
                parts.extend(part for child in _children(operation, argument) for part in self.row(child))
            elif operation is _constants.BRANCH:
                parts.extend(self.branches(argument[1]))
            elif operation in _ASSERTIONS:
                parts.extend((*self.row(argument[1]), Part(frozenset(), 0, 0)))
            elif operation is _constants.AT:
                parts.append(_ENDS.get(argument, Part(frozenset(), 0, 0)))
            else:
                parts.extend(part for child in _children(operation, argument) for part in self.row(child))
        return parts

    def letters(self, operation: Any, argument: Any) -> frozenset[str]:
        """Which letters of the alphabet one element of a pattern matches."""
        key = f"{operation} {argument}"
        if key not in self.known:
            tree = _parser.SubPattern(self.state, [(operation, argument)])
            matches = _compiler.compile(tree, self.flags & ~re.X).fullmatch
            self.known[key] = frozenset(letter for letter in self.alphabet if matches(letter))
        return self.known[key]

    def branches(self, alternatives: Sequence[Any]) -> list[Part]:
        """All alternatives in a row, each made optional: which one is taken may be tried in turn."""
        rows = [self.row(alternative) for alternative in alternatives]
        fixed = all(not part.varies for row in rows for part in row)
        if fixed and all(rows):
            lengths = [sum(part.low for part in row) for row in rows]
            return [
                Part(frozenset().union(*(part.letters for row in rows for part in row)), min(lengths), max(lengths))
            ]
        return [Part(part.letters, 0, part.high) for row in rows for part in row]

    def repeat(self, low: int, high: Any, body: Any) -> list[Part]:
        high = min(int(high), 1_000_000)
        if len(body) == 1 and body[0][0] in _ONE:
            return [Part(self.letters(*body[0]), low, high)]
        inside = self.row(body)
        if high <= _UNROLLED:
            return [part if turn < low else part._replace(low=0) for turn in range(high) for part in inside]
        if not self.can_tell_turns(body, inside):
            raise _TooHardError
        return [Part(frozenset().union(*(part.letters for part in inside)), low * bool(inside), high * 100, 8)]

    def can_tell_turns(self, body: Any, inside: list[Part]) -> bool:
        """Whether a text can be cut into turns in one way only."""
        if any(part.high == 0 or not part.letters for part in inside):
            return False
        branches = list(_branches(body))
        if branches:
            return not _has_repeat(body) and all(map(self.are_told_by_first_letter, branches))
        variable = [part for part in inside if part.varies]
        if not variable:
            return bool(inside)
        fixed = [part for part in inside if not part.varies]
        separators = [part for part in fixed if all(part.letters.isdisjoint(other.letters) for other in variable)]
        return bool(separators) and self.neighbours_differ(inside, separators)

    def are_told_by_first_letter(self, alternatives: Sequence[Any]) -> bool:
        """Whether the alternatives begin with different letters, so that only one can be tried."""
        seen: set[str] = set()
        for alternative in alternatives:
            row = self.row(alternative)
            if not row or not seen.isdisjoint(row[0].letters):
                return False
            seen |= row[0].letters
        return True

    def neighbours_differ(self, inside: list[Part], separators: list[Part]) -> bool:
        """Whether variable parts with no separator between them, turn after turn, share no letter."""
        before: Part | None = None
        for part in (*inside, *inside):
            if part in separators:
                before = None
            elif part.varies:
                if before is not None and not before.letters.isdisjoint(part.letters):
                    return False
                before = part
        return True


def _branches(body: Any) -> Iterator[Sequence[Any]]:
    """The alternatives of every branch in a body."""
    for operation, argument in body:
        if operation is _constants.BRANCH:
            yield argument[1]
        for child in _children(operation, argument):
            yield from _branches(child)


def _has_repeat(body: Any) -> bool:
    """Whether something in a body may stand more or less often."""
    return any(
        (operation in _REPEATS and argument[0] != argument[1]) or any(map(_has_repeat, _children(operation, argument)))
        for operation, argument in body
    )


def _estimate(parts: tuple[Part, ...], text: str, is_anchored: bool) -> int:
    """Starts, times the ways to share letters between repeats, times the longest run whose end is fixed."""
    runs: dict[frozenset[str], int] = {}
    ways = 1
    longest = 1 + sum(part.low for part in parts if not part.varies)
    for index, part in enumerate(parts):
        if not part.varies:
            continue
        if part.letters not in runs:
            runs[part.letters] = _longest_run(part.letters, text)
        run = (min(runs[part.letters], part.high) + 1) * part.weight
        if _has_fixed_end(part, parts[index + 1 :]):
            longest = max(longest, run)
        else:
            ways *= run
        if ways > NEVER:
            return NEVER
    starts = 1 if is_anchored else len(text) + 1
    if not is_anchored and parts and parts[0].low > 0 and 0 < len(parts[0].letters) < 20:
        starts = 1 + sum(map(text.count, parts[0].letters))
    return starts * ways * longest * (_BACK if ways > 1 else 1)


def _has_fixed_end(part: Part, following: Sequence[Part]) -> bool:
    """Whether only the longest run can lead on: no letter of the part can begin what comes next."""
    for other in following:
        if other.low == 0 and other.high == 0:
            continue
        if not other.letters.isdisjoint(part.letters):
            return False
        if other.low > 0:
            return True
    return not following


def _longest_run(letters: frozenset[str], text: str) -> int:
    """The length of the longest stretch made of these letters only."""
    present = set(text)
    if present <= letters:
        return len(text)
    wanted = present & letters
    if not wanted:
        return 0
    stretch = re.compile(f"[{''.join(map(re.escape, wanted))}]+")
    return max(len(found) for found in stretch.findall(text))
