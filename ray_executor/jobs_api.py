"""Finds the Jobs API of a cluster by the address of its head. Joins nothing: the head is asked where it is."""

from __future__ import annotations

import os

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
    if found.startswith(_HERE) and not host.startswith(_HERE):
        # The head itself may be reached there all the same, e.g. through a port that is passed on.
        found = f"{host}:{found.rpartition(':')[2]}"
    return f"http://{found}"
