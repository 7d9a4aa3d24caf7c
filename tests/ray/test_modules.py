"""Modules beside a workflow reach machines that do not have its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ray_executor import modules
from ray_executor.cluster import Cluster
from ray_executor.errors import FolderTooLargeError
from ray_executor.messages import SentEnvironment
from tests.engine.drawn import draw
from workflow_kernel.app.local import local_environment
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.journal import MemoryJournal
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs, open_blobs


def beside(folder: Path, text: str) -> Path:
    """A workflow's folder with a package in it."""
    (folder / "own" / "wf_helpers").mkdir(parents=True)
    (folder / "own" / "wf_helpers" / "__init__.py").write_text(text)
    (folder / "own" / ".venv").mkdir()
    (folder / "own" / ".venv" / "odd.py").write_text("1 / 0")
    return folder / "own"


async def test_code_of_a_node_finds_the_modules_on_another_machine(cluster: Cluster, tmp_path: Path) -> None:
    from ray_executor.backend import RayBackend

    own, kept = beside(tmp_path, "WORD = 'sent along'"), tmp_path / "blobs"
    kept.mkdir()
    environment = local_environment(open_blobs(str(kept)), folder=own, allow_code_here=True)
    digest = modules.keep(own, environment.blobs)
    sent = SentEnvironment(str(kept), str(tmp_path / "elsewhere"), modules=digest, allow_code_here=True)
    engine = Engine(Registry(), environment, RayBackend(cluster, sent, environment.blobs, 0.0), MemoryJournal())
    code = "import wf_helpers\nreturn {'word': wf_helpers.WORD, 'file': wf_helpers.__file__}"
    workflow = draw({"start": "flow.manual_trigger", "a": ("code.python", {"code": code})}, "start > a")
    async with engine:
        result = await engine.run(workflow)
    result.raise_if_failed()
    (row,) = result["a"].json()
    assert row["word"] == "sent along"
    assert digest[:32] in row["file"]


def test_the_same_files_are_the_same_archive_and_too_many_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = MemoryBlobs()
    own = beside(tmp_path, "A = 1")
    first = modules.keep(own, blobs)
    (own / "wf_helpers" / "__init__.py").touch()
    assert modules.keep(own, blobs) == first
    assert [path.name for path in modules.unpacked(first, blobs).rglob("*.py")] == ["__init__.py"]
    monkeypatch.setattr(modules, "MOST", 3)
    with pytest.raises(FolderTooLargeError):
        modules.keep(own, blobs)
