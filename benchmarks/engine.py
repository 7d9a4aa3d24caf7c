"""The engine in one process: overhead per node, items through expressions, cold start."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import graphs
from benchmarks.measure import alone

ITEMS = 10_000
N8N_SET_CHAIN_SECONDS = 75.0
"""n8n's time for 10,000 items through its chain of Set nodes, measured on this class of machine beforehand."""


def run() -> dict[str, dict[str, Any]]:
    """All figures of this benchmark."""
    here = "benchmarks.engine"
    figures = {
        name: alone(here, name)
        for name in ("chain_1000", "fan_1000", "plain_python", "items_python", "items_javascript")
    }
    plain = figures["plain_python"]["seconds"]
    for name in ("items_python", "items_javascript"):
        figures[name]["times_plain_python"] = figures[name]["seconds"] / plain
        figures[name]["times_faster_than_n8n"] = N8N_SET_CHAIN_SECONDS / figures[name]["seconds"]
    figures["cold_start"] = cold_start()
    return figures


def chain_1000() -> dict[str, Any]:
    """Overhead per node in a chain of 1,000 nodes; limit 30 us."""
    return _per_node(graphs.chain(1000), 30.0)


def fan_1000() -> dict[str, Any]:
    """Overhead per node in a fan of 1,000 nodes and their join; limit 20 us."""
    return _per_node(graphs.fan(1000), 20.0)


def items_python() -> dict[str, Any]:
    """10,000 items through ten nodes with Python expressions; limit 0.6 s."""
    return _items("python", 0.6)


def items_javascript() -> dict[str, Any]:
    """10,000 items through ten nodes with JavaScript expressions; limit 1.0 s."""
    return _items("javascript", 1.0)


def plain_python() -> dict[str, Any]:
    """The same work written by hand in plain Python."""
    rows = [{"n": n, "name": f"item {n}"} for n in range(ITEMS)]
    return {"seconds": _best(lambda: _by_hand(rows))}


def cold_start() -> dict[str, Any]:
    """``workflow run`` of a file with five nodes in a cold process; limit 0.6 s."""
    from workflow_kernel.graph import format as flow_format

    workflow = graphs.chain(4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "five.flow"
        flow_format.save(workflow, path)
        command = [str(Path(sys.executable).with_name("workflow")), "run", str(path)]
        python = _best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        seconds = _best(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    return {"seconds": seconds, "limit": 0.6, "bare_python": python}


def _by_hand(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for i in range(10):
        if i % 3 == 0:
            rows = [{**row, f"v{i}": row["n"] * 2 + i} for row in rows]
        else:
            rows = [row for row in rows if row["n"] + 1 > 0]
    return rows


def _per_node(workflow: Any, limit: float) -> dict[str, Any]:
    from workflow_kernel.app.local import LocalEngine

    async def measure() -> list[float]:
        async with LocalEngine() as engine:
            results = [await engine.run(workflow) for _ in range(7)]
            for result in results:
                result.raise_if_failed()
            return [result.seconds / len(result.runs) * 1e6 for result in results]

    times = asyncio.run(measure())
    return {"us_per_node": min(times), "median": statistics.median(times), "limit": limit}


def _items(language: Any, limit: float) -> dict[str, Any]:
    from workflow_kernel.app.local import LocalEngine
    from workflow_kernel.runs.item import Item, Items

    async def measure() -> list[float]:
        given = Items([Item({"n": n, "name": f"item {n}"}) for n in range(ITEMS)])
        async with LocalEngine() as engine:
            times = []
            for _ in range(5):
                result = await engine.run(graphs.items_chain(language), given)
                result.raise_if_failed()
                assert len(result.output()) == ITEMS
                times.append(result.seconds)
            return times

    times = asyncio.run(measure())
    return {"seconds": min(times), "first": times[0], "limit": limit}


def _best(work: Callable[[], Any], times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
