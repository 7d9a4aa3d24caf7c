"""Health, metrics, the system page and the audit trail of a whole service."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from tests.api.whole import Whole
from workflow_kernel.api.workflow_views import EXAMPLE
from workflow_kernel.base import tracing
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.audit import record


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What a scraper reads."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_health_says_what_is_up_and_no_more(whole: Whole) -> None:
    client = await whole.server.client()
    assert (await client.get("/health/live")).json() == {"status": "up"}
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert set(ready.json()) == {"status", "database", "redis", "queue", "runners", "lag"}
    assert ready.json()["runners"] == "up"


async def test_health_tells_that_a_part_is_down_but_not_why(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> None:
        raise OSError("redis://user:hunter2@10.0.0.1 refused")

    monkeypatch.setattr(whole.service.core.counts, "ping", refuse)
    found = await (await whole.server.client()).get("/health/ready")
    assert (found.status_code, found.json()["redis"], found.json()["status"]) == (503, "down", "down")
    assert "hunter2" not in found.text


async def test_metrics_count_requests_by_route_and_show_the_service(whole: Whole) -> None:
    editor = await whole.sign_in("editor")
    for number in range(3):
        await editor.get(f"/api/executions/0000000{number}-0000-7000-8000-000000000000")
    await whole.service.core.tally.report()
    answer = await (await whole.server.client()).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = samples(answer.text)
    labels = (("method", "GET"), ("route", "/executions/{execution_id}"), ("status", "404"))
    assert found["workflow_requests_total", labels] == 3
    assert found["workflow_request_errors_total", (("code", "WF703"), *labels[:2])] == 3
    assert found["workflow_request_seconds_count", labels[:2]] == 3
    assert found["workflow_runners", ()] == 1
    assert found["workflow_executions_open", (("state", "queued"),)] == 0
    assert found["workflow_queue_entries", (("queue", "email-sending"), ("state", "failed"))] == 0
    assert found["workflow_database_connections", (("state", "size"),)] >= 5
    assert any(name == "workflow_process_memory_bytes" and value > 1e6 for (name, _), value in found.items())


async def test_metrics_are_for_who_may_read_them(whole: Whole) -> None:
    through_proxy = {"X-Forwarded-For": "203.0.113.7"}
    stranger = await whole.server.client()
    assert (await stranger.get("/metrics", headers=through_proxy)).status_code == 401
    assert (await (await whole.sign_in("editor")).get("/metrics", headers=through_proxy)).status_code == 403
    assert (await (await whole.sign_in("admin")).get("/metrics", headers=through_proxy)).status_code == 200
    assert (await stranger.get("/metrics", headers={"Host": "rebound.example.com"})).status_code == 401
    scraper = {"Authorization": "Bearer a token of sixteen or more", **through_proxy}
    assert (await stranger.get("/metrics", headers=scraper)).status_code == 200
    wrong = {"Authorization": "Bearer another token altogether", **through_proxy}
    assert (await stranger.get("/metrics", headers=wrong)).status_code == 401


async def test_administrators_see_what_runs(whole: Whole) -> None:
    await whole.service.core.tally.report()
    found = (await (await whole.sign_in("admin")).get("/api/system")).json()
    assert found["runners"] == 1
    assert [process["kind"] for process in found["processes"]] == ["server"]
    assert (await (await whole.sign_in("viewer")).get("/api/system")).status_code == 403


async def _events(whole: Whole, count: int) -> None:
    async with whole.service.database.session() as session:
        for number in range(count):
            record(session, SYSTEM, "box.open" if number % 2 else "box.close", f"box:{number}", note="=1+1")


async def test_the_audit_trail_is_listed_in_pages_and_narrowed(whole: Whole) -> None:
    await _events(whole, 7)
    admin = await whole.sign_in("admin")
    query: dict[str, Any] = {"action": "box.", "limit": 3}
    seen = []
    while True:
        page = (await admin.get("/api/audit", params=query)).json()
        seen += [event["subject"] for event in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"box:{number}" for number in reversed(range(7))]
    narrow = (await admin.get("/api/audit", params={"action": "box.open", "subject": "box:3"})).json()["items"]
    assert [(event["actor"], event["via"], event["details"]) for event in narrow] == [
        ("system", "system", {"note": "=1+1"})
    ]
    for wrong in ({"since": "yesterday"}, {"actor": "ann"}, {"order": "asc"}):
        assert (await admin.get("/api/audit", params=wrong)).status_code == 422
    assert (await admin.get("/api/audit", params={"action": "x' or '1'='1"})).json()["items"] == []
    assert (await (await whole.sign_in("editor")).get("/api/audit")).status_code == 403


async def test_the_audit_trail_is_exported_whole_and_that_is_noted(whole: Whole) -> None:
    await _events(whole, 1200)
    admin = await whole.sign_in("admin")
    lines = (await admin.get("/api/audit/export", params={"action": "box."})).text.splitlines()
    assert [json.loads(line)["subject"] for line in lines] == [f"box:{number}" for number in reversed(range(1200))]
    answer = await admin.get("/api/audit/export", params={"form": "csv", "subject": "box:1"})
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''audit.csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["action"], row["details"]) for row in rows] == [("box.open", '{"note":"=1+1"}')]
    noted = (await admin.get("/api/audit", params={"action": "audit.export"})).json()["items"]
    assert [event["details"]["form"] for event in noted] == ["csv", "ndjson"]


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Traces as they are sent. Comes before the service, as in a real process: open connections are not seen."""
    found = InMemorySpanExporter()
    stop = tracing.start("", exporter=found)
    yield found
    stop()


