"""Methods of texts that expressions may call; those that can grow ask the meter first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_meter import Meter, kind_of

MAX_PARTS = 1_000_000


def _need_text(value: Any, what: str) -> str:
    if type(value) is not str:
        raise ExpressionError(f"{what} must be a text, not {kind_of(value)}.")
    return value


def join(meter: Meter, separator: str, values: Any) -> str:
    """``separator.join(values)``; numbers must be turned into text first, as in Python."""
    parts = list(meter.walk(values))
    for part in parts:
        if type(part) is not str:
            raise ExpressionError(
                f"join() needs texts, but the list has {kind_of(part)}.",
                mend=f"Write {separator!r}.join(str(x) for x in ...).",
            )
    meter.expect(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def replace(meter: Meter, value: str, old: str, new: str, count: int = -1) -> str:
    """``value.replace(old, new)``."""
    found = value.count(_need_text(old, "What to replace"))
    growth = (len(_need_text(new, "The replacement")) - len(old)) * (found if count < 0 else min(found, count))
    meter.expect(len(value) + max(growth, 0))
    return value.replace(old, new, count)


def _padding(name: str) -> Callable[..., str]:
    function = getattr(str, name)

    def pad(meter: Meter, value: str, width: int, *fill: str) -> str:
        if type(width) is int:
            meter.expect(max(width, len(value)))
        return function(value, width, *fill)  # type: ignore[no-any-return]

    return pad


def expand_tabs(meter: Meter, value: str, tabsize: int = 8) -> str:
    """``value.expandtabs(tabsize)``."""
    meter.expect(len(value) + value.count("\t") * max(tabsize, 0))
    return value.expandtabs(tabsize)


def _splitting(name: str) -> Callable[..., list[str]]:
    function = getattr(str, name)

    def split(meter: Meter, value: str, sep: str | None = None, maxsplit: int = -1) -> list[str]:
        if sep is not None:
            _check_needle(value, _need_text(sep, "The separator"))
        parts = function(value, sep, min(maxsplit, MAX_PARTS) if maxsplit >= 0 else MAX_PARTS)
        if len(parts) > MAX_PARTS:
            raise ExpressionError(f"{name}() would give more than {MAX_PARTS:,} parts.")
        meter.expect(len(value) + 56 * len(parts), "list")
        return parts  # type: ignore[no-any-return]

    return split


def split_lines(meter: Meter, value: str, keepends: bool = False) -> list[str]:
    """``value.splitlines()``."""
    meter.charge(len(value) >> 2)
    return value.splitlines(keepends)


def _stripping(name: str) -> Callable[..., str]:
    function = getattr(str, name)

    def strip(meter: Meter, value: str, chars: str | None = None) -> str:
        if chars is not None and len(chars) > 1_000:
            raise ExpressionError(f"{name}() takes at most 1,000 characters to remove.")
        return function(value, chars)  # type: ignore[no-any-return]

    return strip


def _searching_back(name: str) -> Callable[..., Any]:
    function = getattr(str, name)

    def search(meter: Meter, value: str, wanted: str, *places: Any) -> Any:
        _check_needle(value, _need_text(wanted, "What to look for"))
        return function(value, wanted, *places)

    return search


def _check_needle(value: str, wanted: str) -> None:
    """Searching backwards takes time by both lengths in CPython."""
    if len(value) * len(wanted) > 50_000_000:
        raise ExpressionError("The text to look for is too long for a text of this length.")


METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(str, name)
    for name in (
        *("capitalize", "casefold", "lower", "swapcase", "title", "upper"),
        *("count", "find", "index", "startswith", "endswith", "removeprefix", "removesuffix", "partition"),
        *("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric"),
        *("isprintable", "isspace", "istitle", "isupper"),
    )
}

GUARDED: dict[str, Callable[..., Any]] = {
    "join": join,
    "replace": replace,
    "expandtabs": expand_tabs,
    "splitlines": split_lines,
    **{name: _padding(name) for name in ("center", "ljust", "rjust", "zfill")},
    **{name: _splitting(name) for name in ("split", "rsplit")},
    **{name: _stripping(name) for name in ("strip", "lstrip", "rstrip")},
    **{name: _searching_back(name) for name in ("rfind", "rindex", "rpartition")},
}

REFUSED = {
    "format": 'Use an f-string: f"{$json.name}".',
    "format_map": 'Use an f-string: f"{$json.name}".',
    "encode": "Use base64_encode(text) or hash_text(text).",
    "translate": "Use replace().",
    "maketrans": "Use replace().",
    "length": "Use len(text).",
    "toUpperCase": "In Python it is upper().",
    "toLowerCase": "In Python it is lower().",
    "trim": "In Python it is strip().",
    "includes": 'In Python: "part" in text.',
    "substring": "In Python: text[start:stop].",
    "toString": "In Python: str(value).",
}
"""Methods people try, and what to write instead."""
