"""Lists of field names as parameters, and reading them from imported nodes. Used by the nodes that work on fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.nodes._imports import computed
from workflow_kernel.sdk import NodeError

_PREFIX = re.compile(r"^\$json\.")


def split_names(value: Any) -> Any:
    """A list of field names from a list or from text with commas: ``"a, b"`` gives ``["a", "b"]``."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, list | tuple) and all(isinstance(name, str | int | float) for name in value):
        names = (_PREFIX.sub("", str(name).strip()) for name in value)
        return [name for name in names if name]
    return value


def strip_name(value: Any) -> Any:
    """A field name without the blanks around it and without a leading ``$json.``."""
    return _PREFIX.sub("", value.strip()) if isinstance(value, str) else value


FieldNames = Annotated[list[str], BeforeValidator(split_names)]
"""Field names; text with commas is taken as well."""

FieldName = Annotated[str, BeforeValidator(strip_name)]
"""One field name."""


def require(names: Iterable[str], parameter: str, what: str) -> None:
    """Raise ``NodeError`` when no field is named.

    Parameters
    ----------
    names: the field names given.
    parameter: the parameter they belong to.
    what: what they are for, e.g. ``"to compare"``.
    """
    if not any(names):
        raise NodeError(f"No field {what} is named.", mend=f"Name at least one in '{parameter}'.")


def imported_names(value: Any, key: str = "fieldName") -> Any:
    """Field names as imported nodes write them, as ours: a list, or the expression that gives it.

    Parameters
    ----------
    value: text with commas, a list of names, ``{"fields": [{"fieldName": ...}]}``, or an expression.
    key: name of the entry that holds the field's name in the last form.
    """
    if isinstance(value, Mapping):
        groups = [group for group in value.values() if isinstance(group, list)]
        return [entry.get(key, "") for group in groups for entry in group if isinstance(entry, Mapping)]
    if is_expression(value):
        return value
    return split_names(value) if isinstance(value, str | list) else []


def negated(value: Any) -> Any:
    """The opposite of an imported boolean, which may be an expression."""
    return computed(value, "!(%s)") if is_expression(value) else not value


def given(**parameters: Any) -> dict[str, Any]:
    """The parameters that were given, without those that are None."""
    return {name: value for name, value in parameters.items() if value is not None}
