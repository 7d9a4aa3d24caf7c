"""RSS: reads the entries of a feed."""

from __future__ import annotations

import asyncio
from typing import Any

from workflow_kernel.nodes.web import _feed
from workflow_kernel.nodes.web._models import Redirects
from workflow_kernel.nodes.web._values import shown
from workflow_kernel.sdk import Context, Field, Imported, ImportedNode, Item, NodeError, NodeType, node

_ACCEPT = (
    "application/rss+xml,application/rdf+xml;q=0.8,application/atom+xml;q=0.6,application/xml;q=0.4,text/xml;q=0.4"
)


def _from_n8n(source: ImportedNode) -> Imported:
    parameters: dict[str, Any] = {"url": source.get("url", default="")}
    if source.get("options", "customFields"):
        parameters["fields"] = source.get("options", "customFields")
    if source.get("options", "ignoreSSL"):
        parameters["ignore_tls"] = source.get("options", "ignoreSSL")
    return Imported(parameters, settings={"execute_once": True} if source.version < 1.1 else {})


@node(
    "web.rss",
    title="RSS",
    imports={"n8n-nodes-base.rssFeedRead": _from_n8n},
    icon="rss",
    keywords=("feed", "atom", "news", "podcast", "blog"),
)
class Rss(NodeType):
    """Reads the entries of an RSS or Atom feed, one item each."""

    url: str = Field(description="Address of the feed.", placeholder="https://example.com/feed")
    fields: list[str] | str = Field(
        [], description="Further elements of an entry to take over, e.g. media:thumbnail.", section="Options"
    )
    timeout: float = Field(60.0, gt=0, description="Seconds to wait for an answer.", section="Options")
    ignore_tls: bool = Field(
        False, description="Whether certificates that cannot be verified are accepted.", section="Options"
    )

    async def run(self, item: Item, ctx: Context) -> list[Item]:
        """The feed's entries."""
        if not self.url.strip():
            raise NodeError("The URL of the feed is missing.", mend="Fill in 'url'.")
        names = self.fields.split(",") if isinstance(self.fields, str) else self.fields
        data = await self._fetch(ctx)
        fields = [name.strip() for name in names if name.strip()]
        entries = await asyncio.to_thread(_feed.read, data, fields)
        return [Item(entry) for entry in entries]

    async def _fetch(self, ctx: Context) -> bytes:
        import httpx

        from workflow_kernel.nodes.web import _answer, _client
        from workflow_kernel.nodes.web._auth import SignIn

        async with _client.Clients(ctx) as clients:
            client = await clients.find("", self.ignore_tls)
            url = self.url.strip()
            request = _client.make_request(client, "GET", url, {"accept": _ACCEPT}, {})
            response = await _client.send(client, request, SignIn(), Redirects(), self.timeout)
            try:
                if not response.is_success:
                    raise await _answer.bad_status(response, url, "GET", (), ctx)
                return await _answer.read_bytes(response)
            except httpx.HTTPError as error:
                raise NodeError(
                    f"The feed at {shown(url)} broke off ({type(error).__name__}).", mend="Try again, or set a retry."
                ) from None
            finally:
                await response.aclose()
