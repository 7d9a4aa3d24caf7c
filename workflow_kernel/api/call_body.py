"""Reads the body of a call: JSON, forms, files, text. What it is is told by its content type alone."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from tornado.httputil import HTTPFile, HTTPInputError, parse_multipart_form_data

from workflow_kernel.api import limits
from workflow_kernel.api.problem import HttpError
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.contracts import Blobs
from workflow_kernel.runs.item import Binary
from workflow_kernel.sdk.webhooks import Intake
from workflow_kernel.services.webhook_items import Body

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_HERE = 1 << 16
"""Bytes that are kept in the event loop; more are in a thread."""

_MOST_FIELDS = 5000
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")


async def read_body(
    data: bytes, headers: Mapping[str, str], intake: Intake, blobs: Blobs, depth: int
) -> Body:  # fmt: skip
    """A body as value and files.

    Parameters
    ----------
    intake: how it is to be read. blobs: where files go. depth: how deep JSON may be nested.

    Raises ``HttpError`` 400 for a body that is not what it says, 413 for one that is too large unpacked.
    """
    if not data:
        return Body()
    raw = data
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        data = _unpacked(data, encoding, intake.most_bytes)
    kind, options = content_type(headers.get("Content-Type", ""))
    try:
        value, sent = _read(data, kind, options, headers, depth)
    except WorkflowError:
        if not intake.raw:
            raise
        value, sent = {}, []
    files = await kept_files(sent, blobs)
    if value is None:
        value, files = {}, {intake.file: await keep(data, kind, _file_name(headers), blobs)}
    if intake.raw:
        files = {**files, intake.file: await keep(raw, kind or "application/octet-stream", None, blobs)}
    return Body(value, files)


def _read(
    data: bytes, kind: str, options: Mapping[str, str], headers: Mapping[str, str], depth: int
) -> tuple[Any, list[tuple[str, HTTPFile]]]:
    """The value of a body and its files; None for one that is a file itself."""
    if kind == JSON or kind.endswith("+json"):
        return read_json(data, depth), []
    if kind == FORM:
        return read_fields(data, options.get("charset", "utf-8")), []
    if kind == MULTIPART:
        return read_multipart(data, options)
    if kind.startswith("text/") or kind in ("application/xml", "application/javascript") or kind.endswith("+xml"):
        return _text(data, options.get("charset", "utf-8")), []
    if not kind:
        return (read_json(data, depth), []) if data.lstrip()[:1] in (b"{", b"[") else (None, [])
    return None, []


def content_type(header: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case, and its options."""
    if ";" not in header:
        return header.strip().lower(), {}
    message = Message()
    message["Content-Type"] = header
    found = message.get_params(failobj=[])
    kind = header.partition(";")[0].strip().lower()
    return kind, {name.lower(): value for name, value in found[1:]}


def read_json(data: bytes, depth: int) -> Any:
    """The value of JSON."""
    if len(data) > 2 * depth:
        limits.check_json(data, depth)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _not(f"The body is not JSON: {error}."[:300]) from None


def read_fields(data: bytes, charset: str = "utf-8") -> dict[str, Any]:
    """The fields of a form: a text each, or a list where one comes several times."""
    try:
        pairs = parse_qsl(
            data.decode("latin-1"), keep_blank_values=True, encoding=_charset(charset), errors="replace",
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except ValueError:
        raise _not(f"The form has more than {_MOST_FIELDS} fields.") from None
    return gathered(pairs)


def read_multipart(data: bytes, options: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, HTTPFile]]]:
    """The fields of a multipart form, and its files."""
    boundary = options.get("boundary", "")
    if not boundary:
        raise _not("The multipart form has no boundary.")
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[HTTPFile]] = {}
    try:
        parse_multipart_form_data(boundary.encode("latin-1", "replace"), data, arguments, files)
    except HTTPInputError as error:
        raise _not(f"The multipart form cannot be read: {error}."[:300]) from None
    if sum(map(len, arguments.values())) + sum(map(len, files.values())) > _MOST_FIELDS:
        raise _not(f"The form has more than {_MOST_FIELDS} fields.")
    pairs = [(name, value.decode("utf-8", "replace")) for name, values in arguments.items() for value in values]
    return gathered(pairs), [(name, file) for name, found in files.items() for file in found]


def gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Values by name; a list where there are several."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


async def kept_files(sent: list[tuple[str, HTTPFile]], blobs: Blobs) -> dict[str, Binary]:
    """Files of a form in the blob store; those of one name get numbers."""
    counts: dict[str, int] = {}
    for name, _ in sent:
        counts[name] = counts.get(name, 0) + 1
    found: dict[str, Binary] = {}
    numbers: dict[str, int] = {}
    for name, file in sent:
        number = numbers[name] = numbers.get(name, -1) + 1
        kind = str(file["content_type"] or "application/octet-stream").lower()
        key = f"{name}{number}" if counts[name] > 1 else name
        found[key] = await keep(file["body"], kind, safe_name(str(file["filename"])), blobs)
    return found


async def keep(data: bytes, kind: str, name: str | None, blobs: Blobs) -> Binary:
    """A file in the blob store, as an attachment."""
    digest = blobs.put(data) if len(data) <= _HERE else await asyncio.to_thread(blobs.put, data)
    extension = name.rpartition(".")[2].lower() if name and "." in name else None
    return Binary(digest, kind or "application/octet-stream", name, extension, len(data))


def safe_name(name: str) -> str:
    """The name of a file without folders."""
    return _UNSAFE_NAME.sub("", name.replace("\\", "/").rpartition("/")[2])[:255] or "file"


def _file_name(headers: Mapping[str, str]) -> str | None:
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "attachment")
    found = message.get_filename()
    return safe_name(found) if found else None


def _unpacked(data: bytes, encoding: str, most: int) -> bytes:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise HttpError(
            415, f"The body is packed as '{encoding[:40]}'.", code="WF745", mend="Use gzip, or do not pack it."
        )
    unpacker = zlib.decompressobj(47 if "gzip" in encoding else zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise _not("The body cannot be unpacked.") from None
    if len(found) > most:
        raise limits.too_large(most)
    if not unpacker.eof:
        raise _not("The packed body is cut off.")
    return found


def _text(data: bytes, charset: str) -> str:
    return data.decode(_charset(charset), "replace")


def _charset(name: str) -> str:
    try:
        return name if "x".encode(name).decode(name) == "x" else "utf-8"
    except (LookupError, ValueError, TypeError):
        return "utf-8"


def _not(message: str) -> HttpError:
    return HttpError(400, message, code="WF745", mend="Send what the content type says.")
