"""Where a server of our own listens: a unix socket, or the loopback where the path is too long for one."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from workflow_kernel.storage import private_file

_LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107
_LOOPBACK = "127.0.0.1"
POSTGRES_PORT = 5432
"""Part of the name of Postgres's socket; nothing listens there on the network."""


class Place:
    """A place to listen.

    Parameters
    ----------
    socket: the unix socket; None for the loopback. port: on the loopback.
    """

    def __init__(self, socket: Path | None, port: int) -> None:
        self.socket = socket
        self.port = port
        self.host = "" if socket else _LOOPBACK


def place_for(socket_path: Path, port_file: Path) -> Place:
    """Where to listen; the port stays the same as long as the data folder does."""
    if len(str(socket_path).encode()) <= _LONGEST_SOCKET:
        return Place(socket_path, POSTGRES_PORT)
    return Place(None, int(private_file.kept(port_file, lambda: str(_free_port()).encode())))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
