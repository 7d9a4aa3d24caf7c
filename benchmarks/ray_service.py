"""A service whose nodes run on a cluster, as processes of their own: rates, waits and rest of a dispatcher."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from bullmq import Queue  # type: ignore[import-untyped]

from benchmarks.service import client, database, environment, light, publish
from workflow_kernel import Workflow
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage.bus_redis import RedisBus
from workflow_kernel.storage.embedded.servers import servers as own_servers
from workflow_kernel.storage.redis import open_redis

EXECUTIONS = 2_000
WARM_UP = 100
CROWD = 600
EVENTS = 500


def run() -> dict[str, dict[str, Any]]:
    """Measure; gives figures by name."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        folder = Path(root) / "data"
        folder.mkdir()
        command = [sys.executable, "-m", "workflow_kernel.cli.main"]
        subprocess.run([*command, "up", "--detach", "--no-worker"], env=environment(folder), check=True)
        try:
            return _measure(folder)
        finally:
            subprocess.run([*command, "down", "--all"], env=environment(folder), check=True, capture_output=True)


def _measure(folder: Path) -> dict[str, dict[str, Any]]:
    figures = {"live events by Redis": asyncio.run(_events(folder))}
    workflow = publish(folder, light("Five light nodes"))
    with _dispatcher(folder) as process:
        _start(folder, workflow, WARM_UP, 3)
        _await(folder, workflow, WARM_UP)
        asyncio.run(_hold(folder, is_held=True))
        _start(folder, workflow, EXECUTIONS, 3)
        asyncio.run(_hold(folder, is_held=False))
        figures["2,000 durable executions of 5 light nodes"] = {**_drained(folder, workflow), "bar": 1500.0}
        before = sum(process.cpu_times()[:2])
        time.sleep(10)
        figures["dispatcher at rest"] = {"percent": 10 * (sum(process.cpu_times()[:2]) - before), "bar": 2.0}
        figures["priority 1 behind 600 of priority 5"] = {**_urgent(folder), "bar_ms": 200.0}
        figures["dispatcher at rest"]["mb"] = process.memory_info().rss / (1 << 20)
    return figures


@contextmanager
def _dispatcher(folder: Path) -> Iterator[psutil.Process]:
    """A dispatcher that is ready."""
    address = os.environ.get("WORKFLOW_BENCH_RAY")
    words = ["dispatcher", *(["--address", address] if address else [])]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "workflow_kernel.cli.main", *words],
        env=environment(folder),
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _start(folder: Path, workflow: str, count: int, priority: int) -> None:
    with client(folder) as service:
        for _ in range(count):
            service.post(f"/workflows/{workflow}/execute", {"priority": priority})


async def _hold(folder: Path, *, is_held: bool) -> None:
    """Keep what is queued from being taken, or let it go: all of it is to be there when the first one is."""
    async with own_servers(Settings(data_folder=folder)) as addresses:
        client = open_redis(addresses.redis_url, text=True)
        queue = Queue("workflow-execution", {"connection": client})
        await (queue.pause() if is_held else queue.resume())
        await client.aclose()


def _await(folder: Path, workflow: str, count: int) -> None:
    query = "select count(*) from execution where state = 'succeeded' and workflow_id = %s"
    with database(folder) as connection:
        while (connection.execute(query, [workflow]).fetchone() or (0,))[0] < count:
            time.sleep(0.2)


def _drained(folder: Path, workflow: str) -> dict[str, Any]:
    """Executions a second, from the first one's start to the last one's end."""
    _await(folder, workflow, WARM_UP + EXECUTIONS)
    query = (
        "select extract(epoch from max(ended_at) - min(started_at)) from"
        " (select * from execution where workflow_id = %s order by created_at offset %s) held"
    )
    with database(folder) as connection:
        found = connection.execute(query, [workflow, WARM_UP]).fetchone()
    assert found is not None
    return {"per_second": EXECUTIONS / float(found[0])}


def _urgent(folder: Path) -> dict[str, Any]:
    """From accepting an execution of priority 1 to its node's start, while 600 of priority 5 wait for two slots."""
    wf = Workflow("Slow")
    wf.node("flow.manual_trigger", "Start") >> wf.node(
        "code.python", "Wait", code="import time\ntime.sleep(0.1)\nreturn {}"
    )
    workflow = publish(folder, wf)
    _start(folder, workflow, CROWD, 5)
    waits: list[float] = []
    with client(folder) as service, database(folder) as connection:
        for _ in range(5):
            time.sleep(1.0)
            made = service.post(f"/workflows/{workflow}/execute", {"priority": 1})["id"]
            while True:
                row = connection.execute(
                    "select extract(epoch from e.ended_at - e.created_at), e.state from execution e where id = %s",
                    [made],
                ).fetchone()
                if row and row[0] is not None:
                    waits.append(1000 * float(row[0]) - 100)
                    break
                time.sleep(0.05)
        left = connection.execute("select count(*) from execution where state in ('queued', 'running')").fetchone()
    assert left and left[0] > 100, "the crowd was gone too soon"
    return {"ms": statistics.median(waits), "most_ms": max(waits), "waiting_behind": left[0]}


async def _events(folder: Path) -> dict[str, Any]:
    """From publishing an event to a listener in another connection."""
    async with own_servers(Settings(data_folder=folder)) as addresses:
        ends = [open_redis(addresses.redis_url) for _ in range(2)]
        times: list[float] = []
        async with RedisBus(ends[0]) as there, RedisBus(ends[1]) as here:
            listener = asyncio.create_task(_listen(here, times))
            await asyncio.sleep(0.5)
            for _ in range(EVENTS):
                there.publish("bench", repr(time.perf_counter()).encode())
                await asyncio.sleep(0.002)
            await asyncio.wait_for(listener, 30)
        for end in ends:
            await end.aclose()
    times.sort()
    return {"p50_ms": 1000 * statistics.median(times), "p99_ms": 1000 * times[int(0.99 * len(times))], "bar_ms": 2.0}


async def _listen(bus: RedisBus, times: list[float]) -> None:
    async for message in bus.listen("bench"):
        times.append(time.perf_counter() - float(message.data))
        if len(times) >= EVENTS - 5:
            return
