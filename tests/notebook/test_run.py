"""Running a notebook as a graph: the same results as top to bottom, in its cells, or a clear refusal."""

from __future__ import annotations

import io
import json
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.documents import notebook
from tests.notebook.making import make
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.cli.main import call
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.interchange import notebook_file
from workflow_kernel.interchange.notebook import from_notebook
from workflow_kernel.worker.cell_show import Shown, is_plain, run_plain


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CACHE", str(tmp_path / "cache"))


def shown(result: ExecutionResult) -> dict[str, list[dict[str, Any]]]:
    return {
        run.node.node.id: run.outputs[0].items().rows[0].json["outputs"]
        for run in result.runs
        if run.node.node.type == "code.cell" and run.outputs
    }


def top_to_bottom(cells: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, Any]]]:
    """What cells show when they run one after another, up to one that fails or needs more than Python."""
    module = types.ModuleType("__main__")
    found = []
    for source in cells:
        if not is_plain(source):
            break
        seen = Shown()
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, "__main__", module)
            patched.setattr(sys, "stdout", io.StringIO())
            patched.setattr(sys, "stderr", io.StringIO())
            if run_plain(source, module.__dict__, seen) is not None:
                break
        found.append(seen.outputs)
    return found


@pytest.mark.filterwarnings("ignore")
async def test_results_are_those_of_running_top_to_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LocalEngine() as engine:
        for seed in (2, 3, 8, 11, 13):
            cells = [source for source in make(seed) if "dir()" not in source]
            expected = top_to_bottom(cells, monkeypatch)
            result = await engine.run(from_notebook(notebook(*cells[: len(expected)]), "x"), is_manual=True)
            assert result.is_success, (seed, result.error)
            seen = shown(result)
            for index, outputs in enumerate(expected):
                assert seen[f"c{index}"] == outputs, (seed, cells[index])


async def test_what_cells_share_stays_shared() -> None:
    cells = [
        "import numpy as np\nrows = []\na = np.arange(4)",
        "same = rows\nholder = {'rows': rows}\nview = a[:2]",
        "same.append(1)\nview[0] = 9",
        "holder['rows'].append(2)",
        "print(rows, same, a, view)",
        "def add(v):\n    rows.append(v)\n    return total()\ndef total():\n    return sum(rows)",
        "add(3)",
        "class Box:\n    def size(self):\n        return len(rows)\nbox = Box()",
        "print(box.size(), isinstance(box, Box), rows)",
    ]
    async with LocalEngine() as engine:
        result = await engine.run(from_notebook(notebook(*cells), "x"), is_manual=True)
    assert result.error is None
    seen = shown(result)
    assert seen["c4"][0]["text"] == "[1, 2] [1, 2] [9 1 2 3] [9 1]\n"
    assert seen["c6"][0]["data"]["text/plain"] == "6"
    assert seen["c8"][0]["text"] == "3 True [1, 2, 3]\n"


async def test_random_numbers_and_settings_are_those_of_running_in_order() -> None:
    cells = [
        "import random, warnings\nimport numpy as np",
        "random.seed(5)\nnp.random.seed(6)",
        "warnings.filterwarnings('error')",
        "print(random.random(), np.random.rand())",
        "print(random.random())",
        "try:\n    warnings.warn('w')\nexcept UserWarning:\n    print('raised')",
    ]
    names: dict[str, Any] = {}
    exec("import random, numpy as np\nr = random.Random(5)\nx = r.random(), r.random()\n"
         "y = np.random.RandomState(6).rand()", names)  # fmt: skip
    async with LocalEngine() as engine:
        seen = shown(await engine.run(from_notebook(notebook(*cells), "x"), is_manual=True))
    assert seen["c3"][0]["text"] == f"{names['x'][0]} {names['y']}\n"
    assert seen["c4"][0]["text"] == f"{names['x'][1]}\n"
    assert seen["c5"][0]["text"] == "raised\n"


async def test_a_cell_works_with_nodes_of_other_kinds() -> None:
    nodes = {
        "start": Node("start", "Start", "flow.manual_trigger"),
        "cell": Node("cell", "Cell", "code.cell", parameters={"code": "kept = [row for row in rows if row['n'] > 1]"}),
        "python": Node("python", "Python", "code.python", parameters={"code": "return [{'m': r['n']} for r in value]"}),
    }
    edges = (Edge(End("start"), End("cell", "rows")), Edge(End("cell", "kept"), End("python")))
    async with LocalEngine() as engine:
        from workflow_kernel.runs.item import Items

        result = await engine.run(Workflow("x", nodes, edges), Items.of({"n": 1}, {"n": 2}, {"n": 3}), is_manual=True)
    result.raise_if_failed()
    assert result["Python"].json() == [{"m": 2}, {"m": 3}]


