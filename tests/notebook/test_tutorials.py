"""The tutorials in ``notebooks/`` run, each in a kernel of its own, against a real service."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.api.whole import Whole, whole_service
from tests.server.test_up import Machine
from tests.servers import free_port
from workflow_kernel.base.settings import Settings

# They start services and clusters.
pytestmark = pytest.mark.xdist_group("heavy")

FOLDER = Path(__file__).parents[2] / "notebooks"
TUTORIALS = sorted(FOLDER.glob("*.ipynb"))
STARTERS = [path for path in TUTORIALS if "!workflow up" in path.read_text()]
"""Those that start the service themselves."""


@pytest.fixture
async def whole(settings: Settings) -> AsyncIterator[Whole]:
    """A service that a tutorial can talk to."""
    async with AsyncExitStack() as stack:
        yield await whole_service(stack, settings)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine where no service runs yet."""
    # Not below pytest's own folder: where the tests run as root, Postgres runs as somebody who may not enter it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = Machine(
            Path(folder) / "data", WORKFLOW_PORT=str(free_port()), WORKFLOW_ALLOW_PRIVATE_ADDRESSES="true",
            WORKFLOW_RATE_LIMIT="0",
        )  # fmt: skip
        found.folder.mkdir()
        yield found
        found.run("down", "--all")


async def run(tutorials: Sequence[Path], folder: Path, variables: Mapping[str, str]) -> None:
    """Run tutorials with nbval: outputs that differ do not count, errors do."""
    copies = [shutil.copy(path, folder / path.name) for path in tutorials]
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {
        **variables,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "WORKFLOW_CACHE": str(folder / "cache"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--nbval-lax", *map(str, copies)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-4000:]


@pytest.mark.slow
async def test_tutorials_run(whole: Whole, tmp_path: Path) -> None:
    variables = {"WORKFLOW_SERVER": whole.server.url, "WORKFLOW_TOKEN": (await whole.enter()).access_token}
    await run([path for path in TUTORIALS if path not in STARTERS], tmp_path, os.environ | variables)


@pytest.mark.slow
async def test_tutorials_that_start_a_service_run(machine: Machine, tmp_path: Path) -> None:
    assert [path.name[:2] for path in STARTERS] == ["08", "09"]
    await run(STARTERS, tmp_path, machine.environment)


def test_tutorials_are_kept_as_they_were_run() -> None:
    for path in TUTORIALS:
        assert '"output_type": "error"' not in path.read_text(), path.name
