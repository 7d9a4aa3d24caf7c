"""The functions behind ``$ifEmpty``, ``$min``, ``$max``, ``$jmespath``, ``isinstance`` and ``{**value}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from jmespath.visitor import TreeInterpreter

from workflow_kernel.base.errors import ExpressionError
from workflow_kernel.expressions.functions import FUNCTIONS, TYPES
from workflow_kernel.expressions.python_meter import CONTAINERS, Meter, kind_of
from workflow_kernel.expressions.python_values import plain

MAX_PATH = 1_000


def is_instance(meter: Meter, value: Any, names: tuple[str, ...]) -> bool:
    """``isinstance(value, (str, int))``."""
    return any(isinstance(value, TYPES[name]) for name in names)


def mapping(meter: Meter, value: Any) -> dict[Any, Any]:
    """What ``**`` takes inside an object."""
    if not isinstance(value, Mapping):
        raise ExpressionError(f"'**' needs an object, not {kind_of(value)}.", mend="Write {**(value or {})}.")
    meter.charge(len(value))
    return dict(value)


def if_empty(meter: Meter, value: Any, default: Any) -> Any:
    """The value, or the default where it is None, an empty text, list or object."""
    if value is None or (type(value) in (str, *CONTAINERS) and not value):
        return default
    return value


def _numbers(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(values[0]) if len(values) == 1 and type(values[0]) in (list, tuple) else values


def smallest(meter: Meter, *values: Any) -> Any:
    """The smallest of the values."""
    return FUNCTIONS["min"](meter, *_numbers(values))


def largest(meter: Meter, *values: Any) -> Any:
    """The largest of the values."""
    return FUNCTIONS["max"](meter, *_numbers(values))


class _MeteredInterpreter(TreeInterpreter):  # type: ignore[misc]
    """JMESPath that counts: its pipes can double data at each stage."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter

    def visit(self, node: Any, *arguments: Any, **named: Any) -> Any:
        self.meter.charge(4)
        result = super().visit(node, *arguments, **named)
        return self.meter.weigh(result) if type(result) in CONTAINERS else result


def search_path(meter: Meter, value: Any, expression: str) -> Any:
    """What a JMESPath expression finds: $jmespath($json, "rows[?price > `10`].name")."""
    if type(expression) is not str or len(expression) > MAX_PATH:
        raise ExpressionError(f"A JMESPath expression is a text of at most {MAX_PATH:,} characters.")
    try:
        parsed = jmespath.compile(expression)
        return _MeteredInterpreter(meter).visit(parsed.parsed, plain(meter, value))
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        reason = str(error).split("\n")[0][:200]
        raise ExpressionError(f"JMESPath: {reason}.", mend="See jmespath.org for its rules.") from None


DOLLAR_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "ifEmpty": if_empty,
    "min": smallest,
    "max": largest,
    "jmespath": search_path,
    "jmesPath": search_path,
}
