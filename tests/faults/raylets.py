"""A cluster of several raylets on this machine, in a process of its own: ``python -m tests.faults.raylets``.

Reads ``add`` from standard input, line by line; after each, and at first, writes where it is and which processes it has
as a line of JSON. Ends, with all of them, at the end of its input. :class:`Raylets` is the other side.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from typing import Any

import psutil

SLOTS = 1


class Raylets:
    """The cluster, for a test."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(32)
        self._folder = tempfile.TemporaryDirectory(prefix="wf", dir="/tmp", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.raylets", self._folder.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        self.address = ""
        self.raylets: list[int] = []
        self.head = 0
        self._read()

    @property
    def environment(self) -> dict[str, str]:
        """What a driver needs to get in."""
        return {
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token, "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_enable_open_telemetry": "0",
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
            assert line, "the cluster did not start"
            if line.startswith("{"):
                break
        told = json.loads(line)
        self.address, self.raylets, self.head = told["address"], told["raylets"], told["head"]


def _serve(folder: str) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    head: dict[str, Any] = {"num_cpus": 0, "include_dashboard": False, "temp_dir": folder}
    cluster.add_node(**head)
    raylets: list[int] = []

    def tell() -> None:
        server = cluster.head_node.all_processes["gcs_server"][0].process.pid
        print(json.dumps({"address": cluster.address, "raylets": raylets, "head": server}), flush=True)

    def add() -> None:
        node = cluster.add_node(num_cpus=SLOTS)
        raylets.append(node.all_processes["raylet"][0].process.pid)

    add()
    add()
    tell()
    for line in sys.stdin:
        if line.strip() == "add":
            add()
            tell()
    cluster.shutdown()


if __name__ == "__main__":
    _serve(sys.argv[1])
