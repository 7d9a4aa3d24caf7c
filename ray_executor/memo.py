"""What was found out once about an object that does not change, such as a placed node, is not found out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")

MOST = 10_000


class Memo(Generic[T, V]):
    """Values by the identity of what they were made of.

    Parameters
    ----------
    make: gives the value for an object, and for what else it depends on, which is the same whenever the object is.
    most: objects to keep in mind.
    """

    def __init__(self, make: Callable[..., V], most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._known: dict[int, tuple[T, V]] = {}

    def __call__(self, key: T, *more: object) -> V:
        found = self._known.get(id(key))
        if found is not None and found[0] is key:
            return found[1]
        value = self._make(key, *more)
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[id(key)] = (key, value)
        return value
