"""Whatever of a cluster is killed or frozen, every accepted execution ends right, and effects with a token happen once.

Processes of workers, raylets with the data they hold, dispatchers, the head, Redis. Each is broken once, but for the
head; ``WORKFLOW_FAULT_LOOPS=20`` does it so many times.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

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


@pytest.fixture
def raylets() -> Iterator[Raylets]:
    found = Raylets()
    yield found
    found.close()


@pytest.fixture
def broken(raylets: Raylets) -> Iterator[World]:
    with world() as found:
        found.environment |= raylets.environment
        found.server(works=False)
        found.prepare_code(CODE)
        yield found


def _begun(broken: World) -> list[str]:
    """Executions of which some are on their way."""
    before = sum(broken.counting.keys.values())
    made = [broken.execute() for _ in range(COUNT)]
    broken.reached(before + random.randrange(1, COUNT))
    return made


def _dispatcher(broken: World, raylets: Raylets) -> subprocess.Popen[bytes]:
    return broken.start("dispatcher", "--address", raylets.address)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=90)


def _check(broken: World, made: list[str]) -> None:
    """All ended well, each effect once by its token, and what was durable was not done anew."""
    over = broken.ends(made)
    assert {found["state"] for found in over.values()} == {"succeeded"}, [found["error"] for found in over.values()]
    with broken.database() as connection:
        rows = connection.execute(
            "select execution_id, node, count(*) from node_run where execution_id = any(%s::uuid[]) and state = 'done'"
            " group by 1, 2 having count(*) > 1",
            [made],
        ).fetchall()
    assert not rows
    with broken.counting.lock:
        keys = list(broken.counting.keys)
    broken.done = getattr(broken, "done", 0) + len(made)  # type: ignore[attr-defined]
    for path in ("/first", "/second"):
        assert sum(key.startswith(f"{path} ") for key in keys) == broken.done  # type: ignore[attr-defined]


def _places(broken: World) -> int:
    """How many runners live that have a hold on the cluster."""
    with broken.database() as connection:
        row = connection.execute("select count(*) from runner where place <> '' and lease_until > now()").fetchone()
    assert row is not None
    return int(row[0])


def _until(condition: Any) -> None:
    until = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_process_of_a_worker_and_a_raylet_with_its_data_are_killed(broken: World, raylets: Raylets) -> None:
    dispatcher = _dispatcher(broken, raylets)
    made: list[str] = []
    for _ in range(LOOPS):
        made += _begun(broken)
        _until(raylets.busy_workers)
        for worker in raylets.busy_workers()[:1]:
            kill(worker)
        victim = raylets.raylets[-1]
        kill(victim)
        _until(lambda gone=victim: not psutil.pid_exists(gone) or psutil.Process(gone).status() == "zombie")
        raylets.add()
        raylets.raylets.remove(victim)
    _check(broken, made)
    _end(dispatcher)


def test_a_dispatcher_is_killed_and_one_freezes(broken: World, raylets: Raylets) -> None:
    dispatchers = [_dispatcher(broken, raylets) for _ in range(2)]
    made: list[str] = []
    for _ in range(LOOPS):
        made += _begun(broken)
        kill(dispatchers.pop(0))
        broken.ends(made)
        frozen, other = dispatchers[0], _dispatcher(broken, raylets)
        made += _begun(broken)
        kill(frozen, signal.SIGSTOP)
        broken.ends(made)
        kill(frozen, signal.SIGCONT)
        _until(lambda: _places(broken) == 2)  # it begins anew
        dispatchers.append(other)
    _check(broken, made)
    for process in dispatchers:
        _end(process)


def test_redis_is_emptied_and_killed(broken: World, raylets: Raylets) -> None:
    dispatcher = _dispatcher(broken, raylets)
    made: list[str] = []
    for _ in range(LOOPS):
        made += _begun(broken)
        broken.redis().flushall()
        kill(broken.pid_of("redis-server"))
    _check(broken, made)
    _end(dispatcher)


@pytest.mark.skipif(LOOPS == 1, reason="starts a second cluster: part of the long form")
def test_the_head_is_lost_and_another_cluster_takes_its_place(broken: World, raylets: Raylets) -> None:
    dispatcher = _dispatcher(broken, raylets)
    made = _begun(broken)
    kill(raylets.head)
    again = Raylets()
    try:
        broken.environment |= again.environment
        kill(dispatcher)
        dispatcher = _dispatcher(broken, again)
        _check(broken, made)
        kill(dispatcher)
    finally:
        again.close()
