"""Building workflows in Python: a node a line, connected by ``>>``, run here or in a notebook."""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_kernel import Workflow, task
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.graph.model import Edge, End, Retry
from workflow_kernel.sdk.registry import UnknownNodeTypeError

LARGE = {"conditions": [{"left": "={{ $json.n }}", "operator": "number.larger", "right": 2}]}


def report() -> Workflow:
    wf = Workflow("Report", timezone="Europe/Berlin")
    start = wf.node("flow.manual_trigger", "Start")
    large = start >> wf.node("data.filter", name="Large", conditions=LARGE)
    large >> wf.node("data.limit", "Few", count=1)
    large["discarded"] >> wf.node("flow.no_op")
    return wf


def test_a_workflow_runs_with_items() -> None:
    result = report().run([{"n": 1}, {"n": 3}, {"n": 5}])
    assert result.is_success
    assert result["Few"].json() == [{"n": 3}]
    assert result["No operation"].json() == [{"n": 1}]


def test_a_workflow_runs_with_fields() -> None:
    assert report().run(n=7).output().json() == [{"n": 7}]


def test_a_workflow_runs_inside_a_running_event_loop_as_in_a_notebook() -> None:
    async def cell() -> list[dict[str, object]]:
        return report().run(n=7).output().json()

    async def awaited() -> list[dict[str, object]]:
        return (await report().run_async(n=8)).output().json()

    assert asyncio.run(cell()) == [{"n": 7}]
    assert asyncio.run(awaited()) == [{"n": 8}]


def test_a_workflow_that_cannot_run_says_everything_that_is_wrong() -> None:
    wf = report()
    wf["Few"].set(count="many", keep="fist")
    with pytest.raises(InvalidWorkflowError) as caught:
        wf.run(n=1)
    assert [problem.field for problem in caught.value.problems] == ["parameters.count", "parameters.keep"]
    assert [problem.code for problem in wf.validate()] == ["WF205", "WF205"]


def test_a_value_in_place_of_an_object_is_told_what_the_object_has() -> None:
    wf = Workflow()
    wf.node("flow.webhook", "Hook", path="a", auth="header")
    (problem,) = [problem for problem in wf.validate() if problem.code == "WF205"]
    assert problem.message == "Expected an object with fields (got 'header')."
    assert problem.mend == "Fields here are kind, signature, token, certificate."


def test_names_and_ids_are_made_unique() -> None:
    wf = Workflow()
    handles = [wf.node("data.limit") for _ in range(3)]
    assert [handle.name for handle in handles] == ["Limit", "Limit 2", "Limit 3"]
    assert [handle.id for handle in handles] == ["limit", "limit_2", "limit_3"]
    with pytest.raises(WorkflowError, match="named 'Limit'"):
        wf.node("data.limit", "Limit")


def test_lists_fan_out_and_in() -> None:
    wf = Workflow()
    start = wf.node("flow.manual_trigger", "Start")
    merge = start >> [wf.node("flow.no_op", "A"), wf.node("flow.no_op", "B")] >> wf.node("flow.merge", "Merge")
    [wf["A"], wf["B"]] >> wf.node("flow.no_op", "Same")
    edges = wf.build().edges
    assert merge.name == "Merge"
    assert edges[2:4] == (Edge(End("a"), End("merge", "input1")), Edge(End("b"), End("merge", "input2")))
    assert edges[4:] == (Edge(End("a"), End("same")), Edge(End("b"), End("same")))


def test_ports_that_are_not_there_are_told_at_once() -> None:
    wf = report()
    with pytest.raises(WorkflowError, match=r"no output 'discared'.*Did you mean 'discarded'"):
        wf["Large"]["discared"]
    with pytest.raises(WorkflowError, match="no input 'main'"):
        wf["Few"] >> wf["Start"]
    with pytest.raises(WorkflowError, match="different workflows"):
        wf["Few"] >> report()["Few"]
    with pytest.raises(UnknownNodeTypeError, match=r"Did you mean 'data.limit'"):
        wf.node("data.limits")
    with pytest.raises(WorkflowError, match="no option 'retires'"):
        wf["Few"].options(retires=3)
    with pytest.raises(WorkflowError, match="no field 'time_zone'"):
        Workflow(time_zone="UTC")
    with pytest.raises(KeyError, match="Did you mean 'Few'"):
        wf["few"]


def test_options_and_values_take_the_form_of_the_file() -> None:
    wf = Workflow()
    node = wf.node("data.limit", "A", count=2).options(retry=3, timeout=5, credentials={"api": "c1"}, pin=[{"a": 1}])
    node["error"] >> wf.node("data.limit", "B", parameters={"count": datetime.date(2026, 1, 2)})
    built = wf.build()
    first = built.nodes["a"]
    assert first.retry == Retry(3) and first.pin == {"main": [{"a": 1}]} and first.on_error == "branch"
    assert first.credentials["api"].id == "c1"
    assert built.nodes["b"].parameters == {"count": "2026-01-02"}
    with pytest.raises(WorkflowError, match="a object"):
        wf.node("data.limit", count=object())


def test_nodes_without_a_place_are_arranged_from_left_to_right() -> None:
    places = {node.name: node.position for node in report().build().nodes.values()}
    assert places == {"Start": (0, 0), "Large": (240, 0), "Few": (480, 0), "No operation": (480, 120)}
    assert len(set(places.values())) == 4


def test_a_file_is_loaded_and_saved(tmp_path: Path) -> None:
    path = tmp_path / "report.flow"
    report().save(path)
    again = Workflow.load(path)
    assert again.build() == report().build()
    again["Few"] >> again.node("flow.no_op", "More")
    assert len(again.build().nodes) == 5


@task(where="inline")
def double(item: dict, factor: int = 2) -> dict:  # type: ignore[type-arg]
    """Multiplies."""
    return {"n": item["n"] * factor}


@task(where="inline")
def both(left: list[dict], right: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    """Joins."""
    return [*left, *right]


def test_tasks_are_nodes() -> None:
    wf = Workflow()
    start = wf.node("flow.manual_trigger")
    twice = start >> wf.node(double, "Twice")
    thrice = wf.node(double, "Thrice", item=start, factor=3)
    wf.node(both, "Both", left=twice, right=thrice)
    assert wf.validate() == []
    assert wf.run(n=5)["Both"].json() == [{"n": 10}, {"n": 15}]


def test_calling_a_task_with_nodes_makes_a_node() -> None:
    wf = Workflow()
    start = wf.node("flow.manual_trigger")
    total = both(double(start), double(start, factor=4))
    assert total.name == "Both"  # type: ignore[attr-defined]
    assert wf.run(n=5)["Both"].json() == [{"n": 10}, {"n": 20}]
    assert double({"n": 1}) == {"n": 2}


def test_a_notebook_shows_a_picture() -> None:
    assert report()._repr_svg_().startswith("<svg")
    assert repr(report()) == "Workflow('Report', 4 nodes, 3 edges)"


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, workflow_kernel; assert not {'pydantic', 'msgspec', 'httpx'} & set(sys.modules); "
    code += "assert 'Workflow' in dir(workflow_kernel); from workflow_kernel import Workflow, node, task"
    subprocess.run([sys.executable, "-c", code], check=True)
