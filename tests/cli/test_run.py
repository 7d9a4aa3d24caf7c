"""``workflow run`` as a user and as a program sees it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, node, workflow, write_flow
from workflow_kernel.cli import main
from workflow_kernel.graph.model import Node, Retry

START = node("start", "flow.manual_trigger")
GREET = node("greet", "data.set", {"fields": [{"name": "text", "value": "=Hello {{ $ifEmpty($json.name, 'world') }}"}]})


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    return write_flow(tmp_path / "greeting.flow", START, GREET)


def waiting(path: Path, seconds: float = 60) -> Path:
    return write_flow(path, START, node("wait", "flow.wait", {"amount": seconds}))


def test_a_pipe_gets_a_json_line_for_each_event(greeting: Path) -> None:
    answer = workflow("run", greeting)
    assert (answer.code, answer.err) == (0, "")
    assert [line["event"] for line in answer.lines] == [
        "execution.started", "node.started", "node.finished", "node.started", "node.finished", "execution.finished",
    ]  # fmt: skip
    assert answer.last["state"] == "succeeded"
    assert answer.last["output"] == [{"text": "Hello world"}]


def test_inputs_are_fields_of_the_first_item(greeting: Path) -> None:
    answer = workflow("run", greeting, "--input", "name=Ada", "-i", "n=3", "-i", 'tags=["a"]', "-i", "note=a=b")
    assert answer.last["output"] == [{"name": "Ada", "n": 3, "tags": ["a"], "note": "a=b", "text": "Hello Ada"}]


def test_a_file_gives_the_items(greeting: Path, tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('[{"name": "Ada"}, {"name": "Bo"}]')
    answer = workflow("run", greeting, "--input", "@people.json", folder=tmp_path)
    assert [row["text"] for row in answer.last["output"]] == ["Hello Ada", "Hello Bo"]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (["oops"], "--input name=value"),
        (["=3"], "is not a field"),
        (["@nothing.json"], "no file 'nothing.json'"),
        (["@list.json"], "neither an object nor a list of objects"),
        (["@broken.json"], "is not JSON"),
        (["@good.json", "a=1"], "gives all items"),
    ],
)
def test_wrong_inputs_are_explained(greeting: Path, tmp_path: Path, inputs: list[str], told: str) -> None:
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "good.json").write_text("{}")
    answer = workflow("run", greeting, *(part for text in inputs for part in ("-i", text)), folder=tmp_path)
    assert answer.code == 2
    assert told in answer.err
    assert answer.out == ""


def test_one_node_runs_alone(greeting: Path) -> None:
    answer = workflow("run", greeting, "--node", "greet", "-i", "name=Bo")
    assert [line["node"] for line in answer.lines if line["event"] == "node.finished"] == ["greet"]
    assert answer.last["output"] == [{"name": "Bo", "text": "Hello Bo"}]


def test_a_run_goes_up_to_a_node(tmp_path: Path) -> None:
    after = node("after", "flow.stop_and_error", {"message": "too far"})
    path = write_flow(tmp_path / "long.flow", START, GREET, after)
    assert workflow("run", path, "--to", "greet").code == 0
    assert workflow("run", path).code == 1


@pytest.mark.parametrize("option", ["--node", "--to", "--start"])
def test_a_node_that_is_not_there_is_named(greeting: Path, option: str) -> None:
    answer = workflow("run", greeting, option, "gret")
    assert answer.code == 2
    assert "no node 'gret'" in answer.err
    assert "start, greet" in answer.err


def test_pins_stand_in_the_place_of_nodes(tmp_path: Path) -> None:
    fetch = node("fetch", "web.http_request", {"url": "http://127.0.0.1:9"})
    keep = node("keep", "data.filter")
    path = write_flow(tmp_path / "pinned.flow", START, fetch, keep, edges="start>fetch fetch>keep")
    (tmp_path / "pin.json").write_text('{"fetch": [{"n": 1}], "keep": {"discarded": [{"n": 2}]}}')
    answer = workflow("run", path, "--pin", tmp_path / "pin.json")
    assert answer.code == 0
    finished = {line["node"]: line["items"] for line in answer.lines if line["event"] == "node.finished"}
    assert finished["fetch"] == {"main": 1}
    assert finished["keep"] == {"kept": 0, "discarded": 1}
    (tmp_path / "pin.json").write_text('{"other": []}')
    assert "no node 'other'" in workflow("run", path, "--pin", tmp_path / "pin.json").err
    (tmp_path / "pin.json").write_text('{"fetch": 3}')
    assert "lists of objects" in workflow("run", path, "--pin", tmp_path / "pin.json").err


def test_a_failure_tells_node_item_and_mend(tmp_path: Path) -> None:
    bad = node("double", "data.set", {"fields": [{"name": "n", "value": "={{ $json.n.upper() }}"}]})
    path = write_flow(tmp_path / "bad.flow", START, bad)
    (tmp_path / "rows.json").write_text('[{"n": "a"}, {"n": 2}]')
    answer = workflow("run", path, "-i", "@rows.json", folder=tmp_path)
    assert answer.code == 1
    error = answer.last["error"]
    assert (error["node"], error["item"]) == ("double", 1)
    assert "$json.n.upper()" in error["expression"]


def test_a_run_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    answer = workflow("run", waiting(tmp_path / "wait.flow"), "--timeout", "0.2")
    assert (answer.code, answer.last["state"]) == (4, "timed_out")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "slow",
    [
        node("slow", "flow.wait", {"amount": 60}),
        node("slow", "code.python", {"code": "import time\nprint('here')\ntime.sleep(60)"}),
        node("slow", "code.javascript", {"code": "for (;;) {}"}),
        node("slow", "web.http_request", {"url": "http://127.0.0.1:9"}, retry=Retry(tries=99, wait=60)),
        node("slow", "data.query", {"query": "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b",
                                    "inputs": 1}),
    ],
    ids=["wait", "python", "javascript", "retry", "sql"],
)  # fmt: skip
def test_a_signal_stops_a_run(tmp_path: Path, slow: Node, number: signal.Signals) -> None:
    edges = "start>slow.input1" if slow.type == "data.query" else "start>slow"
    path = write_flow(tmp_path / "slow.flow", START, slow, edges=edges)
    process = subprocess.Popen([*PROGRAM, "run", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if '"node":"slow"' in line:
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3, out + err
    assert json.loads(out.splitlines()[-1])["state"] == "cancelled"
    assert err == ""


def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "many.flow", START, *(node(f"n{number}", "flow.no_op") for number in range(50)))
    process = subprocess.Popen([*PROGRAM, "run", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 3


def test_logs_are_shown_when_asked_for(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "talk.flow", START, node("talk", "code.python", {"code": "print('hi')\nreturn items"}))
    told = [line["text"] for line in workflow("run", path, "-v").lines if line["event"] == "node.log"]
    assert told == ["hi"]
    assert "node.log" not in workflow("run", path).out


def test_results_are_kept_for_the_next_run(tmp_path: Path, own_cache: Path) -> None:
    make = node("make", "data.set", {"fields": [{"name": "a", "value": 1}]}, cache=True)
    path = write_flow(tmp_path / "cached.flow", START, make)
    started = [line["node"] for line in workflow("run", path).lines if line["event"] == "node.started"]
    again = workflow("run", path)
    assert started == ["start", "make"]
    assert [line["node"] for line in again.lines if line["event"] == "node.started"] == ["start"]
    assert again.last["output"] == [{"a": 1}]
    fresh = workflow("run", path, "--no-cache")
    assert [line["node"] for line in fresh.lines if line["event"] == "node.started"] == ["start", "make"]
    assert len(list((own_cache / "results").iterdir())) == 1


def test_attachments_are_not_cached_for_they_end_with_the_run(tmp_path: Path, own_cache: Path) -> None:
    make = node("make", "files.convert_to_file", {"format": "csv"}, cache=True)
    path = write_flow(tmp_path / "files.flow", START, make)
    assert workflow("run", path, "-i", "a=1").code == 0
    assert not (own_cache / "results").exists()


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    make = node("make", "data.set", {"fields": [{"name": "a", "value": 1}]}, cache=True)
    path = write_flow(tmp_path / "cached.flow", START, make)
    assert workflow("run", path, WORKFLOW_CACHE=str(tmp_path / "file")).code == 0


def test_a_workflow_calls_another_by_path_and_by_json(tmp_path: Path) -> None:
    child = write_flow(tmp_path / "child.flow", node("called", "flow.workflow_trigger"), GREET)
    by_path = node("call", "flow.execute_workflow", {"source": "file", "workflow": "child.flow"})
    by_name = node("call", "flow.execute_workflow", {"workflow": "child"})
    by_json = node("call", "flow.execute_workflow", {"source": "json", "workflow": json.loads(child.read_text())})
    for number, call in enumerate((by_path, by_name, by_json)):
        path = write_flow(tmp_path / f"parent{number}.flow", START, call)
        answer = workflow("run", path, "-i", "name=Ada")
        assert answer.code == 0, answer.out
        assert answer.last["output"] == [{"name": "Ada", "text": "Hello Ada"}]


N8N = {
    "name": "From n8n",
    "nodes": [
        {"name": "Go", "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1, "position": [0, 0], "parameters": {}},
        {"name": "Set", "type": "n8n-nodes-base.set", "typeVersion": 3.4, "position": [200, 0],
         "parameters": {"assignments": {"assignments": [
             {"id": "1", "name": "up", "type": "string", "value": "={{ 'ada'.toUpperCase() }}"}]}}},
    ],
    "connections": {"Go": {"main": [[{"node": "Set", "type": "main", "index": 0}]]}},
}  # fmt: skip


def test_a_workflow_of_n8n_is_imported_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text(json.dumps(N8N))
    answer = workflow("run", tmp_path / "foreign.json")
    assert answer.code == 0, answer.out
    assert "2 of 2 nodes" in answer.err
    assert answer.last["output"] == [{"up": "ADA"}]
    assert workflow("validate", tmp_path / "foreign.json").code == 0
    call = node("call", "flow.execute_workflow", {"source": "json", "workflow": json.dumps(N8N)})
    assert workflow("run", write_flow(tmp_path / "parent.flow", START, call)).last["output"] == [{"up": "ADA"}]


@pytest.mark.parametrize("text", ["", "[]", "3", '{"nodes": [1]}', '{"nodes": [{}]}', "not json", '{"a": NaN}'])
def test_a_json_file_that_is_no_workflow_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.json").write_text(text)
    for command in ("run", "validate"):
        assert main.call([command, str(tmp_path / "odd.json")]) == 2
        told = capsys.readouterr().err
        assert told.startswith("WF1") or "odd.json: WF1" in told


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    path = write_flow(tmp_path / "plain.flow", START)
    (tmp_path / "secrets.json").write_text("[]")
    answer = workflow("run", path, WORKFLOW_CREDENTIALS=str(tmp_path / "secrets.json"))
    assert (answer.code, answer.err.split()[0]) == (2, "WF107")


def test_a_short_workflow_starts_fast(tmp_path: Path) -> None:
    nodes = [START, GREET, node("keep", "data.filter"), node("few", "data.limit"),
             node("sort", "data.sort", {"by": [{"field": "text"}]})]  # fmt: skip
    path = write_flow(tmp_path / "five.flow", *nodes, edges="start>greet greet>keep keep.kept>few few>sort")
    workflow("run", path)
    loaded = subprocess.run(
        [PROGRAM[0], "-c", "import sys; from workflow_kernel.cli.main import call; call(sys.argv[1:]);"
         " print(' '.join(sys.modules), file=sys.stderr)", "run", str(path)],
        capture_output=True, text=True, check=True,
    ).stderr.split()  # fmt: skip
    heavy = {"rich", "networkx", "httpx", "py_mini_racer", "duckdb", "polars", "pyarrow", "fsspec", "psycopg", "lxml"}
    assert heavy.isdisjoint(loaded)
