"""Files, expressions and code that are broken or mean harm: one screen, the right exit code, within seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.command import Answer, node, workflow, write_flow
from workflow_kernel.cli import main
from workflow_kernel.graph.model import Settings

BROKEN = sorted(path for path in (Path(__file__).parents[1] / "graph" / "broken").rglob("*") if path.is_file())
START = node("start", "flow.manual_trigger")


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Run a command in this process: the many cases here would else take minutes."""
    began = time.monotonic()
    code = main.call([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return Answer(code, out, err, time.monotonic() - began)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_a_broken_file_is_refused_on_one_screen(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("validate", "run"):
        answer = call(capsys, command, path)
        assert answer.code in ((2,) if command == "validate" else (1, 2)), answer.err
        if answer.code == 2:
            assert "WF" in answer.err
            assert "WF60" not in answer.err
            assert len(answer.err.splitlines()) <= 25
            assert len(answer.err) < 16_000


EXPRESSIONS = [
    "{{ [x for x in range(10**12)] }}",
    "{{ 'a' * 10**12 }}",
    "{{ 9**9**9 }}",
    "{{ ().__class__.__bases__ }}",
    "{{ __import__('os').system('true') }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ $json.__class__ }}",
    "{{ (lambda f: f(f))(lambda f: f(f)) }}",
    "{{ '{0.__class__}'.format(1) }}",
]
SCRIPTS = [
    "{{ 'a'.repeat(2 ** 29).repeat(8) }}",
    "{{ (() => { const a = []; for (;;) a.push(new Array(1e6).fill(1)) })() }}",
    "{{ process.exit(1) }}",
    "{{ require('fs').readFileSync('/etc/passwd') }}",
    "{{ (function f() { return f() + f() })() }}",
    "{{ ({}).constructor.constructor('return process')().exit() }}",
]
CODE = [
    ("code.javascript", "for (;;) {}"),
    ("code.javascript", "const a = []; for (;;) a.push(new Array(1e6).fill(1))"),
    ("code.javascript", "return require('fs').readFileSync('/etc/passwd')"),
    ("code.javascript", "process.exit(0)"),
    ("code.javascript", "return await new Promise(() => {})"),
    ("code.python", "import os\nos._exit(3)"),
    ("code.python", "import sys\nsys.exit(3)"),
    ("code.python", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    ("code.python", "def f():\n    return f()\nreturn f()"),
    ("code.python", "raise KeyboardInterrupt"),
    ("code.python", "while True:\n    pass"),
]


@pytest.mark.parametrize(
    ("language", "text"), [("python", text) for text in EXPRESSIONS] + [("javascript", text) for text in SCRIPTS]
)
def test_a_hostile_expression_does_no_harm(
    tmp_path: Path, language: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make = node("make", "data.set", {"fields": [{"name": "a", "value": f"={text}"}]})
    path = write_flow(tmp_path / "w.flow", START, make, settings=Settings(language=language))  # type: ignore[arg-type]
    answer = call(capsys, "run", path)
    if answer.code == 1:
        assert answer.last["error"]["node"] == "make"
        assert len(answer.last["error"]["message"]) > 10
    else:
        assert answer.code == 2
        assert "node 'make'" in answer.err


@pytest.mark.parametrize(("type", "code"), CODE)
def test_hostile_code_fails_its_node(tmp_path: Path, type: str, code: str) -> None:
    path = write_flow(tmp_path / "w.flow", START, node("code", type, {"code": code}, timeout=2.0))
    answer = workflow("run", path)
    assert answer.code in (1, 5), answer.out[-2000:] + answer.err
    assert answer.last["error"]["node"] == "code"
    assert len(answer.last["error"]["message"]) > 10
