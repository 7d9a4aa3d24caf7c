"""Clients of Redis, made in one place: pools, time limits, what happens when the connection breaks.

``app`` makes them for sessions, the queue and the bus, and closes them.
"""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

_TRIES = 3
_HEALTH_CHECK = 15
_MOST_CONNECTIONS = 1000
"""A bound against leaks: every waiting listener and worker holds one."""


def open_redis(url: str, *, text: bool = False, timeout: float | None = None, connect_timeout: float = 5.0) -> Redis:
    """A client with a pool of its own. Nothing is sent before it is first used.

    Parameters
    ----------
    url: ``redis://``, ``rediss://`` or ``unix://``. text: whether answers are texts rather than bytes.
    timeout: seconds to wait for an answer; None for commands that wait for something to come.
    connect_timeout: seconds to wait for a connection.
    """
    return Redis.from_url(
        url,
        decode_responses=text,
        socket_timeout=timeout,
        socket_connect_timeout=connect_timeout,
        health_check_interval=_HEALTH_CHECK,
        max_connections=_MOST_CONNECTIONS,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), _TRIES),
        client_name="workflow",
    )
