"""What the caller of a webhook is answered, made from its settings and from what came of the execution. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.webhooks import Reply
from workflow_kernel.services.launch import Ended

JSON = "application/json; charset=utf-8"
_MISSING = object()


def at_once(reply: Reply) -> Answer:
    """The answer to a call that is kept."""
    if reply.data == "nothing":
        return Answer(reply.status, _headers(reply, ""))
    if reply.text:
        is_json = reply.text.lstrip().startswith(("{", "["))
        return Answer(
            reply.status, _headers(reply, JSON if is_json else "text/plain; charset=utf-8"), _utf8(reply.text)
        )
    return _told(reply, "Workflow was started")


def of_end(reply: Reply, ended: Ended) -> Answer:
    """The answer to a call that waited for the end."""
    if ended.state in ("failed", "timed_out", "cancelled"):
        return failed()
    if ended.state != "succeeded":
        return Answer(202, (("Content-Type", JSON),), b'{"message":"Workflow goes on"}')
    return _of_output(reply, ended.output)


def without_answer(ended: Ended | None) -> Answer:
    """The answer to a call whose workflow ended without a Respond node having run."""
    if ended is None or ended.state in ("failed", "timed_out", "cancelled"):
        return failed()
    text = b'{"message":"Workflow executed"}' if ended.state == "succeeded" else b'{"message":"Workflow goes on"}'
    return Answer(200 if ended.state == "succeeded" else 202, (("Content-Type", JSON),), text)


def failed() -> Answer:
    """The answer to a call whose workflow failed: why is nobody's business outside."""
    return Answer(500, (("Content-Type", JSON),), b'{"message":"Error in workflow"}')


def _of_output(reply: Reply, output: Items) -> Answer:
    if reply.data == "nothing":
        return Answer(reply.status if reply.status != 200 else 204, _headers(reply, ""))
    if reply.data == "all_items":
        return Answer(reply.status, _headers(reply, JSON), _encode(output.json()))
    first = output[0] if len(output) else None
    if reply.data == "first_file":
        found = (first.binary or {}).get(reply.file) if first is not None else None
        if found is None:
            return _told(reply, f"The output has no attachment '{reply.file}'", status=500)
        return Answer(reply.status, _headers(reply, found.mime_type), b"", found.blob)
    if first is None:
        return (
            _told(reply, "Workflow executed")
            if not reply.field
            else Answer(reply.status, _headers(reply, JSON), b"null")
        )
    value = _at(first.json, reply.field) if reply.field else first.json
    if isinstance(value, str) and reply.content_type:
        return Answer(reply.status, _headers(reply, reply.content_type), _utf8(value))
    return Answer(reply.status, _headers(reply, JSON), _encode(value))


def _told(reply: Reply, message: str, status: int | None = None) -> Answer:
    return Answer(status or reply.status, _headers(reply, JSON), _encode({"message": message}))


def _headers(reply: Reply, content_type: str) -> tuple[tuple[str, str], ...]:
    own = tuple(reply.headers.items())
    kind = reply.content_type or content_type
    if not kind or any(name.lower() == "content-type" for name, _ in own):
        return own
    return (*own, ("Content-Type", kind))


def _at(json: Mapping[str, Any], path: str) -> Any:
    if path in json:
        return json[path]
    value: Any = json
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=str)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
