"""What ends an execution early: errors beside running nodes, cancelling, timeouts, broken journals. Nothing is left."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, engine_for, numbers, run, until
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.backends.processes import ProcessPool
from workflow_kernel.engine.journal import Entry, MemoryJournal
from workflow_kernel.graph.model import Retry, Workflow
from workflow_kernel.runs.item import Items
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.wire import LiveEvent, NodeProgress, NodeRunFailed
from workflow_kernel.worker.environment import Environment

START: dict[str, Drawn] = {"start": "flow.manual_trigger"}
STOP: Drawn = ("flow.stop_and_error", {"message": "no"})
WITHIN = 1.0
"""Seconds in which cancelling reaches a running node."""


def left_over() -> list[str]:
    """Names of the asyncio tasks that go on beside the test."""
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def cancelled(workflow: Workflow, calls: Calls, **options: Any) -> Any:
    """The result of an execution that is cancelled once a node runs."""
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(workflow, execution="it", **options))
        await asyncio.wait_for(calls.began.wait(), 5)
        assert engine.cancel("it")
        result = await asyncio.wait_for(running, WITHIN)
        assert not engine.cancel("it"), "it is over"
        assert left_over() == []
    return result


@pytest.mark.parametrize("slow", ["test.gate", "test.later", "test.thread"])
@pytest.mark.parametrize("first", ["slow", "stop"])
async def test_an_error_stops_what_runs_beside_it(slow: str, first: str) -> None:
    #   start > slow
    #   start > stop
    places = {"slow": (0.0, 0.0 if first == "slow" else 9.0), "stop": (0.0, 5.0)}
    workflow = draw(
        {
            **START,
            "slow": (slow, {"endless": True} if slow == "test.thread" else {}, {"position": places["slow"]}),
            "stop": (*STOP, {"position": places["stop"]}),
        },
        "start > slow, start > stop",
    )
    result = await asyncio.wait_for(run(workflow, calls=Calls()), 5)
    assert result.state == "failed"
    assert result.error is not None and result.error.message == "no"
    assert "slow" not in result


async def test_an_effect_does_not_start_once_an_error_ended_the_execution() -> None:
    #   start > stop ;  start > effect
    calls = Calls()
    workflow = draw({**START, "effect": "test.effect", "stop": STOP}, "start > stop, start > effect")
    result = await run(workflow, calls=calls)
    assert result.state == "failed"
    assert calls == []


async def test_cancelling_reaches_an_async_node_whose_finally_runs() -> None:
    calls = Calls()
    result = await cancelled(draw({**START, "gate": "test.gate", "a": "test.add"}, "start > gate, gate > a"), calls)
    assert result.state == "cancelled"
    assert calls.ended == ["gate"]
    assert calls.names() == ["gate"]


async def test_cancelling_reaches_a_node_in_a_thread() -> None:
    calls = Calls()
    workflow = draw({**START, "thread": ("test.thread", {"endless": True})}, "start > thread")
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(workflow, execution="it"))
        await asyncio.to_thread(calls.is_inside.wait, 5)
        engine.cancel("it")
        result = await asyncio.wait_for(running, WITHIN)
    assert result.state == "cancelled"
    for thread in threading.enumerate():
        if thread.name.startswith("node"):
            await asyncio.to_thread(thread.join, 5)
    assert calls.ended == ["thread"], "the node saw that it was cancelled"


async def test_cancelling_runs_the_finally_of_python_code(tmp_path: Any) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    code = f"""
import pathlib, time
pathlib.Path({str(began)!r}).write_text("")
try:
    time.sleep(60)
finally:
    pathlib.Path({str(ended)!r}).write_text("")
