"""Paths into JSON (``a.b[0].c``), and when two JSON values are the same. Nodes that take field names use this.

A path is read the way lodash reads it, which is what people who wrote JavaScript expect: a key that stands literally
in the object wins over its parts (``{"a.b": 1}`` has a field ``a.b``), brackets hold indices or quoted keys. With
``literal=True`` the whole text is one key.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from functools import lru_cache
from typing import Any

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk.convert_javascript import text_of

MISSING: Any = UNDEFINED
"""What :func:`get_path` gives where there is nothing: JavaScript's undefined."""

_NAME = re.compile(
    r"""[^.\[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))"""
)
_ESCAPE = re.compile(r"\\(.)")
_FORBIDDEN = frozenset(("__proto__", "constructor", "prototype"))


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[str, ...]:
    """The keys of a path: ``a[0]["b.c"]`` gives ``("a", "0", "b.c")``."""
    keys: list[str] = [""] if path.startswith(".") else []
    for match in _NAME.finditer(path):
        number, quote, quoted = match.groups()
        keys.append(_ESCAPE.sub(r"\1", quoted) if quote else number or match.group())
    return tuple(keys)


def keys_of(obj: Any, path: str, literal: bool = False) -> tuple[str, ...]:
    """The keys ``path`` stands for in ``obj``: itself where it is a key there, else its parts."""
    if literal or ("." not in path and "[" not in path):
        return (path,)
    if isinstance(obj, dict) and path in obj:
        return (path,)
    return parse_path(path)


def get_path(obj: Any, path: str, default: Any = MISSING, *, literal: bool = False) -> Any:
    """The value at ``path``, or ``default`` where there is none. A null that is there is ``None``."""
    if isinstance(obj, dict):
        value = obj.get(path, UNDEFINED)
        if value is not UNDEFINED:
            return value
    for key in keys_of(obj, path, literal):
        obj = _child(obj, key)
        if obj is UNDEFINED:
            return default
    return obj


def has_path(obj: Any, path: str, *, literal: bool = False) -> bool:
    """Whether there is a value, be it null, at ``path``."""
    return get_path(obj, path, literal=literal) is not UNDEFINED


def set_path(obj: dict[str, Any], path: str, value: Any, *, literal: bool = False) -> dict[str, Any]:
    """Put ``value`` at ``path``; parts that are missing are made, as lists where the next key is an index.

    ``obj`` itself is changed, so give a copy of an item's JSON (a shallow one will do: nested parts on the way are
    replaced by copies, never changed). Gives ``obj`` back.
    """
    keys = keys_of(obj, path, literal)
    if _FORBIDDEN.intersection(keys):
        return obj
    node: Any = obj
    for position, key in enumerate(keys[:-1]):
        child = _child(node, key)
        if isinstance(child, dict):
            child = dict(child)
        elif isinstance(child, list):
            child = list(child)
        else:
            child = [] if _is_index(keys[position + 1]) else {}
        _assign(node, key, child)
        node = child
    _assign(node, keys[-1], value)
    return obj


def delete_path(obj: dict[str, Any], path: str, *, literal: bool = False) -> bool:
    """Take away the value at ``path``; tells whether there was one. Changes ``obj`` as :func:`set_path` does.

    In a list the place stays, as null, so that the others keep their index.
    """
    if not has_path(obj, path, literal=literal):
        return False
    keys = keys_of(obj, path, literal)
    node: Any = obj
    for key in keys[:-1]:
        child = _child(node, key)
        child = dict(child) if isinstance(child, dict) else list(child)
        _assign(node, key, child)
        node = child
    if isinstance(node, dict):
        del node[keys[-1]]
    elif _is_index(keys[-1]):
        node[int(keys[-1])] = None
    return True


def deep_equal(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same: keys in any order, 1 equals 1.0, true is not 1, NaN equals NaN."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict):
        if not isinstance(b, dict) or len(a) != len(b):
            return False
        return all(key in b and deep_equal(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple):
        if not isinstance(b, list | tuple) or len(a) != len(b):
            return False
        return all(deep_equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    return bool(a == b)


def fuzzy_equal(a: Any, b: Any, *, zero_is_empty: bool = False) -> bool:
    """Whether two JSON values are the same but for their type.

    Null, the empty text and the empty list are alike, and equal a missing field; a number equals its text, an object
    its JSON, a boolean the texts ``true``/``false`` in any case, and true 1 and false 0, as numbers and as texts.

    Parameters
    ----------
    a, b: JSON values or ``MISSING``.
    zero_is_empty: null also equals 0 and ``"0"``.
    """
    kind_a, kind_b = _kind(a), _kind(b)
    if kind_a == kind_b:
        return deep_equal(a, b)
    if zero_is_empty and ((a is None and _is_zero(b)) or (b is None and _is_zero(a))):
        return True
    if _is_empty(a) and _is_empty(b):
        return a is not UNDEFINED or b is not UNDEFINED
    if kind_b == "string":
        return _equals_text(a, kind_a, b)
    if kind_a == "string":
        return _equals_text(b, kind_b, a)
    if {kind_a, kind_b} == {"boolean", "number"}:
        return bool(a == b)
    return False


def _child(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node.get(key, UNDEFINED)
    if isinstance(node, list | tuple | str):
        if _is_index(key):
            return node[int(key)] if int(key) < len(node) else UNDEFINED
        if key == "length":
            return len(node)
    return UNDEFINED


def _assign(node: Any, key: str, value: Any) -> None:
    if isinstance(node, dict):
        node[key] = value
    elif _is_index(key):
        index = int(key)
        node.extend([None] * (index + 1 - len(node)))
        node[index] = value
    # A list has no other keys: what JavaScript would hang on it is lost as soon as it is written as JSON.


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and (key == "0" or key[0] != "0") and len(key) < 8


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def _is_empty(value: Any) -> bool:
    return value is None or value is UNDEFINED or value == "" or (isinstance(value, list | tuple) and not value)


def _is_zero(value: Any) -> bool:
    return value == "0" or (value == 0 and not isinstance(value, bool))


def _equals_text(value: Any, kind: str, text: str) -> bool:
    if kind == "number":
        return text_of(value) == text
    if kind == "boolean":
        return text.lower() in (("true", "1") if value else ("false", "0"))
    if kind == "object" and not isinstance(value, dt.datetime):
        try:
            return deep_equal(value, json.loads(text))
        except (ValueError, RecursionError):
            return False
    return kind == "object" and text_of(value) == text
