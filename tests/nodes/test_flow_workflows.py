"""Behaviour of ``flow.execute_workflow`` and ``flow.workflow_trigger``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, OnError, Workflow
from workflow_kernel.nodes.flow.execute_workflow import ExecuteWorkflow
from workflow_kernel.nodes.flow.workflow_trigger import WorkflowTrigger
from workflow_kernel.sdk import ImportedNode, Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import run_node
from workflow_kernel.worker.environment import Environment


def line(name: str, *nodes: tuple[str, Mapping[str, Any]], on_error: OnError = "stop") -> Workflow:
    """A workflow of nodes one after another, named ``1``, ``2`` ..."""
    placed = {
        str(number): Node(str(number), str(number), type_name, parameters=parameters, on_error=on_error)
        for number, (type_name, parameters) in enumerate(nodes, 1)
    }
    edges = tuple(Edge(End(str(number)), End(str(number + 1))) for number in range(1, len(nodes)))
    return Workflow(name, placed, edges)


FILE = str(Path("orders.flow").resolve())
COUNT = line("count", ("flow.workflow_trigger", {}), ("data.aggregate", {"mode": "items", "destination": "all"}))
STRICT = line("strict", ("flow.workflow_trigger", {"fields": [{"name": "n", "type": "number"}]}))


async def call(
    parameters: Mapping[str, Any], items: list[dict[str, Any]], on_error: OnError = "stop"
) -> tuple[ExecutionResult, list[Any]]:
    """Run a workflow that calls another; gives its result and what was looked up."""
    asked: list[Any] = []

    def find(source: Any) -> Workflow:
        asked.append(source)
        return STRICT if source == "strict" else COUNT

    caller = line("caller", ("flow.manual_trigger", {}), ("flow.execute_workflow", parameters), on_error=on_error)
    async with LocalEngine(Registry(), Environment(MemoryBlobs()), find_workflow=find) as engine:
        return await engine.run(caller, Items.of(*items)), asked


async def test_it_runs_once_with_all_items() -> None:
    result, asked = await call({"workflow": "abc"}, [{"n": 1}, {"n": 2}])
    assert asked == ["abc"]
    assert result["2"].json() == [{"all": [{"n": 1}, {"n": 2}]}]


async def test_it_runs_once_for_each_item() -> None:
    result, _ = await call({"workflow": "abc", "mode": "each"}, [{"n": 1}, {"n": 2}])
    assert result["2"].json() == [{"all": [{"n": 1}]}, {"all": [{"n": 2}]}]
    batch = result["2"].batch()
    assert [[source.index for source in batch.lineage.sources(i)] for i in range(2)] == [[0], [1]]


async def test_the_fields_it_is_given_can_be_set() -> None:
    parameters = {"workflow": "abc", "send": "fields", "fields": {"double": "={{ $json['n'] * 2 }}", "kind": "x"}}
    result, _ = await call(parameters, [{"n": 1}, {"n": 2}])
    assert result["2"].json() == [{"all": [{"double": 2, "kind": "x"}, {"double": 4, "kind": "x"}]}]


async def test_without_waiting_the_items_pass_on() -> None:
    for mode in ("once", "each"):
        result, asked = await call({"workflow": "abc", "wait": False, "mode": mode}, [{"n": 1}])
        assert result["2"].json() == [{"n": 1}] and asked == ["abc"]


async def test_an_item_for_which_it_fails_leaves_by_the_error_port() -> None:
    parameters = {"workflow": "strict", "mode": "each"}
    result, _ = await call(parameters, [{"n": "1"}, {"n": "x"}], on_error="branch")
    assert result["2"].json("main") == [{"n": 1}]
    failed = result["2"].json("error")[0]
    assert failed["n"] == "x" and "'n' was not given a number" in failed["error"]


async def test_its_json_may_be_given() -> None:
    given: tuple[Any, ...] = (json.dumps({"nodes": []}), {"nodes": []})
    for workflow in given:
        _, asked = await call({"source": "json", "workflow": workflow}, [{}])
        assert asked == [{"nodes": []}]


@pytest.mark.parametrize(("source", "workflow"), [("json", "{"), ("id", "")])
async def test_a_workflow_that_cannot_be_read_is_told(source: str, workflow: str) -> None:
    result, _ = await call({"source": source, "workflow": workflow}, [{}])
    assert result.error is not None
    assert "not JSON" in result.error.message or "No workflow" in result.error.message


async def test_a_file_is_found_below_the_folder() -> None:
    _, asked = await call({"source": "file", "workflow": "orders.flow"}, [{}])
    assert asked == [FILE]


def test_a_called_workflow_takes_any_fields_unless_it_names_them() -> None:
    assert run_node("flow.workflow_trigger", {}, [{"a": 1}]).json() == [{"a": 1}]
    fields = [{"name": "a", "type": "string"}, {"name": "b"}]
    assert run_node("flow.workflow_trigger", {"fields": fields}, [{"a": 1, "c": 2}]).json() == [{"a": "1", "b": None}]
    kept = run_node("flow.workflow_trigger", {"fields": fields, "convert": False}, [{"a": 1}])
    assert kept.json() == [{"a": 1, "b": None}]


def test_n8n_triggers_are_carried_over() -> None:
    name = "n8n-nodes-base.executeWorkflowTrigger"

    def convert(version: float, **parameters: Any) -> dict[str, Any]:
        return WorkflowTrigger.spec.imports[name](ImportedNode(name, version, parameters)).parameters

    assert convert(1) == {}
    assert convert(1.1, inputSource="passthrough") == {}
    declared = convert(1.1, workflowInputs={"values": [{"name": "a"}, {"name": "b", "type": "number"}]})
    assert declared["fields"] == [{"name": "a", "type": "string"}, {"name": "b", "type": "number"}]
    example = convert(1.1, inputSource="jsonExample", jsonExample='{"a": 1, "b": null, "c": []}')
    assert [field["type"] for field in example["fields"]] == ["number", "any", "array"]


def test_n8n_calls_are_carried_over() -> None:
    name = "n8n-nodes-base.executeWorkflow"

    def convert(version: float, **parameters: Any) -> dict[str, Any]:
        return ExecuteWorkflow.spec.imports[name](ImportedNode(name, version, parameters)).parameters

    assert convert(1, workflowId="7") == {"source": "id", "workflow": "7", "mode": "once", "wait": True}
    located = {"__rl": True, "mode": "list", "value": "abc"}
    assert convert(1.1, workflowId=located, mode="each", options={"waitForSubWorkflow": False}) == {
        "source": "id",
        "workflow": "abc",
        "mode": "each",
        "wait": False,
    }
    inputs = {
        "mappingMode": "defineBelow",
        "value": {"a": "={{ $json.a }}", "b": 1},
        "schema": [{"id": "b", "removed": True}],
    }
    assert convert(1.2, workflowId=located, workflowInputs=inputs)["fields"] == {"a": "={{ $json.a }}"}
    assert "fields" not in convert(
        1.2, workflowId=located, workflowInputs={**inputs, "mappingMode": "autoMapInputData"}
    )
    assert convert(1, source="parameter", workflowJson="{}")["source"] == "json"
