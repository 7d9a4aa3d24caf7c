"""The other commands, through click's runner and as processes; what a wrong command line is answered with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import EXAMPLES, node, workflow, write_flow
from tests.cli.test_run import N8N
from workflow_kernel.cli import main

START = node("start", "flow.manual_trigger")


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main.call([str(argument) for argument in arguments])
    return (code, *capsys.readouterr())


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys)
    assert code == 0
    assert all(name in out for name in main.COMMANDS)
    assert call(capsys, "--help")[1] == out


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, name, "--help")
    assert code == 0
    assert out.startswith("Usage: workflow")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["fly"], "The commands are: new, validate, run"),
        (["report.flow"], "workflow run report.flow"),
        (["run"], "Missing argument 'FILE'"),
        (["run", "--tiemout", "3", "x"], "--timeout"),
        (["run", "nothing.flow"], "does not exist"),
        (["run", "."], "directory"),
        (["--nope"], "No such option"),
        (["nodes", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert told in err


def test_a_timeout_must_be_a_positive_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_flow(tmp_path / "w.flow", START)
    for value in ("0", "-1", "soon"):
        assert call(capsys, "run", path, "--timeout", value)[0] == 2


def test_new_writes_a_workflow_that_runs(tmp_path: Path) -> None:
    answer = workflow("new", "first", folder=tmp_path)
    assert answer.code == 0
    command = answer.out.split("with: workflow ")[1].split()
    assert workflow(*command, folder=tmp_path).last["output"] == [{"name": "you", "greeting": "Hello, you"}]
    again = workflow("new", "first", folder=tmp_path)
    assert (again.code, again.err.split()[0]) == (2, "WF103")
    assert workflow("new", "first", "--force", folder=tmp_path).code == 0


def test_new_in_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    answer = workflow("new", "no/such/folder/first", folder=tmp_path)
    assert answer.code == 2
    assert answer.err.startswith("WF148")


def test_validate_tells_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_flow(tmp_path / "good.flow", START)
    bad = write_flow(tmp_path / "bad.flow", START, node("x", "data.nope"), node("y", "data.limit", {"count": "many"}))
    code, out, err = call(capsys, "validate", good, bad)
    assert code == 2
    assert f"{good}: valid" in out
    assert "data.nope" in err
    assert "count" in err


def test_import_reports_what_became_of_each_node(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"name": "Odd", "type": "vendor.thing", "typeVersion": 1, "position": [9, 9], "parameters": {}}
    source = tmp_path / "foreign.json"
    source.write_text(json.dumps({**N8N, "nodes": [*N8N["nodes"], odd]}))
    code, out, _ = call(capsys, "import", source)
    assert code == 0
    assert "2 of 3 nodes have a counterpart" in out
    assert "Odd: No node type here stands for 'vendor.thing'" in out
    assert (tmp_path / "foreign.flow").exists()
    assert call(capsys, "import", source, "--strict", "-o", tmp_path / "other.flow")[0] == 1
    source.write_text(json.dumps(N8N))
    assert call(capsys, "import", source, "--strict")[0] == 0
    assert workflow("run", tmp_path / "foreign.flow").last["output"] == [{"up": "ADA"}]


def test_import_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("[]")
    code, _, err = call(capsys, "import", tmp_path / "a.json")
    assert (code, err.split()[0]) == (2, "WF120")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.flow")), ids=lambda path: path.stem)
def test_every_example_can_be_exported_and_drawn(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "export", path, "-o", tmp_path / "made.py")
    assert (code, err) == (0, "")
    compile((tmp_path / "made.py").read_text(), "made.py", "exec")
    code, out, err = call(capsys, "graph", path)
    assert (code, err) == (0, "")
    names = [one["name"] for one in json.loads(path.read_text())["nodes"].values()]
    assert all(name in out for name in names)
    assert call(capsys, "graph", path, "--svg", tmp_path / "made.svg")[0] == 0
    assert (tmp_path / "made.svg").read_text().startswith("<svg")


def test_nodes_are_listed_found_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "nodes")
    assert code == 0
    assert "data.filter" in out
    assert "web.http_request" in out
    assert "data.remove_duplicates" in call(capsys, "nodes", "dedupe")[1]
    shown = call(capsys, "nodes", "data.limit")[1]
    assert "count" in shown
    schema = json.loads(call(capsys, "nodes", "data.limit", "--json")[1])
    assert "count" in schema["parameters"]["properties"]
    code, _, err = call(capsys, "nodes", "data.limmit")
    assert code == 2
    assert "Did you mean 'data.limit'" in err


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [("workflow va", 1, "validate"), ("workflow run --ti", 2, "--timeout"), ("workflow ", 1, "graph")],
)
def test_a_shell_completes_commands_and_options(words: str, position: int, expected: str) -> None:
    answer = workflow(_WORKFLOW_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(position))
    assert answer.code == 0
    assert expected in answer.out


def test_a_fault_of_the_program_is_told_in_two_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(path: Path, registry: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr("workflow_kernel.cli.files.open_workflow", fail)
    code, _, err = call(capsys, "graph", write_flow(tmp_path / "w.flow", START))
    assert code == 5
    assert err.startswith("WF601 This is a fault of the program: ValueError: odd.")
    assert len(err.splitlines()) == 2
