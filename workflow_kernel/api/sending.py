"""From what a route's function returns to the bytes that go out: JSON, files, streams; tags and packing."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import AsyncIterator
from hashlib import blake2b
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from workflow_kernel.api.base_handler import BaseHandler
from workflow_kernel.api.kernel import Endpoint
from workflow_kernel.api.routing import Answer

SMALLEST_TO_PACK = 1024
"""Bytes below which packing an answer costs more than it saves."""

_PACKED = ("application/json", "application/problem+json", "text/", "image/svg+xml")


async def send(handler: BaseHandler, endpoint: Endpoint, answer: Answer[Any]) -> None:
    """Send an answer.

    Parameters
    ----------
    handler: of the request. endpoint: whose answer it is.
    """
    value = answer.value
    handler.set_status(answer.status or (endpoint.route.status if value is not None else _empty(endpoint)))
    for name, text in answer.headers.items():
        handler.set_header(name, text)
    for cookie in answer.cookies:
        handler.put_cookie(cookie)
    if answer.filename:
        handler.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(answer.filename, safe='')}")
    if value is None:
        handler.set_header("Cache-Control", "no-store")
        handler.finish()
        return
    if isinstance(value, AsyncIterator):
        handler.set_header("Content-Type", answer.content_type)
        await _stream(handler, value)
        return
    if isinstance(value, bytes | str):
        handler.set_header("Content-Type", answer.content_type)
        send_bytes(handler, value.encode() if isinstance(value, str) else value, answer.etag)
        return
    handler.set_header("Content-Type", "application/json")
    send_bytes(handler, endpoint.binding.dump(value), answer.etag)


def send_bytes(handler: BaseHandler, body: bytes, etag: str = "", *, cache: str = "private, no-cache") -> None:
    """Send a body, or that it has not changed since who asks saw it.

    Parameters
    ----------
    handler: has status and content type already. etag: the version of the body, as ``version_tag`` gives it.
    cache: the ``Cache-Control`` of what was read.
    """
    if handler.request.method in ("GET", "HEAD"):
        digest = blake2b(body, digest_size=12).hexdigest()
        # A version alone is no proof that nothing has changed: names and notes change without a new one.
        tag = f'"{etag}.{digest}"' if etag else f'W/"{digest}"'
        handler.set_header("Etag", tag)
        handler.set_header("Cache-Control", cache)
        if handler.get_status() == HTTPStatus.OK and handler.check_etag_header():
            handler.set_status(HTTPStatus.NOT_MODIFIED)
            handler.finish()
            return
    else:
        handler.set_header("Cache-Control", "no-store")
        if etag:
            handler.set_header("Etag", f'"{etag}"')
    if len(body) >= SMALLEST_TO_PACK and _may_pack(handler):
        body = gzip.compress(body, 3)
        handler.set_header("Content-Encoding", "gzip")
    handler.finish(body)


def _may_pack(handler: BaseHandler) -> bool:
    kind = handler._headers.get("Content-Type", "")
    return kind.startswith(_PACKED) and "gzip" in handler.request.headers.get("Accept-Encoding", "")


def _empty(endpoint: Endpoint) -> int:
    """The status of an answer without a value."""
    return HTTPStatus.NO_CONTENT if endpoint.route.status == HTTPStatus.OK else endpoint.route.status


async def _stream(handler: BaseHandler, chunks: AsyncIterator[bytes]) -> None:
    handler.set_header("Cache-Control", "no-store")
    async with contextlib.AsyncExitStack() as stack:
        if hasattr(chunks, "aclose"):
            stack.push_async_callback(chunks.aclose)
        if handler.request.method != "HEAD":
            async for chunk in chunks:
                handler.write(chunk)
                await handler.flush()
    handler.finish()
