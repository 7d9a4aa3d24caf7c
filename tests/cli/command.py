"""Runs the command line as a user does: in a process of its own, piped or on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any, NamedTuple

from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Edge, End, Node, Settings, Workflow

PROGRAM = [sys.executable, "-m", "workflow_kernel.cli.main"]
EXAMPLES = Path(__file__).parents[2] / "notebooks" / "examples"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Answer(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines it wrote."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """The last JSON line: how the run ended."""
        return self.lines[-1]


def workflow(*arguments: object, folder: Path | None = None, timeout: float = 60, **environment: str) -> Answer:
    """Run ``workflow`` with these arguments, in a folder."""
    began = time.monotonic()
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **environment},
    )
    answer = Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
    assert "Traceback" not in answer.err, answer.err
    return answer


class Screen(NamedTuple):
    """What a terminal showed: all of it, and what stood there at the end."""

    code: int
    everything: str
    last: str


def on_terminal(*arguments: object, folder: Path, keys: dict[str, bytes] | None = None) -> Screen:
    """Run ``workflow`` on a pseudo-terminal; ``keys`` are pressed once when a text appears."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", COLUMNS="120", LINES="40")
        os.execv(sys.executable, [*PROGRAM, *map(str, arguments)])
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    waiting = dict(keys or {})
    raw, deadline = "", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([descriptor], [], [], 1)
        if not ready:
            continue
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        raw += part.decode(errors="replace")
        for text in [text for text in waiting if text in raw]:
            os.write(descriptor, waiting.pop(text))
    _, status = os.waitpid(pid, 0)
    os.close(descriptor)
    frames = re.split(r"\r\x1b\[2K(?:\x1b\[1A\x1b\[2K)*", raw)
    return Screen(os.waitstatus_to_exitcode(status), *(_ESCAPES.sub("", text) for text in (raw, frames[-1])))


def node(id: str, type: str, parameters: dict[str, Any] | None = None, **more: Any) -> Node:
    """A node whose name is its id."""
    return Node(id, id, type, parameters=parameters or {}, **more)


def write_flow(path: Path, *nodes: Node, edges: str = "", settings: Settings | None = None) -> Path:
    """Write a workflow; ``edges`` as in ``a>b b.kept>c.input1``; one after the other when not given."""
    if not edges:
        edges = " ".join(f"{first.id}>{second.id}" for first, second in itertools.pairwise(nodes))
    made = tuple(Edge(*(_end(end) for end in edge.split(">"))) for edge in edges.split())
    placed = {one.id: _placed(one, number) for number, one in enumerate(nodes)}
    flow_format.save(Workflow(path.stem, nodes=placed, edges=made, settings=settings or Settings()), path)
    return path


def _end(text: str) -> End:
    name, _, port = text.partition(".")
    return End(name, port or "main")


def _placed(one: Node, number: int) -> Node:
    return one if one.position != (0.0, 0.0) else Node(**{**_fields(one), "position": (200.0 * number, 0.0)})


def _fields(one: Node) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
