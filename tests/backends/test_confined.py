"""Code of users cannot reach what the service hides from it: its keys, its servers, other processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from workflow_kernel.backends.processes import ProcessPool
from workflow_kernel.worker import confine

ENTRY = "workflow_kernel.worker.child_code:run"

pytestmark = pytest.mark.skipif(not confine.is_possible(), reason="this kernel cannot confine processes")


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ProcessPool]:
    for name in ("keys", "files"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "a.txt").write_text(name)
    (tmp_path / "beside.txt").write_text("beside")
    found = ProcessPool(size=1, folder=tmp_path / "data" / "files", hidden=(tmp_path / "data",))
    yield found
    await found.close()


async def ran(pool: ProcessPool, code: str) -> Any:
    lines: list[str] = []
    return await pool.run_python(
        ENTRY, {"code": code, "data": {}}, timeout=20, cancellation=None, log=lines.append, calls={}, memory=None
    )


async def test_hidden_folders_cannot_be_read_by_code_or_what_it_starts(pool: ProcessPool, tmp_path: Path) -> None:
    secret = tmp_path / "data" / "keys" / "a.txt"
    code = f"""
import subprocess
try:
    open({str(secret)!r}).read()
    found = "read"
except PermissionError:
    found = "refused"
done = subprocess.run(["cat", {str(secret)!r}], capture_output=True, text=True)
return {{"found": found, "cat": done.stdout, "status": done.returncode}}
"""
    assert await ran(pool, code) == {"found": "refused", "cat": "", "status": 1}


async def test_its_own_folder_and_the_rest_of_the_machine_are_there(pool: ProcessPool, tmp_path: Path) -> None:
    code = f"""
import pathlib, tempfile, json
pathlib.Path("new.txt").write_text("made")
with tempfile.NamedTemporaryFile("w") as file:
    file.write("x")
return {{
    "own": pathlib.Path("a.txt").read_text(), "new": pathlib.Path("new.txt").read_text(),
    "beside": pathlib.Path({str(tmp_path / "beside.txt")!r}).read_text(),
}}
"""
    assert await ran(pool, code) == {"own": "files", "new": "made", "beside": "beside"}
    assert (tmp_path / "data" / "files" / "new.txt").read_text() == "made"


async def test_the_memory_of_the_server_cannot_be_read(pool: ProcessPool) -> None:
    code = """
import os
try:
    open(f"/proc/{os.getppid()}/mem", "rb")
    return {"found": "read"}
except PermissionError:
    return {"found": "refused"}
"""
    assert await ran(pool, code) == {"found": "refused"}
