"""What a run gives, as Python and notebooks see it."""

from __future__ import annotations

import pytest

from workflow_kernel import Workflow
from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.engine.result import ExecutionResult


def ran(*items: dict[str, object]) -> ExecutionResult:
    wf = Workflow("Orders")
    wf.node("flow.manual_trigger", "Start") >> wf.node("flow.no_op", "Same")
    return wf.run(list(items))


def test_items_are_a_table_with_every_field_of_any_item() -> None:
    node = ran({"a": 1}, {"a": 2.5, "b": ["x"]})["Same"]
    assert node.table().to_pylist() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": ["x"]}]
    assert node.df().columns.tolist() == ["a", "b"]
    assert node.df()["a"].tolist() == [1, 2.5]


def test_a_field_of_several_types_is_named() -> None:
    node = ran({"a": 1}, {"a": "one"})["Same"]
    with pytest.raises(NodeError, match="field 'a' has values that fit into no one column: int, str"):
        node.table()
    assert node.df()["a"].tolist() == [1, "one"]


def test_an_execution_shows_its_nodes_and_a_node_its_items() -> None:
    result = ran({"name": "<b>Ada</b>"}, {"name": "Bob"})
    assert repr(result).startswith("Execution: succeeded in ")
    assert repr(result["Same"]) == "'Same', run 0: succeeded, 2 items"
    assert "Start" in result._repr_html_()
    shown = result["Same"]._repr_html_()
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown
    assert "<b>Ada" not in shown


def test_a_failed_execution_shows_why() -> None:
    wf = Workflow("Wrong")
    wf.node("flow.manual_trigger", "Start") >> wf.node("flow.stop_and_error", "Stop", message="No stock <left>")
    shown = wf.run()._repr_html_()
    assert "No stock &lt;left&gt;" in shown
    assert "failed" in shown


def test_a_sweep_runs_every_combination_and_knows_the_best() -> None:
    wf = Workflow("Score")
    start = wf.node("flow.manual_trigger", "Start")
    start >> wf.node("data.set", "Score", fields=[{"name": "score", "value": "={{ $json.lr * 10 - $json.depth }}"}])
    found = wf.sweep(lr=[0.5, 1.0], depth=range(1, 4), kind="tree")
    assert repr(found) == "Sweep of 6 executions, 6 succeeded"
    assert [(row["lr"], row["depth"], row["score"]) for row in found.rows()] == [
        (0.5, 1, 4), (0.5, 2, 3), (0.5, 3, 2), (1.0, 1, 9), (1.0, 2, 8), (1.0, 3, 7),
    ]  # fmt: skip
    assert found.df()["kind"].unique().tolist() == ["tree"]
    assert found.best("score")["lr"] == 1.0
    assert found.best("score", smallest=True)["depth"] == 3
    assert "<table" in found._repr_html_()
    assert found[0]["Score"].json() == [{"lr": 0.5, "depth": 1, "kind": "tree", "score": 4}]


def test_a_sweep_that_is_too_large_is_refused() -> None:
    with pytest.raises(WorkflowError, match="1,000,000 executions"):
        ran_never = Workflow("Much")
        ran_never.node("flow.manual_trigger", "Start")
        ran_never.sweep(a=range(1000), b=range(1000))


def test_two_executions_are_compared_node_by_node() -> None:
    first = ran({"a": 1}, {"a": 2}, {"a": 2}, {"a": 3})
    second = ran({"a": 1}, {"a": 2}, {"a": 9}, {"a": "3"}, {"b": 1})
    assert first.compare(first).differing() == []
    start, same = first.compare(second)
    assert start.name == "Start"
    assert (same.counts, same.added, same.removed, same.changed) == ((4, 5), 1, 0, 2)
    assert same.fields == "+ b, a: int → int or str"
    assert "1 added, 2 changed" in first.compare(second)._repr_html_()
