"""A cluster of several raylets on this machine, in a process of its own: ``python -m tests.faults.raylets``.

Reads ``add`` from standard input, line by line; after each, and at first, writes where it is and which processes it has
as a line of JSON. Ends, with all of them, at the end of its input. :class:`Raylets` is the other side.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

from ray_executor.cluster import STAND_INS

SLOTS = 1
STARTS = 3

LEAN: dict[str, Any] = {"include_log_monitor": False, "no_monitor": True}
"""Nobody reads along with logs here, and nothing grows: two processes less for each machine."""


class Raylets:
    """The cluster, for a test, on its way; with ``lost``, a small one at the address of a cluster that is no more."""

    def __init__(self, lost: Raylets | None = None) -> None:
        self.token = secrets.token_hex(32) if lost is None else lost.token
        self._port = _free_port() if lost is None else lost._port
        self._count = 2 if lost is None else 1
        self.address = ""
        self.raylets: list[int] = []
        self.head = 0
        self._start()

    def wait(self) -> Raylets:
        """Return once it is there."""
        for attempt in range(1, STARTS + 1):
            try:
                self._read()
                break
            except AssertionError:  # on a machine that has much else to do Ray's parts are late for each other
                self.close()
                if attempt == STARTS:
                    raise
                self._start()
        return self

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="wf", dir="/tmp", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "cluster.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.raylets", self._folder.name, str(self._port), str(self._count)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, **self.environment},
            )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """What a driver needs to get in."""
        return {
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token, "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_enable_open_telemetry": "0", "RAY_raylet_start_wait_time_s": "40",
            # A raylet that is gone is missed sooner; one that is slow is not.
            "RAY_health_check_period_ms": "300",
            "PYTHONPATH": STAND_INS,
        }  # fmt: skip

    def add(self) -> None:
        """Start another raylet."""
        assert self._process.stdin is not None
        self._process.stdin.write("add\n")
        self._process.stdin.flush()
        self._read()

    def busy_workers(self) -> list[int]:
        """Processes that run nodes at this moment."""
        found: list[int] = []
        for raylet in self.raylets:
            try:
                children = psutil.Process(raylet).children()
                found += [child.pid for child in children if "ray::perform" in " ".join(child.cmdline())]
            except psutil.Error:
                continue
        return found

    def lose(self) -> None:
        """Kill all of it at once, as if its machines lost their power."""
        for process in (*psutil.Process(self._process.pid).children(recursive=True), self._process):
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()

    def close(self) -> None:
        """End all of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            assert line, self._log.read_text()[-3000:]
            if line.startswith("{"):
                break
        told = json.loads(line)
        self.address, self.raylets, self.head = told["address"], told["raylets"], told["head"]


def _free_port() -> int:
    """A port nobody has, below those the system gives to who connects: a lost head's must not be taken by a driver."""
    while True:
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                return int(found.getsockname()[1])
            except OSError:
                continue


def _serve(folder: str, port: int, count: int) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    head: dict[str, Any] = {"num_cpus": 0, "include_dashboard": False, "temp_dir": folder, "gcs_server_port": port}
    cluster.add_node(**head, **LEAN)
    raylets: list[int] = []

    def tell() -> None:
        server = cluster.head_node.all_processes["gcs_server"][0].process.pid
        print(json.dumps({"address": cluster.address, "raylets": raylets, "head": server}), flush=True)

    def add() -> None:
        for attempt in range(1, STARTS + 1):
            try:
                node = cluster.add_node(num_cpus=SLOTS, **LEAN)
                break
            except Exception:  # Ray says no more than that it took too long
                if attempt == STARTS:
                    raise
        raylets.append(node.all_processes["raylet"][0].process.pid)

    for _ in range(count):
        add()
    tell()
    for line in sys.stdin:
        if line.strip() == "add":
            add()
            tell()
    cluster.shutdown()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