"""
    pool = ProcessPool(1, grace=5.0)
    environment = Environment(MemoryBlobs(), run_python=pool.run_python)
    environment.on_close.append(pool.close)
    async with LocalEngine(environment=environment) as engine:
        workflow = draw({**START, "code": ("code.python", {"code": code})}, "start > code")
        running = asyncio.create_task(engine.run(workflow, execution="it"))
        await until(began.exists)
        engine.cancel("it")
        result = await asyncio.wait_for(running, WITHIN + 1)
    assert result.state == "cancelled"
    assert ended.exists()


async def test_cancelling_is_seen_between_quick_nodes() -> None:
    #   start > loop -loop> a > loop      (never ends by itself: a gives what it gets, the loop starts anew)
    calls = Calls()
    workflow = draw(
        {**START, "a": "test.add", "b": ("test.busy", {"seconds": 0.001})},
        "start > a, a > b, b > a",
        loop_limit=100_000,
    )
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(workflow, execution="it"))
        await until(lambda: len(calls) >= 10)
        engine.cancel("it")
        result = await asyncio.wait_for(running, WITHIN)
    assert result.state == "cancelled"


async def test_the_time_of_a_workflow_is_kept_between_quick_nodes() -> None:
    workflow = draw(
        {**START, "a": "test.add", "b": ("test.busy", {"seconds": 0.001})},
        "start > a, a > b, b > a",
        loop_limit=100_000,
        timeout=0.1,
    )
    result = await asyncio.wait_for(run(workflow), 5)
    assert result.state == "timed_out"


async def test_a_workflow_that_takes_too_long_is_stopped() -> None:
    calls = Calls()
    result = await run(draw({**START, "gate": "test.gate"}, "start > gate", timeout=0.05), calls=calls)
    assert result.state == "timed_out"
    assert calls.ended == ["gate"]
    with pytest.raises(Exception, match="timed out"):
        result.raise_if_failed()


@pytest.mark.parametrize(
    "slow", [("test.gate", {}), ("test.thread", {"endless": True}), ("test.busy", {"seconds": 0.3})]
)
async def test_a_node_that_takes_too_long_fails(slow: tuple[str, dict[str, Any]]) -> None:
    calls = Calls()
    workflow = draw({**START, "slow": (*slow, {"timeout": 0.05})}, "start > slow")
    result = await asyncio.wait_for(run(workflow, calls=calls), 5)
    assert result.state == "failed"
    assert result.error is not None and result.error.kind == "timeout"
    assert result.error.message == "The node took longer than its timeout of 0.05 s."


async def test_a_node_that_takes_too_long_is_tried_again_and_its_input_goes_on() -> None:
    calls = Calls()
    workflow = draw(
        {
            **START,
            "slow": (
                "test.gate",
                {},
                {"timeout": 0.02, "retry": Retry(tries=2, wait=0), "on_error": "branch"},
            ),
            "bad": "test.add",
        },
        "start > slow, slow.error > bad",
    )
    result = await run(workflow, *numbers(1), calls=calls)
    assert result.state == "succeeded"
    assert calls.names() == ["slow", "slow", "bad"]
    assert "timeout" in result["bad"].json()[0]["error"]


async def test_an_execution_broken_off_from_outside_leaves_nothing_running() -> None:
    calls = Calls()
    journal = MemoryJournal()
    workflow = draw({**START, "gate": "test.gate", "a": "test.add"}, "start > gate, gate > a")
    async with engine_for(calls, journal) as engine:
        running = asyncio.create_task(engine.run(workflow, execution="it"))
        await calls.began.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert left_over() == []
        assert calls.ended == ["gate"]
        calls.gate.set()
        # Broken off is not cancelled: it can go on.
        result = await engine.run(workflow, execution="it")
    assert result.state == "succeeded"


async def test_executions_of_one_engine_do_not_touch_each_other() -> None:
    calls = Calls()
    workflow = draw({**START, "gate": "test.gate"}, "start > gate")
    async with engine_for(calls) as engine:
        first = asyncio.create_task(engine.run(workflow, execution="first"))
        second = asyncio.create_task(engine.run(workflow, execution="second"))
        await until(lambda: len(calls) == 2)
        engine.cancel("first")
        assert (await asyncio.wait_for(first, WITHIN)).state == "cancelled"
        assert not second.done()
        calls.gate.set()
        assert (await asyncio.wait_for(second, WITHIN)).state == "succeeded"


class BrokenJournal(MemoryJournal):
    """Cannot make anything durable, or nothing after its first entries."""

    def __init__(self, *, appends: int = 1000, flushes: bool = True) -> None:
        super().__init__()
        self._appends = appends
        self._flushes = flushes

    def append(self, execution: str, entry: Entry) -> None:
        self._appends -= 1
        if self._appends < 0:
            raise OSError("the disk is full")
        super().append(execution, entry)

    async def flush(self, execution: str) -> None:
        if not self._flushes:
            raise OSError("the disk is full")


@pytest.mark.parametrize("appends", [0, 1, 2, 3])
async def test_an_execution_ends_when_its_journal_breaks(appends: int) -> None:
    #   start > later > effect
    workflow = draw({**START, "a": "test.later", "b": "test.effect"}, "start > a, a > b")
    async with engine_for(Calls(), BrokenJournal(appends=appends)) as engine:
        with pytest.raises(OSError, match="full"):
            await asyncio.wait_for(engine.run(workflow), 5)
        assert left_over() == []


async def test_an_effect_does_not_start_when_its_intent_cannot_be_kept() -> None:
    calls = Calls()
    workflow = draw({**START, "b": "test.effect"}, "start > b")
    async with engine_for(calls, BrokenJournal(flushes=False)) as engine:
        with pytest.raises(OSError, match="full"):
            await asyncio.wait_for(engine.run(workflow), 5)
    assert calls == []


@pytest.mark.parametrize("kind", ["test.exit", "test.exit_thread"])
async def test_a_node_cannot_end_the_process(kind: str) -> None:
    result = await asyncio.wait_for(run(draw({**START, "a": kind}, "start > a")), 5)
    assert result.state == "failed"
    assert result.error is not None and result.error.message == "SystemExit: 3"


async def test_failed_attempts_are_told_by_their_number() -> None:
    seen: list[LiveEvent] = []
    workflow = draw({**START, "a": ("test.add", {"fails": 9}, {"retry": Retry(tries=3, wait=0)})}, "start > a")
    await run(workflow, on_event=seen.append)
    failed = [event for event in seen if isinstance(event, NodeRunFailed)]
    assert [event.attempt for event in failed] == [1, 2, 3]
    assert [event.retry_at is None for event in failed] == [False, False, True]


async def test_progress_of_a_thread_is_told_in_the_loop() -> None:
    told: list[int] = []

    def tell(event: LiveEvent) -> None:
        if isinstance(event, NodeProgress):
            told.append(threading.get_ident())

    await run(draw({**START, "a": "test.thread"}, "start > a"), on_event=tell)
    assert told == [threading.get_ident()]


async def test_branches_really_run_at_the_same_time() -> None:
    #   start > a (waits for the gate)        start > b > open
    calls = Calls()
    workflow = draw({**START, "a": "test.gate", "b": "test.gate"}, "start > a, start > b")
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(workflow, Items.of({"n": 1})))
        await until(lambda: len(calls) == 2)
        assert calls.ended == []
        calls.gate.set()
        assert (await running).state == "succeeded"


async def test_quick_nodes_let_others_run() -> None:
    #   start > b1 > b2 > ... > b9, each blocking for 10 ms
    names = [f"b{number}" for number in range(9)]
    busy: dict[str, Drawn] = {name: ("test.busy", {"seconds": 0.01}) for name in names}
    edges = ", ".join(f"{one} > {two}" for one, two in zip(["start", *names], names, strict=False))
    turns = 0
    calls = Calls()
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(draw({**START, **busy}, edges)))
        while not running.done():
            turns += 1
            await asyncio.sleep(0)
    assert turns >= 4


async def test_a_finished_execution_leaves_nothing_in_its_engine() -> None:
    calls = Calls()
    inner = draw({"begin": "flow.workflow_trigger", "a": "test.add"}, "begin > a", name="inner")
    outer = draw({**START, "call": ("flow.execute_workflow", {"workflow": "inner", "mode": "each"})}, "start > call")
    async with engine_for(calls, find_workflow=lambda source: inner) as engine:
        result = await engine.run(outer, Items.of(*numbers(3)))
        assert len(result["call"].json()) == 3
        assert not engine._runners and not engine._children and not engine._detached
        assert engine._backend.capacity().running == 0
