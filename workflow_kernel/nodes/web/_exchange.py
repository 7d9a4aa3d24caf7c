"""The requests the HTTP request node makes for one item, and what becomes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from workflow_kernel.nodes.web import _answer, _client
from workflow_kernel.nodes.web._auth import SignIn, sign_in
from workflow_kernel.nodes.web._body import build
from workflow_kernel.nodes.web._paced import original_index
from workflow_kernel.nodes.web._pages import Pager, without_repeats
from workflow_kernel.nodes.web._values import encode, pairs, shown, to_text, with_query
from workflow_kernel.sdk import Binary, Context, Item, NodeError

if TYPE_CHECKING:
    from workflow_kernel.nodes.web.http_request import HttpRequest

_ACCEPT = {
    "json": "application/json,text/*;q=0.99",
    "text": "text/*,application/json,application/xml;q=0.9,*/*;q=0.8",
    "file": "*/*",
    "auto": "application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9,image/*;q=0.8,*/*;q=0.7",
}


class Exchange:
    """The requests made for one item."""

    def __init__(self, node: HttpRequest, item: Item, index: int, ctx: Context, client: httpx.AsyncClient) -> None:
        self.node, self.item, self.ctx, self.client = node, item, ctx, client
        self.index = original_index(ctx, item, index)
        self.sign: SignIn = sign_in(node.auth, ctx, client)

    async def run(self) -> list[Item]:
        """Every page's items."""
        pager = Pager(self.node.pagination, self.ctx, self.index)
        url, rows = self.node.url.strip(), []
        while True:
            url = pager.next_url(url)
            request = self._request(url, pager)
            response = await _client.send(self.client, request, self.sign, self.node.redirects, self.node.timeout)
            try:
                found, goes_on = await self._read(response, url, pager)
            finally:
                await response.aclose()
            rows.extend(found)
            if not goes_on:
                return rows
            if pager.interval:
                await self.ctx.sleep(pager.interval)

    def _request(self, url: str, pager: Pager) -> httpx.Request:
        node = self.node
        query = pairs(node.query, "query")
        if pager.count and node.pagination.mode == "next_url":
            query = without_repeats(url, query)
        headers = {name: to_text(value) for name, value in pairs(node.headers, "headers")}
        changes: dict[str, Any] = {}
        for parameter, value in pager.parameters():
            if parameter.place == "query":
                query = [(name, old) for name, old in query if name != parameter.name] + [(parameter.name, value)]
            elif parameter.place == "header":
                headers[parameter.name] = to_text(value)
            else:
                changes[parameter.name] = value
        if node.lowercase_headers:
            headers = {name.lower(): value for name, value in headers.items()}
        content, own, shown_body = build(node.body, self.item, self.ctx, changes, node.query_arrays)
        if node.idempotency_key:
            own["Idempotency-Key"] = f"{self.ctx.item_token(self.index)}-{pager.count}"
        given = {name.lower() for name in headers}
        own = {"accept": _ACCEPT[node.response.format], **own}
        headers = {name: value for name, value in own.items() if name.lower() not in given} | headers
        full = with_query(url, encode(query, node.query_arrays, keep_empty=False))
        pager.set_request(
            {"method": node.method, "url": url, "headers": headers, "qs": dict(query), "body": shown_body}
        )
        return _client.make_request(self.client, node.method, full, headers, content)

    async def _read(self, response: httpx.Response, url: str, pager: Pager) -> tuple[list[Item], bool]:
        wanted = self.node.response
        try:
            is_error = not response.is_success
            if is_error and not wanted.never_error and not self._ends_here(response):
                raise await _answer.bad_status(response, url, self.node.method, self.sign.secrets, self.ctx)
            kind = _answer.kind_of(response) if wanted.format == "auto" else wanted.format
            body: Any
            raw = b""
            if kind == "file":
                body = await _answer.read_file(response, self.ctx)
            elif kind == "json":
                label = f"{self.node.method} {shown(url)}"
                body = await _answer.read_json(response, label, lenient=is_error)
                raw = await _answer.read_bytes(response)
            else:
                body = await _answer.read_text(response)
                raw = await _answer.read_bytes(response)
        except httpx.HTTPError as error:
            raise NodeError(
                f"The answer to {self.node.method} {shown(url)} broke off ({type(error).__name__}).",
                code="WF352",
                mend="Try again, or set a retry.",
            ) from None
        goes_on = False
        if self.node.pagination.mode != "off":
            seen = {} if isinstance(body, Binary) else body
            if kind == "text" and "json" in response.headers.get("content-type", ""):
                seen = await _answer.read_json(response, shown(url), lenient=True)
            goes_on = pager.take(seen, _answer.headers_of(response), response.status_code, raw)
        return self._items(response, kind, body), goes_on

    def _ends_here(self, response: httpx.Response) -> bool:
        """Whether the error status is the one that ends the pages."""
        pagination = self.node.pagination
        if pagination.mode == "off" or pagination.until != "status":
            return False
        codes = pagination.status_codes
        return str(response.status_code) in (str(codes) if isinstance(codes, str) else map(str, codes))

    def _items(self, response: httpx.Response, kind: str, body: Any) -> list[Item]:
        wanted = self.node.response
        head: dict[str, Any] = {}
        if wanted.full:
            head = {
                "headers": _answer.headers_of(response),
                "statusCode": response.status_code,
                "statusMessage": response.reason_phrase,
            }
        if isinstance(body, Binary):
            return [Item(head, {**(self.item.binary or {}), wanted.field: body})]
        if kind == "text":
            is_absent = wanted.format == "auto" and not body
            return [Item(head if is_absent else {wanted.field: body, **head})]
        if wanted.full:
            return [Item({"body": body, **head})]
        if isinstance(body, list) and wanted.split:
            return [self._item(entry) for entry in body]
        return [self._item(body)]

    def _item(self, value: Any) -> Item:
        if value is None:
            return Item({})
        return Item(value if isinstance(value, dict) else {self.node.response.field: value})
