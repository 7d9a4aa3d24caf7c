"""Whatever is killed or frozen, every accepted execution ends, none twice, and effects with a token happen once.

Each fault is provoked a few times; ``WORKFLOW_FAULT_LOOPS=20`` does the long form. All share a service, which gets over
each of them.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest

from tests.faults.world import World, kill, world

LOOPS = int(os.environ.get("WORKFLOW_FAULT_LOOPS", "2"))
COUNT = 12


@pytest.fixture(scope="module")
def broken() -> Iterator[World]:
    with world() as found:
        yield found


def test_a_worker_that_is_killed_is_replaced(broken: World) -> None:
    broken.served(works=False)
    broken.prepare()
    workers = [broken.worker(waits=False), broken.worker()]
    made: list[str] = []
    for loop in range(LOOPS):
        before = sum(broken.counting.keys.values())
        made += [broken.execute() for _ in range(COUNT)]
        broken.reached(before + random.randrange(1, COUNT))
        kill(workers.pop(0))
        if loop < LOOPS - 1:
            workers.append(broken.worker(waits=False))
    broken.check(made)


def test_a_worker_that_froze_and_wakes_cannot_spoil_what_another_took_over(broken: World) -> None:
    broken.served(works=False)
    broken.prepare()
    frozen = broken.worker()
    made: list[str] = []
    for _ in range(LOOPS):
        before = sum(broken.counting.keys.values())
        made += [broken.execute() for _ in range(COUNT)]
        broken.reached(before + random.randrange(1, COUNT))
        kill(frozen, signal.SIGSTOP)
        other = broken.worker()
        broken.ends(made)
        kill(frozen, signal.SIGCONT)
        kill(other, signal.SIGTERM)
        other.wait(timeout=60)
    broken.check(made)


def test_a_server_that_is_killed_leaves_nothing_undone(broken: World) -> None:
    server = broken.served()
    broken.prepare()
    made: list[str] = []
    for _ in range(LOOPS):
        before = sum(broken.counting.keys.values())
        made += [broken.execute() for _ in range(COUNT)]
        broken.reached(before + random.randrange(1, COUNT))
        kill(server)
        server = broken.server()
    broken.check(made)


@pytest.mark.parametrize("keeps_data", [True, False], ids=["with its data", "without its data"])
def test_a_redis_that_is_killed_loses_nothing_that_matters(broken: World, keeps_data: bool) -> None:
    broken.served()
    broken.prepare()
    made: list[str] = []
    for _ in range(LOOPS):
        before = sum(broken.counting.keys.values())
        made += [broken.execute() for _ in range(COUNT)]
        broken.reached(before + random.randrange(1, COUNT))
        if not keeps_data:
            broken.redis().flushall()
        kill(broken.pid_of("redis-server"))
    broken.check(made)


def test_a_postgres_that_is_killed_is_waited_for(broken: World) -> None:
    broken.served()
    broken.prepare()
    made: list[str] = []
    for _ in range(LOOPS):
        before = sum(broken.counting.keys.values())
        made += [broken.execute() for _ in range(COUNT)]
        broken.reached(before + random.randrange(1, COUNT))
        kill(broken.pid_of("postgres"))
    broken.check(made)


def test_a_postgres_that_freezes_for_longer_than_the_lease_is_waited_for(broken: World) -> None:
    broken.served()
    broken.prepare()
    made = [broken.execute() for _ in range(COUNT)]
    broken.reached(3)
    with broken.database() as connection:
        # Every write of executions waits: as slow as it gets.
        connection.execute("begin")
        connection.execute("lock table execution in exclusive mode")
        connection.execute("select pg_sleep(4)")
        connection.execute("commit")
    broken.check(made)
