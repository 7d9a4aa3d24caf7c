"""Turning parameters into what goes over the wire: fields, query text, headers, values as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from workflow_kernel.nodes.web._models import ArrayFormat, Fields
from workflow_kernel.sdk import NodeError

SECRET_NAMES = re.compile(
    r"(?i)([?&][^=&#]*(?:token|secret|password|passwd|api[-_]?key|apikey|signature|access[-_]?key|\bkey)[^=&#]*=)[^&#]+"
)


def pairs(fields: Fields, place: str) -> list[tuple[str, Any]]:
    """Names and values in order.

    Raises
    ------
    NodeError: the text is not the JSON of an object.
    """
    if isinstance(fields, str):
        parsed = parse_json(fields, place) if fields.strip() else {}
        if not isinstance(parsed, dict):
            raise NodeError(f"Parameter '{place}' is not a JSON object.", mend='Write it as {"name": "value"}.')
        return list(parsed.items())
    if isinstance(fields, dict):
        return list(fields.items())
    return [(pair.name, pair.value) for pair in fields if pair.name]


def parse_json(text: str, place: str) -> Any:
    """The value of a JSON text a user wrote."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NodeError(
            f"Parameter '{place}' is not valid JSON: {error}.",
            mend="Correct the text; values put in by expressions may need JSON quoting.",
        ) from None


def to_text(value: Any) -> str:
    """A value as forms, queries and headers show it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list):
        return to_json(value)
    return str(value)


def to_json(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def flatten(name: str, value: Any, arrays: ArrayFormat) -> Iterator[tuple[str, str]]:
    """A value as query or form fields: lists and objects become several."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from flatten(f"{name}[{key}]", part, arrays)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            key = {"brackets": f"{name}[]", "indices": f"{name}[{index}]", "repeat": name}[arrays]
            yield from flatten(key, part, arrays)
    else:
        yield name, to_text(value)


def encode(fields: list[tuple[str, Any]], arrays: ArrayFormat, *, keep_empty: bool = True) -> str:
    """Fields as ``a=1&b=2``; null values are left out of a query and empty in a form."""
    flat = (part for name, value in fields if keep_empty or value is not None for part in flatten(name, value, arrays))
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in flat)


def with_query(url: str, query: str) -> str:
    """The URL with more query text behind what it has."""
    if not query:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def shown(url: str) -> str:
    """The URL as messages may show it: no user, no password, no value that looks secret."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return SECRET_NAMES.sub(r"\1***", urlunsplit(parts._replace(netloc=host)))


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret taken out."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return text
