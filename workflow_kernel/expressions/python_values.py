"""Turning the values of expressions into text and into plain results.

A result leaves as JSON-able data: moments become ISO texts, tuples and sets lists, items their objects. In mixed
templates values become text the way both languages agree on; ``str()`` follows Python.
"""

from __future__ import annotations

import datetime as dates
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.python_attributes import Handle, attachments, binary_fields, kind_name
from workflow_kernel.expressions.python_meter import CONTAINERS, SCALARS, SMALL, Meter
from workflow_kernel.expressions.python_operators import check_spec
from workflow_kernel.runs.item import Binary, Item

_PRINTABLE = SCALARS | {dates.datetime, dates.date, dates.time, dates.timedelta, Decimal, range}


_CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}


def as_text(meter: Meter, value: Any) -> str:
    """``str(value)``."""
    return str(readable(meter, value))


def readable(meter: Meter, value: Any) -> Any:
    """The value if printing it is safe and bounded, its plain form otherwise."""
    if type(value) in _PRINTABLE:
        return value
    if type(value) in CONTAINERS and _is_readable(meter.weigh(value)):
        return value
    return plain(meter, value)


def _is_readable(value: Any) -> bool:
    stack = [value]
    while stack:
        part = stack.pop()
        if type(part) in CONTAINERS:
            stack.extend(part.values() if type(part) is dict else part)
        elif type(part) not in _PRINTABLE:
            return False
    return True


def format_value(meter: Meter, value: Any, conversion: str, spec: str) -> str:
    """One field of an f-string."""
    if not spec and not conversion:
        return value if type(value) is str else as_text(meter, value)
    value = readable(meter, value)
    if conversion:
        if type(value) is str:
            meter.expect(len(value) * 10)
        value = _CONVERSIONS[conversion](value)
    try:
        return meter.text(format(value, check_spec(spec)))
    except (TypeError, ValueError) as error:
        raise ExpressionError(f"The format '{spec}' does not fit {kind_name(value)}: {error}.") from None


def concatenate(meter: Meter, *parts: str) -> str:
    """The texts of an f-string, one after the other."""
    size = sum(map(len, parts))
    if size > SMALL:
        meter.expect(size)
    return "".join(parts)


def template_text(meter: Meter, value: Any) -> str:
    """A value inside mixed text, as in JavaScript: None is empty, bools are lower case, objects are JSON."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return str(value)
    value = plain(meter, value)
    return value if type(value) is str else msgspec.json.encode(value).decode()


def plain(meter: Meter, value: Any) -> Any:
    """The value as JSON-able data; the same object where nothing has to change."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is dict and len(value) < 50 and _is_flat(value):
        return value
    return _plain(meter.weigh(value))


def _is_flat(value: dict[Any, Any]) -> bool:
    """Whether an object needs no changes and no weighing: the usual small record."""
    for key, part in value.items():
        if type(key) is not str or type(part) not in SCALARS or (type(part) is str and len(part) > SMALL):
            return False
    return True


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is dict:
        changed = {_key(key): _plain(part) for key, part in value.items()}
        return value if all(changed.get(key, value) is part for key, part in value.items()) else changed
    if kind is list:
        parts = [_plain(part) for part in value]
        return value if all(new is old for new, old in zip(parts, value, strict=True)) else parts
    if kind in CONTAINERS or kind is range:
        return [_plain(part) for part in value]
    return _plain_other(value)


def _key(key: Any) -> Any:
    if type(key) is str:
        return key
    if key is None or type(key) in SCALARS:
        return {True: "true", False: "false", None: "null"}[key] if type(key) in (bool, type(None)) else str(key)
    return str(_plain(key))


def _plain_other(value: Any) -> Any:
    """Values JSON has no word for."""
    if isinstance(value, dates.datetime | dates.date | dates.time):
        return value.isoformat()
    if isinstance(value, dates.timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    if isinstance(value, Item):
        whole: dict[str, Any] = {"json": value.json}
        return {**whole, "binary": attachments(value)} if value.binary else whole
    if isinstance(value, Binary):
        return binary_fields(value)
    if isinstance(value, Mapping) and not isinstance(value, Handle):
        return _plain(dict(value))
    if isinstance(value, Handle):
        raise ExpressionError(
            f"The result is {kind_name(value)} itself.", mend="Ask for a part of it, e.g. .item.json."
        )
    return value
