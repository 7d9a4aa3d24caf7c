"""Notebooks as graphs: reading cells, running independent ones, the kernel's own time; peers beside.

Bars: 1,000 cells read <= 1 s, one anew <= 20 ms; 8 independent cells of a second each on 2 cores <= 4.8 s; the kernel
<= 3 ms a cell over ipykernel. Peers run where WORKFLOW_PEERS names a virtual environment that has them
(``pip install papermill marimo ipyflow ploomber ipykernel``); a peer that is not there is left out.
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
        figures = {
            "8 cells of 1 s: workflow run": _timed([*own, "--no-cache"], folder),
            "the same, first with a cache": _timed(own, folder),
            "the same again, all kept": _timed(own, folder),
            "the same: workflow run --in-order": _timed([*own, "--in-order"], folder),
        }
        for name, command in _peers(path, sources).items():
            figures[f"the same: {name}"] = _timed(command, folder)
    return {name: {"seconds": seconds} for name, seconds in figures.items() if seconds is not None}


def _turns_of_a_second() -> int:
    """How many turns of the loop take a second of processor time."""
    turns, started, total = 2_000_000, time.process_time(), 0
    for n in range(turns):
        total += n % 7
    return int(turns / (time.process_time() - started))


def _document(sources: list[str]) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _peers(path: Path, sources: list[str]) -> dict[str, list[str]]:
    programs = Path(os.environ.get("WORKFLOW_PEERS", "")) / "bin"
    if not (programs / "python").is_file():
        return {}
    script = path.with_suffix(".py")
    cells = "".join(f"\n@app.cell\ndef _():\n{_indented(source)}\n    return\n" for source in sources)
    script.write_text(f"import marimo\napp = marimo.App()\n{cells}\nif __name__ == '__main__':\n    app.run()\n")
    subprocess.run(
        [str(programs / "marimo"), "convert", str(path), "-o", str(script)], check=False, capture_output=True
    )
    found = {
        "nbclient": [str(programs / "jupyter-execute"), str(path)],
        "papermill": [str(programs / "papermill"), "--log-output", str(path), str(path.with_name("out.ipynb"))],
        "ploomber-engine": [str(programs / "ploomber-engine"), str(path), str(path.with_name("out2.ipynb"))],
        "ipyflow": [str(programs / "jupyter-execute"), "--kernel_name=ipyflow", str(path)],
        "marimo": [str(programs / "python"), str(script)],
    }
    return {name: command for name, command in found.items() if Path(command[0]).exists()}


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" for line in source.splitlines())


def _timed(command: list[str], folder: str) -> float | None:
    """Seconds a command takes; None where it fails."""
    environment = os.environ | {"WORKFLOW_CACHE": str(Path(folder) / "cache")}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return time.perf_counter() - started if done.returncode == 0 else None


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
