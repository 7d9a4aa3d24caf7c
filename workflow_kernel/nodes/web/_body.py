"""Making the body of a request from parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from workflow_kernel.nodes._attachments import attachment
from workflow_kernel.nodes._paths import set_path
from workflow_kernel.nodes.web._models import ArrayFormat, Body, Pair
from workflow_kernel.nodes.web._values import encode, pairs, parse_json, to_json, to_text
from workflow_kernel.sdk import Binary, Context, Item


class BlobBody:
    """An attachment's bytes in pieces, readable again after a redirect or a second try to sign in."""

    def __init__(self, ctx: Context, binary: Binary) -> None:
        self._ctx, self._binary = ctx, binary

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._ctx.blobs.read_chunks(self._binary.blob):
            yield piece


def json_value(body: Body, changes: dict[str, Any]) -> Any:
    """The value of a JSON body."""
    value = body.content
    if value is None or value == "":
        value = {}
        for name, inner in pairs(body.fields, "body.fields"):
            if body.nested:
                set_path(value, name, inner)
            else:
                value[name] = inner
    elif isinstance(value, str):
        value = parse_json(value, "body.content")
    return {**value, **changes} if changes and isinstance(value, dict) else value


def build(
    body: Body, item: Item, ctx: Context, changes: dict[str, Any], arrays: ArrayFormat
) -> tuple[dict[str, Any], dict[str, str], Any]:
    """What a request sends.

    Parameters
    ----------
    changes: fields that a page sets.

    Returns
    -------
    Arguments for ``httpx.Request``, headers that belong to them, and the body as ``$request`` shows it.
    """
    if body.kind == "none":
        return {}, {}, None
    if body.kind == "json":
        value = json_value(body, changes)
        return {"content": to_json(value).encode(errors="replace")}, {"content-type": "application/json"}, value
    if body.kind == "form":
        text = form_text(body, changes, arrays)
        return {"content": text.encode(errors="replace")}, {"content-type": "application/x-www-form-urlencoded"}, text
    if body.kind == "text":
        text = body.content if isinstance(body.content, str) else to_text(body.content)
        content_type = body.content_type or "text/plain; charset=utf-8"
        return {"content": text.encode(errors="replace")}, {"content-type": content_type}, text
    if body.kind == "binary":
        binary = attachment(item, body.attachment)
        headers = {"content-type": body.content_type or binary.mime_type, "content-length": str(binary.size)}
        return {"content": BlobBody(ctx, binary)}, headers, None
    return {"files": _parts(body, item, ctx, changes)}, {}, None


def form_text(body: Body, changes: dict[str, Any], arrays: ArrayFormat) -> str:
    """A form body as text."""
    if isinstance(body.content, str) and body.content:
        extra = encode(list(changes.items()), arrays)
        return f"{body.content}&{extra}" if extra else body.content
    fields = list(body.content.items()) if isinstance(body.content, dict) else pairs(body.fields, "body.fields")
    kept = [(name, value) for name, value in fields if name not in changes]
    return encode([*kept, *changes.items()], arrays)


def _parts(body: Body, item: Item, ctx: Context, changes: dict[str, Any]) -> list[tuple[str, Any]]:
    fields = body.fields
    if isinstance(fields, list):
        entries = [entry for entry in fields if entry.name]
    else:
        entries = [Pair(name=name, value=value) for name, value in pairs(fields, "body.fields")]
    entries = [entry for entry in entries if entry.name not in changes]
    entries += [Pair(name=name, value=value) for name, value in changes.items()]
    parts: list[tuple[str, Any]] = []
    for entry in entries:
        if entry.file is not None:
            binary = attachment(item, entry.file)
            name = binary.file_name or entry.file
            parts.append((entry.name, (name, ctx.blobs.open(binary.blob), binary.mime_type)))
            continue
        values = entry.value if isinstance(entry.value, list) else [entry.value]
        parts.extend((entry.name, (None, to_text(value).encode())) for value in values)
    return parts
