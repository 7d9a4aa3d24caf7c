"""The service with servers of its own: webhooks answered with the run's result, queued executions, starting up.

Beside it n8n on the same machine in the same run, as its makers recommend for production (queue mode on Postgres and
Redis, a main process and a worker), where ``WORKFLOW_BENCH_N8N`` names a folder in which it was installed with npm:

    echo '{"dependencies": {"n8n": "2.39.0"}, "overrides": {"xlsx": "0.18.5"}}' > package.json
    npm install --ignore-scripts

and ``WORKFLOW_BENCH_NODE`` the ``node`` program to run it with.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from workflow_kernel import Workflow
from workflow_kernel.app.core import Core
from workflow_kernel.base.settings import Settings
from workflow_kernel.client import Client, connect
from workflow_kernel.graph import format as flow_format
from workflow_kernel.runs.item import Items
from workflow_kernel.services.launch import Launch
from workflow_kernel.storage.embedded.servers import servers as own_servers

CONNECTIONS = 32
SECONDS = 10.0
QUEUED = 10_000
BODY = '{"amount": 21}'


def run() -> dict[str, dict[str, Any]]:
    """Measure everything; gives figures by name."""
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        folder = Path(root) / "data"
        folder.mkdir()
        with service(folder, "first start") as first:
            figures["start with new databases (limit 90 s)"] = first
        with service(folder, "second start") as second:
            figures["second start (limit 5 s)"] = second
            figures |= memory(folder)
            figures["webhook to response, ours (limit 400/s)"] = ours = webhooks(folder)
            figures["queue to start (limit 5 ms)"] = latencies(folder)
        figures["queued executions (limit 1000/s)"] = asyncio.run(queued(folder))
    peer = os.environ.get("WORKFLOW_BENCH_N8N")
    if peer:
        figures["webhook to response, n8n"] = theirs = n8n(Path(peer))
        figures["ours to n8n (limit 10)"] = {"ratio": ours["per_second"] / theirs["per_second"]}
    return figures


def environment(folder: Path) -> dict[str, str]:
    """Variables of a service in a folder."""
    return {
        **os.environ, "WORKFLOW_DATA_FOLDER": str(folder), "WORKFLOW_PORT": "0", "WORKFLOW_RATE_LIMIT": "0",
        "WORKFLOW_LOG_LEVEL": "warning",
    }  # fmt: skip


@contextmanager
def service(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """A running service; gives how long it took to serve."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "workflow_kernel.cli.main"]
    subprocess.run([*command, "up", "--detach"], env=environment(folder), check=True, capture_output=True)
    try:
        yield {"seconds": time.perf_counter() - began}
    finally:
        subprocess.run([*command, "down", "--all"], env=environment(folder), check=True, capture_output=True)


def client(folder: Path) -> Client:
    """A client of the service of a folder."""
    return connect(settings=Settings(data_folder=folder))


def publish(folder: Path, wf: Workflow) -> str:
    """Keep and publish a workflow; gives its id."""
    graph = wf.build()
    with client(folder) as service:
        made = service.post("/workflows", {"name": graph.name, "document": flow_format.to_document(graph)})
        service.post(f"/workflows/{made['workflow']['id']}/publish")
        return str(made["workflow"]["id"])


def webhooks(folder: Path) -> dict[str, Any]:
    """Durable webhook-to-response executions of three nodes."""
    wf = Workflow("Webhook")
    start = wf.node("flow.webhook", "Webhook", path="bench", methods=["POST"], respond="last_node")
    total = wf.node("data.set", "Total", fields=[{"name": "total", "value": "={{ $json['body']['amount'] * 2 }}"}])
    start >> total >> wf.node("flow.no_op", "Done")
    publish(folder, wf)
    with client(folder) as service:
        url = f"{service.url}/webhook/bench"
    load(url, 2.0)
    found = load(url, SECONDS)
    assert set(found.pop("statuses")) == {"200"}
    return found


