"""Finds the Jobs API of a cluster by the address of its head. Joins nothing: the head is asked where it is."""

from __future__ import annotations

import os
import socket

from ray_executor.cluster import QUIET, asked_head, parts, refuse_stranger
from ray_executor.errors import ClusterUnreachableError

_HERE = ("127.", "localhost", "[::1]")


def jobs_url(address: str) -> str:
    """Where the Jobs API of the cluster at ``host:port`` is. Raises what keeps it from being found."""
    host, port = parts(address)
    refuse_stranger(host, port)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    found = asked_head(f"{host}:{port}")
    if not found:
        raise ClusterUnreachableError(
            f"The cluster at {address} has no Jobs API: it was started without its dashboard.",
            mend="Install 'ray[default]' there and start its head with --include-dashboard=true.",
        )
    if found.startswith(_HERE) and not _is_this_machine(host):
        # The head itself may be reached there all the same, e.g. through a port that is passed on.
        found = f"{host}:{found.rpartition(':')[2]}"
    return f"http://{found}"


def _is_this_machine(host: str) -> bool:
    """Whether a host is this one, by any of its addresses."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError:
        return False
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as own:
            try:
                own.bind(address)
            except OSError:
                continue
            return True
    return False
