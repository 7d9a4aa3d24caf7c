"""The graphs of ``benchmarks.ray`` on Dask and on Prefect's Ray runner: run by a Python that has them.

A script of its own, without anything of ours. Writes one line of JSON: milliseconds by peer and graph.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

ROWS = 12_500_000


def light(row: Any) -> Any:
    """Counts up."""
    return {"n": row["n"] + 1}


def busy(row: Any) -> Any:
    """Works for 100 ms."""
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        pass
    return row


def table() -> Any:
    """Makes 100 MB."""
    import numpy
    import pyarrow

    return pyarrow.table({"a": numpy.ones(ROWS)})


def passed(data: Any) -> Any:
    """Gives a table back."""
    return data.rename_columns(["a"])


def median(work: Callable[[], Any], times: int) -> float:
    """Milliseconds, after one that warms up."""
    seconds = []
    for number in range(times + 1):
        began = time.perf_counter()
        work()
        if number:
            seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def on_dask() -> dict[str, float]:
    """Dask's own scheduler, two workers of one thread."""
    from dask.distributed import Client, LocalCluster, wait

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):

        def chain() -> None:
            row: Any = {"n": 0}
            for _ in range(40):
                row = client.submit(light, row, pure=False)
            row.result()

        def fan() -> None:
            rows = [client.submit(light, {"n": 0}, pure=False) for _ in range(1000)]
            client.submit(lambda found: len(found), rows, pure=False).result()

        def two_slots() -> None:
            wait([client.submit(busy, {"n": 0}, pure=False) for _ in range(40)])

        def arrow() -> None:
            data: Any = client.submit(table, pure=False)
            for _ in range(5):
                data = client.submit(passed, data, pure=False)
            wait([data])

        return {
            "chain": median(chain, 5), "fan": median(fan, 3), "busy": median(two_slots, 1), "arrow": median(arrow, 3),
        }  # fmt: skip


def on_prefect() -> dict[str, float]:
    """Prefect with its Ray runner, on a server of its own."""
    from prefect import flow, task
    from prefect.testing.utilities import prefect_test_harness
    from prefect_ray import RayTaskRunner

    step, work = task(light), task(busy)
    runner = RayTaskRunner()

    @flow(task_runner=runner)
    def chain() -> None:
        row: Any = {"n": 0}
        for _ in range(40):
            row = step.submit(row)
        row.wait()

    @flow(task_runner=runner)
    def fan() -> None:
        for row in [step.submit({"n": 0}) for _ in range(1000)]:
            row.wait()

    @flow(task_runner=runner)
    def two_slots() -> None:
        for row in [work.submit({"n": 0}) for _ in range(40)]:
            row.wait()

    @flow(task_runner=runner)
    def arrow() -> None:
        data: Any = task(table).submit()
        for _ in range(5):
            data = task(passed).submit(data)
        data.wait()

    import ray

    ray.init(num_cpus=2, include_dashboard=False)
    with prefect_test_harness():
        return {
            "chain": median(chain, 1), "fan": median(fan, 1), "busy": median(two_slots, 1), "arrow": median(arrow, 1),
        }  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("PREFECT_HOME", tempfile.mkdtemp())
    answer: dict[str, dict[str, float]] = {}
    for name, measure in {"dask": on_dask, "prefect": on_prefect}.items():
        try:
            answer[name] = measure()
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
    print(json.dumps(answer))