def load(url: str, seconds: float) -> dict[str, Any]:
    """Requests from a process of their own."""
    command = [sys.executable, "-m", "benchmarks.load", url, str(CONNECTIONS), str(seconds), BODY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def light(name: str) -> Workflow:
    """Five light nodes."""
    wf = Workflow(name)
    handle = wf.node("flow.manual_trigger", "Start")
    for number in range(4):
        following = wf.node("data.set", f"Set {number}", fields=[{"name": f"f{number}", "value": number}])
        handle >> following
        handle = following
    return wf


def latencies(folder: Path) -> dict[str, Any]:
    """Milliseconds from the moment an execution is accepted to its first node, on a service at rest."""
    workflow = publish(folder, light("Latency"))
    with client(folder) as service:
        for _ in range(100):
            service.post(f"/workflows/{workflow}/execute", {})
            time.sleep(0.02)
    with database(folder) as connection:
        rows = connection.execute(
            "select extract(epoch from started_at - created_at) * 1000 from execution where workflow_id = %s"
            " and started_at is not null",
            [workflow],
        ).fetchall()
    times = sorted(float(row[0]) for row in rows)
    return {"p50_ms": statistics.median(times), "p99_ms": times[int(len(times) * 0.99) - 1], "count": len(times)}


async def queued(folder: Path) -> dict[str, Any]:
    """How fast one worker process drains 10,000 executions that wait."""
    settings = Settings(data_folder=folder)
    async with own_servers(settings) as addresses:
        named = settings.model_copy(
            update={"database_url": _secret(addresses.database_url), "redis_url": _secret(addresses.redis_url)}
        )
        async with Core(named, works=False) as core:
            workflow, project = await asyncio.to_thread(_light, addresses.database_url)
            await asyncio.gather(*(_put(core, workflow, project) for _ in range(100)))
        worker = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this loop
            [sys.executable, "-m", "workflow_kernel.cli.main", "worker"], env=environment(folder),
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return await asyncio.to_thread(_drained, addresses.database_url, workflow)
        finally:
            worker.terminate()
            worker.wait(60)


async def _put(core: Core, workflow: Any, project: Any) -> None:
    for _ in range(QUEUED // 100):
        await core.launcher.launch(Launch(workflow, project, "api", 1, items=Items.of({"n": 1})))


def _drained(url: str, workflow: Any) -> dict[str, Any]:
    query = (
        "select count(*), count(*) filter (where state = 'succeeded'),"
        " extract(epoch from max(ended_at) - min(started_at)) from execution where workflow_id = %s"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            count, done, seconds = connection.execute(query, [workflow]).fetchone() or (0, 0, 0)
            if done == count == QUEUED:
                rows = connection.execute(
                    "select count(*) from node_run join execution on execution.id = execution_id"
                    " where workflow_id = %s", [workflow],
                ).fetchone()  # fmt: skip
                return {"per_second": QUEUED / float(seconds), "rows_per_execution": 1 + (rows or [0])[0] / QUEUED}
            time.sleep(0.2)


def _light(url: str) -> tuple[Any, Any]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select id, project_id from workflow where name = 'Latency' and published_version = 1"
        ).fetchone()
    assert found is not None
    with psycopg.connect(url) as connection:
        connection.execute("delete from execution where workflow_id = %s", [found[0]])
    return found[0], found[1]


def memory(folder: Path) -> dict[str, dict[str, Any]]:
    """Memory of the processes of a service at rest, in MB; what several share counts by their share."""
    sizes: dict[str, float] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            name = next((name for name in ("postgres", "redis-server") if name in words), None)
            if name is None and "workflow_kernel.cli.main" in words:
                name = "server"
            if name is None or (name != "server" and str(folder) not in words and not words.startswith("postgres:")):
                continue
            rollup = (entry / "smaps_rollup").read_text()
            pss = int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
            sizes[name] = sizes.get(name, 0.0) + pss / 1024
    return {"memory at rest, MB (limit 350)": {"all": sum(sizes.values()), **sizes}}


@contextmanager
def database(folder: Path) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the Postgres of a running service."""

    async def find() -> str:
        async with own_servers(Settings(data_folder=folder)) as found:
            return found.database_url

    with psycopg.connect(asyncio.run(find()), autocommit=True) as connection:
        yield connection


def _secret(text: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(text)


# The peer.


def n8n(folder: Path) -> dict[str, Any]:
    """The same workflow on n8n."""
    node = os.environ.get("WORKFLOW_BENCH_NODE", "node")
    program = [node, str(folder / "node_modules" / "n8n" / "bin" / "n8n")]
    with servers.postgres_server() as dsn, servers.redis_server() as redis, tempfile.TemporaryDirectory() as home:
        port, broker, worker_broker = servers.free_port(), servers.free_port(), servers.free_port()
        variables = _n8n_environment(dsn, redis, home, port)
        file = Path(home) / "workflow.json"
        file.write_text(json.dumps([_N8N_WORKFLOW]))
        for words in (["import:workflow", f"--input={file}"], ["publish:workflow", "--id=bench1"]):
            subprocess.run([*program, *words], env=variables, check=True, capture_output=True)
        processes = [
            subprocess.Popen(
                [*program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**variables, "N8N_RUNNERS_BROKER_PORT": str(own)},
            )
            for words, own in ((["start"], broker), (["worker", "--concurrency=10"], worker_broker))
        ]  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/webhook/bench"
            _wait_for(url)
            load(url, 5.0)
            found = load(url, SECONDS)
            assert set(found.pop("statuses")) == {"200"}
            return found
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def _n8n_environment(dsn: str, redis: str, home: str, port: int) -> dict[str, str]:
    place = dsn.split("@", 1)[1].split("/")[0]
    return {
        **os.environ, "NODE_ENV": "production", "N8N_USER_FOLDER": home, "N8N_ENCRYPTION_KEY": "benchmark",
        "DB_TYPE": "postgresdb", "DB_POSTGRESDB_HOST": "127.0.0.1", "DB_POSTGRESDB_PORT": place.split(":")[1],
        "DB_POSTGRESDB_USER": "postgres", "DB_POSTGRESDB_DATABASE": "postgres", "DB_POSTGRESDB_PASSWORD": "none",
        "EXECUTIONS_MODE": "queue", "QUEUE_BULL_REDIS_HOST": "127.0.0.1",
        "QUEUE_BULL_REDIS_PORT": redis.rsplit(":", 1)[1].split("/")[0], "N8N_PORT": str(port),
        "N8N_LISTEN_ADDRESS": "127.0.0.1", "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false", "N8N_TEMPLATES_ENABLED": "false",
    }  # fmt: skip


def _wait_for(url: str) -> None:
    until = time.monotonic() + 180
    request = urllib.request.Request(url, BODY.encode(), {"Content-Type": "application/json"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.5)


_N8N_WORKFLOW = {
    "id": "bench1", "name": "bench", "active": True, "settings": {"executionOrder": "v1"},
    "nodes": [
        {"id": "a", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0],
         "webhookId": "bench", "parameters": {"httpMethod": "POST", "path": "bench", "responseMode": "lastNode"}},
        {"id": "b", "name": "Total", "type": "n8n-nodes-base.set", "typeVersion": 3.4, "position": [200, 0],
         "parameters": {"assignments": {"assignments": [
             {"id": "x", "name": "total", "value": "={{ $json.body.amount * 2 }}", "type": "number"}]}}},
        {"id": "c", "name": "Done", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [400, 0],
         "parameters": {}},
    ],
    "connections": {
        "Webhook": {"main": [[{"node": "Total", "type": "main", "index": 0}]]},
        "Total": {"main": [[{"node": "Done", "type": "main", "index": 0}]]},
    },
}  # fmt: skip
