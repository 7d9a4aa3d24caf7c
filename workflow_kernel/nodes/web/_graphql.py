"""The request the GraphQL node makes for one item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from workflow_kernel.nodes.web import _answer, _client
from workflow_kernel.nodes.web._auth import sign_in
from workflow_kernel.nodes.web._models import Redirects
from workflow_kernel.nodes.web._values import encode, pairs, to_json, to_text, with_query
from workflow_kernel.sdk import Context, Item, NodeError

if TYPE_CHECKING:
    from workflow_kernel.nodes.web.graphql import GraphQL


class Question:
    """A query as one item asks it.

    Parameters
    ----------
    node: resolved for the item.
    """

    def __init__(self, node: GraphQL) -> None:
        self.node = node

    async def ask(self, client: httpx.AsyncClient, ctx: Context, index: int) -> list[Item]:
        """One item's answer."""
        sign = sign_in(self.node.auth, ctx, client)
        url, content, headers = self._content()
        headers |= {name.lower(): to_text(value) for name, value in pairs(self.node.headers, "headers")}
        if self.node.idempotency_key:
            headers["idempotency-key"] = ctx.item_token(index)
        request = _client.make_request(client, self.node.method, url, headers, content)
        response = await _client.send(client, request, sign, Redirects(), self.node.timeout)
        try:
            if not response.is_success:
                raise await _answer.bad_status(response, self.node.endpoint, self.node.method, sign.secrets, ctx)
            if self.node.response == "text":
                return [Item({self.node.field: await _answer.read_text(response)})]
            answer = await _answer.read_json(response, f"{self.node.method} {self.node.endpoint}")
        except httpx.HTTPError as error:
            raise NodeError(
                f"The answer of {self.node.endpoint} broke off ({type(error).__name__}).",
                mend="Try again, or set a retry.",
            ) from None
        finally:
            await response.aclose()
        return [self._checked(part) for part in (answer if isinstance(answer, list) else [answer])]

    def _content(self) -> tuple[str, dict[str, Any], dict[str, str]]:
        """URL, body and headers of the request."""
        url = self.node.endpoint.strip()
        headers = {"accept": "application/json"}
        variables = self._variables() if self.node.send_as == "json" else {}
        if self.node.method == "GET":
            fields = {"query": self.node.query, "operationName": self.node.operation_name or None}
            fields["variables"] = to_json(variables) if variables else None
            return with_query(url, encode(list(fields.items()), "brackets", keep_empty=False)), {}, headers
        headers["content-type"] = f"application/{self.node.send_as}"
        if self.node.send_as == "graphql":
            return url, {"content": self.node.query.encode()}, headers
        body = {"query": self.node.query, "variables": variables, "operationName": self.node.operation_name or None}
        return url, {"content": to_json(body).encode()}, headers

    def _variables(self) -> dict[str, Any]:
        value = self.node.variables
        if isinstance(value, dict):
            return value
        if not isinstance(value, str):
            text = to_text(value) if value is not None else "null"
            raise NodeError(
                f"Using variables failed:\n{text}\n\nGraphQL variables should be either an object or a string."
            )
        try:
            parsed = json.loads(value or "{}")
        except (ValueError, RecursionError) as error:
            raise NodeError(f"Using variables failed:\n{value}\n\nWith error message:\n{error}") from None
        return parsed if isinstance(parsed, dict) else {}

    def _checked(self, answer: Any) -> Item:
        if not isinstance(answer, dict):
            return Item({self.node.field: answer})
        errors = answer.get("errors")
        if errors:
            listed = errors if isinstance(errors, list) else [errors]
            messages = [str(error.get("message", error)) if isinstance(error, dict) else str(error) for error in listed]
            raise NodeError(
                ", ".join(messages) or "The service reports an error without a message.",
                data={"errors": errors, "data": answer.get("data")},
                mend="Correct the query or its variables.",
            )
        return Item(answer)
