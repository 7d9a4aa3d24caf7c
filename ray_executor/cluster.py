"""Connects to a Ray cluster, or starts one of this process's own. Says in plain words what keeps it from doing so.

A token is always asked for: whoever can reach a cluster can run code on it. Settings of Ray are read when its library
is loaded, so this module alone sets them, before it is.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray_executor.errors import ClusterUnreachableError, TokenRefusedError, VersionMismatchError
from workflow_kernel.contracts import Machine

if TYPE_CHECKING:
    from ray_executor.tenure import RayTenure

REACH = 5.0
"""Seconds the head of a cluster gets to take a connection."""

STARTS = 3
"""How often a cluster of our own is started before it is given up: on a busy machine its parts are late."""

STAND_INS = str(Path(__file__).with_name("stand_ins"))

QUIET = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_open_telemetry": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}
"""What Ray is told before it is loaded: a token is asked for, and nobody is told of its use."""


class Cluster:
    """A connection to a cluster; there is one in a process.

    Parameters
    ----------
    address: ``host:port`` of its head; without one a cluster of our own is started.
    cpus: how many processors a cluster of our own offers; all of this machine when not given.
    """

    def __init__(self, address: str | None = None, cpus: int | None = None) -> None:
        self.address = address
        self._cpus = cpus
        self._folder: Path | None = None
        self._before: dict[str, str | None] = {}
        self._board: Any = None
        self._tenure: RayTenure | None = None

    def open(self) -> None:
        """Connect; blocks for seconds."""
        for name, value in QUIET.items():
            self._set(name, value)
        _load_ray()
        if self.address is None:
            self._start()
        else:
            self._connect(self.address)

    def close(self) -> None:
        """Disconnect; a cluster of our own ends."""
        import ray

        if self._tenure is not None:
            self._tenure.close()
        with contextlib.suppress(Exception):
            ray.shutdown()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def states(self) -> list[Machine]:
        """The machines that live, with what is free on each."""
        import ray

        free: dict[str, dict[str, float]] = ray._private.state.available_resources_per_node()
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        return [
            Machine(node["NodeManagerHostname"], _plain(node["Resources"]), _plain(_all(node, free)))
            for node in nodes
            if node["Alive"]
        ]

    @property
    def board(self) -> Any:
        """Where workers and dispatchers of this connection leave word."""
        if self._board is None:
            from ray_executor.board import open_board

            self._board = open_board()
        return self._board

    @property
    def tenure(self) -> RayTenure | None:
        """The hold of this process; None on a cluster of its own, which nobody else waits for."""
        if self._tenure is None and self.address is not None:
            from ray_executor.tenure import RayTenure

            self._tenure = RayTenure()
        return self._tenure

    def renew_board(self, lost: Any) -> Any:
        """Another board in place of one whose machine is gone."""
        if self._board is lost:
            self._board = None
        return self.board

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="wf", dir=_short_folder()))
        self._set("RAY_AUTH_TOKEN", secrets.token_hex(32))
        self._set("RAY_TMPDIR", str(self._folder))
        self._set("PYTHONPATH", os.pathsep.join(filter(None, [STAND_INS, os.environ.get("PYTHONPATH")])))
        for attempt in range(1, STARTS + 1):
            folder = tempfile.mkdtemp(dir=self._folder)
            try:
                _init(address="local", num_cpus=self._cpus, _temp_dir=folder, object_store_memory=_store_size())
                return
            except Exception as error:
                import ray

                ray.shutdown()
                if attempt == STARTS:
                    raise ClusterUnreachableError(
                        f"A Ray cluster on this machine did not start: {first_line(error)}",
                        mend="Is there memory, space in /dev/shm, and time? Ray gives its parts 30 s.",
                    ) from error

    def _connect(self, address: str) -> None:
        host, port = parts(address)
        refuse_stranger(host, port)
        asked_head(f"{host}:{port}")  # Ray itself would try a wrong token for twenty seconds
        try:
            _init(address=f"{host}:{port}")
        except Exception as error:
            raise _told(error, address) from error

    def _set(self, name: str, value: str) -> None:
        self._before.setdefault(name, os.environ.get(name))
        os.environ[name] = value


def _load_ray() -> None:
    """Load its library, without what that would load for nothing."""
    sys.path.insert(0, STAND_INS)
    try:
        import ray  # noqa: F401
    finally:
        sys.path.remove(STAND_INS)


def asked_head(address: str) -> str:
    """Ask a head where its dashboard is; empty without one. Raises where it does not let this process in."""
    _load_ray()
    from ray._private import ray_constants
    from ray._raylet import GcsClient  # type: ignore[attr-defined]  # it is compiled

    try:
        kept = GcsClient(address=address).internal_kv_get(
            ray_constants.DASHBOARD_ADDRESS.encode(), ray_constants.KV_NAMESPACE_DASHBOARD, timeout=REACH
        )
    except Exception as error:
        raise _told(error, address) from error
    return kept.decode() if kept else ""


def _init(**options: Any) -> None:
    import ray

    if ray.is_initialized():
        raise ClusterUnreachableError(
            "This process is connected to a Ray cluster already.", mend="Disconnect with ray.shutdown() first."
        )
    # What Ray writes to the terminal about lost processes is told by the runs that were lost.
    if hasattr(ray._private.worker, "print_to_stdstream"):
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
    ray.init(
        include_dashboard=False if options.get("address") == "local" else None,
        log_to_driver=False,
        configure_logging=False,
        logging_level=logging.ERROR,
        namespace="workflow",
        **options,
    )


def _told(error: Exception, address: str) -> Exception:
    text = str(error)
    if "ersion mismatch" in text or "version mismatch" in text.lower():
        found = re.findall(r"(Ray|Python): (\S+)", text)
        theirs, ours = ([f"{name} {version}" for name, version in half] for half in (found[:2], found[2:]))
        versions = f"{' and '.join(theirs)} there, {' and '.join(ours)} here" if ours else first_line(error)
        return VersionMismatchError(
            f"The cluster at {address} has other versions than this process: {versions}.",
            mend="Use the same image for the cluster and the dispatcher: Ray and Python must be equal to the patch.",
        )
    if re.search("auth|token|UNAUTHENTICATED", text, re.IGNORECASE):
        return TokenRefusedError(
            f"The cluster at {address} does not take the token.",
            mend="Set RAY_AUTH_TOKEN to the token the cluster was started with.",
        )
    if (
        "Failed to connect" in text or "waiting for GCS" in text
    ):  # something answers there: Ray does not say why it keeps us out
        return TokenRefusedError(
            f"What answers at {address} does not let this process in: it has another token, or is no Ray cluster.",
            mend="Set RAY_AUTH_TOKEN to the token the cluster was started with.",
        )
    return ClusterUnreachableError(
        f"The cluster at {address} cannot be joined: {first_line(error)}", mend="Look at the logs of its head."
    )


def refuse_stranger(host: str, port: int) -> None:
    """Raise where nothing answers, and where there is no token to show."""
    try:
        socket.create_connection((host, port), REACH).close()
    except OSError as error:
        raise ClusterUnreachableError(
            f"Nothing answers at {host}:{port}: {error.strerror or error}.",
            mend="Start the cluster with 'ray start --head', or correct --address.",
        ) from None
    if not _has_token():
        raise TokenRefusedError(
            "There is no token for the cluster, and clusters without one are not used.",
            mend="Set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH, to what the cluster was started with "
            "(RAY_AUTH_MODE=token).",
        )


def parts(address: str) -> tuple[str, int]:
    """Host and port of an address as written."""
    found = re.fullmatch(r"(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})", address)
    if found is None:
        raise ClusterUnreachableError(
            f"'{address}' is no address of a cluster.", mend="Write it as host:port, e.g. 10.0.0.5:6379."
        )
    return found["host"].strip("[]"), int(found["port"])


def token_files() -> list[Path]:
    """Where Ray looks for a token: nothing that the code of users may read."""
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return [Path(path).expanduser() for path in ("~/.ray/auth_token", named) if path]


def _has_token() -> bool:
    return bool(os.environ.get("RAY_AUTH_TOKEN")) or any(path.is_file() for path in token_files())


def _all(node: Mapping[str, Any], free: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    """What is free on a machine: Ray leaves out what is used up."""
    known = free.get(node["NodeID"])
    return {} if known is None else {name: known.get(name, 0.0) for name in node["Resources"]}


def _plain(resources: Mapping[str, float]) -> dict[str, float]:
    """Without the names Ray gives to each machine."""
    return {name: float(amount) for name, amount in resources.items() if not name.startswith("node:")}


def _short_folder() -> str:
    """Names of sockets end at 107 characters, and Ray adds 60 of its own."""
    found = tempfile.gettempdir()
    return found if len(found) <= 30 or not Path("/tmp").is_dir() else "/tmp"  # noqa: S108 - a folder of our own in it


def _store_size() -> int:
    """Bytes for the object store: a third of what shared memory has free, 2 GB at most."""
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108 - where Ray keeps objects
    except OSError:
        free = 1 << 30
    return max(80 << 20, min(2 << 30, free // 3))


def first_line(error: Exception) -> str:
    """What Ray says, without what it says of itself."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
