"""Respond: answers who called the workflow, while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from workflow_kernel.nodes._imports import choose
from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import Answer, Batch, Context, Field, Imported, ImportedNode, Items, NodeError, NodeType, node

_WITH = {
    "firstIncomingItem": "first_item", "allIncomingItems": "all_items", "json": "json", "text": "text",
    "binary": "file", "redirect": "redirect", "noData": "nothing", "jwt": "json",
}  # fmt: skip
_TYPES = {"text": "text/plain; charset=utf-8", "redirect": ""}
_JSON = "application/json; charset=utf-8"


def _from_n8n(source: ImportedNode) -> Imported:
    kind = source.get("respondWith", default="firstIncomingItem")
    with_ = choose(kind, _WITH, "first_item")
    parameters: dict[str, Any] = {"answer": with_}
    warnings: list[str] = []
    if kind == "jwt":
        warnings.append("It answers with a signed token: sign one with a JWT node and answer with that.")
    body = source.get("payload" if kind == "jwt" else "responseBody")
    if with_ in ("json", "text") and body is not None:
        parameters["body"] = body
    if with_ == "redirect":
        parameters["url"] = source.get("redirectURL", default="")
    if with_ == "file" and source.get("responseDataSource") == "set":
        parameters["file"] = source.get("inputFieldName", default="data")
    if source.get("options", "responseCode") is not None:
        parameters["status"] = source.get("options", "responseCode")
    entries = source.get("options", "responseHeaders", "entries", default=[]) or []
    headers = {str(entry.get("name", "")): entry.get("value", "") for entry in entries if isinstance(entry, Mapping)}
    if headers:
        parameters["headers"] = headers
    if source.get("options", "responseKey"):
        parameters["key"] = source.get("options", "responseKey")
    if source.get("options", "enableStreaming"):
        parameters["goes_on"] = True
    return Imported(parameters, warnings=tuple(warnings), credentials={})


@node(
    "flow.respond",
    title="Respond to webhook",
    imports={"n8n-nodes-base.respondToWebhook": _from_n8n},
    icon="reply",
    keywords=("webhook", "answer", "return", "http", "response", "redirect", "reply", "stream"),
)
class Respond(NodeType):
    """Answers who called the workflow's webhook, and passes its items on.

    The first answer counts. Where nobody waits for one, nothing happens.
    """

    answer: Literal["first_item", "all_items", "json", "text", "file", "redirect", "nothing"] = Field(
        "first_item", description="What is sent."
    )
    body: Any = Field(None, description="What is sent.", widget="multiline", show={"answer": ["json", "text"]})
    file: str = Field("", description="The attachment to send; the first when empty.", show={"answer": "file"})
    url: str = Field("", description="Where callers are sent.", show={"answer": "redirect"})
    key: str = Field(
        "", description="Name of a field that the items are put under.", show={"answer": ["first_item", "all_items"]},
        section="Options",
    )  # fmt: skip
    status: int | None = Field(None, ge=200, le=599, description="The status; 200 when empty.", section="Options")
    headers: dict[str, Any] = Field({}, description="Headers to send.", widget="key-value", section="Options")
    goes_on: bool = Field(
        False, section="Options",
        description="Whether more follows: the answer is sent bit by bit, until the workflow ends or a Respond node "
        "without this has run.",
    )  # fmt: skip

    def run(self, batch: Batch, ctx: Context) -> Batch:
        """Answer."""
        kind, body, blob = self._content(batch, ctx)
        headers = [(name, _header(name, value)) for name, value in self.headers.items()]
        if kind and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", kind))
        status = self.status or {"redirect": 307, "nothing": 204}.get(self.answer, 200)
        if self.answer == "redirect":
            headers.append(("Location", _header("Location", self.url)))
        is_waiting = ctx.respond(Answer(status, tuple(headers), body, blob, goes_on=self.goes_on))
        if not is_waiting:
            ctx.log.debug("nobody waits for an answer")
        return pass_on(batch)

    def _content(self, batch: Batch, ctx: Context) -> tuple[str, bytes, str]:
        """The content type, and the bytes or the blob that holds them."""
        match self.answer:
            case "nothing" | "redirect":
                return "", b"", ""
            case "text":
                return "text/plain; charset=utf-8", _text(self.body).encode("utf-8", "replace"), ""
            case "json":
                return _JSON, self._json().encode("utf-8", "replace"), ""
            case "file":
                return self._attachment(batch.items())
        rows = batch.items().json()
        value: Any = rows if self.answer == "all_items" else (rows[0] if rows else {})
        return _JSON, _encode({self.key: value} if self.key else value), ""

    def _json(self) -> str:
        if not isinstance(self.body, str):
            return _encode({} if self.body is None else self.body).decode()
        try:
            msgspec.json.decode(self.body.encode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError) as error:
            raise NodeError(
                f"The answer is not JSON: {error}.", mend="Correct 'body', or choose to answer with text."
            ) from None
        return self.body

    def _attachment(self, items: Items) -> tuple[str, bytes, str]:
        found = [item.binary for item in items if item.binary]
        if found:
            names = found[0]
            file = names.get(self.file) if self.file else next(iter(names.values()))
            if file is not None:
                return file.mime_type, b"", file.blob
        wanted = f"the attachment '{self.file}'" if self.file else "an attachment"
        raise NodeError(f"The first item has not {wanted}.", mend="Choose one of its attachments.")


def _header(name: str, value: Any) -> str:
    text = _text(value)
    if any(character in text for character in "\r\n\0") or not name.replace("-", "").replace("_", "").isalnum():
        raise NodeError(
            f"The header '{name[:80]}' cannot be sent.", mend="Headers are names of letters with one line of text."
        )
    return text


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else _encode(value).decode()


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=str)
