"""``workflow run --jobs-url``: handed over once, followed to its end, and what keeps it from being handed over."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.servers import serving
from workflow_kernel.cli.run import run

TOKEN = "0123456789"
FLOW = {
    "format": "workflow/1",
    "name": "x",
    "nodes": {"s": {"name": "Start", "type": "flow.manual_trigger"}},
    "edges": [],
}


class Head(ThreadingHTTPServer):
    """Stands for a cluster's Jobs API: keeps what it gets, and ends each job at once with a code."""

    daemon_threads = True

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.packages: dict[str, bytes] = {}
        self.code = 0
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Head

    def answer(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            return self.answer("who?", 401)
        parts = self.path.strip("/").split("/")
        if self.command == "PUT":
            self.server.packages[parts[-1]] = body
            return self.answer({})
        if parts[1] == "packages":
            return self.answer({}, 200 if parts[-1] in self.server.packages else 404)
        if self.command == "POST":
            asked = json.loads(body)
            self.server.jobs[asked["submission_id"]] = asked
            return self.answer({})
        if parts[2] not in self.server.jobs:
            return self.answer("none", 404)
        if parts[-1] == "logs":
            return self.answer({"logs": '{"event":"execution.finished"}\n'})
        code = self.server.code
        return self.answer({"status": "FAILED" if code else "SUCCEEDED", "driver_exit_code": code})

    def do_GET(self) -> None:
        self.handle_one()

    def do_POST(self) -> None:
        self.handle_one()

    def do_PUT(self) -> None:
        self.handle_one()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def head() -> Iterator[Head]:
    server = Head()
    with serving(server):
        yield server


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x.flow").write_text(json.dumps(FLOW))
    (tmp_path / "own" / "helpers.py").write_text("A = 1")
    (tmp_path / "own" / ".secret").write_text("no")
    return str(tmp_path / "own" / "x.flow")


def asked(*words: str) -> Any:
    return CliRunner().invoke(run, list(words), standalone_mode=False)


def test_a_run_is_handed_over_once_and_followed(head: Head, flow: str) -> None:
    words = (flow, "--on", "ray", "--jobs-url", head.url, "--idempotency-key", "day-1", "--sweep", "n=1..3")
    for _ in range(2):
        done = asked(*words)
        assert (done.exception, done.return_value) == (None, 0)
        assert "execution.finished" in done.output
    ((job, told),) = head.jobs.items()
    assert told["entrypoint"].startswith('workflow run x.flow --on ray --address "$RAY_ADDRESS" --json --sweep n=1..3')
    ((name, package),) = head.packages.items()
    assert told["runtime_env"]["working_dir"] == f"gcs://{name}"
    assert zipfile.ZipFile(io.BytesIO(package)).namelist() == ["helpers.py", "x.flow"]
    head.code = 4
    assert asked(*words).return_value == 4
    left = asked(flow, "--on", "ray", "--jobs-url", head.url, "--detach")
    assert (left.return_value, left.output.strip() in head.jobs, left.output.strip() == job) == (0, True, False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--detach",), "needs what goes on when this command ends"),
        (("--on", "ray", "--idempotency-key", "k"), "by --address or --jobs-url"),
        (("--on", "ray", "--address", "127.0.0.1:1", "--detach"), "Nothing answers at 127.0.0.1:1"),
        (("--jobs-url", "http://127.0.0.1:1"), "need --on"),
        (("--on", "ray", "--jobs-url", "http://127.0.0.1:1", "--address", "a:1"), "without another place"),
        (("--on", "ray", "--jobs-url", "http://127.0.0.1:1"), "Nothing answers at http://127.0.0.1:1"),
    ],
)
def test_what_cannot_be_handed_over_is_told(flow: str, words: tuple[str, ...], told: str) -> None:
    assert told in str(getattr(asked(flow, *words).exception, "message", ""))


def test_tokens_are_asked_for(head: Head, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "another")
    wrong: Any = asked(flow, "--on", "ray", "--jobs-url", head.url).exception
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    none: Any = asked(flow, "--on", "ray", "--jobs-url", head.url).exception
    assert (wrong.code, none.code) == ("WF652", "WF652")
    assert not head.jobs
