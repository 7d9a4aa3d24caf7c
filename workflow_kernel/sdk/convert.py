"""Converts JSON values to a declared type: string, number, boolean, dateTime, array and the others fields may have.

Conditions, the Set node, forms, data tables and sub-workflow inputs call this. How JavaScript sees values is in
``convert_javascript``, dates are in ``dates``, objects as text in ``convert_literal``, form fields in ``convert_form``.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from workflow_kernel.expressions.scope import UNDEFINED
from workflow_kernel.sdk import convert_form, convert_javascript, convert_literal, dates
from workflow_kernel.sdk.dates import Zone

_ALPHANUMERIC = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?(?:[+-]\d{4})?(?:[+-]\d{1,2}(?::\d{2})?)?\Z", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
_SCHEMES = ("http", "https", "ftp", "file")
_BAD_IN_HOST = re.compile(r"[\s<>\"{}|\\^`#%/?]")
_STRICT_CLASSES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (Mapping, dt.datetime),
    "array": (list, tuple),
}


class Converted(NamedTuple):
    """What became of a value.

    Parameters
    ----------
    valid: whether it is, or could be made, of the type.
    value: the converted value.
    message: what is wrong with it, naming the field; empty when valid.
    """

    valid: bool
    value: Any = None
    message: str = ""


def convert_value(
    name: str,
    value: Any,
    type_name: str,
    *,
    strict: bool = False,
    parse_strings: bool = False,
    options: Iterable[Any] | None = None,
    zone: Zone = "UTC",
) -> Converted:
    """Convert ``value`` to a type, or tell why it cannot be.

    Parameters
    ----------
    name: the field's name, for the message.
    value: any JSON value, ``UNDEFINED`` or a ``datetime``. Null and undefined are valid for every type.
    type_name: string, string-alphanumeric, number, boolean, dateTime, time, array, object, options, url, jwt,
        form-fields, binary, or timestamp. Values of an unknown type are left as they are.
    strict: do not convert between types; a date may still be text.
    parse_strings: make text of what should be a string; otherwise strings are not looked at.
    options: the values allowed for ``options``: plain, or as ``{"name", "value"}``.
    zone: where dates without an offset are.
    """
    if value is None or value is UNDEFINED:
        return Converted(True, value)
    if type_name == "string" and not parse_strings:
        return Converted(True, value)
    if type_name == "options":
        return _choose(name, value, options or ())
    if strict and not _is_of_class(value, type_name):
        return Converted(False, message=_message(name, value, type_name))
    if type_name in ("dateTime", "timestamp"):
        convert = _DATES[type_name]
        try:
            return Converted(True, convert(value, zone))
        except ValueError:
            return Converted(False, message=_message(name, value, type_name))
    converter = CONVERTERS.get(type_name)
    if converter is None:
        return Converted(True, value)
    try:
        return Converted(True, converter(value))
    except (ValueError, RecursionError) as error:
        own = str(error) if type_name in _OWN_MESSAGE else ""
        return Converted(False, message=own or _message(name, value, type_name))


def to_string(value: Any) -> str:
    """Any value as text: objects and arrays as JSON, dates in ISO format."""
    return convert_javascript.text_of(value)


def to_alphanumeric(value: Any) -> str:
    """A text of letters, digits and underscores that does not begin with a digit."""
    if isinstance(value, str) and _ALPHANUMERIC.match(value):
        return value
    raise ValueError("Value is not a valid alphanumeric string: use letters, digits and _, and no digit at the start.")


def to_number(value: Any) -> int | float:
    """A number, from a number, a boolean or a text that is a number in JavaScript."""
    number = convert_javascript.number_of(value)
    if math.isnan(number):
        raise ValueError(f"{convert_javascript.describe(value)} is not a number.")
    return number


def to_boolean(value: Any) -> bool:
    """A boolean, from true and false in any case, 1 and 0, as text or number."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    is_blank = isinstance(value, str) and not value.strip()
    number = math.nan if is_blank else convert_javascript.number_of(value)
    if number not in (0, 1):
        raise ValueError(f"{convert_javascript.describe(value)} is not a boolean. Use true or false.")
    return number == 1


