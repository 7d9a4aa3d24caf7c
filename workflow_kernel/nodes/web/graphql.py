"""GraphQL: sends a query or mutation, once per item."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.nodes.web import _n8n_auth, _n8n_http
from workflow_kernel.nodes.web._models import CREDENTIALS, Auth, Batching, Fields
from workflow_kernel.sdk import (
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    NodeType,
    node,
)


def _from_n8n(source: ImportedNode) -> Imported:
    auth = _n8n_auth.convert(source)
    kind = source.get("requestFormat", default="graphql" if source.version < 1.1 else "json")
    parameters: dict[str, Any] = {
        "endpoint": source.get("endpoint", default=""),
        "method": source.get("requestMethod", default="POST"),
        "send_as": kind,
        "query": source.get("query", default=""),
        "headers": _n8n_http.fields_of(source.get("headerParametersUi", "parameter", default=[]), repeats=False),
        **auth.parameters,
    }
    if kind != "graphql":
        parameters["variables"] = source.get("variables", default={}) or {}
        parameters["operation_name"] = source.get("operationName", default="")
    if source.get("responseFormat") == "string":
        parameters |= {"response": "text", "field": source.get("dataPropertyName", default="data")}
    if source.get("allowUnauthorizedCerts"):
        parameters["ignore_tls"] = source.get("allowUnauthorizedCerts")
    kept = {name: value for name, value in parameters.items() if value not in ({}, "")}
    return Imported({"endpoint": "", "query": "", **kept}, warnings=auth.warnings, credentials=auth.credentials)


@node(
    "web.graphql",
    title="GraphQL",
    pure=False,
    per_item=(
        "endpoint", "method", "send_as", "query", "variables", "operation_name", "auth", "headers", "response",
        "field", "timeout", "proxy", "ignore_tls", "idempotency_key",
    ),
    credentials=CREDENTIALS,
    imports={"n8n-nodes-base.graphql": _from_n8n},
    icon="braces",
    keywords=("api", "query", "mutation", "http"),
)  # fmt: skip
class GraphQL(NodeType):
    """Sends a GraphQL query or mutation, once per item."""

    endpoint: str = Field(description="Address of the GraphQL service.", placeholder="https://example.com/graphql")
    query: str = Field(description="Query or mutation.", widget="multiline", language="graphql")
    variables: Any = Field({}, description="Variables of the query, as an object or its JSON text.", widget="json")
    operation_name: str = Field("", description="Which operation to run, where the query has several.")
    auth: Auth = Field(Auth(), description="How the request signs in.")
    headers: Fields = Field({}, description="Headers to send.", widget="key-value")
    method: Literal["POST", "GET"] = Field("POST", description="How the query is sent.", section="Options")
    send_as: Literal["json", "graphql"] = Field(
        "json", description="Whether the body is JSON with variables or the query alone.", section="Options",
        show={"method": "POST"},
    )  # fmt: skip
    response: Literal["json", "text"] = Field("json", description="How the answer is given.", section="Options")
    field: str = Field("data", description="Field that gets a text.", section="Options", show={"response": "text"})
    timeout: float = Field(300.0, gt=0, description="Seconds to wait for an answer.", section="Options")
    proxy: str = Field("", description="Proxy to go through.", section="Options")
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
        """Send the query for each item; an answer with ``errors`` fails its item."""
        from workflow_kernel.nodes.web import _client, _graphql
        from workflow_kernel.nodes.web._paced import original_index, paced

        async with _client.Clients(ctx) as clients:

            async def one(index: int) -> list[Item]:
                mine = ctx.at(self, index)
                client = await clients.find(mine.proxy, mine.ignore_tls)
                return await _graphql.Question(mine).ask(client, ctx, original_index(ctx, items[index], index))

            return await paced(len(items), one, ctx, concurrency=self.concurrency, batching=self.batching)
