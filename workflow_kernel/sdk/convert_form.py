"""Reads the fields of a form given as JSON text, and says which field is wrong.

``convert`` (type ``form-fields``) and the form nodes call this. Drawing forms does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.sdk import convert_literal
from workflow_kernel.sdk.convert_javascript import text_of

FIELD_TYPES = (
    "checkbox", "date", "dropdown", "email", "file", "hiddenField", "html", "number", "password", "radio", "text",
    "textarea",
)  # fmt: skip
"""The types a field may have."""
_TEXTS = (
    "acceptFileTypes", "defaultValue", "elementName", "fieldLabel", "fieldName", "fieldType", "fieldValue",
    "formatDate", "html", "placeholder",
)  # fmt: skip
_FLAGS = ("multiselect", "multipleFiles", "requiredField")
_NUMBERS = ("limitSelection", "minSelections", "maxSelections", "numberOfSelections")


def form_fields(value: Any) -> list[dict[str, Any]]:
    """The fields of a form, checked.

    Parameters
    ----------
    value: a list of fields or its text: ``[{"fieldLabel": "Name", "fieldType": "text", "requiredField": true}]``.

    Raises
    ------
    ValueError: names the field and what is wrong with it.
    """
    fields = value
    if isinstance(value, str):
        try:
            fields = convert_literal.parse(value)
        except ValueError as error:
            raise ValueError("Value is not valid JSON") from error
    if not isinstance(fields, list):
        raise ValueError("Value is not valid JSON: a list of form fields is expected")
    return [_field(field, index) for index, field in enumerate(fields)]


def _field(field: Any, index: int) -> dict[str, Any]:
    if not isinstance(field, Mapping):
        raise ValueError(f"Field {index} is not an object")
    return {key: _part(key, value, index) for key, value in field.items()}


def _part(key: str, value: Any, index: int) -> Any:
    if key == "fieldOptions":
        return _options(value, index)
    if key in _FLAGS:
        return _flag(key, value, index)
    if key in _NUMBERS:
        return value
    if key not in _TEXTS:
        raise ValueError(f"Key '{key}' in field {index} is not valid for form fields")
    if key == "fieldType" and value not in FIELD_TYPES:
        raise ValueError(f"Field type '{text_of(value)}' in field {index} is not valid for form fields")
    return text_of(value)


def _flag(key: str, value: Any, index: int) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"Key '{key}' in field {index} must be true or false")
    return value


def _options(value: Any, index: int) -> dict[str, Any]:
    values = value.get("values") if isinstance(value, Mapping) else value
    if not isinstance(values, list):
        raise ValueError(f"Field dropdown in field {index} has no 'values' property that contain an array of options")
    for position, option in enumerate(values):
        is_option = isinstance(option, Mapping) and list(option) == ["option"] and isinstance(option["option"], str)
        if not is_option:
            raise ValueError(f"Field dropdown in field {index} has an invalid option {position}")
    return dict(value) if isinstance(value, Mapping) else {"values": values}
