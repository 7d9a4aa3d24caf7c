"""Reading an answer: what kind it is, its text, JSON or file, and the error for a bad status."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Iterator
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import httpx

from workflow_kernel.nodes.web._values import redact, shown
from workflow_kernel.sdk import Binary, Context, NodeError

Format = Literal["json", "text", "file"]
SMALL = 1 << 20
"""Bytes of a file kept in memory before it is streamed to the blob store."""

MOST = 256_000_000
"""Bytes of an answer that may be held in memory; what a packed one unpacks to counts."""

_BODY = "workflow.body"
_FILES = (
    "image/", "audio/", "video/", "font/", "application/octet-stream", "application/gzip", "application/zip",
    "application/vnd.ms-", "application/vnd.openxmlformats", "application/vnd.oasis", "application/vnd.amazon",
    "application/vnd.apple", "application/vnd.rar", "application/vnd.visio", "application/epub", "application/x-bzip",
    "application/x-tar", "application/x-7z", "application/x-rar", "application/x-zip", "application/x-gzip",
    "application/pdf", "application/msword", "application/rtf", "application/java-archive", "application/x-cdf",
    "application/x-freearc", "application/x-shockwave-flash", "application/x-msdownload",
)  # fmt: skip
_MENDS = {
    400: "Check the parameters; the answer usually says which is wrong.",
    401: "Check the credential.",
    403: "The credential is not allowed to do this.",
    404: "Check the URL.",
    405: "Check the method.",
    415: "Check the kind of body.",
    422: "Check the parameters; the answer usually says which is wrong.",
    429: "Send fewer requests: set batching, or a retry with a wait.",
}


def kind_of(response: httpx.Response) -> Format:
    """How an answer is best read, by its content type."""
    content_type = response.headers.get("content-type", "").lower()
    if "application/json" in content_type or "+json" in content_type:
        return "json"
    if any(part in content_type for part in _FILES):
        return "file"
    return "text"


async def read_bytes(response: httpx.Response) -> bytes:
    """The whole body, read once.

    Raises
    ------
    NodeError: it is larger than memory should hold, or does not end within the request's timeout.
    """
    if _BODY in response.extensions:
        return bytes(response.extensions[_BODY])
    label = f"{response.request.method} {shown(str(response.request.url))}"
    seconds = response.request.extensions.get("timeout", {}).get("read")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST:
                    raise NodeError(
                        f"The answer to {label} has more than {MOST // 1_000_000:,} megabytes.",
                        code="WF354",
                        mend="Choose 'file' as the format of the response, or ask for less.",
                    )
    except TimeoutError:
        raise NodeError(
            f"The answer to {label} did not end within {seconds:g} seconds.",
            code="WF351",
            mend="Try again or allow more time.",
        ) from None
    response.extensions[_BODY] = body
    return bytes(body)


async def read_text(response: httpx.Response) -> str:
    """The body as text, in the character set the answer names."""
    data = await read_bytes(response)
    charset = (response.charset_encoding or "utf-8").strip("\"' ")
    try:
        text = data.decode(charset, errors="replace")
    except LookupError:
        text = data.decode(errors="replace")
    return text.removeprefix("\ufeff")


async def read_json(response: httpx.Response, label: str, *, lenient: bool = False) -> Any:
    """The body as JSON; nothing for an empty body.

    Raises
    ------
    NodeError: it is not JSON, unless ``lenient``.
    """
    text = await read_text(response)
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if lenient:
            return {}
        raise NodeError(
            f"The answer to {label} is not valid JSON: {error}.",
            description=text[:2000],
            mend="Choose 'text' as the format of the response.",
        ) from None


def headers_of(response: httpx.Response) -> dict[str, Any]:
    """Headers by lower-case name; cookies as a list."""
    headers: dict[str, Any] = {name.lower(): value for name, value in response.headers.items()}
    cookies = response.headers.get_list("set-cookie")
    if cookies:
        headers["set-cookie"] = cookies
    return headers


async def read_file(response: httpx.Response, ctx: Context) -> Binary:
    """The body as an attachment, large ones straight to the blob store."""
    name = file_name(response)
    mime_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not mime_type and name:
        mime_type = mimetypes.guess_type(name)[0] or ""
    digest, size, head = await _keep(response.aiter_bytes(), ctx)
    if not mime_type:
        mime_type = "application/octet-stream" if b"\0" in head else "text/plain"
    extension = PurePosixPath(name).suffix[1:] if name else ""
    if not extension:
        extension = (mimetypes.guess_extension(mime_type) or "").lstrip(".")
    return Binary(digest, mime_type, name or None, extension or None, size)


async def _keep(chunks: AsyncIterator[bytes], ctx: Context) -> tuple[str, int, bytes]:
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= SMALL:
            break
    else:
        return ctx.blobs.put(bytes(head)), len(head), bytes(head[:512])
    loop = asyncio.get_running_loop()

    async def following() -> bytes | None:
        return await anext(chunks, None)

    def pieces() -> Iterator[bytes]:
        yield bytes(head)
        while (piece := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
            yield piece

    digest, size = await asyncio.to_thread(ctx.blobs.put_stream, pieces())
    return digest, size, bytes(head[:512])


def file_name(response: httpx.Response) -> str:
    """The file name an answer gives, else the last part of its URL."""
    disposition = response.headers.get("content-disposition")
    if disposition:
        message = Message()
        message["content-disposition"] = disposition
        given = message.get_filename()
        if given:
            return PurePosixPath(unquote(given).replace("\\", "/")).name
    return PurePosixPath(unquote(urlsplit(str(response.url)).path)).name


async def bad_status(
    response: httpx.Response, url: str, method: str, secrets: tuple[str, ...], ctx: Context
) -> NodeError:
    """The error for an answer with an error status."""
    text = redact(await read_text(response), secrets) if kind_of(response) != "file" else ""
    body: Any = text[:10_000]
    if kind_of(response) == "json":
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = text[:10_000]
    status = response.status_code
    reason = _reason(body)
    mend = _MENDS.get(status, "")
    if 300 <= status < 400:
        mend = "Let redirects be followed, or count error statuses as success."
    elif status >= 500:
        mend = "The service has a problem: try again later, or set a retry."
    return NodeError(
        f"{method} {shown(url)} answered {status} {response.reason_phrase}".rstrip()
        + (f": {reason}" if reason else "."),
        code="WF350",
        description=text[:2000],
        data={"status": status, "url": shown(url), "body": body},
        retry_after=retry_after(response, ctx) if status in (429, 503) else None,
        mend=mend,
    )


def _reason(body: Any) -> str:
    """What an answer says is wrong, where it says so in a usual way."""
    if not isinstance(body, dict):
        return ""
    for key in ("message", "error_description", "error", "detail", "title", "msg"):
        value = body.get(key)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value[:300]
    return ""


def retry_after(response: httpx.Response, ctx: Context) -> float | None:
    """Seconds the other side asks to wait, said as a number or as a date."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - ctx.now()).total_seconds())
    except (ValueError, TypeError):
        return None
