"""The ``re`` namespace. Python's engine has no time limit, so ``python_backtracking`` judges first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_attributes import Handle
from workflow_kernel.expressions.python_backtracking import MAX_PATTERN, steps_needed
from workflow_kernel.expressions.python_meter import Meter, kind_of
from workflow_kernel.expressions.python_source import without_warnings

MAX_TEXT = 1_000_000
MAX_STEPS = 300_000_000
"""Steps of the matching engine one search may need: less than a second."""

FLAGS: Mapping[str, int] = {
    "I": int(re.I),
    "IGNORECASE": int(re.I),
    "M": int(re.M),
    "MULTILINE": int(re.M),
    "S": int(re.S),
    "DOTALL": int(re.S),
    "X": int(re.X),
    "VERBOSE": int(re.X),
    "A": int(re.A),
    "ASCII": int(re.A),
}

_ALLOWED = re.I | re.M | re.S | re.X | re.A


class MatchHandle(Handle):
    """What ``re.search`` found."""

    __slots__ = ("found",)
    shown = "a match"

    def __init__(self, found: re.Match[str]) -> None:
        self.found = found

    def group(self, *groups: Any) -> Any:
        """The text of the whole match, or of groups by number or name."""
        try:
            return self.found.group(*groups)
        except IndexError:
            raise ExpressionError(f"The pattern has no group {groups[0]!r}.") from None

    methods = {
        "group": group,
        "[]": group,
        "groups": lambda handle: list(handle.found.groups()),
        "groupdict": lambda handle: handle.found.groupdict(),
        "start": lambda handle, group=0: handle.found.start(group),
        "end": lambda handle, group=0: handle.found.end(group),
        "span": lambda handle, group=0: list(handle.found.span(group)),
    }


@lru_cache(maxsize=500)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    with without_warnings():
        return re.compile(pattern, flags)


def _ready(meter: Meter, pattern: Any, text: Any, flags: Any, is_anchored: bool = False) -> re.Pattern[str]:
    """The compiled pattern, after checking that matching it against the text ends soon."""
    for value, what in ((pattern, "pattern"), (text, "text to search in")):
        if type(value) is not str:
            raise ExpressionError(f"The {what} must be a text, not {kind_of(value)}.", mend="Write (value or '').")
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError(f"The pattern is longer than {MAX_PATTERN} characters.")
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"The text to search in is longer than {MAX_TEXT:,} characters.", mend="Use a code node.")
    if not isinstance(flags, int) or flags & ~_ALLOWED:
        raise ExpressionError("These flags are not available.", mend=f"There are: {', '.join(FLAGS)}.")
    try:
        compiled = _compiled(pattern, flags)
    except (re.error, OverflowError) as error:
        raise ExpressionError(f"The pattern is not right: {error}.") from None
    except RecursionError:
        raise ExpressionError("The pattern is nested too deeply.") from None
    meter.check_clock()
    steps = steps_needed(compiled, text, is_anchored)
    if steps > MAX_STEPS:
        raise ExpressionError(
            f"Searching {len(text):,} characters with this pattern could take too long.",
            mend="Repeats such as (a+)+ or .*.* try every split of the text; end each repeat with a fixed character.",
        )
    meter.charge(steps >> 9)
    return compiled


def search(meter: Meter, pattern: str, text: str, flags: int = 0) -> MatchHandle | None:
    """The first match anywhere in the text, or None; .group() is its text."""
    found = _ready(meter, pattern, text, flags).search(text)
    return MatchHandle(found) if found else None


def match(meter: Meter, pattern: str, text: str, flags: int = 0) -> MatchHandle | None:
    """The match at the start of the text, or None."""
    found = _ready(meter, pattern, text, flags, True).match(text)
    return MatchHandle(found) if found else None


def fullmatch(meter: Meter, pattern: str, text: str, flags: int = 0) -> MatchHandle | None:
    """The match of the whole text, or None."""
    found = _ready(meter, f"(?:{pattern}\n)\\Z" if flags & re.X else f"(?:{pattern})\\Z", text, flags, True).match(text)
    return MatchHandle(found) if found else None


def findall(meter: Meter, pattern: str, text: str, flags: int = 0) -> list[Any]:
    """The texts of all matches; of the groups where the pattern has some."""
    compiled = _ready(meter, pattern, text, flags)
    meter.expect(len(text) * 8, "list")
    return compiled.findall(text)


def finditer(meter: Meter, pattern: str, text: str, flags: int = 0) -> list[MatchHandle]:
    """All matches as a list, each with .group(), .start() and .end()."""
    compiled = _ready(meter, pattern, text, flags)
    meter.expect(len(text) * 8, "list")
    return [MatchHandle(found) for found in compiled.finditer(text)]


def split(meter: Meter, pattern: str, text: str, maxsplit: int = 0, flags: int = 0) -> list[Any]:
    """The parts of the text between matches."""
    compiled = _ready(meter, pattern, text, flags)
    meter.expect(len(text) * 8 * (1 + compiled.groups), "list")
    return compiled.split(text, maxsplit)


def sub(meter: Meter, pattern: str, replacement: str, text: str, count: int = 0, flags: int = 0) -> str:
    r"""The text with matches replaced; \1 or \g<name> stand for groups."""
    if type(replacement) is not str:
        raise ExpressionError(f"The replacement must be a text, not {kind_of(replacement)}.")
    compiled = _ready(meter, pattern, text, flags)
    return meter.text("".join(_replaced(meter, compiled, replacement, text, count)))


def _replaced(meter: Meter, pattern: re.Pattern[str], replacement: str, text: str, count: int) -> Iterator[str]:
    """The pieces of the new text; made one by one so that the meter sees them grow."""
    at = made = 0
    marks = replacement.count("\\")
    for number, found in enumerate(pattern.finditer(text)):
        if count and number >= count:
            break
        if marks:
            meter.expect(len(replacement) + marks * max(map(len, (found[0], *found.groups("")))))
        new = found.expand(replacement) if marks else replacement
        made += len(new)
        if made > meter.limits.size:
            meter.expect(made)
        yield text[at : found.start()]
        yield new
        at = found.end()
    yield text[at:]


def escape(meter: Meter, text: str) -> str:
    """The text as a pattern that matches just it."""
    if type(text) is not str:
        raise ExpressionError(f"re.escape() needs a text, not {kind_of(text)}.")
    meter.expect(len(text) * 2)
    return re.escape(text)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function for function in (search, match, fullmatch, findall, finditer, split, sub, escape)
}
