"""A service of real processes to break, work for it to do, and a server that counts the effects that reach it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.servers import serving
from workflow_kernel import Workflow
from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.base.settings import Settings
from workflow_kernel.client import Client, RefusedError, connect
from workflow_kernel.graph import format as flow_format
from workflow_kernel.storage import processes
from workflow_kernel.storage.bus_redis import RedisBus
from workflow_kernel.storage.redis import open_redis

LEASE = 2.0
BEAT = 0.3
PATIENCE = 90.0


class Counting(ThreadingHTTPServer):
    """Counts requests by their idempotency key, as a service does that makes effects exactly once."""

    daemon_threads = True

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Count)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who calls is killed now and then, in the middle of it."""


class _Count(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.server.lock:
            self.server.keys[f"{self.path} {self.headers['idempotency-key']}"] += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


class World:
    """A server and workers on one data folder.

    Parameters
    ----------
    folder: of the service. counting: where effects go.
    """

    def __init__(self, folder: Path, counting: Counting) -> None:
        self.folder = folder
        self.counting = counting
        self.environment = {
            **os.environ,
            "WORKFLOW_DATA_FOLDER": str(folder),
            "WORKFLOW_LEASE": str(LEASE),
            "WORKFLOW_BEAT": str(BEAT),
            "WORKFLOW_PORT": "0",
            "WORKFLOW_RATE_LIMIT": "0",
            "WORKFLOW_ALLOW_PRIVATE_ADDRESSES": "true",
            "WORKFLOW_LOG_LEVEL": "warning",
            "WORKFLOW_PARK_AFTER": "0.2",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = folder.parent / "processes.log"
        self.workflow = ""

    # Processes.

    def start(self, *words: str, waits: bool = True) -> subprocess.Popen[bytes]:
        """Start a process of the service, and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-u", "-m", "workflow_kernel.cli.main", *words],
                env=self.environment, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.processes.append(process)
        assert process.stdout is not None
        if waits:
            line = process.stdout.readline()
            assert line, self.log.read_text()[-3000:]
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return process

    def server(self, *, works: bool = True) -> subprocess.Popen[bytes]:
        return self.start("up", *([] if works else ["--no-worker"]))

    def served(self, *, works: bool = True) -> subprocess.Popen[bytes]:
        """A server and nothing besides, no effects so far: the one that runs, where there is one of this kind."""
        words = ["up", *([] if works else ["--no-worker"])]
        kept = [found for found in self.processes if found.poll() is None and list(found.args)[4:] == words][:1]
        self.stop(kept)
        with self.counting.lock:
            self.counting.keys.clear()
        return kept[0] if kept else self.start(*words)

    def worker(self, *, waits: bool = True) -> subprocess.Popen[bytes]:
        return self.start("worker", waits=waits)

    @property
    def client(self) -> Client:
        """A client of the server that runs now."""
        return connect(settings=Settings(data_folder=self.folder))

    def stop(self, but: Sequence[subprocess.Popen[bytes]] = ()) -> None:
        """End the processes, but for some."""
        ending = [process for process in self.processes if process not in but]
        self.processes = list(but)
        for process in ending:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in ending:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def pid_of(self, program: str) -> int:
        """The process id of our own Postgres or Redis."""
        wanted = str(self.folder)
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                if wanted in words and Path(words.split(" ")[0]).name.startswith(program):
                    return int(entry.name)
        raise AssertionError(f"no {program} runs")

    # Work.

    def prepare(self) -> None:
        """Make and publish the workflow: two effects with a pure node and a wait between them."""
        wf = Workflow("Effects")
        options = {"method": "POST", "idempotency_key": True, "timeout": 60}
        start = wf.node("flow.manual_trigger", "Start")
        first = wf.node("web.http_request", "First", url=f"{self.counting.url}/first", **options)
        pause = wf.node("flow.wait", "Pause", resume="interval", amount=0.5, unit="seconds")
        second = wf.node("web.http_request", "Second", url=f"{self.counting.url}/second", **options)
        start >> first >> pause >> second
        retry = {"tries": 8, "wait": 0.5, "backoff": 2.0}
        document = flow_format.to_document(wf.build())
        for node in document["nodes"].values():
            if node["type"] == "web.http_request":
                node["retry"] = retry
        self._publish(document)

    def prepare_code(self, code: str) -> None:
        """Make and publish a workflow of Python code, the same code again, an effect, the code and another effect.

        What the first code gives goes to the second one from worker to worker.
        """
        wf = Workflow("Effects")
        options = {"method": "POST", "idempotency_key": True, "timeout": 60}
        line = wf.node("flow.manual_trigger", "Start") >> wf.node("code.python", "Code before", code=code)
        for name in ("first", "second"):
            line = line >> wf.node("code.python", f"Code {name}", code=code)
            line = line >> wf.node("web.http_request", name.title(), url=f"{self.counting.url}/{name}", **options)
        self._publish(flow_format.to_document(wf.build()))

    def _publish(self, document: dict[str, Any]) -> None:
        with self.client as client:
            made = client.post("/workflows", {"name": "Effects", "document": document})
            self.workflow = made["workflow"]["id"]
            client.post(f"/workflows/{self.workflow}/publish")

    def execute(self) -> str:
        """Have the workflow run; gives the execution's id. Tries until it is accepted."""
        return str(self.persistently(lambda client: client.post(f"/workflows/{self.workflow}/execute", {}))["id"])

    def persistently(self, ask: Callable[[Client], Any]) -> Any:
        """What the service answers, once it does: servers come back."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self.client as client:
                    return ask(client)
            except (UnavailableError, RefusedError) as error:
                if isinstance(error, RefusedError) and error.status < 500:
                    raise
                assert time.monotonic() < until, f"{error}\n{self.log.read_text()[-3000:]}"
                time.sleep(0.05)

    def ends(self, executions: list[str]) -> dict[str, Any]:
        """Every execution once all are over, by id."""
        until = time.monotonic() + PATIENCE
        over: dict[str, Any] = {}
        while len(over) < len(executions):
            for execution in executions:
                if execution not in over:
                    found = self.persistently(lambda client, wanted=execution: client.get(f"/executions/{wanted}"))
                    if found["ended_at"] is not None:
                        over[execution] = found
            if time.monotonic() > until:
                open_ones = [found for found in executions if found not in over]
                states = Counter(
                    found["state"]
                    for found in self.persistently(lambda client: list(client.pages("/executions")))
                    if found["id"] in open_ones
                )
                raise AssertionError(f"{open_ones} are not over: {states}\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)
        return over

    def check(self, executions: list[str]) -> None:
        """Every accepted execution ended well, and each effect has exactly one key; none was lost or made twice."""
        over = self.ends(executions)
        assert Counter(found["state"] for found in over.values()) == {"succeeded": len(executions)}, [
            found["error"] for found in over.values() if found["state"] != "succeeded"
        ]
        with self.counting.lock:
            keys = list(self.counting.keys)
        for path in ("/first", "/second"):
            assert sum(key.startswith(f"{path} ") for key in keys) == len(executions)

    def told(self, executions: Sequence[str], wanted: str) -> dict[str, Any]:
        """The first live event of a kind in any of these executions, as those who listen get it."""
        url = _addresses(self.folder).redis_url

        async def listen(bus: RedisBus, execution: str) -> dict[str, Any]:
            async for message in bus.listen(f"execution:{execution}", "0"):
                for event in json.loads(message.data):
                    if event["event"] == wanted:
                        return dict(event)
            raise AssertionError("nothing more is told")

        async def first() -> dict[str, Any]:
            client = open_redis(url)
            async with asyncio.timeout(PATIENCE), RedisBus(client) as bus:
                listening = [asyncio.create_task(listen(bus, execution)) for execution in executions]
                done, others = await asyncio.wait(listening, return_when=asyncio.FIRST_COMPLETED)
                for task in others:
                    task.cancel()
                await asyncio.gather(*others, return_exceptions=True)
                await client.aclose()
                return done.pop().result()

        return asyncio.run(first())

    def reached(self, count: int) -> None:
        """Return once so many effects have arrived."""
        until = time.monotonic() + PATIENCE
        while sum(self.counting.keys.values()) < count:
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.005)

    def note_reruns(self) -> None:
        """Have Postgres keep every result of a node run that was written in the place of another one."""
        with self.database() as connection:
            connection.execute("create table rerun (execution_id uuid, node text)")
            connection.execute(
                "create function note_rerun() returns trigger language plpgsql as $$ begin"
                " insert into rerun values (new.execution_id, new.node); return new; end $$"
            )
            connection.execute(
                "create trigger reruns after update on node_run for each row"
                " when (old.kind = 'done' and new.entry is distinct from old.entry) execute function note_rerun()"
            )

    def reruns(self) -> list[tuple[Any, ...]]:
        """Results that were written twice."""
        with self.database() as connection:
            return connection.execute("select execution_id, node from rerun").fetchall()

    def driver(self) -> int:
        """The process id of a runner that drives an execution; waits for one."""
        until = time.monotonic() + PATIENCE
        query = "select pid from runner join execution on owner = runner.id where state = 'running' limit 1"
        with self.database() as connection:
            while (row := connection.execute(query).fetchone()) is None:
                assert time.monotonic() < until, self.log.read_text()[-3000:]
                time.sleep(0.005)
        return int(row[0])

    def database(self) -> psycopg.Connection[Any]:
        """A connection to the service's Postgres."""
        return psycopg.connect(_addresses(self.folder).database_url, autocommit=True)

    def redis(self) -> redis.Redis:
        """A client of the service's Redis."""
        return redis.Redis.from_url(_addresses(self.folder).redis_url)


def _addresses(folder: Path) -> Any:
    from workflow_kernel.storage.embedded.servers import servers

    async def find() -> Any:
        async with servers(Settings(data_folder=folder)) as found:
            return found

    return asyncio.run(find())


@contextmanager
def world() -> Iterator[World]:
    """A world without processes yet, in a folder of its own."""
    counting = Counting()
    # Not below pytest's own folder: where the tests run as root, Postgres runs as somebody who may not enter it.
    with serving(counting), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = World(Path(folder) / "data", counting)
        found.folder.mkdir()
        try:
            yield found
        finally:
            found.stop()


def kill(process: subprocess.Popen[bytes] | int, number: int = signal.SIGKILL) -> None:
    """Send a signal; a killed child is waited for."""
    if isinstance(process, int):
        os.kill(process, number)
        return
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.wait()


__all__ = ["Counting", "World", "kill", "processes", "world"]
