"""Where in a JSON text a value stands, so that a problem can name its line and column.

Used only after something was found wrong: reading a good file never scans it a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and indices from the whole value to a part of it."""

BUDGET = 300_000
"""Tokens looked at; in a longer text a problem is told without its place rather than late."""

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}:,]|[^\s"\[\]{}:,]+', re.DOTALL)


class Places(NamedTuple):
    """What a scan of a text found, as offsets into it.

    Parameters
    ----------
    offsets: where the wanted paths stand: at the key for a member of an object, at the value otherwise.
    duplicates: keys that stand twice: their path, first and second place.
    too_deep: where the nesting first exceeds the limit.
    """

    offsets: dict[Path, int]
    duplicates: list[tuple[Path, int, int]]
    too_deep: int | None = None


class _Frame:
    """An object or list the scan is inside of."""

    __slots__ = ("is_object", "is_value_next", "key", "seen")

    def __init__(self, is_object: bool) -> None:
        self.is_object = is_object
        self.key: str | int = 0
        self.is_value_next = not is_object
        self.seen: dict[str, int] = {}


def find_places(text: str, wanted: Container[Path] = (), max_depth: int = 10_000) -> Places:
    """Scan a text that has been read as JSON (or is nested too deeply to be).

    Parameters
    ----------
    text: the JSON.
    wanted: paths whose places are asked for.
    max_depth: nesting at which the scan stops.
    """
    places = Places({}, [])
    frames: list[_Frame] = []
    for number, match in enumerate(_TOKEN.finditer(text)):
        if number > BUDGET:
            break
        sign, offset = match.group(), match.start()
        if sign in ("{", "["):
            _note(places, frames, offset, wanted)
            if len(frames) >= max_depth:
                return places._replace(too_deep=offset)
            frames.append(_Frame(sign == "{"))
        elif sign in ("}", "]"):
            if frames:
                frames.pop()
        elif sign == ",":
            if frames:
                _step(frames[-1])
        elif sign == ":":
            continue
        elif frames and frames[-1].is_object and not frames[-1].is_value_next:
            _take_key(places, frames, sign, offset, wanted)
        else:
            _note(places, frames, offset, wanted)
    return places


def _step(frame: _Frame) -> None:
    if isinstance(frame.key, int) and not frame.is_object:
        frame.key += 1
    frame.is_value_next = not frame.is_object


def _take_key(places: Places, frames: list[_Frame], sign: str, offset: int, wanted: Container[Path]) -> None:
    frame = frames[-1]
    try:
        key = str(json.loads(sign))
    except ValueError:
        key = sign
    frame.key = key
    frame.is_value_next = True
    path = tuple(outer.key for outer in frames)
    if key in frame.seen:
        places.duplicates.append((path, frame.seen[key], offset))
    frame.seen.setdefault(key, offset)
    if path in wanted:
        places.offsets.setdefault(path, offset)


def _note(places: Places, frames: list[_Frame], offset: int, wanted: Container[Path]) -> None:
    if frames and frames[-1].is_object:
        return  # a member's place is its key
    path = tuple(frame.key for frame in frames)
    if path in wanted:
        places.offsets.setdefault(path, offset)


def line_and_column(text: str, offset: int) -> str:
    """An offset as people count: ``line 3, column 14``."""
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"
