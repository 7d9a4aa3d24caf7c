"""A cluster of two slots on this machine: ours beside raw Ray, and Dask and Prefect's Ray runner where they are there.

``python -m benchmarks ray``. Ratios are taken in the same run, with the bar beside each. The peers run the same graphs
in a Python of their own, which ``WORKFLOW_BENCH_PEERS`` names:

    python -m venv peers && peers/bin/pip install 'ray==2.60.0' 'dask[distributed]' prefect prefect-ray pyarrow

``WORKFLOW_BENCH_RAY`` names a cluster that is there already (host:port), which saves its start.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import ray_graphs, ray_service
from benchmarks.measure import alone
from ray_executor.cluster import Cluster
from ray_executor.messages import SentEnvironment
from workflow_kernel.app.local import local_environment
from workflow_kernel.base import garbage
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.journal import MemoryJournal
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import open_blobs

PEER_NAMES = {
    "chain": "chain of 40 light nodes, ms",
    "fan": "fan-out of 1,000 and a join, ms",
    "busy": "40 nodes of 100 ms on 2 slots, ms",
    "arrow": "100 MB Arrow through 5 nodes, ms",
}


def run() -> dict[str, dict[str, Any]]:
    """Measure everything; gives figures by name."""
    cluster = Cluster(os.environ.get("WORKFLOW_BENCH_RAY"), cpus=2)
    cluster.open()
    try:
        garbage.settle()  # as the commands do
        figures = asyncio.run(_on(cluster))
    finally:
        cluster.close()
    peers = os.environ.get("WORKFLOW_BENCH_PEERS")
    if peers:
        _beside(figures, _peers(peers))
    figures["100,000 node runs in a map"] = alone("benchmarks.ray", "many")
    figures["100,000 node runs in a map"]["bar_mb"] = 700.0
    return figures | ray_service.run()


async def _on(cluster: Cluster) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        engine = _engine(cluster, folder)
        found: dict[str, dict[str, Any]] = {}
        for name, measure in ray_graphs.MEASURES.items():
            found[name] = await measure(engine)
            print(name, file=sys.stderr)
        await engine.close()
        return found


def _engine(cluster: Cluster, folder: str) -> Engine:
    from ray_executor.backend import RayBackend

    environment = local_environment(open_blobs(folder))
    backend = RayBackend(cluster, SentEnvironment(folder, folder), environment.blobs)
    return Engine(Registry(ray_graphs.KINDS), environment, backend, MemoryJournal())


def many() -> dict[str, Any]:
    """Memory of a dispatcher of its own with 100,000 node runs in one execution."""
    cluster = Cluster(os.environ.get("WORKFLOW_BENCH_RAY"), cpus=2)
    cluster.open()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(_many(cluster, folder))
    finally:
        cluster.close()


async def _many(cluster: Cluster, folder: str) -> dict[str, Any]:
    engine = _engine(cluster, folder)
    try:
        return await ray_graphs.many(engine)
    finally:
        await engine.close()


def _peers(python: str) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [python, "-P", str(Path(__file__).with_name("ray_peers.py"))], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _beside(figures: dict[str, dict[str, Any]], peers: dict[str, dict[str, float]]) -> None:
    """Rows with ours, raw Ray and the peers, in milliseconds."""
    for name, text in PEER_NAMES.items():
        own = next(figure for title, figure in figures.items() if title.startswith(text.split(",")[0]))
        figures[f"beside peers: {text}"] = {
            "ours": own["ms"], "ray": own["raw_ms"], **{peer: found[name] for peer, found in peers.items()},
        }  # fmt: skip
