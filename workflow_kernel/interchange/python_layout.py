"""Calls and literals as ruff's and black's formatters write them, at any line length from 88 up.

What fits stands on one line. What does not is taken apart into one part a line with a comma after each, which the
formatters leave alone. Widths are rather taken too large than too small, since that is safe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 88
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Code(str):
    """A value that is code already."""

    __slots__ = ()


def call(function: str, arguments: Sequence[tuple[str | None, Any]], *, is_flat: bool = False) -> str:
    """A call as a statement, ``function`` being all that stands before the bracket.

    Parameters
    ----------
    arguments: name (None where it goes by place) and value.
    is_flat: whether it must stand on one line, however long.
    """
    flat = [_flat(value) for _, value in arguments]
    line = function + "(" + ", ".join(_named(name, text) for (name, _), text in zip(arguments, flat, strict=True)) + ")"
    if is_flat or (_width(line) <= WIDTH and not any(_is_tall(value) for _, value in arguments)):
        return line
    parts = [
        "    " + _named(name, render(value, 4, 4 + (len(name) + 1 if name else 0))) + "," for name, value in arguments
    ]
    return "\n".join([f"{function}(", *parts, ")"])


def render(value: Any, indent: int, lead: int) -> str:
    """A value where it begins in column ``lead`` of a line indented by ``indent``."""
    if isinstance(value, Code):
        return value
    if isinstance(value, str) and _is_tall(value):
        return _tall(value)
    flat = _flat(value)
    is_container = isinstance(value, Mapping | list | tuple)
    if not is_container or not value or (lead + _width(flat) + 1 <= WIDTH and not _is_tall(value)):
        return flat
    pad = " " * (indent + 4)
    lines = []
    if isinstance(value, Mapping):
        for key, part in value.items():
            name = f"{pad}{_string(str(key))}: "
            lines.append(f"{name}{render(part, indent + 4, _width(name))},")
        return "\n".join(["{", *lines, f"{' ' * indent}}}"])
    lines = [f"{pad}{render(part, indent + 4, indent + 4)}," for part in value]
    return "\n".join(["[", *lines, f"{' ' * indent}]"])


def clean(text: str) -> str:
    """A text that can stand in a comment."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def literal(text: str) -> str:
    """A text as a literal."""
    return _string(text)


def _named(name: str | None, text: str) -> str:
    return text if name is None else f"{name}={text}"


def _flat(value: Any) -> str:
    if isinstance(value, Code):
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_string(str(key))}: {_flat(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value).replace("e+", "e") if isinstance(value, float) else repr(value)


def _string(text: str) -> str:
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(sign, quote) for sign in text) + quote


def _escaped(sign: str, quote: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign == quote:
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    number = ord(sign)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def _is_tall(value: Any) -> bool:
    """Whether a value holds a text of several lines that reads best as such."""
    if isinstance(value, Code):
        return "\n" in value
    if isinstance(value, Mapping):
        return any(map(_is_tall, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_is_tall, value))
    if not isinstance(value, str) or "\n" not in value or len(value) < 20:
        return False
    is_plain = all(sign.isprintable() or sign == "\n" for sign in value)
    return is_plain and '"""' not in value and not value.endswith('"')


def _tall(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    return f'"""\\\n{escaped}"""'


def _width(text: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in text)
