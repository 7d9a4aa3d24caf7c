"""Feed trigger: starts a workflow when an RSS or Atom feed has new entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workflow_kernel.nodes._polled import new_entries
from workflow_kernel.nodes.flow._given import given
from workflow_kernel.nodes.flow._schedule_import import times
from workflow_kernel.nodes.web.rss import Rss
from workflow_kernel.sdk import Batch, Context, Field, Imported, ImportedNode, Item, Items, NodeType, node
from workflow_kernel.sdk.schedules import Rule
from workflow_kernel.sdk.triggers import Listener, Polls


def _from_n8n(source: ImportedNode) -> Imported:
    url = source.get("feedUrl", default="")
    return Imported({"url": url, "rules": times(source.get("pollTimes", "item", default=[]))})


@node(
    "web.feed_trigger",
    title="Feed trigger",
    trigger=True,
    imports={"n8n-nodes-base.rssFeedReadTrigger": _from_n8n},
    icon="rss",
    keywords=("rss", "atom", "news", "podcast", "blog", "poll", "new"),
)
class FeedTrigger(NodeType):
    """Starts the workflow when an RSS or Atom feed has new entries, one item each."""

    url: str = Field(description="Address of the feed.", placeholder="https://example.com/feed")
    rules: list[Rule] = Field(
        default_factory=lambda: [Rule(every=5, unit="minutes")], description="When it looks.", expression=False,
        widget="list",
    )  # fmt: skip
    fields: list[str] = Field(
        [], description="Further elements of an entry to take over, e.g. media:thumbnail.", section="Options"
    )
    timeout: float = Field(60.0, gt=0, description="Seconds to wait for an answer.", section="Options")

    @classmethod
    def check(cls, parameters: Mapping[str, object]) -> list[str]:
        """What is wrong with its rules."""
        rules = parameters.get("rules")
        return [found for rule in (rules if isinstance(rules, list) else ()) if (found := _problem(rule))]

    def listeners(self) -> Sequence[Listener]:
        """Looks at its moments."""
        return [Polls(tuple(self.rules))]

    async def run(self, ctx: Context) -> Batch:
        """Send the new entries."""
        found = given(ctx)
        if found is not None:
            return found
        source = Rss(url=self.url, fields=self.fields, timeout=self.timeout)
        entries = await source.run(Item({}), ctx)
        return Items(new_entries(entries, _key, ctx))


def _key(entry: Item) -> object:
    return entry.json.get("guid") or entry.json.get("id") or entry.json.get("link")


def _problem(rule: object) -> str:
    return Rule.model_validate(rule).problem()
