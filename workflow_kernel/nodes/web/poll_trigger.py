"""HTTP poll trigger: starts a workflow when a web service lists something new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.nodes._polled import is_by_hand, new_entries
from workflow_kernel.nodes.flow._given import given
from workflow_kernel.nodes.web._models import CREDENTIALS, Auth, Fields
from workflow_kernel.nodes.web._values import pairs
from workflow_kernel.sdk import Batch, Context, Field, Item, Items, Model, NodeError, NodeType, node
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Listener, Polls


class Since(Model):
    """Asks the service only for what is newer than the last entry."""

    query: str = Field("", description="Field of the query to send; nothing is sent when empty.", placeholder="since")
    field: str = Field("updated_at", description="Field of an entry whose largest value is sent.")


@node(
    "web.poll_trigger",
    title="HTTP poll trigger",
    trigger=True,
    credentials=CREDENTIALS,
    icon="radar",
    keywords=("api", "rest", "poll", "new", "changed", "watch", "json", "list"),
)
class PollTrigger(NodeType):
    """Starts the workflow when a web service lists something new, one item each."""

    url: str = Field(description="Address that gives a list.", placeholder="https://example.com/api/orders")
    entries: str = Field("", description="Where the list is in the answer, by its dotted path; the answer when empty.")
    key: str = Field("id", description="Field that tells entries apart, by its dotted path; all of it when empty.")
    rules: list[Rule] = Field(
        default_factory=lambda: [Rule(every=5, unit="minutes")], description="When it looks.", expression=False,
        widget="list",
    )  # fmt: skip
    auth: Auth = Field(Auth(), description="How the request signs in.")
    query: Fields = Field({}, description="Fields added to the URL's query.", widget="key-value")
    headers: Fields = Field({}, description="Headers to send.", widget="key-value")
    since: Since = Field(Since(), description="Asks only for what is newer.", section="Options", expression=False)
    timeout: float = Field(60.0, gt=0, description="Seconds to wait for an answer.", section="Options")

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with its rules."""
        rules = parameters.get("rules")
        checked = (Rule.model_validate(rule) for rule in (rules if isinstance(rules, list) else ()))
        return [problem for rule in checked if (problem := rule.problem())]

    def listeners(self) -> Sequence[Listener]:
        """Looks at its moments."""
        return [Polls(tuple(self.rules))]

    async def run(self, ctx: Context) -> Batch:
        """Send the new entries."""
        found = given(ctx)
        if found is not None:
            return found
        entries = self._listed(await self._fetch(ctx))
        if self.since.query and not is_by_hand(ctx):
            values = [value for entry in entries if (value := _at(entry.json, self.since.field)) is not None]
            values += [ctx.state["since"]] if "since" in ctx.state else []
            if values:
                ctx.state["since"] = max(values, key=lambda value: (isinstance(value, str), value))
        return Items(new_entries(entries, lambda entry: _at(entry.json, self.key) if self.key else None, ctx))

    async def _fetch(self, ctx: Context) -> Any:
        from workflow_kernel.nodes.web import _client, _exchange
        from workflow_kernel.nodes.web._models import Response
        from workflow_kernel.nodes.web.http_request import HttpRequest

        query = pairs(self.query, "query")
        if self.since.query and "since" in ctx.state and not is_by_hand(ctx):
            query.append((self.since.query, ctx.state["since"]))
        request = HttpRequest(
            url=self.url, auth=self.auth, headers=self.headers, timeout=self.timeout,
            query=[{"name": name, "value": value} for name, value in query],
            response=Response(format="json", split=False),
        )  # fmt: skip
        async with _client.Clients(ctx) as clients:
            client = await clients.find("", ignore_tls=False)
            rows = await _exchange.Exchange(request, Item({}), 0, ctx, client).run()
        return [row.json for row in rows] if len(rows) != 1 else rows[0].json

    def _listed(self, answer: Any) -> list[Item]:
        value = _at(answer, self.entries) if self.entries else answer
        if isinstance(value, Mapping) and not self.entries and set(value) == {"data"}:
            value = value["data"]
        if isinstance(value, Mapping):
            value = [value]
        if not isinstance(value, list):
            raise NodeError(
                f"The answer has no list at '{self.entries}'.", mend="Correct 'entries'; leave it empty for the answer."
            )
        return [Item(dict(entry) if isinstance(entry, Mapping) else {"value": entry}) for entry in value]


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
