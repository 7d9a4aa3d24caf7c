"""Notebooks as workflows and back: nothing is lost on either side, whatever is edited between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.notebook.making import make
from tests.notebook.notebooks import corpus
from workflow_kernel.cli.main import call
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Edge, End, Node, Note, Retry, Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.interchange import notebook_file
from workflow_kernel.interchange.notebook import from_notebook, to_notebook
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

CATALOG = RegistryCatalog(Registry())

SOURCES = st.one_of(
    st.sampled_from([source for seed in range(6) for source in make(seed)]),
    st.text(alphabet="ab =\n#()[]1é%!'", max_size=20),
)
META = st.dictionaries(
    st.sampled_from(["tags", "name", "collapsed", "x"]), st.just(["hide"]) | st.booleans(), max_size=2
)


@st.composite
def notebooks(draw: st.DrawFn) -> dict[str, Any]:
    """Notebooks with and without ids, with all kinds of cells, outputs and metadata."""
    has_ids = draw(st.booleans())
    cells = []
    for index in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["code", "code", "code", "markdown", "raw"]))
        cell: dict[str, Any] = {"cell_type": kind, "metadata": draw(META), "source": draw(SOURCES)}
        if has_ids:
            cell["id"] = draw(st.sampled_from([f"id-{index}", f"ab{index}"]))
        if kind == "code":
            cell["execution_count"] = draw(st.none() | st.integers(1, 9))
            cell["outputs"] = draw(
                st.lists(st.just({"output_type": "stream", "name": "stdout", "text": "a\nb\n"}), max_size=1)
            )
        cells.append(cell)
    metadata: dict[str, Any] = {"kernelspec": {"name": "python3", "display_name": "P"}, "other": draw(META)}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5 if has_ids else 4}


@given(notebooks())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_notebook_comes_back_as_it_was(document: dict[str, Any]) -> None:
    workflow = from_notebook(document, "x")
    written = flow_format.read(flow_format.write(workflow))
    assert to_notebook(written) == document
    assert notebook_file.read(notebook_file.text(document)) == document


@given(notebooks(), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_edited_workflow_comes_back_as_it_was(document: dict[str, Any], data: st.DataObject) -> None:
    edited = _edited(from_notebook(document, "x"), data)
    there = notebook_file.read(notebook_file.text(to_notebook(edited)))
    back = from_notebook(there, "x")
    for key, node in edited.nodes.items():
        own = back.nodes[key]
        assert (own.name, own.position, own.retry, own.notes) == (node.name, node.position, node.retry, node.notes)
        assert own.parameters.get("code") == node.parameters.get("code")
    assert back.nodes.keys() == edited.nodes.keys()
    assert back.notes == edited.notes
    assert {edge for edge in edited.edges if "other" in (edge.source.node, edge.target.node)} <= set(back.edges)
    assert to_notebook(back) == there


def _edited(workflow: Workflow, data: st.DataObject) -> Workflow:
    """The workflow after a few edits that an editor could make."""
    nodes, notes = dict(workflow.nodes), dict(workflow.notes)
    edges = list(workflow.edges)
    cells = [key for key, node in nodes.items() if node.type == "code.cell"]
    for key in data.draw(st.lists(st.sampled_from(cells), unique=True)) if cells else ():
        node = nodes[key]
        nodes[key] = msgspec.structs.replace(
            node,
            name=f"{node.name} edited"[:60],
            position=(5.0, 7.0),
            retry=Retry(tries=3),
            parameters={**node.parameters, "code": data.draw(SOURCES)},
        )
    for key in data.draw(st.lists(st.sampled_from(sorted(notes)), unique=True)) if notes else ():
        notes[key] = Note(key, "another text", (1.0, 2.0))
    if cells and data.draw(st.booleans()):
        gone = data.draw(st.sampled_from(cells))
        del nodes[gone]
        edges = [edge for edge in edges if gone not in (edge.source.node, edge.target.node)]
    if data.draw(st.booleans()):
        nodes["new"] = Node("new", "New", "code.cell", parameters={"code": "fresh = 1"}, position=(900.0, 10.0))
        notes["more"] = Note("more", "# More")
        nodes["other"] = Node("other", "Other", "data.limit", parameters={"count": 1})
        edges.append(Edge(End("new"), End("other")))
    return msgspec.structs.replace(workflow, nodes=nodes, edges=tuple(edges), notes=notes)


def test_every_notebook_of_the_corpus_comes_back_and_is_valid() -> None:
    for name, entry in corpus().items():
        try:
            document = notebook_file.normal(entry["notebook"])
        except Exception as error:
            assert getattr(error, "code", "") == "WF803", name
            continue
        workflow = from_notebook(document, "x")
        assert to_notebook(workflow) == document, name
        problems = [problem for problem in validate(workflow, CATALOG) if problem.severity == "error"]
        assert not problems, (name, problems)


def test_commands_convert_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "cells": [
            {"cell_type": "markdown", "id": "intro", "metadata": {}, "source": "# Title"},
            {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "outputs": [], "source": "x = 1"},
            {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 2, "outputs": [], "source": "print(x)"},
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = tmp_path / "analysis.ipynb"
    notebook_file.save(document, path)
    text = path.read_text()
    assert call(["from-notebook", str(path)]) == 0
    workflow = flow_format.read(tmp_path / "analysis.flow")
    assert Edge(End("a", "x"), End("b", "x")) in workflow.edges
    assert workflow.notes["intro"].text == "# Title"
    path.unlink()
    assert call(["to-notebook", str(tmp_path / "analysis.flow")]) == 0
    assert path.read_text() == text
    capsys.readouterr()
    assert call(["to-python", str(path)]) == 0
    script = capsys.readouterr().out
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(script, "script", "exec"), names)
    made: Workflow = names["wf"].workflow if hasattr(names["wf"], "workflow") else names["wf"].build()
    assert set(made.edges) == set(workflow.edges)


def test_a_file_that_is_no_notebook_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text("{}")
    assert call(["from-notebook", str(path)]) == 2
    assert "WF803" in capsys.readouterr().err
