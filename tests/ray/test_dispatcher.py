"""Dispatchers of a service on a cluster: they do the work of workers, and one takes over from another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import ray

from ray_executor.cluster import Cluster
from tests.faults.world import World, kill, world

CODE = """
import os, time
time.sleep(0.3)
return [{'by': os.getppid(), 'has_token': bool(os.environ.get('RAY_AUTH_TOKEN')), 'big': 'x' * 100_000}]
"""


class Scene(NamedTuple):
    """A service, and two dispatchers of it."""

    world: World
    dispatchers: list[subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    with world() as broken:
        broken.server(works=False)
        words = ("dispatcher", "--address", ray.get_runtime_context().gcs_address)
        with ThreadPoolExecutor(2) as starters:  # each waits for workers of its own
            dispatchers = list(starters.map(lambda _: broken.start(*words), range(2)))
        yield Scene(broken, dispatchers)


def test_a_node_that_waits_for_a_place_says_so_to_who_listens(scene: Scene) -> None:
    broken = scene.world
    broken.prepare_code("import time\ntime.sleep(600)")
    made = [broken.execute() for _ in range(12)]
    told = broken.told(made, "node.waiting")  # each dispatcher gives Ray four, and nobody knows who takes which
    assert (told["node"], told.get("until")) == ("Code before", None)
    assert told["reason"] == "Waiting for 1 CPU: all 2 places are taken"
    with broken.client as client:
        for execution in made:
            client.post(f"/executions/{execution}/cancel")
    assert {found["state"] for found in broken.ends(made).values()} == {"cancelled"}


def test_a_dispatcher_that_is_killed_is_replaced_by_a_warm_one(scene: Scene) -> None:
    broken = scene.world
    broken.prepare_code(CODE)
    made = [broken.execute() for _ in range(6)]
    broken.reached(2)
    kill(scene.dispatchers[0])
    made += [broken.execute() for _ in range(2)]
    broken.check(made)
