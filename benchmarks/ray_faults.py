"""How soon one dispatcher goes on where another was, killed or frozen: on a cluster of three raylets on this machine.

``take_over`` is from the fault to an execution's new owner; its limit is the lease and five seconds. ``first_node`` is
from there to the first node that did something on a worker; a standby that is warm has two seconds for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tests.faults.raylets import Raylets
from tests.faults.world import World, kill, world

LOOPS = int(os.environ.get("WORKFLOW_FAULT_LOOPS", "3"))
LEASE = 5.0
BEAT = 1.0
NODE = 0.2
COUNT = 8

CODE = f"import time\ntime.sleep({NODE})\nreturn {{}}"


def run() -> dict[str, dict[str, Any]]:
    """Measure; gives figures by fault."""
    with world() as broken, _cluster(broken) as raylets:
        standby = [_dispatcher(broken, raylets) for _ in range(2)]
        found: dict[str, dict[str, Any]] = {}
        for name, number in (("killed", signal.SIGKILL), ("frozen", signal.SIGSTOP)):
            times = [_fault(broken, raylets, standby, number) for _ in range(LOOPS)]
            found[f"dispatcher {name}, {LOOPS} times"] = {
                "take_over": max(over for over, _ in times),
                "limit": LEASE + 5.0,
                "first_node": max(first for _, first in times),
                "limit_of_it": 2.0,
                "reruns": len(broken.reruns()),
            }
        for process in standby:
            process.terminate()
        return found


@contextmanager
def _cluster(broken: World) -> Iterator[Raylets]:
    raylets = Raylets()
    try:
        broken.environment |= raylets.environment | {"WORKFLOW_LEASE": str(LEASE), "WORKFLOW_BEAT": str(BEAT)}
        broken.server(works=False)
        broken.prepare_code(CODE)
        broken.note_reruns()
        yield raylets.wait()
    finally:
        broken.stop()
        raylets.close()


def _dispatcher(broken: World, raylets: Raylets) -> subprocess.Popen[bytes]:
    return broken.start("dispatcher", "--address", raylets.address)


def _fault(broken: World, raylets: Raylets, standby: list[Any], number: signal.Signals) -> tuple[float, float]:
    """Seconds until an execution has another owner, and from there until a node of it was on a worker."""
    before = sum(broken.counting.keys.values())
    made = [broken.execute() for _ in range(COUNT)]
    broken.reached(before + 2)
    pid = broken.driver()
    victim = next(process for process in standby if process.pid == pid)
    kill(victim, number)
    began = time.time()
    taken, at = _taken(broken, made, pid)
    first = _first(broken, taken, at)
    broken.ends(made)
    standby.remove(victim)
    if number == signal.SIGSTOP:
        kill(victim)
    standby.append(_dispatcher(broken, raylets))
    return at - began, first


def _taken(broken: World, made: list[str], pid: int) -> tuple[list[str], float]:
    """Executions that another runner has taken over, and when."""
    query = (
        "select e.id::text from execution e left join runner r on r.id = e.owner"
        " where e.id = any(%s::uuid[]) and e.epoch > 1 and (r.pid is null or r.pid <> %s) and e.state <> 'queued'"
    )
    with broken.database() as connection:
        while not (rows := connection.execute(query, [made, pid]).fetchall()):
            time.sleep(0.01)
    return [row[0] for row in rows], time.time()


def _first(broken: World, taken: list[str], at: float) -> float:
    """Seconds until a node's work began on a worker: its code takes a known time."""
    query = (
        "select min(ended_at) from node_run where execution_id = any(%s::uuid[]) and kind = 'done' and ended_at > %s"
        " and node like 'code%%'"
    )
    moment = datetime.fromtimestamp(at).astimezone()
    with broken.database() as connection:
        while (row := connection.execute(query, [taken, moment]).fetchone()) is None or row[0] is None:
            time.sleep(0.01)
    return max(0.0, float(row[0].timestamp() - at - NODE))
