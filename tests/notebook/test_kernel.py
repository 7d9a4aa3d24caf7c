"""The Workflow kernel: everything a kernel has to do, and cells that know what depends on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import jupyter_kernel_test
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from workflow_kernel.cli.main import call

PATIENCE = 60
jupyter_kernel_test.TIMEOUT = PATIENCE


@pytest.fixture(scope="module")
def kernel_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where Jupyter finds the kernel, put there by the command."""
    prefix = tmp_path_factory.mktemp("prefix")
    assert call(["kernel", "install", "--prefix", str(prefix)]) == 0
    path = prefix / "share" / "jupyter"
    with mock.patch.dict(os.environ, {"JUPYTER_PATH": str(path), "IPYTHONDIR": str(prefix / "ipython")}):
        yield path


class Front:
    """A front end that tells the kernel the ids of its cells."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.told: list[dict[str, Any]] = []
        self.elsewhere: list[tuple[str, str]] = []

    def follow(self, kind: str, **data: Any) -> None:
        """Say something over the line of front ends that show cells as a graph."""
        about = {"target_name": "workflow.cells"} if kind == "comm_open" else {}
        content = {"comm_id": "graph", "data": data, **about}
        self.client.shell_channel.send(self.client.session.msg(kind, content))

    def run(self, code: str, cell: str | None = None, deleted: tuple[str, ...] = ()) -> list[str]:
        """Run a cell; gives the texts it shows."""
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
            "stop_on_error": True,
        }  # fmt: skip
        message = self.client.session.msg(
            "execute_request", content, metadata={"cellId": cell, "deletedCells": list(deleted)}
        )
        self.client.shell_channel.send(message)
        shown: list[str] = []
        while True:
            found: Any = self.client.get_iopub_msg(timeout=PATIENCE)
            parent, kind, content = found["parent_header"], found["msg_type"], found["content"]
            if kind == "comm_msg":
                self.told.append(content["data"])
            if "workflow_cell" in parent and kind == "stream":
                self.elsewhere.append((parent["workflow_cell"], content["text"]))
            if parent.get("msg_id") != message["header"]["msg_id"]:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "stream":
                shown.append(content["text"])
            elif kind in ("display_data", "execute_result"):
                shown.append(content["data"]["text/plain"])
            elif kind == "error":
                shown.append(content["ename"])
        self.client.get_shell_msg(timeout=PATIENCE)
        return shown


@pytest.fixture(scope="module")
def front(kernel_path: Path) -> Iterator[Front]:
    manager, client = start_new_kernel(kernel_name="workflow", startup_timeout=PATIENCE)
    yield Front(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_cells_know_what_depends_on_them(front: Front, tmp_path: Path) -> None:
    assert front.run("x = 1", "a") == []
    assert front.run("y = x + 1\nprint(y)", "b") == ["2\n"]
    assert front.run("x = 5", "a") == ["Stale now: [2]."]
    assert front.run("print('z', y)", "c") == ["[2] ran first, as they were stale.", "6\nz 6\n"]
    front.run("%workflow automatic")
    assert front.run("x = 7", "a") == ["[2], [4] ran again, as they depend on this one.", "8\nz 8\n"]
    assert front.run("x = 8", "twin")[0].startswith("'x' is also defined by [6];")
    assert front.run("w = 1", "d", ("a", "twin"))[0].startswith("Stale now, as a cell was deleted")
    assert front.run("x", "e") == ["NameError"]
    front.run("x = 3", "g")
    assert "uses x; gives y" in front.run("%workflow cells")[0]
    assert front.run(f"%workflow save {tmp_path / 'live'}") == [f"Wrote {tmp_path / 'live.flow'}.\n"]
    assert (tmp_path / "live.flow").is_file()
    assert front.run("import asyncio\nawait asyncio.sleep(0)\n'awaited'") == ["'awaited'"]


def test_what_a_cell_shows_that_runs_for_another_stands_in_that_cell(kernel_path: Path) -> None:
    manager, client = start_new_kernel(kernel_name="workflow", startup_timeout=PATIENCE)
    notebook = {"c": "print('c', y)", "b": "y = x + 1\nprint('b', y)", "a": "x = 1", "z": "print('z')"}
    front = Front(client)
    try:
        front.follow("comm_open", cells=notebook, mode="lazy")
        assert front.run(notebook["c"], "c") == ["c 2\n"], "what it needs runs first, wherever it stands"
        assert front.elsewhere == [("b", "b 2\n")]
        assert front.told[-1]["states"] == {"a": "fresh", "b": "fresh", "c": "fresh", "z": "new"}
        assert {found["ran"]["cell"] for found in front.told if "ran" in found} == {"a", "b"}

        front.follow("comm_msg", cells=notebook | {"a": "x = 5"})
        assert front.run("w = 0", "other") == []
        assert front.told[-1]["states"]["a"] == "edited"
        assert front.run("x = 5", "a") == []
        assert front.told[-1]["states"] == {"a": "fresh", "b": "stale", "c": "stale", "z": "new", "other": "fresh"}
        front.follow("comm_msg", mode="automatic")
        front.elsewhere.clear()
        assert front.run("x = 7", "a") == []
        assert front.elsewhere == [("b", "b 8\n"), ("c", "c 8\n")]
        assert set(front.told[-1]["states"].values()) == {"fresh", "new"}
        assert front.run("x = 1", "d") == []
        assert front.told[-1]["twice"]["d"] == {"x": ["a"]}

        front.follow("comm_msg", cells={"b": notebook["b"], "c": notebook["c"], "d": "x = 1"})
        front.follow("comm_msg", cells={"b": notebook["b"], "c": notebook["c"]})
        assert front.run("x", "e") == ["NameError"], "a deleted cell takes its variables along at once"
        assert front.told[-1]["states"]["b"] == "stale"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_magics_make_a_workflow_in_an_ordinary_kernel(kernel_path: Path, tmp_path: Path) -> None:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE)
    plain = Front(client)
    try:
        assert plain.run("%load_ext workflow_kernel") == []
        assert plain.run("%%node Numbers\nnumbers = [1, 2, 3]") == []
        assert plain.run("%%node Total\ntotal = sum(numbers)\nprint(total)") == ["6\n"]
        assert plain.run("result = %workflow run\nresult['Total'].json()[0]['outputs'][0]['text']")[-1] == "'6\\n'"
        plain.run("factor = 2")
        assert plain.run("%%node Scaled\nscaled = total * factor") == []
        plain.run(f"%workflow save {tmp_path / 'kept.flow'}")
        kept = (tmp_path / "kept.flow").read_text()
        assert "Numbers" in kept
        assert '"takes": ["total", "factor"]' in kept, "what no node gives is an input"
        code = "%%task\ndef double(rows: list[dict]) -> list[dict]:\n    return [{'n': r['n'] * 2} for r in rows]"
        assert plain.run(code) == []
        code = "import workflow_kernel\nwf = workflow_kernel.Workflow('w')\nwf.node(double, 'Double')\n'made'"
        assert plain.run(code)[-1] == "'made'"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.usefixtures("kernel_path")
class TestKernel(jupyter_kernel_test.KernelTests):
    """The suite every kernel is tried with."""

    def execute_helper(self, code: str, timeout: int = PATIENCE, **options: Any) -> Any:  # type: ignore[override]
        return super().execute_helper(code, timeout, **options)

    kernel_name = "workflow"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples = ["1", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples = ["def f(x):\n  x*2"]
    invalid_code_samples = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise ValueError()"
    code_execute_result = [
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
        {"code": "1+2+3", "result": "6"},
        {"code": "1+2+3", "result": "6"},
    ]
    code_display_data = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))", "mime": "text/html"}
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"
