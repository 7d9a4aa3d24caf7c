"""Processes of the service as a person starts and stops them: up, down, worker, kill."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.servers import free_port
from workflow_kernel.base.settings import Settings
from workflow_kernel.storage import embedded, processes

LINK = re.compile(r"https?://\S+token=\S+")


class Machine:
    """A machine with a data folder, on which commands are given."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WORKFLOW_")}
        self.environment = {**kept, "WORKFLOW_DATA_FOLDER": str(folder), "WORKFLOW_PORT": "0", **variables}
        self.started: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str, code: int = 0, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "workflow_kernel.cli.main", *arguments],
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return said

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that stays; gives it once it has said its first line."""
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "workflow_kernel.cli.main", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline()
        return process

    @property
    def server(self) -> processes.ServiceProcess:
        found = processes.find(self.folder)
        assert found is not None
        return found


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def eventually(claim: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def laptop() -> Iterator[Machine]:
    """A machine where nothing is configured."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        machine = Machine(Path(name) / "data")
        yield machine
        leave(machine)


@pytest.fixture
def cluster(settings: Settings) -> Iterator[Machine]:
    """A machine that uses a Postgres and a Redis of others."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    machine = Machine(
        settings.data_folder,
        WORKFLOW_DATABASE_URL=settings.database_url.get_secret_value(),
        WORKFLOW_REDIS_URL=settings.redis_url.get_secret_value(),
    )
    yield machine
    leave(machine)


def leave(machine: Machine) -> None:
    for process in machine.started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    found = processes.find(machine.folder)
    if found is not None:
        processes.end(machine.folder, found, 20)
    assert embedded.stop_servers(machine.folder)


def test_a_service_comes_up_with_no_configuration_survives_a_kill_and_goes_down(laptop: Machine) -> None:
    said = laptop.run("up", "--detach")
    url = laptop.server.url
    assert f"Workflow serves {url} " in said
    assert httpx.get(f"{url}/health/live").status_code == 200
    link = LINK.search(said)
    assert link is not None
    answer = httpx.get(link[0], follow_redirects=False)
    assert answer.status_code < 400
    assert answer.cookies

    refused = laptop.run("up", code=2)
    assert "WF792" in refused
    assert url in refused

    os.kill(laptop.server.pid, signal.SIGKILL)
    eventually(lambda: processes.find(laptop.folder) is None)
    again = laptop.run("up", "--detach")
    assert LINK.search(again) is None, "somebody has signed in"
    assert httpx.get(f"{laptop.server.url}/health/ready").status_code == 200

    running = [process for process in psutil.process_iter() if works_in(process, laptop.folder)]
    assert {process.name() for process in running} >= {"postgres", "redis-server"}
    assert "The service has ended." in laptop.run("down")
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in running)
    assert "No service runs" in laptop.run("down")


def works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False


def test_a_request_at_hand_is_answered_before_the_server_ends(cluster: Machine) -> None:
    process = cluster.start("up")
    port = int(cluster.server.url.rpartition(":")[2])
    body = json.dumps({"email": "nobody@example.com", "password": "wrong password"}).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"POST /api/auth/sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        eventually(lambda: len(psutil.Process(process.pid).net_connections()) > 1)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: not is_open(port))
        connection.sendall(body[5:])
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 ")
    code, said = ended(process)
    assert code == 0
    assert "Traceback" not in said
    assert processes.find(cluster.folder) is None


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_workers_run_beside_the_server_and_end_with_all(cluster: Machine) -> None:
    cluster.start("worker")
    worker = cluster.start("worker", "--concurrency", "2")
    assert [found.pid for found in processes.workers(cluster.folder)] == sorted(
        (one.pid for one in cluster.started), key=str
    )
    worker.send_signal(signal.SIGINT)
    assert ended(worker)[0] == 0
    assert "Still running: 1 worker." in cluster.run("down")
    assert f"The worker {cluster.started[0].pid} has ended." in cluster.run("down", "--all")
    assert ended(cluster.started[0])[0] == 0
    assert not processes.workers(cluster.folder)


def test_what_keeps_a_service_from_starting_is_said_in_one_line(cluster: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = cluster.run("up", "--detach", "--port", str(port), code=5)
        assert f"WF793 Nothing can listen on 127.0.0.1 port {port}" in said
    url = f"postgresql://me:hidden-word@127.0.0.1:{free_port()}/none"
    said = cluster.run("up", code=5, WORKFLOW_DATABASE_URL=url)
    assert "WF790" in said
    assert "hidden-word" not in said
    said = cluster.run("up", code=2, WORKFLOW_KEEP_DAYS="often")
    assert "WF799 WORKFLOW_KEEP_DAYS" in said
    assert processes.find(cluster.folder) is None
