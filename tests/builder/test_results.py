"""What a run gives, as Python and notebooks see it."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from workflow_kernel import Workflow, builder_progress
from workflow_kernel.base.errors import NodeError, WorkflowError
from workflow_kernel.builder_sweep import Sweep, read_sweep
from workflow_kernel.cli.main import call
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Items, Object


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


def pictures_in(shown: str) -> list[str]:
    """The SVG documents an HTML display holds."""
    found = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', shown)
    return [base64.b64decode(text).decode() for text in found]


def test_an_execution_shows_its_graph_with_what_came_of_its_nodes() -> None:
    wf = Workflow("Some")
    start = wf.node("flow.manual_trigger", "Start")
    start >> wf.node("data.filter", "None", conditions={"conditions": []}) >> wf.node("data.limit", "Never", count=1)
    (picture,) = pictures_in(wf.run([{"a": 1}, {"a": 2}])._repr_html_())
    assert "● 2 items" in picture
    wf = Workflow("Wrong")
    start = wf.node("flow.manual_trigger", "Start")
    start >> wf.node("flow.stop_and_error", "Stop", message="No")
    wf.node("flow.no_op", "Beside") >> wf.node("flow.no_op", "Behind")
    (picture,) = pictures_in(wf.run()._repr_html_())
    assert "● failed" in picture
    assert "flow.no_op" in picture, "what did not run is drawn as it is"


def test_a_batch_shows_its_first_items_and_pictures_that_are_attached() -> None:
    items = Items.of({"name": "<i>Ada</i>"}, *({"name": n} for n in range(30)))
    assert "&lt;i&gt;Ada" in items._repr_html_()
    assert "31 items in all" in items._repr_html_()
    assert "7" in Object({"a": 7})._repr_html_()
    assert "No items" in Items([])._repr_html_()
    wf = Workflow("Pictures")
    code = "return [{'json': {}, 'binary': {'plot': attach(b'<svg/>', name='plot.svg')}}]"
    wf.node("flow.manual_trigger", "Start") >> wf.node("code.python", "Draw", code=code)
    node = wf.run([{}])["Draw"]
    assert pictures_in(node._repr_html_()) == ["<svg/>"]
    assert node.read(node.items()[0].binary["plot"]) == b"<svg/>"  # type: ignore[index]


def test_what_a_cell_showed_is_shown_without_what_could_run() -> None:
    outputs = [
        {"output_type": "stream", "text": ["<b>1", "2"]},
        {"output_type": "display_data", "data": {"image/png": "aGk=\n", "text/plain": "a figure"}},
        {"output_type": "display_data", "data": {"text/html": "<script>", "text/plain": "plain"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>', "text/plain": "kept"}},
    ]
    shown = Items.of({"outputs": outputs, "seconds": 1.0})._repr_html_()
    assert "<pre>&lt;b&gt;12</pre>" in shown
    assert 'src="data:image/png;base64,aGk="' in shown
    assert "plain" in shown and "kept" in shown
    assert "<script" not in shown


async def test_a_run_here_can_be_awaited_as_one_of_a_service() -> None:
    result = ran({"a": 1})
    assert await result is result


def scores(**values: Any) -> Sweep:
    wf = Workflow("Score")
    start = wf.node("flow.manual_trigger", "Start")
    start >> wf.node("data.set", "Score", fields=[{"name": "score", "value": "={{ $json.lr * 10 + $json.seed }}"}])
    return wf.sweep(progress=False, **values)


def test_a_sweep_is_plotted_over_what_it_varied() -> None:
    plot = scores(lr=[0.5, 1.0], depth=[1, 2, 3], seed=range(2), kind="tree").plot("score")
    assert [line.name for line in plot.chart.lines] == ["depth 1", "depth 2", "depth 3"]
    assert plot.chart.lines[0].points == ((0.5, 5.0), (0.5, 6.0), (1.0, 10.0), (1.0, 11.0))
    assert plot.chart.lines[0].means == ((0.5, 5.5), (1.0, 10.5))
    tree = ElementTree.fromstring(plot._repr_svg_())
    assert len(tree.findall(".//{*}polyline")) == 3
    assert len(plot.figure().renderers) == 6
    assert repr(plot) == "Plot of score over lr: 12 points"


def test_texts_stand_along_the_axis_and_powers_are_spread() -> None:
    sweep = scores(lr=[0.001, 0.01, 0.1], seed=1, kind=["tree <a>", "line"])
    assert sweep.plot("score").chart.is_log
    plot = sweep.plot("score", x="kind")
    assert plot.chart.places == ("tree <a>", "line")
    assert "tree &lt;a&gt;" in plot._repr_svg_()
    assert plot.figure().xaxis[0].major_label_overrides == {0: "tree <a>", 1: "line"}
    assert ElementTree.fromstring(scores(lr=[1], seed=[1, 2]).plot("score")._repr_svg_()) is not None


def test_a_plot_of_what_is_not_there_is_refused() -> None:
    sweep = scores(lr=[0.5, 1.0], seed=1)
    with pytest.raises(WorkflowError, match="did not vary 'speed'") as refused:
        sweep.plot("score", x="speed")
    assert refused.value.code == "WF835"
    with pytest.raises(WorkflowError, match="gave a number 'loss'"):
        sweep.plot("loss")


def test_a_bar_comes_late_and_ends_as_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Face:
        def __init__(self, title: str) -> None:
            shown.append(title)

        def draw(self, done: int, total: int | None, words: str) -> None:
            shown.append(words)

        def end(self, words: str) -> None:
            shown.append(words.partition(" in ")[0])

    monkeypatch.setattr(builder_progress, "_InNotebook", Face)
    monkeypatch.setattr(builder_progress, "_is_notebook", lambda: True)
    with builder_progress.Bar("Quick", 3, "node") as bar:
        bar.advance()
    assert shown == []
    monkeypatch.setattr(builder_progress, "AFTER", 0.0)
    with builder_progress.Bar("Slow", 3, "node") as bar:
        bar.advance()
        bar.advance(2)
    assert shown == ["Slow", "1 of 3 nodes", "3 of 3 nodes"]


def test_what_the_command_wrote_of_a_sweep_is_read_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wf = Workflow("Score")
    start = wf.node("flow.manual_trigger", "Start")
    start >> wf.node("data.set", "Score", fields=[{"name": "score", "value": "={{ $json.lr * 10 + $json.seed }}"}])
    wf.save(tmp_path / "score.flow")
    assert call(["run", str(tmp_path / "score.flow"), "--sweep", "lr=0.5,1.0", "--sweep", "seed=1..2"]) == 0
    found = read_sweep(["Starting ...", *capfd.readouterr().out.splitlines()])
    assert repr(found) == "Sweep of 4 executions, 4 succeeded"
    assert [(row["lr"], row["seed"], row["score"]) for row in found.rows()] == [
        (0.5, 1, 6), (0.5, 2, 7), (1.0, 1, 11), (1.0, 2, 12),
    ]  # fmt: skip
    assert found.plot("score", x="lr").chart.lines[0].name == "seed 1"
    assert found.best("score")["seed"] == 2
