"""Notebooks as graphs: reading cells, running independent ones, the kernel's own time; peers beside.

Bars: 1,000 cells read <= 1 s, one anew <= 20 ms; 8 independent cells of a second each on 2 cores <= 4.8 s; the kernel
<= 3 ms a cell over ipykernel. Peers run the same notebook where WORKFLOW_PEERS names a virtual environment that has
them (``pip install nbclient papermill ploomber ploomber-engine marimo ipyflow ipykernel``); one that is not there, or
fails, is said to.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

from tests.notebook.making import make
from workflow_kernel.cells.graph import CellGraph

CELLS = 1000


def run() -> dict[str, dict[str, Any]]:
    """All figures."""
    return {**_reading(), **_running(), **_kernels()}


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


def _running() -> dict[str, dict[str, Any]]:
    turns = _turns_of_a_second()
    loop = "    for n in range(turns):\n        total += n % 7\n    return total"
    head = f"def burn(turns):\n    total = 0\n{loop}\nTURNS = {turns}"
    sources = [head, *(f"r{n} = burn(TURNS)" for n in range(8)), "print(sum([r0, r1, r2, r3, r4, r5, r6, r7]))"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.ipynb"
        path.write_text(json.dumps(_document(sources)))
        own = [sys.executable, "-m", "workflow_kernel.cli.main", "run", str(path)]
        commands = {
            "workflow run": [*own, "--no-cache"],
            "workflow run, first with a cache": own,
            "workflow run, all kept": own,
            "workflow run --in-order": [*own, "--in-order"],
            **_peers(path, sources),
        }
        figures = {f"8 cells of 1 s: {name}": _timed(command, folder) for name, command in commands.items()}
    ours = figures["8 cells of 1 s: workflow run"]["seconds"]
    for figure in figures.values():
        if "seconds" in figure:
            figure["times_ours"] = figure["seconds"] / ours
    return figures


def _turns_of_a_second() -> int:
    """How many turns of the loop take a second of processor time."""
    turns, started, total = 2_000_000, time.process_time(), 0
    for n in range(turns):
        total += n % 7
    return int(turns / (time.process_time() - started))


def _document(sources: list[str], tags: list[str] | None = None) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    cells[0]["metadata"] = {"tags": tags} if tags else {}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _peers(path: Path, sources: list[str]) -> dict[str, list[str]]:
    """The commands that run the notebook with others; an empty one for what is not installed."""
    programs = Path(os.environ.get("WORKFLOW_PEERS", "")) / "bin"
    script, piped = path.with_suffix(".py"), path.with_name("piped.ipynb")
    if (programs / "marimo").exists():
        convert = [str(programs / "marimo"), "convert", str(path), "-o", str(script)]
        subprocess.run(convert, check=False, capture_output=True)
    piped.write_text(json.dumps(_document(["upstream = None\nproduct = None", *sources], tags=["parameters"])))
    path.with_name("pipeline.yaml").write_text("tasks:\n  - source: piped.ipynb\n    product: piped.out.ipynb\n")
    found = {
        "nbclient": ["jupyter-execute", str(path)],
        "papermill": ["papermill", "--log-output", str(path), str(path.with_name("out.ipynb"))],
        "ploomber": ["ploomber", "build", "--force"],
        "ploomber-engine": ["ploomber-engine", str(path), str(path.with_name("out2.ipynb"))],
        "marimo, as a script": ["python" if script.exists() else "marimo", str(script)],
        "ipyflow": ["jupyter-execute", "--kernel_name=ipyflow", str(path)],
    }
    return {
        name: [str(programs / command[0]), *command[1:]] if (programs / command[0]).exists() else []
        for name, command in found.items()
    }


def _timed(command: list[str], folder: str) -> dict[str, Any]:
    """Seconds a command takes, or why there are none."""
    if not command:
        return {"failed": "not in WORKFLOW_PEERS"}
    environment = os.environ | {"WORKFLOW_CACHE": str(Path(folder) / "cache"), "PLOOMBER_STATS_ENABLED": "false"}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, text=True)
    seconds = time.perf_counter() - started
    return {"seconds": seconds} if done.returncode == 0 else {"failed": done.stderr.strip()[-200:]}


def _kernels() -> dict[str, dict[str, Any]]:
    """Milliseconds a cell takes in a kernel, sent and answered; both kernels by turns."""
    with tempfile.TemporaryDirectory() as folder:
        install = [sys.executable, "-m", "workflow_kernel.cli.main", "kernel", "install", "--prefix", folder]
        subprocess.run(install, check=True, capture_output=True)
        os.environ["JUPYTER_PATH"] = f"{folder}/share/jupyter"
        kernels = {name: start_new_kernel(kernel_name=name) for name in ("python3", "workflow")}
        times: dict[str, list[float]] = {name: [] for name in kernels}
        try:
            for n in range(60):
                for name, (_, client) in kernels.items():
                    started = time.perf_counter()
                    client.execute_interactive(f"v{n} = {n} + {f'v{n - 1}' if n else 0}", output_hook=lambda _: None)
                    times[name].append((time.perf_counter() - started) * 1e3)
        finally:
            for manager, client in kernels.values():
                client.stop_channels()
                manager.shutdown_kernel(now=True)
    medians = {name: statistics.median(found[5:]) for name, found in times.items()}
    over = medians["workflow"] - medians["python3"]
    return {
        "a cell in the kernel": {"ipykernel_ms": medians["python3"], "ours_ms": medians["workflow"], "over_ms": over}
    }
