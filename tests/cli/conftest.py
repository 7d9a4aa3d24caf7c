from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import EXAMPLES


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results of nodes in a folder of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("WORKFLOW_CACHE", str(folder))
    monkeypatch.delenv("WORKFLOW_CREDENTIALS", raising=False)
    return folder


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the examples, so that what they write stays out of the repository."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("output")))


@pytest.fixture(scope="session")
def api() -> Iterator[str]:
    """The address of the example server, started on a free port."""
    server = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "server.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    yield server.stdout.readline().split()[-1]
    server.terminate()
    server.wait(10)
    server.stdout.close()
