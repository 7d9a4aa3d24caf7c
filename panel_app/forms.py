"""Forms made from JSON Schemas: the fields of one, and the values of what was sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from panel_app.page import Sent
from workflow_kernel.base.errors import InvalidRequestError, Problem

Kind = Literal["text", "secret", "lines", "number", "check", "choice", "json"]


class Field(NamedTuple):
    """A field of a form. ``show`` says for which values of other fields it counts, as JSON."""

    name: str
    title: str
    hint: str
    kind: Kind
    value: str
    choices: tuple[str, ...]
    is_required: bool


def fields(schema: Mapping[str, Any], values: Mapping[str, Any], secrets: Collection[str]) -> list[Field]:
    """The fields of a schema, filled with values.

    Parameters
    ----------
    secrets: names of those that are never shown.
    """
    required = schema.get("required", ())
    found = []
    for name, about in schema.get("properties", {}).items():
        plain = _resolved(about, schema)
        kind: Kind = "secret" if name in secrets and _kind(plain) == "text" else _kind(plain)
        value = values.get(name, plain.get("default"))
        found.append(
            Field(
                name, str(plain.get("title") or name).replace("_", " ").capitalize(), str(plain.get("description", "")),
                kind, "" if kind == "secret" else _text(value, kind), tuple(map(str, plain.get("enum", ()))),
                name in required,
            )
        )  # fmt: skip
    return found


def read(schema: Mapping[str, Any], sent: Sent, kept: Collection[str]) -> dict[str, Any]:
    """The values somebody sent; ``kept`` are secrets that stay as they are where nothing is written."""
    values: dict[str, Any] = {}
    for name, value in _values(schema, sent):
        if value is None or (name in kept and value == ""):
            continue
        values[name] = value
    return values


def _values(schema: Mapping[str, Any], sent: Sent) -> Iterator[tuple[str, Any]]:
    for name, about in schema.get("properties", {}).items():
        plain = _resolved(about, schema)
        text, kind = sent.text(f"values.{name}"), _kind(plain)
        if kind == "check":
            yield name, text == "on"
        elif kind in ("number", "json") and text == "":
            yield name, None
        elif kind in ("number", "json"):
            yield name, _parsed(name, text)
        else:
            yield name, text


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        message = f"'{text[:60]}' cannot be read."
        problem = Problem("WF705", message, "Write a number, or JSON.", field=name)
        raise InvalidRequestError(message, problems=[problem]) from None


def _resolved(about: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in about:
        return {**schema.get("$defs", {}).get(str(about["$ref"]).rsplit("/", 1)[-1], {}), **about}
    for one in about.get("anyOf", ()):
        if one.get("type") != "null":
            return {**_resolved(one, schema), **{key: value for key, value in about.items() if key != "anyOf"}}
    return about


def _kind(about: Mapping[str, Any]) -> Kind:
    if "enum" in about:
        return "choice"
    kind = about.get("type", "string")
    if kind == "boolean":
        return "check"
    if kind in ("integer", "number"):
        return "number"
    if kind in ("object", "array"):
        return "json"
    hints = about.get("ui", {})
    return "lines" if isinstance(hints, Mapping) and hints.get("lines") else "text"


def _text(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "check":
        return "on" if value else ""
    return value if isinstance(value, str) else json.dumps(value)