def run(path: Path, *options: str) -> int:
    return call(["run", str(path), *options])


def executed(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = notebook_file.read(path.with_name(f"{path.stem}.executed.ipynb"))["cells"]
    return cells


def test_a_second_run_repeats_only_what_changed(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1\n2\n")
    marks = tmp_path / "marks"
    cells = [
        "x = 2",
        "y = sum(map(int, open('data.csv').read().split()))\ny",
        "z = x * 10\nz",
        "import sys\nprint(y + z)",
        f"with open({str(marks)!r}, 'a') as file:\n    file.write('ran ')",
    ]
    path = tmp_path / "n.ipynb"
    notebook_file.save(notebook(*cells), path)
    assert run(path) == 0
    assert executed(path)[3]["outputs"][0]["text"] == "23\n"
    kept = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cache" / "cells").iterdir()}
    assert run(path) == 0
    assert executed(path)[3]["outputs"][0]["text"] == "23\n"
    assert {file.name for file in (tmp_path / "cache" / "cells").iterdir()} == kept.keys()
    assert marks.read_text() == "ran ran "
    (tmp_path / "data.csv").write_text("1\n200\n")
    assert run(path) == 0
    assert executed(path)[3]["outputs"][0]["text"] == "221\n"


def test_what_runs_a_cell_and_files_written_anew_as_they_were_do_not_repeat_it(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    cells = [
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "with open('made.csv', 'w') as file:\n    file.write('1 2')",
        "import os\nnumbers = [int(n) for n in open('made.csv').read().split()]\nprint(os.getpid())",
        "plt.plot(numbers)\nprint(os.getpid())",
    ]
    notebook_file.save(notebook(*cells), path)
    assert run(path) == 0  # the first time matplotlib may write what it knows of fonts
    assert run(path) == 0
    before = executed(path)
    assert run(path) == 0
    assert executed(path)[2:] == before[2:], "of the process that computed them"
    assert any("image/png" in output.get("data", {}) for output in before[3]["outputs"])
    notebook_file.save(notebook(cells[0], cells[1].replace("1 2", "1 3"), *cells[2:]), path)
    assert run(path) == 0
    assert executed(path)[2]["outputs"] != before[2]["outputs"]


def test_outputs_land_in_their_cells_also_of_a_cell_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = ["x = 0", "print('before')\n1 / x", "%time y = 1", "{'a': [1, 2]}"]
    path = tmp_path / "n.ipynb"
    made = notebook(*cells)
    notebook_file.save(made, path)
    assert run(path) == 1
    found = executed(path)[1]["outputs"]
    assert [entry["output_type"] for entry in found] == ["stream", "error"]
    assert found[1]["ename"] == "ZeroDivisionError"
    assert "1 / x" in "\n".join(found[1]["traceback"])
    made["cells"][1]["metadata"]["tags"] = ["raises-exception"]
    notebook_file.save(made, path)
    assert run(path) == 0
    assert executed(path)[3]["outputs"][0]["data"]["text/plain"] == "{'a': [1, 2]}"
    assert "Wall time" in executed(path)[2]["outputs"][0]["text"]


def test_what_cannot_run_as_a_graph_is_refused_and_runs_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "n.ipynb"
    notebook_file.save(notebook("import os\nkey = 'A'", "os.environ[key] = 'b'", "print(os.environ['A'])"), path)
    assert run(path) == 2
    assert "WF802" in capsys.readouterr().err
    assert run(path, "--in-order") == 0
    assert executed(path)[2]["outputs"][0]["text"] == "b\n"
    notebook_file.save(notebook("g = (i for i in range(3))\nprint('made')", "print(next(g))"), path)
    assert run(path) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert events[-1]["error"]["code"] == "WF801"
    assert run(path, "--in-order") == 0
    assert [cell["outputs"][0]["text"] for cell in executed(path)] == ["made\n", "0\n"]


def test_a_cell_that_uses_what_stands_below_it_is_told_and_runs_in_any_order(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "turned.ipynb"
    notebook_file.save(notebook("data = [3, 1, 2]", "pick(data)", "def pick(rows):\n    return min(rows)"), path)
    assert run(path) == 1
    assert "WF839" in (said := capfd.readouterr().err)
    assert "'pick', which '3 def pick(rows):' defines below it" in said
    assert run(path, "--any-order") == 0
    assert "WF839" not in capfd.readouterr().err
    assert executed(path)[1]["outputs"][0]["data"]["text/plain"] == "1"
