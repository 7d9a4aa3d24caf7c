"""Workflows that call workflows: once or for each item, with their errors, their end and their limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, engine_for, numbers, until
from workflow_kernel.engine.engine import MAX_DEPTH
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items

START: Drawn = "flow.manual_trigger"


def child(*kinds: Drawn) -> Workflow:
    """begin > 1 > 2 ..."""
    names = [str(number) for number in range(1, len(kinds) + 1)]
    edges = ", ".join(f"{one} > {two}" for one, two in zip(["begin", *names], names, strict=False))
    return draw({"begin": "flow.workflow_trigger", **dict(zip(names, kinds, strict=True))}, edges, name="child")


def caller(on_error: str = "stop", **parameters: Any) -> Workflow:
    call: Drawn = ("flow.execute_workflow", {"workflow": "child", **parameters}, {"on_error": on_error})
    return draw({"start": START, "call": call, "bad": "flow.no_op"}, "start > call, call.error > bad", name="caller")


@pytest.mark.parametrize(("mode", "runs"), [("once", 1), ("each", 3)])
async def test_it_runs_once_or_for_each_item(mode: str, runs: int) -> None:
    calls = Calls()
    async with engine_for(calls, find_workflow=lambda source: child("test.add")) as engine:
        result = await engine.run(caller(mode=mode), Items.of(*numbers(3)))
    assert [item["path"] for item in result["call"].json()] == ["/1"] * 3
    assert len(calls) == runs


async def test_its_error_is_the_error_of_the_node_that_called() -> None:
    bad = child(("flow.stop_and_error", {"message": "no"}))
    async with engine_for(find_workflow=lambda source: bad) as engine:
        result = await engine.run(caller(), Items.of(*numbers(1)))
        assert result.state == "failed"
        assert result.error is not None and result.error.node == "call"
        assert result.error.message == "Node '1' failed: no"
        result = await engine.run(caller("branch", mode="each"), Items.of(*numbers(2)))
    assert [item["error"] for item in result["bad"].json()] == ["Node '1' failed: no"] * 2


async def test_cancelling_the_caller_cancels_what_it_called_and_what_that_called() -> None:
    calls = Calls()
    workflows = {"child": caller(workflow="grandchild"), "grandchild": child("test.gate")}
    async with engine_for(calls, find_workflow=lambda source: workflows[source]) as engine:
        running = asyncio.create_task(engine.run(caller(), execution="it"))
        await asyncio.wait_for(calls.began.wait(), 5)
        engine.cancel("it")
        result = await asyncio.wait_for(running, 1)
    assert result.state == "cancelled"
    assert calls.ended == ["1"]


async def test_a_caller_that_is_out_of_time_stops_what_it_called() -> None:
    calls = Calls()
    workflow = draw(
        {"start": START, "call": ("flow.execute_workflow", {"workflow": "x"})}, "start > call", timeout=0.05
    )
    async with engine_for(calls, find_workflow=lambda source: child("test.gate")) as engine:
        result = await asyncio.wait_for(engine.run(workflow), 5)
    assert result.state == "timed_out"
    assert calls.ended == ["1"]


async def test_a_caller_that_does_not_wait_goes_on_and_the_engine_waits_at_its_close() -> None:
    calls = Calls()
    async with engine_for(calls, find_workflow=lambda source: child("test.gate")) as engine:
        result = await asyncio.wait_for(engine.run(caller(wait=False), Items.of(*numbers(2))), 5)
        assert result["call"].json() == numbers(2)
        await until(lambda: bool(calls))
        assert calls.ended == []
        calls.gate.set()
    assert calls.ended == ["1"]


async def test_a_detached_workflow_that_cannot_start_harms_nobody() -> None:
    async with engine_for(find_workflow=lambda source: draw({"a": "test.unknown"})) as engine:
        result = await engine.run(caller(wait=False), Items.of(*numbers(1)))
        assert result.state == "succeeded"


async def test_a_workflow_that_calls_itself_for_ever_is_stopped() -> None:
    async with engine_for(find_workflow=lambda source: caller()) as engine:
        result = await asyncio.wait_for(engine.run(caller()), 20)
    assert result.error is not None
    assert f"Workflows called each other {MAX_DEPTH} times in a row" in result.error.message


async def test_without_a_place_to_look_a_workflow_cannot_be_called() -> None:
    async with engine_for() as engine:
        result = await engine.run(caller())
    assert result.error is not None and "cannot be looked up here" in result.error.message
