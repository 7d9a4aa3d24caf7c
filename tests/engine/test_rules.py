"""The rules of firing, pins, disabled nodes and loops, on whole workflows of real nodes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, engine_for, numbers, run, until
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Items, Object

START: Drawn = "flow.manual_trigger"
ORDERS = pytest.mark.parametrize("order", ["canvas", "sequential"])


def at(kind: str, x: float, y: float, **parameters: Any) -> Drawn:
    return (kind, parameters, {"position": (x, y)})


def paths(result: ExecutionResult, name: str) -> list[list[str]]:
    """For each run of a node the ways its items came."""
    return [[item.get("path", "") for item in run.json()] for run in result[name].runs]


@ORDERS
async def test_no_items_is_a_way_not_taken(order: str) -> None:
    calls = Calls()
    workflow = draw(
        {"start": START, "none": ("data.limit", {"count": 0}), "a": "test.add", "b": "test.add"},
        "start > none, none > a, a > b",
        order=order,
    )
    result = await run(workflow, *numbers(2), calls=calls)
    assert result.state == "succeeded"
    assert calls == [] and "a" not in result


@ORDERS
async def test_two_edges_into_one_port_are_two_runs_in_canvas_order(order: str) -> None:
    #             ,> low (below, quick) ----,
    #   start  --<                           > c
    #             `> high (above, slow) > h2'
    workflow = draw(
        {
            "start": START,
            "low": at("test.add", 1, 9),
            "high": at("test.later", 1, 0),
            "h2": at("test.later", 2, 0),
            "c": at("test.later", 3, 5),
        },
        "start > low, start > high, high > h2, h2 > c, low > c",
        order=order,
    )
    result = await run(workflow, *numbers(1))
    assert paths(result, "c") == [["/high/h2/c"], ["/low/c"]]
    assert [entry.index for entry in result["c"].runs] == [0, 1]


@ORDERS
async def test_what_branches_share_is_not_changed_by_any(order: str) -> None:
    workflow = draw(
        {
            "start": START,
            "a": ("data.set", {"include": "all", "fields": [{"name": "n", "value": 7, "type": "number"}]}),
            "b": "test.each",
        },
        "start > a, start > b",
        order=order,
    )
    result = await run(workflow, *numbers(2))
    assert result["start"].json() == numbers(2)
    assert result["a"].json() == [{"n": 7}, {"n": 7}]
    assert result["b"].json() == [{"n": 0}, {"n": 2}]


@ORDERS
async def test_a_merge_waits_for_the_slow_way_and_appends_in_the_order_of_inputs(order: str) -> None:
    workflow = draw(
        {"start": START, "slow": "test.later", "s2": "test.later", "quick": "test.add", "merge": "flow.merge"},
        "start > slow, slow > s2, start > quick, s2 > merge.input2, quick > merge.input1",
        order=order,
    )
    result = await run(workflow, *numbers(1))
    assert paths(result, "merge") == [["/quick", "/slow/s2"]]


@ORDERS
async def test_a_merge_of_ways_not_taken_does_not_run(order: str) -> None:
    workflow = draw(
        {"start": START, "none": ("data.limit", {"count": 0}), "merge": "flow.merge", "a": "test.add"},
        "start > none, none > merge.input1, none > merge.input2, merge > a",
        order=order,
    )
    result = await asyncio.wait_for(run(workflow, *numbers(1)), 5)
    assert result.state == "succeeded" and "a" not in result


async def test_a_disabled_node_passes_what_it_gets_whatever_it_is() -> None:
    calls = Calls()
    workflow = draw(
        {"start": START, "off": ("test.add", {}, {"disabled": True}), "a": "flow.no_op"}, "start > off, off > a"
    )
    assert (await run(workflow, *numbers(2), calls=calls))["a"].json() == numbers(2)
    assert calls == []
    model = object()
    async with engine_for() as engine:
        result = await engine.run(workflow, Object(model))
    batch = result["a"].batch()
    assert isinstance(batch, Object) and batch.value is model


async def test_pins_count_in_manual_runs_alone() -> None:
    calls = Calls()
    workflow = draw(
        {"start": START, "pin": ("test.add", {}, {"pin": {"main": [{"p": 1}]}}), "a": "flow.no_op"},
        "start > pin, pin > a",
    )
    assert (await run(workflow, *numbers(2), calls=calls, is_manual=True))["a"].json() == [{"p": 1}]
    assert calls == []
    assert len((await run(workflow, *numbers(2), calls=calls))["a"].json()) == 2


async def test_always_output_sends_one_empty_item_when_there_is_nothing() -> None:
    none: Drawn = ("data.limit", {"count": 0}, {"always_output": True})
    workflow = draw({"start": START, "none": none, "a": "flow.no_op"}, "start > none, none > a")
    assert (await run(workflow, *numbers(2)))["a"].json() == [{}]
    some: Drawn = ("data.limit", {"count": 1}, {"always_output": True})
    workflow = draw({"start": START, "none": some, "a": "flow.no_op"}, "start > none, none > a")
    assert (await run(workflow, *numbers(2)))["a"].json() == numbers(1)


async def test_execute_once_takes_the_first_item_of_every_input() -> None:
    workflow = draw(
        {
            "start": START,
            "set": (
                "data.set",
                {"include": "all", "fields": [{"name": "all", "value": "={{ len($input.all()) }}", "type": "number"}]},
                {"execute_once": True},
            ),
            "merge": ("flow.merge", {}, {"execute_once": True}),
            "half": ("flow.merge", {}, {"execute_once": True}),
        },
        "start > set, start > merge.input1, start > merge.input2, start > half.input2",
    )
    result = await run(workflow, *numbers(3))
    result.raise_if_failed()
    assert result["set"].json() == [{"n": 0, "all": 1}]
    assert result["merge"].json() == [{"n": 0}, {"n": 0}]
    assert result["half"].json() == [{"n": 0}]


async def test_a_loop_has_a_limit_that_names_it() -> None:
    workflow = draw({"start": START, "a": "flow.no_op", "b": "flow.no_op"}, "start > a, a > b, b > a")
    result = await asyncio.wait_for(run(workflow, *numbers(1)), 20)
    assert result.state == "failed"
    assert result.error is not None
    assert result.error.message == "The loop through node 'a' took 10000 turns and was stopped."
    assert result.error.code == "WF346" and "loop limit" in result.error.mend


async def test_a_loop_inside_another_has_its_whole_limit_at_every_turn() -> None:
    workflow = draw(
        {
            "start": START,
            "outer": ("flow.loop", {"batch_size": 5}),
            "inner": "flow.loop",
            "a": "flow.no_op",
            "end": "flow.no_op",
        },
        "start > outer, outer.loop > inner, inner.loop > a, a > inner, inner.done > outer, outer.done > end",
        loop_limit=7,
    )
    assert (await run(workflow, *numbers(30)))["end"].json() == numbers(30)
    result = await run(workflow, *numbers(36))
    assert result.error is not None and "The loop through node 'outer' took 7 turns" in result.error.message


async def test_a_cycle_inside_a_loop_is_stopped() -> None:
    #   start > loop -loop> a > b > a ;  b > loop
    workflow = draw(
        {"start": START, "loop": "flow.loop", "a": "flow.no_op", "b": "flow.no_op"},
        "start > loop, loop.loop > a, a > b, b > a, b > loop",
        loop_limit=20,
    )
    result = await asyncio.wait_for(run(workflow, *numbers(3)), 5)
    assert result.error is not None and result.error.code == "WF346"


async def test_an_execution_runs_once_at_a_time() -> None:
    calls = Calls()
    workflow = draw({"start": START, "gate": "test.gate"}, "start > gate")
    async with engine_for(calls) as engine:
        running = asyncio.create_task(engine.run(workflow, execution="it"))
        await calls.began.wait()
        with pytest.raises(WorkflowError, match="The execution 'it' is running"):
            await engine.run(workflow, execution="it")
        calls.gate.set()
        assert (await running).state == "succeeded"


async def test_a_loop_that_resets_starts_with_what_arrives() -> None:
    #   start > loop (reset on turn 1) -loop> a > loop
    workflow = draw(
        {
            "start": START,
            "loop": ("flow.loop", {"batch_size": 2, "reset": "={{ $runIndex == 1 }}"}),
            "a": "test.add",
            "end": "flow.no_op",
        },
        "start > loop, loop.loop > a, a > loop, loop.done > end",
    )
    result = await run(workflow, *numbers(4))
    result.raise_if_failed()
    assert paths(result, "a") == [["/a", "/a"], ["/a/a", "/a/a"]]
    assert [item["n"] for item in result["end"].json()] == [0, 1]


async def test_a_loop_tells_how_far_it_is() -> None:
    field = {"name": "left", "value": "={{ $('loop').context.noItemsLeft }}", "type": "any"}
    workflow = draw(
        {"start": START, "loop": "flow.loop", "a": ("data.set", {"include": "all", "fields": [field]})},
        "start > loop, loop.loop > a, a > loop",
    )
    result = await run(workflow, *numbers(3))
    result.raise_if_failed()
    assert [entry.json()[0]["left"] for entry in result["a"].runs] == [False, False, True]


async def test_two_runs_of_a_nested_loop_start_anew() -> None:
    workflow = draw(
        {
            "start": START,
            "outer": ("flow.loop", {"batch_size": 3}),
            "inner": ("flow.loop", {"batch_size": 2}),
            "a": "test.later",
            "end": "flow.no_op",
        },
        "start > outer, outer.loop > inner, inner.loop > a, a > inner, inner.done > outer, outer.done > end",
    )
    result = await run(workflow, *numbers(6))
    assert [[item["n"] for item in entry.json()] for entry in result["a"].runs] == [[0, 1], [2], [3, 4], [5]]
    assert [item["n"] for item in result["end"].json()] == list(range(6))


async def test_a_long_loop_takes_time_in_proportion() -> None:
    workflow = draw(
        {"start": START, "loop": "flow.loop", "a": "flow.no_op", "end": "flow.no_op"},
        "start > loop, loop.loop > a, a > loop, loop.done > end",
    )
    result = await asyncio.wait_for(run(workflow, *numbers(3000)), 10)
    result.raise_if_failed()
    assert result["end"].json() == numbers(3000)


async def test_breadth_first_runs_level_by_level() -> None:
    calls = Calls()
    nodes: dict[str, Drawn] = {"start": START, "a": "test.add", "b": "test.add", "c": "test.add", "d": "test.add"}
    edges = "start > a, start > b, a > c, b > d"
    await run(draw(nodes, edges, order="breadth_first"), *numbers(1), calls=calls)
    assert calls.names() == ["a", "b", "c", "d"]
    calls.clear()
    await run(draw(nodes, edges, order="sequential"), *numbers(1), calls=calls)
    assert calls.names() == ["a", "c", "b", "d"]


async def test_the_output_of_an_execution_is_that_of_its_last_node() -> None:
    workflow = draw(
        {"start": START, "slow": at("test.later", 1, 0), "quick": at("test.add", 1, 9)}, "start > slow, start > quick"
    )
    assert (await run(workflow, *numbers(1))).output().json() == [{"n": 0, "path": "/quick"}]


async def test_it_starts_where_it_is_told() -> None:
    workflow = draw(
        {"one": at(str(START), 0, 5), "a": "test.add", "two": at(str(START), 0, 9), "b": "test.add"}, "one > a, two > b"
    )
    assert "b" not in await run(workflow)
    assert "a" not in await run(workflow, start="two")
    with pytest.raises(WorkflowError, match="There is no node 'three' to start with"):
        await run(workflow, start="three")
    with pytest.raises(WorkflowError, match="no node to start with"):
        await run(draw({}))


async def test_a_node_that_waits_for_a_call_goes_on_with_what_it_is_given() -> None:
    workflow = draw({"start": START, "wait": "test.wait", "a": "test.add"}, "start > wait, wait > a")
    seen: list[Any] = []
    async with engine_for() as engine:
        running = asyncio.create_task(engine.run(workflow, Items.of({"n": 1}), execution="it", on_event=seen.append))
        await until(lambda: engine.resume("it", "wait"))
        result = await running
    assert not engine.resume("it", "wait")
    assert result["a"].json() == [{"n": 1, "path": "/wait/a"}]
    assert [line.text for line in result["wait"].logs] == ["waiting"]
    assert "node.waiting" in [event.__struct_config__.tag for event in seen]


async def test_a_waiting_execution_can_be_cancelled() -> None:
    workflow = draw({"start": START, "wait": "test.wait"}, "start > wait")
    async with engine_for() as engine:
        waiting: list[Any] = []
        running = asyncio.create_task(
            engine.run(workflow, execution="it", on_event=lambda event: waiting.append(type(event).__name__))
        )
        await until(lambda: "NodeRunWaits" in waiting)
        engine.cancel("it")
        assert not engine.resume("it", "nowhere")
        assert (await asyncio.wait_for(running, 1)).state == "cancelled"
