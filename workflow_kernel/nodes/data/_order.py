"""The order of JSON values, as JavaScript's ``<`` has it. Used where items are sorted or the largest is sought."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from workflow_kernel.nodes._paths import MISSING, deep_equal
from workflow_kernel.sdk.convert_javascript import is_less, text_of


def is_before(left: Any, right: Any) -> bool:
    """``left < right`` in JavaScript: texts by their letters, all else by number; objects as their text."""
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        if all(isinstance(value, dict | list | str) for value in (left, right)):
            left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return letters(left) < letters(right)
    if left is MISSING or right is MISSING:
        return False
    return is_less(left, right)


def letters(text: str) -> Any:
    """A key that sorts texts as JavaScript does, by their 16-bit units."""
    return text if text.isascii() else text.encode("utf-16-be", "surrogatepass").decode("latin-1")[1::2].join("") or (
        text.encode("utf-16-be", "surrogatepass")
    )
