"""Dispatchers of a service on a cluster: they do the work of workers, and one takes over from another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import ray

from ray_executor.cluster import Cluster
from tests.faults.world import World, kill, world

CODE = """
import os, time
time.sleep(0.3)
return [{'by': os.getppid(), 'has_token': bool(os.environ.get('RAY_AUTH_TOKEN')), 'big': 'x' * 100_000}]
"""


@pytest.fixture
def broken() -> Iterator[World]:
    with world() as found:
        yield found


def test_a_dispatcher_that_is_killed_is_replaced_by_a_warm_one(cluster: Cluster, broken: World) -> None:
    address = ray.get_runtime_context().gcs_address
    broken.server(works=False)
    broken.prepare_code(CODE)
    dispatchers = [broken.start("dispatcher", "--address", address) for _ in range(2)]
    made = [broken.execute() for _ in range(6)]
    broken.reached(2)
    kill(dispatchers[0])
    made += [broken.execute() for _ in range(2)]
    broken.check(made)
