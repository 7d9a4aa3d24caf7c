"""A notebook as a node: values in by tag, variables out by assignment, itself as the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Table, as_items
from workflow_kernel.testing import NodeResult, run_node

PIXEL = (
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000100e221bc33"
    "0000000049454e44ae426082"
)
FIGURE = f"""
from IPython.display import Image, display
display(Image(data=bytes.fromhex("{PIXEL}")))
"""


def written(folder: Path, *cells: tuple[str, str]) -> str:
    """A notebook of cells, each a tag and its code."""
    made = [nbformat.v4.new_code_cell(code, metadata={"tags": [tag] if tag else []}) for tag, code in cells]
    (folder / "report.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=made)))
    return "report.ipynb"


def run(folder: Path, name: str, items: Any, **parameters: Any) -> NodeResult:
    return run_node("code.run_notebook", {"path": name, **parameters}, items, folder=folder)


def test_values_go_in_by_tag_and_variables_come_out(tmp_path: Path) -> None:
    name = written(
        tmp_path,
        ("parameters", "rate = 0.1\nname = 'nobody'"),
        ("", "print('working')\ntotal = sum(item['n'] for item in items) * rate" + FIGURE),
        ("outputs", "total = total\nlabel = name"),
    )
    found = run(tmp_path, name, [{"n": 1}, {"n": 2}], parameters={"rate": 2})
    assert found.json() == [{"total": 6, "label": "nobody"}]
    (report,) = found.items("report")
    assert report.json == {"notebook": "report.ipynb", "cells": 4, "figures": 1}
    kept = json.loads(found.blobs.get(report.binary["notebook"].blob))
    assert [cell["metadata"]["tags"] for cell in kept["cells"]][:2] == [["parameters"], ["injected-parameters"]]
    assert kept["cells"][2]["outputs"][0]["text"] == "working\n"
    assert [cell["execution_count"] for cell in kept["cells"]] == [1, 2, 3, 4]


def test_tables_go_in_and_out(tmp_path: Path) -> None:
    import pyarrow

    name = written(tmp_path, ("", "small = table.slice(0, 1)"))
    found = run(tmp_path, name, Table(pyarrow.table({"a": [1, 2]})), outputs=["small"])
    batch = found.batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pylist() == [{"a": 1}]


@pytest.mark.parametrize(
    ("cells", "code", "told"),
    [
        ((("", "x = 1"), ("", "1 / 0")), "WF301", "ZeroDivisionError: division by zero (cell 2 of report.ipynb)"),
        ((("", "x = 1"),), "WF349", "assigns no 'missing'"),
        ((("", "import os; os._exit(3)"),), "WF330", "cell 1"),
    ],
)
def test_what_went_wrong_names_the_cell(tmp_path: Path, cells: Any, code: str, told: str) -> None:
    found = run(tmp_path, written(tmp_path, *cells), as_items([{}]), outputs=["missing"])
    with pytest.raises(NodeError) as caught:
        found.batch()
    assert caught.value.code == code
    assert told in caught.value.message


def test_a_notebook_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"'none.ipynb' cannot be read"):
        run(tmp_path, "none.ipynb", []).batch()


def test_the_notebook_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    name = written(tmp_path, ("parameters", "rate = 0"), ("", "print('on my way')" + FIGURE), ("", "1 / rate"))
    found = run(tmp_path, name, [{}], parameters={"rate": 0})
    with pytest.raises(NodeError) as caught:
        found.batch()
    data = caught.value.data
    assert data is not None
    assert (data["cell"], data["source"]) == (3, "1 / rate")  # as in the file, where no parameters are set
    assert sorted(data["report"]) == ["figure_1", "notebook"]
    kept = json.loads(found.blobs.get(data["report"]["notebook"]["blob"]))
    assert [cell["execution_count"] for cell in kept["cells"]] == [1, 2, 3, 4]
    assert kept["cells"][2]["outputs"][0]["text"] == "on my way\n"
    assert kept["cells"][3]["outputs"][0]["ename"] == "ZeroDivisionError"
