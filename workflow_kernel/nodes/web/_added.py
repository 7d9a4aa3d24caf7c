"""Signing in by what is added to a request: headers, query fields, fields of the body. Used by ``_auth``."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from workflow_kernel.nodes.web._values import encode, to_json, with_query
from workflow_kernel.sdk import NodeError


class AddedFields(httpx.Auth):
    """Adds headers, query fields, and fields of a JSON or form body."""

    def __init__(
        self, headers: Mapping[str, str], query: Mapping[str, Any], body: Mapping[str, Any] | None = None
    ) -> None:
        self._headers, self._query, self._body = headers, query, body or {}
        self.requires_request_body = bool(body)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx."""
        request.headers.update(self._headers)
        if self._query:
            text = encode(list(self._query.items()), "brackets", keep_empty=False)
            request.url = httpx.URL(with_query(str(request.url), text))
        yield _with_body(request, self._body) if self._body else request


def _with_body(request: httpx.Request, fields: Mapping[str, Any]) -> httpx.Request:
    """The request with more fields in its body; one without a body gets one of JSON.

    Raises ``NodeError`` for a body of another kind.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    headers = httpx.Headers(request.headers)
    if kind == "application/x-www-form-urlencoded":
        own = parse_qsl(request.content.decode(), keep_blank_values=True)
        content = urlencode([*(pair for pair in own if pair[0] not in fields), *fields.items()]).encode()
    elif not kind and not request.content:
        content = to_json(fields).encode()
        headers["content-type"] = "application/json"
    else:
        content = to_json({**_object(request.content, kind), **fields}).encode()
    for name in ("content-length", "transfer-encoding"):
        headers.pop(name, None)
    return httpx.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)


def _object(content: bytes, kind: str) -> dict[str, Any]:
    try:
        value = json.loads(content) if kind == "application/json" or kind.endswith("+json") else None
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    raise NodeError(
        f"The credential adds fields to the body, which is not a JSON object or a form ({kind or 'no content type'}).",
        mend="Send a JSON object or a form, or choose a credential that adds headers.",
    )