async def test_a_trace_leads_from_the_request_to_the_nodes(exporter: InMemorySpanExporter, whole: Whole) -> None:
    client = await whole.sign_in("editor")
    made = await client.post("/api/workflows", json={"name": "Traced", "document": EXAMPLE})
    path = f"/api/workflows/{made.json()['workflow']['id']}/execute"
    with tracing.span("caller"):
        assert (await client.post(path, json={"manual": True})).status_code == 202
    wanted = {"CALLER", "POST /WORKFLOWS/{WORKFLOW_ID}/EXECUTE", "QUEUE", "EXECUTION", "NODE_RUN", "EVALSHA", "SELECT"}
    async with asyncio.timeout(30):
        while not any(wanted <= names for names in traces(exporter)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def traces(exporter: InMemorySpanExporter) -> list[set[str]]:
    """Names of the spans of every trace."""
    tracing.flush()
    found: dict[int, set[str]] = {}
    for span in exporter.get_finished_spans():
        assert span.context is not None
        found.setdefault(span.context.trace_id, set()).add(span.name.upper())
    return list(found.values())


async def test_nobody_saves_over_a_version_they_have_not_seen(whole: Whole) -> None:
    client = await whole.sign_in("editor")
    made = await client.post("/api/workflows", json={"name": "Shared", "document": EXAMPLE})
    path = f"/api/workflows/{made.json()['workflow']['id']}/versions"
    seen = await client.get(f"{path}/draft")
    assert seen.headers["etag"].startswith('"v1.')
    assert (await client.get(f"{path}/draft", headers={"If-None-Match": seen.headers["etag"]})).status_code == 304
    body: dict[str, Any] = {"document": EXAMPLE, "made_from": 1}
    saved = await client.post(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert (saved.status_code, saved.headers["etag"]) == (201, '"v2"')
    body["document"] = {**EXAMPLE, "nodes": {"start": EXAMPLE["nodes"]["start"]}, "edges": []}
    stale = await client.post(path, json={**body, "made_from": 2}, headers={"If-Match": seen.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "WF761")
    assert stale.json()["details"]["theirs"]["version"] == 2
    assert (await client.post(path, json=body)).status_code == 409
    assert (await client.post(path, json=body, headers={"If-Match": '"nonsense"'})).status_code == 412


async def test_an_execution_is_heard_from_beginning_to_end_and_counted(whole: Whole) -> None:
    client = await whole.sign_in("editor")
    made = await client.post("/api/workflows", json={"name": "Heard", "document": EXAMPLE})
    project = made.json()["workflow"]["project"]
    headers = {"Authorization": client.headers["Authorization"]}
    url = whole.server.url.replace("http", "ws", 1) + "/api/ws"
    async with connect(url, proxy=None, additional_headers=headers) as socket, asyncio.timeout(20):
        await socket.recv()
        await socket.send(json.dumps({"type": "subscribe", "channel": f"project:{project}"}))
        await socket.recv()
        path = f"/api/workflows/{made.json()['workflow']['id']}/execute"
        execution = (await client.post(path, json={"manual": True})).json()["id"]
        over = json.loads(await socket.recv())
        assert [event["event"] for event in over["data"]] == ["execution.finished"]
        channel = f"execution:{execution}"
        await socket.send(json.dumps({"type": "subscribe", "channel": channel, "after": "0"}))
        assert json.loads(await socket.recv())["type"] == "subscribed"
        heard: list[str] = []
        while "execution.finished" not in heard:
            heard += [event["event"] for event in json.loads(await socket.recv())["data"]]
    assert heard[0] == "execution.started" and heard.count("node.finished") == 2
    await whole.service.core.tally.report()
    found = samples((await (await whole.server.client()).get("/metrics")).text)
    assert found["workflow_executions_ended_total", (("state", "succeeded"),)] == 1
    assert found["workflow_node_runs_total", (("state", "succeeded"),)] == 2
    assert found["workflow_queue_seconds_count", ()] == 1
    assert 0 < found["workflow_execution_seconds_sum", ()] < 20
