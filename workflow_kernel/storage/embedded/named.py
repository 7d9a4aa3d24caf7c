"""Servers that settings name: whether they can be used, known within seconds, said without their passwords."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import redis

from workflow_kernel.storage.embedded.errors import SharedServerError

DATABASE, REDIS = "WORKFLOW_DATABASE_URL", "WORKFLOW_REDIS_URL"
_OLDEST_POSTGRES = 150000
_OLDEST_REDIS = (6, 2)
_REDIS_SCHEMES = ("redis", "rediss", "unix")


def check_database(url: str, timeout: float) -> None:
    """Raises ``SharedServerError`` when the Postgres cannot be used."""
    _check_form(url, DATABASE, ("postgresql", "postgres"), "postgresql://user:password@host:5432/name")

    def connect() -> str:
        seconds = max(1, round(timeout))
        with psycopg.connect(url, connect_timeout=seconds, application_name="workflow") as connection:
            if connection.info.server_version < _OLDEST_POSTGRES:
                return f"it is of version {connection.info.server_version // 10000}, and 15 or newer is needed"
        return ""

    _within(connect, url, DATABASE, "Postgres", timeout)


def check_redis(url: str, timeout: float) -> None:
    """Raises ``SharedServerError`` when the Redis cannot be used."""
    _check_form(url, REDIS, _REDIS_SCHEMES, "redis://:password@host:6379/0")

    def connect() -> str:
        client = redis.Redis.from_url(url, socket_connect_timeout=timeout, socket_timeout=timeout)
        try:
            version = str(client.info("server")["redis_version"])
        finally:
            client.close()
        if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_REDIS:
            return f"it is of version {version}, and 6.2 or newer is needed"
        return ""

    _within(connect, url, REDIS, "Redis", timeout)


def _check_form(url: str, setting: str, schemes: tuple[str, ...], example: str) -> None:
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in schemes and (parts.port or True)
    except ValueError:
        is_right = False
    if not is_right:
        raise SharedServerError(f"{setting} is not the URL of a server.", mend=f"Write it like {example}.")


def _within(connect: Callable[[], str], url: str, setting: str, what: str, timeout: float) -> None:
    """Call it in a thread of its own: looking up a host's name cannot be interrupted and may take long."""
    answers: list[str] = []

    def call() -> None:
        try:
            answers.append(connect())
        except (psycopg.Error, redis.RedisError, OSError, ValueError) as error:
            answers.append(_reason(error, url))

    thread = threading.Thread(target=call, name=f"check {setting}", daemon=True)
    thread.start()
    thread.join(timeout)
    reason = answers[0] if answers else f"it does not answer within {timeout:g} seconds"
    if reason:
        raise SharedServerError(
            f"The {what} that {setting} names ({_place(url)}) cannot be used: {reason}.",
            mend=f"Correct {setting}, or leave it out to use a server of our own.",
        )


def _place(url: str) -> str:
    """Where a server is, without who uses it."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return f"{where}{parts.path}" or parts.scheme


def _reason(error: BaseException, url: str) -> str:
    lines = str(error).strip().splitlines()
    text = (lines[0] if lines else type(error).__name__).rstrip(".")
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text
