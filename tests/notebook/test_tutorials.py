"""The tutorials in ``notebooks/`` run, each in a kernel of its own, against a real service."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.api.whole import Whole, whole_service
from workflow_kernel.base.settings import Settings

FOLDER = Path(__file__).parents[2] / "notebooks"
TUTORIALS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture
async def whole(settings: Settings) -> AsyncIterator[Whole]:
    """A service that a tutorial can talk to."""
    async with AsyncExitStack() as stack:
        yield await whole_service(stack, settings)


@pytest.mark.slow
async def test_tutorials_run(whole: Whole, tmp_path: Path) -> None:
    """With nbval: outputs that differ do not count, errors do."""
    copies = [shutil.copy(path, tmp_path / path.name) for path in TUTORIALS]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "WORKFLOW_CACHE": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "WORKFLOW_SERVER": whole.server.url,
        "WORKFLOW_TOKEN": (await whole.enter()).access_token,
    }
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--nbval-lax", *map(str, copies)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-4000:]


def test_tutorials_are_kept_as_they_were_run() -> None:
    for path in TUTORIALS:
        assert '"output_type": "error"' not in path.read_text(), path.name
