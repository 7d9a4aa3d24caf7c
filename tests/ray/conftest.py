"""One Ray cluster on this machine for all tests of this folder, and engines on it."""

from __future__ import annotations

import os

os.environ["RAY_AUTH_MODE"] = "token"  # read by Ray when it is first imported, which other modules may do
os.environ["RAY_health_check_period_ms"] = "300"  # noqa: SIM112 - Ray's; who is gone is missed sooner, not who is slow

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ray_executor.cluster import Cluster
from ray_executor.messages import SentEnvironment
from workflow_kernel.app.local import local_environment
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.journal import MemoryJournal
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import open_blobs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ray leaves it to the system to end its processes, and says nothing of it."""
    for item in items:
        if "tests/ray" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


class Shared(Cluster):
    """Stays open when a backend is closed."""

    def close(self) -> None:
        """The session closes it."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster with two processors; the one at TEST_RAY_ADDRESS where that is set, which saves its start."""
    found = Shared(os.environ.get("TEST_RAY_ADDRESS"), cpus=2)
    found.open()
    yield found
    Cluster.close(found)


Make = Callable[..., Engine]


def run_of(result: ExecutionResult, name: str) -> Run:
    """The only run of a node, as the engine keeps it."""
    (found,) = [run for run in result.runs if run.node.name == name]
    return found


@pytest.fixture
async def on_ray(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes engines on the cluster, all nodes that can go there sent away unless ``worth`` says otherwise."""
    from ray_executor.backend import RayBackend

    made: list[Engine] = []

    def make(registry: Registry | None = None, worth: float = 0.0, grace: float = 5.0, shared: bool = False) -> Engine:
        folder = tmp_path / "blobs"
        folder.mkdir(exist_ok=True)
        environment = local_environment(open_blobs(str(folder)), folder=tmp_path, allow_code_here=True)
        sent = SentEnvironment(
            str(folder), str(tmp_path), allow_code_here=True, grace=grace, is_shared=shared, is_durable=shared
        )
        backend = RayBackend(cluster, sent, environment.blobs, worth)
        engine = Engine(registry or Registry(), environment, backend, MemoryJournal())
        engine.backend = backend  # type: ignore[attr-defined]  # for tests to look at
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.close()
