"""Plays the recorded HTTP exchanges of a parity case, in place of the services outside this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx


class Exchanges:
    """Answers requests from a case's ``http`` list; what is not there fails as an unreachable host would."""

    def __init__(self, exchanges: Sequence[Mapping[str, Any]]) -> None:
        self._left = [[exchange, exchange.get("times") or 1] for exchange in exchanges]

    def client(self) -> httpx.AsyncClient:
        """A client whose requests are all answered here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        fitting = [entry for entry in self._left if _fits(entry[0], request)]
        chosen = next((entry for entry in fitting if entry[1] > 0), fitting[-1] if fitting else None)
        if chosen is None:
            raise httpx.ConnectError(f"no exchange for {request.method} {request.url}")
        chosen[1] -= 1
        exchange = chosen[0]
        content, kind = _content(exchange.get("response"))
        headers = dict(exchange.get("response_headers") or {})
        if kind and not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = kind
        return httpx.Response(int(exchange.get("status") or 200), headers=headers, content=content)


def _fits(exchange: Mapping[str, Any], request: httpx.Request) -> bool:
    wanted = urlsplit(str(exchange["base"]).rstrip("/") + str(exchange["path"]))
    url = request.url
    if exchange["method"].upper() != request.method or wanted.hostname != url.host or wanted.path != url.path:
        return False
    given = sorted(parse_qsl(url.query.decode(), keep_blank_values=True))
    query = exchange.get("query")
    if wanted.query and sorted(parse_qsl(wanted.query, keep_blank_values=True)) != given:
        return False
    if isinstance(query, Mapping) and sorted((k, str(v)) for k, v in query.items()) != given:
        return False
    return all(_has_header(request, header) for header in exchange.get("headers") or ())


def _has_header(request: httpx.Request, header: Mapping[str, Any]) -> bool:
    return all(request.headers.get(name) == str(value) for name, value in header.items())


def _content(response: Any) -> tuple[bytes, str]:
    if response is None:
        return b"", ""
    if isinstance(response, Mapping) and "$base64" in response:
        return base64.b64decode(response["$base64"]), ""
    if isinstance(response, str):
        return response.encode(), ""
    return json.dumps(response).encode(), "application/json"
