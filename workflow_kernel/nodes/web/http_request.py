"""HTTP request: calls any web service, once per item."""

from __future__ import annotations

from workflow_kernel.nodes.web import _n8n_http
from workflow_kernel.nodes.web._models import (
    CREDENTIALS,
    ArrayFormat,
    Auth,
    Batching,
    Body,
    Fields,
    Method,
    Pagination,
    Redirects,
    Response,
)
from workflow_kernel.sdk import Context, Field, Item, Items, NodeType, node


@node(
    "web.http_request",
    title="HTTP request",
    pure=False,
    per_item=(
        "method", "url", "auth", "query", "query_arrays", "headers", "lowercase_headers", "body", "response",
        "redirects", "timeout", "proxy", "ignore_tls", "idempotency_key",
    ),
    credentials=CREDENTIALS,
    imports={"n8n-nodes-base.httpRequest": _n8n_http.convert},
    icon="globe",
    keywords=("api", "rest", "curl", "fetch", "download", "get", "post", "webhook", "url"),
)  # fmt: skip
class HttpRequest(NodeType):
    """Calls a web service or downloads a file, once per item."""

    method: Method = Field("GET", description="What is asked of the service.")
    url: str = Field(description="Address to call.", placeholder="https://example.com/api/items")
    auth: Auth = Field(Auth(), description="How the request signs in.")
    query: Fields = Field({}, description="Fields added to the URL's query.", widget="key-value")
    headers: Fields = Field({}, description="Headers to send.", widget="key-value")
    body: Body = Field(Body(), description="What is sent.", show={"method": ["POST", "PUT", "PATCH", "DELETE"]})
    response: Response = Field(Response(), description="What becomes of the answer.")
    pagination: Pagination = Field(
        Pagination(), description="How further pages are read.", section="Options", expression=False
    )
    query_arrays: ArrayFormat = Field(
        "brackets", description="How lists are written in a query: a[]=1, a[0]=1 or a=1.", section="Options"
    )
    lowercase_headers: bool = Field(True, description="Whether header names are sent in lower case.", section="Options")
    redirects: Redirects = Field(Redirects(), description="Whether redirects are followed.", section="Options")
    timeout: float = Field(300.0, gt=0, description="Seconds to wait for an answer.", section="Options")
    proxy: str = Field("", description="Proxy to go through.", placeholder="http://proxy:8080", section="Options")
    ignore_tls: bool = Field(
        False, description="Whether certificates that cannot be verified are accepted.", section="Options"
    )
    batching: Batching = Field(Batching(), description="Pauses between groups of items.", section="Options")
    concurrency: int = Field(10, ge=1, le=100, description="Requests at the same time.", section="Options")
    idempotency_key: bool = Field(
        False, description="Whether an Idempotency-Key is sent, the same when a failed run is tried again.",
        section="Options",
    )  # fmt: skip

    async def run(self, items: Items, ctx: Context) -> Items:
        """Send a request, or one per page, for each item; answers come in the order of the items."""
        from workflow_kernel.nodes.web import _client, _exchange
        from workflow_kernel.nodes.web._paced import paced

        async with _client.Clients(ctx) as clients:

            async def one(index: int) -> list[Item]:
                mine = ctx.at(self, index)
                client = await clients.find(mine.proxy, mine.ignore_tls)
                return await _exchange.Exchange(mine, items[index], index, ctx, client).run()

            return await paced(len(items), one, ctx, concurrency=self.concurrency, batching=self.batching)
