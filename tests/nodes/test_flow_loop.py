"""Behaviour of ``flow.loop``, by itself and in whole workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.nodes.flow.loop import Loop
from workflow_kernel.sdk import ImportedNode, Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import run_node
from workflow_kernel.worker.environment import Environment


async def run(
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]], edges: str, items: list[dict[str, Any]]
) -> ExecutionResult:
    """Run a workflow; ``edges`` as ``"a > b, loop.done > c"``."""
    placed = {
        name: Node(name, name, type_name, parameters=parameters, position=(100.0 * index, 0.0))
        for index, (name, (type_name, parameters)) in enumerate(nodes.items())
    }
    wires = []
    for edge in edges.split(","):
        source, target = (end.strip() for end in edge.split(">"))
        name, _, port = source.partition(".")
        wires.append(Edge(End(name, port) if port else End(name), End(target)))
    workflow = Workflow("test", placed, tuple(wires))
    async with LocalEngine(Registry(), Environment(MemoryBlobs())) as engine:
        return await engine.run(workflow, Items.of(*items))


def numbers(count: int) -> list[dict[str, Any]]:
    return [{"n": n} for n in range(count)]


def test_the_first_run_sends_the_first_batch_linked_to_its_items() -> None:
    result = run_node("flow.loop", {"batch_size": 2}, numbers(5))
    assert result.json("loop") == numbers(2)
    assert result.json("done") == []
    assert result.sources("loop") == [[(0, 0)], [(0, 1)]]
    assert result.state["maxRunIndex"] == 3 and result.state["currentRunIndex"] == 0
    assert result.state["noItemsLeft"] is False


async def test_all_items_go_round_and_come_out_once() -> None:
    #   start > loop -loop> work
    #            |^___________|
    #            done > end
    result = await run(
        {
            "start": ("flow.manual_trigger", {}),
            "loop": ("flow.loop", {"batch_size": 3}),
            "work": ("flow.no_op", {}),
            "end": ("flow.no_op", {}),
        },
        "start > loop, loop.loop > work, work > loop, loop.done > end",
        numbers(10),
    )
    assert [run.json() for run in result["work"].runs] == [
        numbers(10)[0:3],
        numbers(10)[3:6],
        numbers(10)[6:9],
        numbers(10)[9:],
    ]
    assert [run.json() for run in result["end"].runs] == [numbers(10)]


async def test_what_comes_back_may_be_more_than_was_sent() -> None:
    result = await run(
        {
            "start": ("flow.manual_trigger", {}),
            "loop": ("flow.loop", {}),
            "work": ("data.debug_data", {"action": "sequence", "count": 2}),
            "end": ("flow.no_op", {}),
        },
        "start > loop, loop.loop > work, work > loop, loop.done > end",
        numbers(2),
    )
    assert result["end"].json() == [{"index": 0}, {"index": 1}, {"index": 0}, {"index": 1}]


async def test_loops_nest() -> None:
    #   start > outer -loop> split > inner -loop> work
    #             |                   |^__________|
    #             |^__________________done
    #            done > end
    data = [{"list": [1, 2]}, {"list": [3]}]
    result = await run(
        {
            "start": ("flow.manual_trigger", {}),
            "outer": ("flow.loop", {}),
            "split": ("data.split_out", {"fields": ["list"]}),
            "inner": ("flow.loop", {}),
            "work": ("flow.no_op", {}),
            "end": ("flow.no_op", {}),
        },
        "start > outer, outer.loop > split, split > inner, inner.loop > work, work > inner, inner.done > outer, "
        "outer.done > end",
        data,
    )
    assert [run.json() for run in result["work"].runs] == [[{"list": 1}], [{"list": 2}], [{"list": 3}]]
    assert [run.json() for run in result["end"].runs] == [[{"list": 1}, {"list": 2}, {"list": 3}]]


async def test_expressions_see_how_far_the_loop_is() -> None:
    result = await run(
        {
            "start": ("flow.manual_trigger", {}),
            "loop": ("flow.loop", {}),
            "stop": (
                "data.execution_data",
                {"values": [{"key": "left", "value": "={{ $('loop').context['noItemsLeft'] }}"}]},
            ),
        },
        "start > loop, loop.loop > stop, stop > loop",
        numbers(2),
    )
    kept = [(run._run.outcome.annotations or {})["left"] for run in result["stop"].runs]
    assert kept == ["false", "true"]


def test_a_loop_may_start_again_with_what_arrives() -> None:
    first = run_node("flow.loop", {}, numbers(3))
    again = run_node("flow.loop", {"reset": True}, [{"n": 9}], state=first.state, run_index=1)
    assert again.json("loop") == [{"n": 9}]
    assert again.state["start"] == 1 and again.state["noItemsLeft"] is True


def test_n8n_versions_have_their_own_outputs_and_sizes() -> None:
    name = "n8n-nodes-base.splitInBatches"
    convert = Loop.spec.imports[name]
    assert convert(ImportedNode(name, 1, {})).outputs == ("loop",)
    assert convert(ImportedNode(name, 1, {})).parameters["batch_size"] == 10
    assert convert(ImportedNode(name, 2, {})).outputs == ("loop", "done")
    third = convert(ImportedNode(name, 3, {"options": {"reset": "={{ $json.r }}"}}))
    assert third.outputs == ("done", "loop")
    assert third.parameters == {"batch_size": 1, "reset": "={{ $json.r }}"}