def to_time(value: Any) -> str:
    """A time of day as text: ``23:59``, ``23:59:59``, with an offset if wanted."""
    text = to_string(value)
    if not _TIME.match(text):
        raise ValueError(f"'{text}' is not a time. Write it as in '23:59' or '23:59:59'.")
    return text


def to_object(value: Any) -> Any:
    """An object, from an object or its text as JSON or as JavaScript writes it (``{a: 1}``)."""
    if isinstance(value, Mapping | dt.datetime):
        return value
    result = convert_literal.parse(value) if isinstance(value, str) else None
    if not isinstance(result, dict):
        raise ValueError(f"{convert_javascript.describe(value)} is not an object.")
    return result


def to_array(value: Any) -> list[Any]:
    """An array, from an array or its text as JSON, single quotes allowed."""
    if isinstance(value, list | tuple):
        return list(value)
    result = None
    if isinstance(value, str):
        try:
            result = json.loads(value)
        except ValueError:
            result = convert_literal.parse(value)
    if not isinstance(result, list):
        raise ValueError(f"{convert_javascript.describe(value)} is not an array.")
    return result


def to_url(value: Any) -> str:
    """A URL; ``https://`` is put in front where no scheme is given. Schemes that run code are refused."""
    text = value if isinstance(value, str) else ""
    url = text if "://" in text else f"https://{text}"
    if not text or not _is_url(url):
        raise ValueError(f'The value "{to_string(value)}" is not a valid url.')
    return url


def to_token(value: Any) -> str:
    """A JSON web token: three parts joined by dots. Its signature is not looked at."""
    if isinstance(value, str) and _TOKEN.match(value):
        return value
    raise ValueError("Value is not a valid JWT token: it has three parts joined by dots.")


def to_binary(value: Any) -> Any:
    """An attachment: an object with ``mimeType`` and ``data`` or ``id``."""
    is_attachment = isinstance(value, Mapping) and bool(value.get("mimeType"))
    if is_attachment and ("data" in value or "id" in value):
        return value
    raise ValueError("Value is not binary data: an object with 'mimeType' and 'data' or 'id'.")


def _is_url(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _SCHEMES:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises when the port is no number
    except ValueError:
        return False
    if scheme.lower() == "file":
        return bool(rest) and not re.search(r"\s", rest)
    return bool(host) and not _BAD_IN_HOST.search(host)


def _choose(name: str, value: Any, options: Iterable[Any]) -> Converted:
    allowed = [each.get("value") if isinstance(each, Mapping) else each for each in options]
    if any(convert_javascript.strict_equal(each, value) for each in allowed):
        return Converted(True, value)
    choices = ", ".join(to_string(each) for each in allowed)
    got = convert_javascript.describe(value)
    return Converted(False, message=f"'{name}' expects one of the following values: [{choices}] but we got {got}")


def _is_of_class(value: Any, type_name: str) -> bool:
    classes = _STRICT_CLASSES.get(type_name)
    if classes is None:
        return True
    return isinstance(value, classes) and (type_name == "boolean" or not isinstance(value, bool))


def _message(name: str, value: Any, type_name: str) -> str:
    got = convert_javascript.describe(value)
    if type_name == "time":
        return f"'{name}' expects time (hh:mm:(:ss)) but we got {got}."
    message = f"'{name}' expects a {type_name} but we got {got}"
    return f"{message}. Write dates as in '2025-04-17T06:22:20Z'." if type_name == "dateTime" else message


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string": to_string,
    "string-alphanumeric": to_alphanumeric,
    "number": to_number,
    "boolean": to_boolean,
    "time": to_time,
    "object": to_object,
    "array": to_array,
    "url": to_url,
    "jwt": to_token,
    "form-fields": convert_form.form_fields,
    "binary": to_binary,
}
"""The function for each type; each raises ``ValueError`` when a value cannot be converted."""

_OWN_MESSAGE = ("string-alphanumeric", "url", "jwt", "form-fields")
_DATES: dict[str, Callable[[Any, Zone], dt.datetime]] = {
    "dateTime": dates.parse_date_time,
    "timestamp": dates.from_milliseconds,
}
