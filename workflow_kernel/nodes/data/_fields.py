"""Columns of values made ready for the fields of a set: converted to their type, failures told apart.

``data.set`` calls this. What a type takes is in ``sdk.convert``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk import Binary, Context, Item, NodeError
from workflow_kernel.sdk.convert import convert_value
from workflow_kernel.sdk.convert_javascript import is_nan, is_truthy, json_text, kind_of, number_of, text_of

NullText = Literal["null", "text", "error"]
Fail = Callable[[int, str], None]

_PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_MEND = "Change the type of the field '{name}', or switch on 'ignore_conversion_errors' to leave such values as they are."


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


def convert_column(name: str, kind: str, column: Sequence[Any], reading: Reading, fail: Fail) -> Sequence[Any]:
    """The values of one field, converted.

    Parameters
    ----------
    name: the field's name, for messages.
    kind: the field's type.
    column: one value per item.
    reading: how they are read.
    fail: told the index and the message of each value that cannot be converted; such a value comes out undefined.
    """
    if kind == "any":
        return column
    if kind == "truthy":
        return [is_truthy(value) for value in column]
    if kind == "numeric":
        return [numeric(value) for value in column]
    plain = _PLAIN.get(kind, ())
    classes = set(map(type, column))
    if classes <= set(plain):
        return column
    return [
        value if value.__class__ in plain else _convert(name, kind, value, reading, fail, index)
        for index, value in enumerate(column)
    ]


def numeric(value: Any) -> Any:
    """A text that is a number as that number; anything else as it is."""
    if not isinstance(value, str):
        return value
    number = number_of(value)
    return value if is_nan(number) else number


def _convert(name: str, kind: str, value: Any, reading: Reading, fail: Fail, index: int) -> Any:
    if value is None or value is UNDEFINED:
        if kind != "string" or reading.null_text == "null":
            return None
        if reading.null_text == "text":
            return "null" if value is None else "undefined"
        if reading.ignore_errors:
            return None
        shown = "null" if value is None else "undefined"
        fail(index, f"'{name}' expects a string but we got '{shown}' [item {index}]")
        return UNDEFINED
    if kind == "string":
        return json_text(value) if kind_of(value) in ("array", "object") else text_of(value)
    converted = convert_value(name, value, kind, zone=reading.zone)
    if converted.valid:
        return converted.value
    if not reading.ignore_errors:
        fail(index, f"{converted.message} [item {index}]")
        return UNDEFINED
    return value


def conversion_error(name: str, message: str, index: int) -> NodeError:
    """The error for a value that is not of its field's type."""
    return NodeError(message, description=_MEND.format(name=name), item=index)


def as_attachment(value: Any, item: Item, ctx: Context) -> Binary | None:
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
