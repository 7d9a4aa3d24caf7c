"""Further machines of the tests' cluster: raylets of their own on this one, which can be killed with what they hold."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

import psutil
import ray

PATIENCE = 60.0


class Other:
    """A machine that has these resources, and no processors for anybody else."""

    def __init__(self, resources: Mapping[str, float]) -> None:
        address = ray.get_runtime_context().gcs_address
        host = address.partition(":")[0]
        before = _alive()
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "ray.scripts.scripts", "start", "--block", f"--address={address}",
                f"--node-ip-address={host}", "--num-cpus=0", f"--resources={json.dumps(resources)}",
                f"--object-store-memory={100 << 20}", "--include-log-monitor=false", "--disable-usage-stats",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not (found := _alive() - before):
            assert self._process.poll() is None, "the raylet did not start"
            assert time.monotonic() < until, "the raylet does not join the cluster"
            time.sleep(0.05)
        (self.id,) = found

    def kill(self) -> None:
        """Kill its raylet, and with it the store of what its workers gave; its workers end by themselves."""
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.name() == "raylet":
                    process.kill()
                    process.wait(PATIENCE)

    def close(self) -> None:
        """End all of it."""
        self._process.terminate()
        self._process.wait(PATIENCE)


@contextlib.contextmanager
def other_machine(resources: Mapping[str, float]) -> Iterator[Other]:
    """A machine beside the others of the cluster this process is connected to."""
    found = Other(resources)
    try:
        yield found
    finally:
        found.close()


def _alive() -> set[str]:
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}
