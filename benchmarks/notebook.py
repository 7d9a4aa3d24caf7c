"""Notebooks as graphs: how long reading cells takes, all of them and one anew.

Bars: 1,000 cells <= 1 s, one cell anew <= 20 ms.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from tests.notebook.making import make
from workflow_kernel.cells.graph import CellGraph

CELLS = 1000


def run() -> dict[str, dict[str, Any]]:
    """All figures."""
    return {**_reading()}


def _cells() -> list[tuple[str, str]]:
    """A thousand cells, of notebooks one after another; one in ten has names of its own."""
    found: list[tuple[str, str]] = []
    seed = 0
    while len(found) < CELLS:
        found.extend((str(len(found) + index), source) for index, source in enumerate(make(seed)))
        seed += 1
    return found[:CELLS]


def _reading() -> dict[str, dict[str, Any]]:
    cells = _cells()
    started = time.perf_counter()
    graph = CellGraph()
    graph.update(cells)
    whole = time.perf_counter() - started
    times = []
    for index in range(0, CELLS, 25):
        started = time.perf_counter()
        graph.change(cells[index][0], f"{cells[index][1]}\nadded_{index} = 1")
        times.append(time.perf_counter() - started)
    return {
        "1,000 cells read": {"seconds": whole, "edges": sum(1 for _ in graph.edges())},
        "one of them anew": {"median_ms": statistics.median(times) * 1e3, "worst_ms": max(times) * 1e3},
    }
