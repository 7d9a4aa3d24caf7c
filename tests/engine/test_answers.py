"""A node answers who started the execution while it goes on, and never before the execution is durable."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.engine.drawn import Calls, draw, kinds
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.journal import MemoryJournal
from workflow_kernel.sdk import Answer, Context, Items, NodeType, node
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

ANSWERING = draw(
    {"start": "flow.manual_trigger", "answer": "test.answer", "gate": "test.gate"}, "start > answer, answer > gate"
)


@node("test.answer")
class Answering(NodeType):
    """Answers in two parts."""

    def run(self, items: Items, ctx: Context) -> Items:
        """Answer."""
        first = ctx.respond(Answer(201, body=b"one ", goes_on=True))
        ctx.respond(Answer(body=b"two"))
        return Items.of({"is_awaited": first})


@node("test.answer_thread", where="thread")
class AnsweringThread(Answering):
    """Answers from a thread."""

    def run(self, items: Items, ctx: Context) -> Items:
        """Answer."""
        return super().run(items, ctx)


class SlowJournal(MemoryJournal):
    """Durable only once the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.may_commit = asyncio.Event()
        self.asked = asyncio.Event()

    async def flush(self, execution: str) -> None:
        self.asked.set()
        await self.may_commit.wait()


def engine(journal: Any, calls: Calls) -> LocalEngine:
    registry = kinds(calls)
    registry.add(Answering)
    registry.add(AnsweringThread)
    return LocalEngine(registry, Environment(MemoryBlobs()), journal)


async def test_an_answer_is_sent_while_the_execution_goes_on_but_only_once_it_is_durable() -> None:
    calls, journal, told = Calls(), SlowJournal(), []
    came = asyncio.Event()

    def take(answer: Answer) -> None:
        told.append(answer)
        came.set()

    async with engine(journal, calls) as made:
        work = asyncio.create_task(made.run(ANSWERING, on_answer=take))
        await calls.began.wait()
        await journal.asked.wait()
        assert told == []
        journal.may_commit.set()
        await came.wait()
        assert not work.done()
        calls.gate.set()
        result = await work
    assert [(answer.status, answer.body, answer.goes_on) for answer in told] == [
        (201, b"one ", True), (200, b"two", False),
    ]  # fmt: skip
    assert result.state == "succeeded"


@pytest.mark.parametrize("kind", ["test.answer", "test.answer_thread"])
async def test_every_answer_has_come_when_the_execution_is_over(kind: str) -> None:
    told: list[Answer] = []
    async with engine(MemoryJournal(), Calls()) as made:
        result = await made.run(draw({"start": "flow.manual_trigger", "a": kind}, "start > a"), on_answer=told.append)
    assert b"".join(answer.body for answer in told) == b"one two"
    assert result.output().json() == [{"is_awaited": True}]


async def test_a_node_learns_that_nobody_waits() -> None:
    async with engine(MemoryJournal(), Calls()) as made:
        result = await made.run(draw({"start": "flow.manual_trigger", "a": "test.answer"}, "start > a"))
    assert result.output().json() == [{"is_awaited": False}]
