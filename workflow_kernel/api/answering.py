"""Writes the answer of a workflow to who called it: whole, from the blob store, or bit by bit."""

from __future__ import annotations

import asyncio
import re

import structlog
from tornado.iostream import StreamClosedError

from workflow_kernel.api.call_handler import CallHandler
from workflow_kernel.contracts import Blobs
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.services.webhook_items import OUR_COOKIES
from workflow_kernel.services.webhooks import Answered

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_OURS = frozenset({
    "connection", "content-length", "content-security-policy", "date", "keep-alive", "server", "trailer",
    "transfer-encoding", "upgrade", "x-request-id", "strict-transport-security", "clear-site-data",
})  # fmt: skip
"""Headers that are this server's own to send."""

_BODILESS = (204, 304)

_log = structlog.get_logger("workflow.webhooks")


async def send(handler: CallHandler, answered: Answered, blobs: Blobs) -> None:
    """Write an answer. Who has gone away meanwhile is not waited for."""
    answer = answered.answer
    handler.set_status(answer.status)
    write_headers(handler, answer)
    if answered.execution is not None:
        handler.set_header("X-Execution-Id", str(answered.execution))
    if answered.is_replayed:
        handler.set_header("Idempotency-Replayed", "true")
    if answer.status in _BODILESS or handler.request.method == "HEAD":
        handler.finish()
        return
    try:
        if answered.more is not None:
            await _stream(handler, answered, blobs)
        elif answer.blob:
            await _send_blob(handler, answer, blobs)
        else:
            handler.finish(answer.body)
    except StreamClosedError:
        _log.info("webhook.caller_left", request=handler.id)


def write_headers(handler: CallHandler, answer: Answer) -> None:
    """The headers of an answer, but for those it may not set."""
    handler.clear_header("Content-Type")
    for name, value in answer.headers:
        lower = name.lower()
        is_bad = not _NAME.fullmatch(name) or any(character in value for character in "\r\n\0")
        if is_bad or lower in _OURS or (lower == "set-cookie" and value.lstrip().lower().startswith(OUR_COOKIES)):
            _log.warning("webhook.header_left_out", header=name[:100], request=handler.id)
        elif lower == "set-cookie":
            handler.add_header(name, value)
        else:
            handler.set_header(name, value.encode("utf-8", "replace").decode("latin-1"))


async def _stream(handler: CallHandler, answered: Answered, blobs: Blobs) -> None:
    assert answered.more is not None
    await _write(handler, answered.answer, blobs)
    await handler.flush()
    async for part in answered.more:
        await _write(handler, part, blobs)
        await handler.flush()
    handler.finish()


async def _write(handler: CallHandler, part: Answer, blobs: Blobs) -> None:
    data = await asyncio.to_thread(blobs.get, part.blob) if part.blob else part.body
    if data:
        handler.write(data)


async def _send_blob(handler: CallHandler, answer: Answer, blobs: Blobs) -> None:
    chunks = blobs.read_chunks(answer.blob)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        handler.write(chunk)
        await handler.flush()
    handler.finish()
