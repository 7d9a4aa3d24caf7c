"""Kill the runner at every entry of its journal, go on with a fresh engine, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, engine_for, numbers
from workflow_kernel.engine.journal import (
    AttemptFailed,
    EffectIntended,
    Entry,
    ExecutionEnded,
    ExecutionStarted,
    MemoryJournal,
    RunDone,
    RunSuspended,
)
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Retry, Workflow
from workflow_kernel.runs.item import Items
from workflow_kernel.runs.outcome import ErrorInfo

ID = "the-execution"
PAST = 1.0


class Killed(BaseException):
    """Stands for the end of the process."""


class DeadlyJournal:
    """Ends the process at an entry, before or after keeping it. Nothing is kept after that."""

    def __init__(self, at: int, *, keeps: bool) -> None:
        self.kept = MemoryJournal()
        self._left = at
        self._keeps = keeps

    def append(self, execution: str, entry: Entry) -> None:
        self._left -= 1
        if self._left > 0 or (self._left == 0 and self._keeps):
            self.kept.append(execution, entry)
        if self._left <= 0:
            raise Killed

    async def flush(self, execution: str) -> None:
        await asyncio.sleep(0)

    def load(self, execution: str) -> tuple[Entry, ...]:
        return tuple(self.kept.load(execution))


START: dict[str, Drawn] = {"start": "flow.manual_trigger"}
TWICE = Retry(tries=3, wait=0.0)
EVEN = {"conditions": {"conditions": [{"left": "={{ $json.n % 2 }}", "operator": "number.equals", "right": 0}]}}

WORKFLOWS: dict[str, Workflow] = {
    #   start > a > b > c
    "chain": draw({**START, "a": "test.add", "b": "test.later", "c": "test.add"}, "start > a, a > b, b > c"),
    #            ,> a > b,
    #   start --<         >> merge > end
    #            `> c ----'
    "merge": draw(
        {
            **START,
            "a": ("test.later", {}, {"position": (1.0, 0.0)}),
            "b": ("test.add", {}, {"position": (2.0, 0.0)}),
            "c": ("test.later", {}, {"position": (1.0, 9.0)}),
            "merge": "flow.merge",
            "end": "test.add",
        },
        "start > a, start > c, a > b, b > merge.input1, c > merge.input2, merge > end",
    ),
    #   start > even -true> a -------> merge2 > end
    #               `false> none > b -'  (nothing comes this way: the merge goes on late)
    "late merge": draw(
        {
            **START,
            "even": ("flow.if", EVEN),
            "a": "test.later",
            "none": ("data.limit", {"count": 0}),
            "b": "test.add",
            "merge1": "flow.merge",
            "c": "test.add",
            "merge2": "flow.merge",
            "end": "test.add",
        },
        "start > even, even.true > a, even.false > none, none > b, a > merge1.input1, b > merge1.input2,"
        "merge1 > c, c > merge2.input1, b > merge2.input2, merge2 > end",
    ),
    #   start > loop -loop> a > b -,
    #            ^________________/     loop -done> end
    "loop": draw(
        {**START, "loop": ("flow.loop", {"batch_size": 2}), "a": "test.add", "b": "test.later", "end": "test.add"},
        "start > loop, loop.loop > a, a > b, b > loop, loop.done > end",
    ),
    #   start > outer -loop> inner -loop> a > inner
    #                        inner -done> b > outer      outer -done> end
    "nested loop": draw(
        {
            **START,
            "outer": ("flow.loop", {"batch_size": 2}),
            "inner": "flow.loop",
            "a": "test.later",
            "b": "test.effect",
            "end": "test.add",
        },
        "start > outer, outer.loop > inner, inner.loop > a, a > inner, inner.done > b, b > outer, outer.done > end",
    ),
    #   start > a (fails twice) > b (an effect that fails once) > c
    "retries": draw(
        {
            **START,
            "a": ("test.add", {"fails": 2}, {"retry": TWICE}),
            "b": ("test.effect", {"fails": 1}, {"retry": TWICE}),
            "c": "test.add",
        },
        "start > a, a > b, b > c",
    ),
    #   start > set (n - 2) > each -main> a
    #                              `error> b
    "error branch": draw(
        {
            **START,
            "less": ("data.set", {"fields": [{"name": "n", "value": "={{ $json.n - 2 }}", "type": "number"}]}),
            "each": ("test.each", {}, {"on_error": "branch"}),
            "a": "test.later",
            "b": "test.effect",
        },
        "start > less, less > each, each > a, each.error > b",
    ),
    #   start > wait (till a time that is over) > a
    "suspension": draw({**START, "wait": ("test.wait", {"until": PAST}), "a": "test.add"}, "start > wait, wait > a"),
    #   start > a > b ;  start > c      all with effects
    "effects": draw(
        {**START, "a": "test.effect", "b": "test.effect", "c": "test.effect"}, "start > a, a > b, start > c"
    ),
    #   start > a > stop         and b, which is slow, beside it
    "failure": draw(
        {**START, "a": "test.add", "stop": ("flow.stop_and_error", {"message": "no"}), "b": "test.later"},
        "start > a, a > stop, start > b",
    ),
    #   start > a (fails for good, after three tries)
    "failing retries": draw({**START, "a": ("test.add", {"fails": 99}, {"retry": TWICE})}, "start > a"),
    #   two edges into one port, seen by a later expression
    "two edges": draw(
        {
            **START,
            "a": "test.later",
            "b": "test.add",
            "c": "test.later",
            "seen": (
                "data.set",
                {
                    "include": "all",
                    "fields": [{"name": "of", "value": "={{ $('a').item.json.path }}", "type": "string"}],
                },
            ),
        },
        "start > a, a > b, a > c, b > c, c > seen",
    ),
}


def shown(result: ExecutionResult) -> dict[str, Any]:
    """Everything of a result that must not depend on what happened to the process."""
    runs = sorted(
        (run.node.name, run.index, run.status, [batch.items().json() for batch in run.outputs]) for run in result.runs
    )
    return {"state": result.state, "error": result.error, "output": result.output().json(), "runs": runs}


async def finish(workflow: Workflow, journal: Any, calls: Calls) -> ExecutionResult:
    async with engine_for(calls, journal) as engine:
        return await asyncio.wait_for(engine.run(workflow, Items.of(*numbers(5)), execution=ID), 20)


async def kill(workflow: Workflow, journal: DeadlyJournal, calls: Calls) -> ExecutionResult | None:
    """Run till the process ends; the result when it never does."""
    try:
        return await finish(workflow, journal, calls)
    except Killed:
        return None


def durable(journal: DeadlyJournal) -> set[tuple[str, int]]:
    return {(entry.node, entry.index) for entry in journal.load(ID) if isinstance(entry, RunDone)}


def attempts(calls: Calls) -> Counter[tuple[str, int]]:
    return Counter((call.node, call.index) for call in calls)


@pytest.mark.parametrize("keeps", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", WORKFLOWS)
async def test_a_killed_execution_goes_on_where_it_was(name: str, keeps: bool) -> None:
    workflow = WORKFLOWS[name]
    undisturbed = Calls()
    whole = MemoryJournal()
    expected = shown(await finish(workflow, whole, undisturbed))
    tokens = {call[:2]: call.token for call in undisturbed}
    entries = len(whole.load(ID))
    for at in range(1, entries + 1):
        calls, journal = Calls(), DeadlyJournal(at, keeps=keeps)
        assert await kill(workflow, journal, calls) is None, f"lived past entry {at}"
        before, done = len(calls), durable(journal)
        result = await finish(workflow, journal.kept, calls)
        assert shown(result) == expected, f"killed at entry {at}"
        again = [call for call in calls[before:] if call[:2] in done]
        assert not again, f"killed at entry {at}"
        assert all(tokens[call[:2]] == call.token for call in calls), f"killed at entry {at}"
        usual = attempts(undisturbed)
        assert all(count <= usual.get(run, 0) + 1 for run, count in attempts(calls).items()), f"killed at entry {at}"


@pytest.mark.parametrize("name", ["merge", "nested loop", "retries", "error branch"])
async def test_an_execution_killed_again_and_again_comes_to_its_end(name: str) -> None:
    workflow = WORKFLOWS[name]
    expected = shown(await finish(workflow, MemoryJournal(), Calls()))
    calls, journal = Calls(), DeadlyJournal(2, keeps=True)
    while (result := await kill(workflow, journal, calls)) is None:
        survivor, journal = journal.kept, DeadlyJournal(2, keeps=True)
        journal.kept = survivor
    assert shown(result) == expected


async def test_an_execution_that_is_over_is_not_run_again() -> None:
    for name in ("chain", "failure", "failing retries"):
        journal, calls = MemoryJournal(), Calls()
        first = await finish(WORKFLOWS[name], journal, calls)
        entries, made = journal.load(ID), len(calls)
        second = await finish(WORKFLOWS[name], journal, calls)
        assert shown(second) == shown(first)
        assert len(calls) == made
        assert journal.load(ID) == entries


def journal_with(*entries: Entry) -> MemoryJournal:
    journal = MemoryJournal()
    journal.append(ID, ExecutionStarted("start", Items.of(*numbers(2)), PAST))
    for entry in entries:
        journal.append(ID, entry)
    return journal


def done(name: str) -> RunDone:
    return RunDone(name, 0, (Items.of(*numbers(2)),), None, None, PAST, PAST)


FAR = 4e9
RETRIED = draw({**START, "a": ("test.add", {"fails": 1}, {"retry": TWICE})}, "start > a")


async def test_a_retry_that_waits_goes_on_waiting() -> None:
    journal = journal_with(done("start"), AttemptFailed("a", 0, 1, 0, ErrorInfo("no"), FAR))
    calls = Calls()
    seen: list[Any] = []
    async with engine_for(calls, journal) as engine:
        running = asyncio.create_task(engine.run(RETRIED, execution=ID, on_event=seen.append))
        for _ in range(20):
            await asyncio.sleep(0)
        engine.cancel(ID)
        result = await running
    assert calls == []
    assert result.state == "cancelled"


async def test_a_retry_whose_time_is_over_starts_at_once_with_the_tries_it_has_left() -> None:
    journal = journal_with(done("start"), AttemptFailed("a", 0, 2, 0, ErrorInfo("no"), PAST))
    calls = Calls()
    result = await finish(RETRIED, journal, calls)
    assert calls.names() == ["a"]
    assert result.state == "failed"


async def test_a_suspended_run_goes_on_waiting_and_can_be_called() -> None:
    outputs = (Items.of(*numbers(1)),)
    workflow = draw({**START, "wait": ("test.wait", {"until": FAR}), "a": "test.add"}, "start > wait, wait > a")
    for until in (None, FAR):
        journal = journal_with(done("start"), RunSuspended("wait", 0, until, outputs))
        calls = Calls()
        async with engine_for(calls, journal) as engine:
            running = asyncio.create_task(engine.run(workflow, execution=ID))
            for _ in range(20):
                await asyncio.sleep(0)
            assert calls == []
            assert engine.resume(ID, "wait")
            assert not engine.resume(ID, "wait"), "a run goes on once"
            result = await running
        assert calls.names() == ["a"]
        assert result["a"].json() == [{"n": 0, "path": "/a"}]
        assert result["wait"].json() == numbers(1)
        assert result["wait"].seconds < 60
        assert ("wait", 0) in {(e.node, e.index) for e in journal.load(ID) if isinstance(e, RunDone)}


async def test_a_wait_whose_time_is_over_ends_at_once() -> None:
    workflow = WORKFLOWS["suspension"]
    journal = journal_with(done("start"), RunSuspended("wait", 0, PAST, (Items.of(*numbers(1)),)))
    calls = Calls()
    result = await finish(workflow, journal, calls)
    assert calls.names() == ["a"]
    assert result.state == "succeeded"


async def test_an_effect_that_may_have_happened_is_tried_again_with_its_token() -> None:
    workflow = draw({**START, "b": "test.effect"}, "start > b")
    calls = Calls()
    await finish(workflow, MemoryJournal(), calls)
    token = calls[0].token
    journal = journal_with(done("start"), EffectIntended("b", 0, 1, token, PAST))
    await finish(workflow, journal, calls)
    assert [call.token for call in calls] == [token, token]


async def test_it_goes_on_from_the_node_it_began_with() -> None:
    #   one > a        two > b
    workflow = draw(
        {"one": "flow.manual_trigger", "a": "test.add", "two": "flow.manual_trigger", "b": "test.add"},
        "one > a, two > b",
    )
    calls, journal = Calls(), DeadlyJournal(2, keeps=True)
    async with engine_for(calls, journal) as engine:
        with pytest.raises(Killed):
            await engine.run(workflow, Items.of({"n": 1}), start="two", execution=ID)
    result = await finish(workflow, journal.kept, calls)
    assert calls.names() == ["b"]
    assert result["b"].json() == [{"n": 1, "path": "/b"}]


async def test_the_time_an_execution_has_counts_from_its_first_start() -> None:
    workflow = draw({**START, "gate": "test.gate"}, "start > gate", timeout=60.0)
    result = await finish(workflow, journal_with(done("start")), Calls())
    assert result.state == "timed_out"
    assert result.started == PAST


async def test_what_nodes_kept_with_the_execution_survives() -> None:
    workflow = draw(
        {**START, "keep": ("data.execution_data", {"values": [{"key": "k", "value": "v"}]}), "a": "test.add"},
        "start > keep, keep > a",
    )
    calls, journal = Calls(), DeadlyJournal(3, keeps=True)
    assert await kill(workflow, journal, calls) is None
    result = await finish(workflow, journal.kept, calls)
    assert result.annotations == {"k": "v"}
    assert isinstance(journal.kept.load(ID)[-1], ExecutionEnded)
