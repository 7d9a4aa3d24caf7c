"""A node with effects that fails for some items is tried again for these alone.

Start -> Send -> Seen
"""

from __future__ import annotations

from typing import Any

import pytest

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.journal import Entry, MemoryJournal, RunDone
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, OnError, Retry, Workflow
from workflow_kernel.sdk import Context, Field, Item, Items, Lineage, NodeError, NodeType, node
from workflow_kernel.sdk.registry import Registry

SENT: list[tuple[str, str]] = []
"""What was sent: the text and the token it went with."""

FAILURES: dict[str, int] = {}
"""How often each text still fails."""


def send(text: str, token: str) -> dict[str, Any]:
    if FAILURES.get(text, 0) > 0:
        FAILURES[text] -= 1
        raise NodeError(f"'{text}' was refused.")
    SENT.append((text, token))
    return {"sent": text}


@node("test.send_each", pure=False)
class SendEach(NodeType):
    """Sends an item at a time."""

    text: str = Field(description="What to send.")

    def run(self, item: Item, ctx: Context) -> dict[str, Any]:
        """Send one."""
        return send(self.text, "")


@node("test.send_all", pure=False, per_item=("text",))
class SendAll(NodeType):
    """Sends all items in one go."""

    text: str = Field(description="What to send.")

    async def run(self, items: Items, ctx: Context) -> Items:
        """Send all, telling which fail."""
        rows, sources = [], []
        for index in range(len(items)):
            try:
                rows.append(Item(send(ctx.at(self, index).text, ctx.item_token(index))))
                sources.append(index)
            except NodeError as error:
                ctx.fail(index, error)
        return Items(rows, Lineage.one(sources))


@pytest.fixture(autouse=True)
def _nothing_sent() -> None:
    SENT.clear()
    FAILURES.clear()


def workflow(kind: str, on_error: OnError = "stop", tries: int = 3) -> Workflow:
    nodes = {
        "start": Node("start", "Start", "flow.manual_trigger"),
        "send": Node(
            "send", "Send", f"test.{kind}", parameters={"text": "={{ $json.text }}"}, on_error=on_error,
            retry=Retry(tries=tries, wait=0.0), position=(1.0, 0.0),
        ),
        "seen": Node("seen", "Seen", "data.set", position=(2.0, 0.0), parameters={
            "fields": [{"name": "from", "value": "={{ $('Start').item.json.text }}"}],
        }),
    }  # fmt: skip
    return Workflow("w", nodes, (Edge(End("start"), End("send")), Edge(End("send"), End("seen"))))


async def run(made: Workflow, journal: MemoryJournal | None = None) -> ExecutionResult:
    registry = Registry({kind.spec.type: kind for kind in (SendEach, SendAll)})
    async with LocalEngine(registry, journal=journal) as engine:
        return await engine.run(made, Items.of(*({"text": text} for text in "abcd")), execution="e")


@pytest.mark.parametrize("kind", ["send_each", "send_all"])
async def test_what_was_sent_is_not_sent_again(kind: str) -> None:
    FAILURES.update(b=2, c=1)
    result = await run(workflow(kind))
    result.raise_if_failed()
    assert [text for text, _ in SENT] == ["a", "d", "c", "b"]
    assert result["Send"].attempts == 3
    assert result["Send"].json() == [{"sent": text} for text in "abcd"]
    assert [row["from"] for row in result["Seen"].json()] == list("abcd")


async def test_the_token_of_an_item_stays_the_same() -> None:
    FAILURES.update(d=1)
    await run(workflow("send_all"))
    tokens = dict(SENT)
    assert len(set(tokens.values())) == 4
    SENT.clear()
    await run(workflow("send_all"))
    assert dict(SENT) == tokens


@pytest.mark.parametrize("kind", ["send_each", "send_all"])
async def test_what_fails_to_the_end_leaves_by_the_error_port(kind: str) -> None:
    FAILURES.update(b=9)
    result = await run(workflow(kind, "branch"))
    assert result["Send"].json() == [{"sent": text} for text in "acd"]
    assert result["Send"].json("error") == [{"text": "b", "error": "'b' was refused."}]
    assert [text for text, _ in SENT] == ["a", "c", "d"]


@pytest.mark.parametrize("kind", ["send_each", "send_all"])
async def test_what_fails_to_the_end_stops_the_execution(kind: str) -> None:
    FAILURES.update(b=9)
    result = await run(workflow(kind))
    assert result.state == "failed"
    assert result.error is not None
    assert (result.error.message, result.error.item) == ("'b' was refused.", 1)


class Killed(BaseException):
    """Stands for the death of the process."""


class KillingJournal(MemoryJournal):
    """Kills the runner when the node is done for good."""

    def append(self, execution: str, entry: Entry) -> None:
        if isinstance(entry, RunDone) and entry.node == "send":
            raise Killed
        super().append(execution, entry)


async def test_what_was_sent_before_the_process_died_is_not_sent_again() -> None:
    FAILURES.update(b=1)
    journal = KillingJournal()
    with pytest.raises(Killed):
        await run(workflow("send_all"), journal)
    assert [text for text, _ in SENT] == ["a", "c", "d", "b"]
    kept = MemoryJournal()
    for entry in journal.load("e"):
        kept.append("e", entry)
    result = await run(workflow("send_all"), kept)
    assert result["Send"].json() == [{"sent": text} for text in "abcd"]
    # Only the last attempt, whose end was not kept, is made again: with the same token.
    assert [text for text, _ in SENT] == ["a", "c", "d", "b", "b"]
    assert SENT[-1] == SENT[-2]
