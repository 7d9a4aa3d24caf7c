"""Whatever of a cluster is killed or frozen, every accepted execution ends right, and effects with a token happen once.

Processes of workers, raylets with the data they hold, dispatchers, Redis, the whole cluster with its head. Each is
broken once; ``WORKFLOW_FAULT_LOOPS=20`` does it so many times. All share a service, and a cluster until it is lost.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.faults.raylets import Raylets
from tests.faults.world import World, kill, world

LOOPS = int(os.environ.get("WORKFLOW_FAULT_LOOPS", "1"))
COUNT = 4

CODE = """
import time
time.sleep(0.2)
return [{'big': 'x' * 100_000}]
"""


class Scene:
    """A service whose nodes run on a cluster, and its dispatchers."""

    def __init__(self, broken: World) -> None:
        self.world = broken
        self.raylets = Raylets()
        self.dispatchers: list[subprocess.Popen[bytes]] = []
        self.made: list[str] = []
        broken.environment |= self.raylets.environment
        broken.server(works=False)
        broken.prepare_code(CODE)
        broken.note_reruns()
        self.raylets.wait()

    def dispatch(self, count: int) -> None:
        """Have so many dispatchers; one that ended is started again, as whoever watches over processes does."""
        self.dispatchers = [found for found in self.dispatchers if found.poll() is None]
        while len(self.dispatchers) < count:
            self.dispatchers.append(self.world.start("dispatcher", "--address", self.raylets.address))

    def begin(self) -> None:
        """Start executions, and come back when some are on their way."""
        before = sum(self.world.counting.keys.values())
        self.made += [self.world.execute() for _ in range(COUNT)]
        self.world.reached(before + random.randrange(1, COUNT))

    def driver(self) -> subprocess.Popen[bytes]:
        """A dispatcher that has executions in its hands."""
        pid = self.world.driver()
        return next(found for found in self.dispatchers if found.pid == pid)

    def check(self) -> None:
        """All ended well, each effect once by its token, and what was durable was not done anew."""
        over = self.world.ends(self.made)
        assert {found["state"] for found in over.values()} == {"succeeded"}, [found["error"] for found in over.values()]
        assert self.world.reruns() == []
        with self.world.counting.lock:
            keys = list(self.world.counting.keys)
        for path in ("/first", "/second"):
            assert sum(key.startswith(f"{path} ") for key in keys) == len(self.made)

    def holds(self) -> set[str]:
        """What runners that live have of the cluster."""
        with self.world.database() as connection:
            rows = connection.execute("select place from runner where place <> '' and lease_until > now()").fetchall()
        return {place for (place,) in rows}

    def close(self) -> None:
        """End the dispatchers and the cluster."""
        for process in self.dispatchers:
            process.send_signal(signal.SIGTERM)
        for process in self.dispatchers:
            process.wait(timeout=90)
        self.raylets.close()


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with world() as broken:
        found = Scene(broken)
        yield found
        found.close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_process_of_a_worker_and_a_raylet_with_its_data_are_killed(scene: Scene) -> None:
    scene.dispatch(1)
    for _ in range(LOOPS):
        scene.begin()
        until(scene.raylets.busy_workers)
        for worker in scene.raylets.busy_workers()[:1]:
            kill(worker)
        victim = scene.raylets.raylets[-1]
        kill(victim)
        until(lambda gone=victim: is_gone(gone))
        scene.raylets.add()
        scene.raylets.raylets.remove(victim)
    scene.check()


def test_a_dispatcher_freezes_and_one_is_killed(scene: Scene) -> None:
    for _ in range(LOOPS):
        scene.dispatch(2)
        scene.begin()
        frozen = scene.driver()
        kill(frozen, signal.SIGSTOP)
        scene.check()
        kill(frozen, signal.SIGCONT)
        until(lambda: len(scene.holds()) == 2)  # it lost its hold, and begins anew
        scene.begin()
        kill(scene.driver())
        scene.check()


def test_redis_is_emptied_and_killed(scene: Scene) -> None:
    scene.dispatch(1)
    for _ in range(LOOPS):
        scene.begin()
        scene.world.redis().flushall()
        kill(scene.world.pid_of("redis-server"))
    scene.check()


def test_the_whole_cluster_is_lost_with_its_head_and_another_one_takes_its_place(scene: Scene) -> None:
    for _ in range(LOOPS):
        scene.dispatch(1)
        scene.begin()
        before = scene.holds()
        scene.raylets.lose()
        scene.raylets.close()
        scene.raylets = Raylets(scene.raylets).wait()
        until(lambda lost=before: scene.dispatch(1) or scene.holds() - lost)
        scene.check()
