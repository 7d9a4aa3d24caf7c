"""Finds the route of a path: a tree of segments, so that a request costs the same however many routes there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar
from urllib.parse import unquote

Found = TypeVar("Found")

_ANY = "{}"


class _Place(Generic[Found]):
    __slots__ = ("below", "methods", "names")

    def __init__(self) -> None:
        self.below: dict[str, _Place[Found]] = {}
        self.methods: dict[str, tuple[tuple[str, ...], Found]] = {}
        self.names: tuple[str, ...] = ()


class Paths(Generic[Found]):
    """Paths with ``{parameters}``, each for one segment. A segment that is spelled out goes before a parameter."""

    def __init__(self) -> None:
        self._root: _Place[Found] = _Place()

    def add(self, method: str, path: str, found: Found) -> None:
        """Put something at a path. Raises ``ValueError`` where something is already."""
        place = self._root
        names: list[str] = []
        for segment in path.removeprefix("/").split("/"):
            is_parameter = segment.startswith("{")
            if is_parameter:
                names.append(segment[1:-1])
            place = place.below.setdefault(_ANY if is_parameter else segment, _Place())
        if method in place.methods:
            raise ValueError(f"two routes are at {method} {path}")
        place.methods[method] = (tuple(names), found)

    def methods(self, path: str) -> Iterable[str]:
        """The methods a path takes; none where nothing is there."""
        found = self._place(path)
        return () if found is None else found[0].methods.keys()

    def find(self, method: str, path: str) -> tuple[Found, dict[str, str]] | None:
        """What is at a path, and the values of its parameters."""
        found = self._place(path)
        if found is None or method not in found[0].methods:
            return None
        place, values = found
        names, what = place.methods[method]
        return what, dict(zip(names, values, strict=True))

    def _place(self, path: str) -> tuple[_Place[Found], list[str]] | None:
        segments = path.removeprefix("/").split("/")
        return _walk(self._root, segments, 0, [])


def _walk(
    place: _Place[Found], segments: list[str], at: int, values: list[str]
) -> tuple[_Place[Found], list[str]] | None:
    if at == len(segments):
        return (place, values) if place.methods else None
    segment = segments[at]
    below = place.below.get(segment) if segment != _ANY else None
    if below is not None:
        found = _walk(below, segments, at + 1, values)
        if found is not None:
            return found
    below = place.below.get(_ANY)
    if below is None or not segment:
        return None
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return _walk(below, segments, at + 1, [*values, text])
