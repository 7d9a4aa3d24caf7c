"""The graph of a notebook that is open, as a page shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.notebook.documents import notebook
from workflow_kernel.app.notebooks import Looking, Told, Views, flow_text, for_running
from workflow_kernel.base.errors import InvalidWorkflowError

NOTEBOOK = (
    Told("title", "markdown", "# Sales"),
    Told("imports", "code", "import csv"),
    Told("load", "code", "# Load\nrows = list(csv.reader(['a,1']))"),
    Told("total", "code", "total = sum(int(row[1]) for row in rows)\nprint(total)"),
    Told("empty", "code", ""),
    Told("note", "markdown", "What follows is a mess."),
    Told("again", "code", "rows = []\nexec('x = 1')"),
    Told("late", "code", "print(nowhere, rows)"),
)


def looked(view: Views, *cells: Told, any_order: bool = False) -> dict[str, Any]:
    return view.look(Looking("page", cells, any_order))


def test_cells_variables_and_notes_are_nodes_edges_and_notes() -> None:
    found = looked(Views(), *NOTEBOOK)
    assert [cell["name"] for cell in found["cells"]][:3] == [
        "1 import csv",
        "2 Load",
        "3 total = sum(int(row[1]) for row in rows)",
    ]
    edges = {(edge["source"], edge["target"], edge["port"], edge["kind"]) for edge in found["edges"]}
    assert ("imports", "load", "csv", "import") in edges
    assert ("load", "total", "rows", "value") in edges
    assert ("total", "again", "(anything)", "doubt") in edges
    assert [(note["id"], note["above"]) for note in found["notes"]] == [("title", "imports"), ("note", "again")]


def test_what_cannot_be_known_and_what_is_defined_twice_is_told() -> None:
    cells = {cell["id"]: cell for cell in looked(Views(), *NOTEBOOK)["cells"]}
    told = {key: [problem["message"] for problem in cell["problems"]] for key, cell in cells.items()}
    assert told["imports"] == told["total"] == []
    assert told["load"] == ["'rows' is also defined by '4 rows = []'."]
    assert "may do anything to variables" in told["again"][0] and cells["again"]["is_unsure"]


def test_a_name_that_nobody_defines_is_told() -> None:
    found = looked(Views(), Told("a", "code", "print(missing)"))
    assert found["cells"][0]["problems"][0]["message"] == "No cell above defines 'missing'."


def test_only_texts_that_changed_have_to_be_told() -> None:
    view = Views()
    assert looked(view, Told("a", "code"), Told("b", "code", "y = x")) == {"missing": ["a"]}
    looked(view, Told("a", "code", "x = 1"), Told("b", "code", "y = x"))
    found = looked(view, Told("a", "code"), Told("b", "code", "print(y, x)"))
    assert [edge["port"] for edge in found["edges"]] == ["x"]
    assert looked(view, Told("b", "code"))["edges"] == []


def test_in_any_order_the_cells_that_define_come_first() -> None:
    cells = (Told("use", "code", "print(x)"), Told("define", "code", "x = 1"))
    assert looked(Views(), *cells)["edges"] == []
    found = looked(Views(), *cells, any_order=True)
    assert [cell["id"] for cell in found["cells"]] == ["define", "use"]
    assert [(edge["source"], edge["target"]) for edge in found["edges"]] == [("define", "use")]


def test_a_notebook_is_made_a_file_or_a_document_to_run_in_its_folder() -> None:
    assert json.loads(flow_text(notebook("x = 1"), "Sales"))["name"] == "Sales"
    made = for_running(notebook("x = 1", "print(x)"), "Sales", "/data/sales", "/cache")
    parameters = made["nodes"]["c1"]["parameters"]
    assert parameters["settings"] == ["import os\nos.chdir('/data/sales')"] and parameters["kept_in"] == "/cache"


def test_cells_that_cannot_run_apart_from_others_are_refused_with_the_reason() -> None:
    with pytest.raises(InvalidWorkflowError, match="WF802"):
        for_running(notebook("1 + 1", "print(_)"), "Sales")
