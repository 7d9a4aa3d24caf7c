"""Plays the recorded HTTP exchanges of a parity case, in place of the services outside this machine.

A request fits an exchange by the rules of nock, with which the cases were recorded: method, host, path, query and
body must be the same, and an exchange answers as often as it says. The answer has the recorded headers and no others.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import httpx

_KEY_PARTS = re.compile(r"([^\[\]]+)|\[([^\[\]]*)\]")


class _Entry:
    """An exchange and how often it may still be had."""

    def __init__(self, exchange: Mapping[str, Any]) -> None:
        self.exchange = exchange
        self.left = int(exchange.get("times") or 1)


class Exchanges:
    """Answers requests from a case's ``http`` list; what is not there fails as an unreachable host would."""

    def __init__(self, exchanges: Sequence[Mapping[str, Any]]) -> None:
        self._entries = [_Entry(exchange) for exchange in exchanges]

    def client(self) -> httpx.AsyncClient:
        """A client whose requests are all answered here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        fitting = (entry for entry in self._entries if entry.left > 0 and _fits(entry.exchange, request))
        entry = next(fitting, None)
        if entry is None:
            raise httpx.ConnectError(f"no exchange for {request.method} {request.url}")
        exchange = entry.exchange
        if not exchange.get("persist"):
            entry.left -= 1
        content, kind = _content(exchange.get("response"))
        headers = _headers(exchange.get("response_headers") or {}, kind)
        return httpx.Response(int(exchange.get("status") or 200), headers=headers, stream=httpx.ByteStream(content))


def _headers(given: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """The recorded headers, with the content type an object has unless another is given."""
    values = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    if kind and not any(name.lower() == "content-type" for name in values):
        values["content-type"] = [kind]
    return [(name, str(one)) for name, several in values.items() for one in several]


def _fits(exchange: Mapping[str, Any], request: httpx.Request) -> bool:
    wanted = urlsplit(str(exchange["base"]).rstrip("/") + str(exchange["path"]))
    url = request.url
    return (
        exchange["method"].upper() == request.method
        and (wanted.hostname, wanted.port or _port(wanted.scheme)) == (url.host, url.port or _port(url.scheme))
        and (unquote(wanted.path) or "/") == url.path
        and _has_query(exchange, wanted, url)
        and _has_body(exchange.get("body"), request)
        and all(_has_header(request, header) for header in exchange.get("headers") or ())
    )


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _has_query(exchange: Mapping[str, Any], wanted: SplitResult, url: httpx.URL) -> bool:
    query = exchange.get("query")
    if query is True:
        return True
    expected = _expanded(parse_qsl(wanted.query, keep_blank_values=True))
    if isinstance(query, Mapping):
        expected |= query
    return _is_like(_as_texts(expected), _expanded(parse_qsl(url.query.decode(), keep_blank_values=True)))


def _has_body(expected: Any, request: httpx.Request) -> bool:
    """Whether the body is the recorded one: objects are compared as JSON or as fields of a form."""
    if expected is None:
        return True
    text = request.read().decode("utf-8", "replace")
    is_form = "application/x-www-form-urlencoded" in request.headers.get("content-type", "")
    if isinstance(expected, str):
        return _one_line(expected) == _one_line(text)
    if _is_pattern(expected):
        return _is_like(expected, text)
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = _expanded(parse_qsl(text, keep_blank_values=True)) if is_form else _one_line(text)
    return _is_like(_as_texts(expected) if is_form else expected, body)


def _has_header(request: httpx.Request, header: Mapping[str, Any]) -> bool:
    return all(_is_like(value, request.headers.get(name)) for name, value in _as_texts(header).items())


def _is_pattern(value: Any) -> bool:
    return isinstance(value, Mapping) and "$regex" in value


def _is_like(expected: Any, given: Any) -> bool:
    if _is_pattern(expected):
        flags = re.IGNORECASE if "i" in str(expected.get("flags", "")) else 0
        return given is not None and re.search(str(expected["$regex"]), str(given), flags) is not None
    if isinstance(expected, Mapping):
        return (
            isinstance(given, Mapping)
            and expected.keys() == given.keys()
            and all(_is_like(value, given[name]) for name, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(given, list)
            and len(expected) == len(given)
            and all(_is_like(one, other) for one, other in zip(expected, given, strict=True))
        )
    return isinstance(expected, bool) == isinstance(given, bool) and bool(expected == given)


def _as_texts(value: Any) -> Any:
    """The value with its numbers and truth values as texts, as they stand in a query."""
    if _is_pattern(value):
        return value
    if isinstance(value, Mapping):
        return {name: _as_texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_texts(inner) for inner in value]
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _expanded(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Fields as objects and lists: ``a[b]=1`` and ``a=1&a=2``."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        parts = [plain or inner for plain, inner in _KEY_PARTS.findall(key)] or [key]
        target = found
        for part in parts[:-1]:
            inner = target.setdefault(part, {})
            target = inner if isinstance(inner, dict) else {}
        name = parts[-1]
        if name in target:
            before = target[name]
            target[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            target[name] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    """Lists for objects whose keys are ``""`` alone or count from 0."""
    if not isinstance(value, dict):
        return value
    entries = {name: _listed(inner) for name, inner in value.items()}
    if list(entries) == [""]:
        return entries[""] if isinstance(entries[""], list) else [entries[""]]
    return list(entries.values()) if list(entries) == [str(at) for at in range(len(entries))] else entries


def _one_line(text: str) -> str:
    return re.sub(r"\r?\n|\r", "", text)


def _content(response: Any) -> tuple[bytes, str]:
    if response is None:
        return b"", ""
    if isinstance(response, Mapping) and "$base64" in response:
        return base64.b64decode(response["$base64"]), ""
    if isinstance(response, str):
        return response.encode(), ""
    return json.dumps(response, ensure_ascii=False, separators=(",", ":")).encode(), "application/json"
