"""Columns of values made ready for the fields of a set: converted to their type, failures told apart.

``data.set`` calls this. What a type takes is in ``sdk.convert``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from workflow_kernel.expressions.scope import UNDEFINED, Column, Undefined
from workflow_kernel.nodes import _columns, _paths
from workflow_kernel.sdk import Binary, Item, NodeError
from workflow_kernel.sdk.convert import convert_value
from workflow_kernel.sdk.convert_javascript import is_nan, is_truthy, json_text, kind_of, number_of, text_of

NullText = Literal["null", "text", "error"]

_PLAIN: dict[str, frozenset[type]] = {
    "string": frozenset((str,)),
    "number": frozenset((int, float)),
    "boolean": frozenset((bool,)),
    "array": frozenset((list,)),
    "object": frozenset((dict,)),
}
_MEND = (
    "Change the type of the field '{name}', or switch on 'ignore_conversion_errors' to leave such values as they are."
)


class Reading(msgspec.Struct, frozen=True):
    """How values become fields.

    Parameters
    ----------
    ignore_errors: a value that is not of the field's type stays as it is.
    null_text: what a text field becomes when its value is null or missing.
    zone: where dates without an offset are.
    """

    ignore_errors: bool
    null_text: NullText
    zone: str


class Refused(NamedTuple):
    """Stands in place of a value that is not of its field's type; why, without the item's position."""

    message: str


def convert_column(name: str, kind: str, column: Column, reading: Reading) -> Sequence[Any]:
    """The values of one field, converted; :class:`Refused` where a value cannot be.

    Parameters
    ----------
    name: the field's name, for messages.
    kind: the field's type.
    column: one value per item.
    reading: how they are read.
    """
    if kind == "any":
        return _columns.as_list(column)
    if kind == "truthy":
        return _columns.map_column(column, is_truthy)
    if kind == "numeric":
        return _columns.map_column(column, numeric)
    plain = _PLAIN.get(kind, frozenset())
    if not _columns.is_constant(column) and set(map(type, column)) <= plain:
        return column

    def convert(value: Any) -> Any:
        return value if value.__class__ in plain else _convert(name, kind, value, reading)

    return _columns.map_column(column, convert)


def numeric(value: Any) -> Any:
    """A text that is a number as that number; anything else as it is."""
    if not isinstance(value, str):
        return value
    number = number_of(value)
    return value if is_nan(number) else number


def _convert(name: str, kind: str, value: Any, reading: Reading) -> Any:
    if value is None or value is UNDEFINED:
        if kind != "string" or reading.null_text == "null":
            return None
        shown = "null" if value is None else "undefined"
        if reading.null_text == "text":
            return shown
        return None if reading.ignore_errors else Refused(f"'{name}' expects a string but we got '{shown}'")
    if kind == "string":
        return json_text(value) if kind_of(value) in ("array", "object") else text_of(value)
    converted = convert_value(name, value, kind, zone=reading.zone)
    if converted.valid:
        return converted.value
    return value if reading.ignore_errors else Refused(converted.message)


def assign(bases: Sequence[dict[str, Any]], name: str, values: Sequence[Any], *, literal: bool) -> None:
    """Set one field of many objects; an undefined value takes the field away.

    Parameters
    ----------
    bases: the objects, changed in place; nested parts on the way are copied.
    name: the field, or a path to it.
    values: one value per object.
    literal: whether the name is a field's even where it has dots.
    """
    if literal or not ("." in name or "[" in name):
        for base, value in zip(bases, values, strict=True):
            base[name] = value
        if Undefined in set(map(type, values)):
            for base, value in zip(bases, values, strict=True):
                if value is UNDEFINED:
                    del base[name]
        return
    for base, value in zip(bases, values, strict=True):
        if value is UNDEFINED:
            _paths.delete_path(base, name)
        else:
            _paths.set_path(base, name, value)


def conversion_error(name: str, refused: Refused, index: int) -> NodeError:
    """The error for a value that is not of its field's type."""
    return NodeError(f"{refused.message} [item {index}]", description=_MEND.format(name=name), item=index)


def as_attachment(value: Any, item: Item) -> Binary | None:
    """The attachment a field of type ``binary`` names: one of the item's by name or as an expression gave it."""
    own = item.binary or {}
    if isinstance(value, Binary):
        return value
    if isinstance(value, str):
        return own.get(value)
    if not isinstance(value, Mapping):
        return None
    for candidate in own.values():
        if value.get("id") == candidate.blob or value.get("blob") == candidate.blob:
            return candidate
    digest = value.get("blob") or value.get("id")
    if isinstance(digest, str):
        return Binary(digest, value.get("mimeType", "application/octet-stream"), value.get("fileName"),
                      value.get("fileExtension"), int(value.get("bytes") or value.get("size") or 0))  # fmt: skip
    return None
