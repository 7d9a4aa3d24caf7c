"""What a process had printed when it died is kept: it tells why. And what its file holds, in small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ray_executor import written
from tests.engine.drawn import draw
from tests.ray.conftest import Make, run_of
from workflow_kernel.graph.model import CredentialUse
from workflow_kernel.runs.entries import AttemptFailed
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.task import task

DEATHS = {
    "killed": "os.kill(os.getpid(), 9)",
    "left": "os._exit(3)",
    "crashed": "import ctypes; ctypes.string_at(0)",
    "starved": "os.write(2, b'memory allocation of 99 bytes failed'); os.abort()",
}

PLACE = r"Ran on machine \S+, process \d+. Its own log is \S+/logs/worker-\S+.out there."


def dying(folder: Path) -> Any:
    """A node for each way to die, which it does the first time."""
    nodes: dict[str, Any] = {"start": "flow.manual_trigger"}
    for name, how in DEATHS.items():
        code = f"""
import os, pathlib
print('before')
print('the key is open-sesame')
mark = pathlib.Path({str(folder / name)!r})
if not mark.exists():
    mark.touch()
    os.system('echo from a shell')
    {how}
return {{'pid': os.getpid()}}
"""
        fields = {"credentials": {"key": CredentialUse("1")}, "on_error": "continue"}
        nodes[name] = ("code.python", {"code": code}, fields)
    return draw(nodes, ", ".join(f"start > {name}" for name in DEATHS))


@pytest.mark.parametrize("shared", [False, True], ids=["here", "apart"])
async def test_what_a_process_printed_before_it_died_is_kept(on_ray: Make, tmp_path: Path, shared: bool) -> None:
    engine = on_ray(shared=shared)
    engine.environment.credentials = {"1": {"token": "open-sesame"}}
    result = await engine.run(dying(tmp_path), execution="x")
    result.raise_if_failed()
    lost = {entry.node: entry for entry in engine.journal.load("x") if isinstance(entry, AttemptFailed)}
    assert lost.keys() == DEATHS.keys() - {"starved"}
    starved = run_of(result, "starved").outcome
    for logs in (starved.logs, *(entry.logs for entry in lost.values())):
        assert [line.text for line in logs][:3] == ["before", "the key is ***", "from a shell"]
    for name in ("killed", "left"):
        error = lost[name].error
        assert "ended" in error.message
        assert "Its last output: before\nthe key is ***" in error.message
        assert re.fullmatch(PLACE, error.description)
    assert "Its last output: Fatal Python error: Segmentation fault" in lost["crashed"].error.message
    assert (starved.recovered.code, starved.recovered.kind) == ("WF333", "error")
    assert "open-sesame" not in repr((lost, starved))


async def test_where_a_run_was_is_told_where_it_failed_or_took_long(on_ray: Make) -> None:
    engine = on_ray()
    nodes = {
        "start": "flow.manual_trigger",
        "long": ("code.python", {"code": "import time; time.sleep(1)\nreturn {}"}),
        "wrong": ("code.python", {"code": "1 / 0"}),
    }
    result = await engine.run(draw(nodes, "start > long, long > wrong"))
    (line,) = run_of(result, "long").outcome.logs
    assert line.level == "debug"
    assert re.fullmatch(PLACE, line.text)
    assert result.error is not None
    assert "ZeroDivisionError" in result.error.description
    assert re.fullmatch(PLACE, result.error.description.splitlines()[-1])


@task
def pass_on(row: dict) -> dict:
    """Passes it on."""
    return dict(row)


@task
def dies(row: dict, mark: str) -> dict:
    """Its process ends, three times."""
    with Path(mark).open("a+") as file:
        file.write("x")
        if file.tell() <= 3:
            file.flush()
            os._exit(3)
    return dict(row)


async def test_of_nodes_run_in_one_go_the_one_that_ends_the_process_is_told(on_ray: Make, tmp_path: Path) -> None:
    engine = on_ray(Registry({kind.spec.type: kind for kind in (pass_on.node_type, dies.node_type)}))
    nodes = {
        "start": "flow.manual_trigger",
        **dict.fromkeys(("a", "b"), "task.pass_on"),
        "c": ("task.dies", {"mark": str(tmp_path / "mark")}),
    }
    result = await engine.run(draw(nodes, "start > a, a > b, b > c"), Items.of({"n": 1}), execution="x")
    result.raise_if_failed()
    assert result["c"].json() == [{"n": 1}]
    # How many there are depends on how far a worker went on.
    assert {entry.node for entry in engine.journal.load("x") if isinstance(entry, AttemptFailed)} == {"c"}


def test_a_file_tells_of_the_run_a_process_was_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "folder", lambda: tmp_path)
    name = os.urandom(written.NAME)
    code = f"""
import os, pathlib, sys
from ray_executor import written
written.folder = lambda: pathlib.Path({str(tmp_path)!r})
own = written.Written(is_kept=True)
for bundle in (bytes({written.NAME}), bytes.fromhex({name.hex()!r})):
    own.begin(bundle)
    for position in range(3):
        own.run(position)
        os.write(own.writer, b"%d\\n" % position)
os.write(own.writer, b"x" * int(sys.argv[1]))
os.kill(os.getpid(), 9)
"""
    for size, is_cut in ((3, False), (written.MOST + 10, True)):
        subprocess.run([sys.executable, "-c", code, str(size)], check=False)
        assert written.find(bytes([7] * written.NAME)) is None
        found = written.find(name)
        assert found is not None
        assert (found.position, found.is_cut) == (2, is_cut)
        assert found.text == "x" * written.MOST if is_cut else found.text == "2\nxxx"
        assert written.find(name) is None, "who was told of is forgotten"


def test_what_nobody_asked_for_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "folder", lambda: tmp_path)
    monkeypatch.setattr(written, "STALE", -1.0)
    (tmp_path / "7-left").write_bytes(bytes(written.HEAD))
    own = written.Written(is_kept=True)
    other = written.Written(is_kept=True)
    assert len(list(tmp_path.iterdir())) == 2
    for one in (own, other):
        os.close(one.descriptor)
