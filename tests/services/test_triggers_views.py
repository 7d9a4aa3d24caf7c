"""What the API tells of triggers; error workflows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, update

from tests.engine.drawn import Drawn
from tests.services.trigger_world import World, person, world
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.error_workflows import ErrorWorkflows
from workflow_kernel.services.executions import StartOptions
from workflow_kernel.services.launch import Launch
from workflow_kernel.storage.tables import Execution


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def client(service: World) -> httpx.AsyncClient:
    """A client of the API that is signed in as who publishes."""
    made = await service.service.api_keys.create(service.actor, "tests")
    service.client.headers["X-Api-Key"] = made.secret
    return service.client


async def test_the_api_tells_what_listens(service: World) -> None:
    await service.hook({"path": "orders/:id", "methods": ["GET", "POST"]}, {"a": "test.add"}, "hook > a", name="Orders")
    await service.publish(
        {"form": ("flow.form", {"path": "ask"}), "tick": "flow.schedule", "bad": "flow.error_trigger"}
    )
    await service.client.post("/webhook/orders/7")
    await service.service.listening.calls.keep()
    api = await client(service)
    triggers = (await api.get("/api/triggers")).json()["items"]
    assert sorted((one["name"], one["kind"]) for one in triggers) == [
        ("bad", "error"), ("form", "form"), ("hook", "webhook"), ("tick", "schedule"),
    ]  # fmt: skip
    first = (await api.get("/api/webhooks?limit=2")).json()
    rest = (await api.get(f"/api/webhooks?limit=2&cursor={first['next']}")).json()
    found = {(one["method"], one["path"]): one for one in [*first["items"], *rest["items"]]}
    assert set(found) == {("GET", "orders/:id"), ("POST", "orders/:id"), ("GET, POST", "ask")}
    called = found["POST", "orders/:id"]
    assert (called["calls"], called["workflow_name"], called["auth"], called["respond"]) == (
        1,
        "Orders",
        "none",
        "at_once",
    )
    assert called["url"] == f"{str(api.base_url).rstrip('/')}/webhook/orders/:id" and called["called_at"]
    assert found["GET, POST", "ask"]["url"].endswith("/form/ask")
    (schedule,) = (await api.get("/api/schedules")).json()["items"]
    assert (schedule["kind"], len(schedule["next"])) == ("schedule", 5)
    for verb, paused in (("pause", True), ("resume", False)):
        assert (await api.post(f"/api/schedules/{schedule['id']}/{verb}")).json()["is_paused"] is paused
    fired = await api.post(f"/api/schedules/{schedule['id']}/fire")
    assert (fired.status_code, "execution" in fired.json()) == (201, True)
    listening = (await api.post(f"/api/webhooks/{called['id']}/test")).json()
    assert listening["addresses"][0]["url"].endswith("/webhook-test/orders/:id")
    again = await api.post(f"/api/workflows/{called['workflow']}/listen", json={"node": "hook"})
    assert again.status_code == 200 and again.json()["channel"] == f"workflow:{called['workflow']}"
    assert (await api.delete(f"/api/workflows/{called['workflow']}/listen")).status_code == 204
    assert (await service.client.post("/webhook-test/orders/1")).status_code == 404


async def test_others_learn_nothing_of_them(service: World) -> None:
    await service.hook({"path": "a"}, {"a": "test.add"}, "hook > a")
    await service.publish({"tick": "flow.schedule"})
    api = await client(service)
    webhook = (await api.get("/api/webhooks")).json()["items"][0]["id"]
    schedule = (await api.get("/api/schedules")).json()["items"][0]["id"]
    eve, project = await person(service.service, name="eve")
    await client(World(service.service, service.client, eve, project, service.calls))
    for path in ("triggers", "webhooks", "schedules"):
        assert (await api.get(f"/api/{path}")).json()["items"] == []
    for method, path in (
        ("GET", f"webhooks/{webhook}"), ("POST", f"webhooks/{webhook}/test"), ("GET", f"schedules/{schedule}"),
        ("POST", f"schedules/{schedule}/fire"), ("POST", f"schedules/{schedule}/pause"),
    ):  # fmt: skip
        assert (await api.request(method, f"/api/{path}")).status_code == 404


async def test_a_url_that_expires_lets_its_holder_call(service: World) -> None:
    await service.hook({"path": "files/:id", "auth": {"kind": "signed_url"}}, {"a": "test.add"}, "hook > a")
    await service.hook({"path": "open"}, {"a": "test.add"}, "hook > a")
    api = await client(service)
    found = {(one["path"], one["method"]): one["id"] for one in (await api.get("/api/webhooks")).json()["items"]}
    webhook = found["files/:id", "POST"]
    made = (await api.post(f"/api/webhooks/{webhook}/links", json={"seconds": 60, "path": "files/7"})).json()
    assert (await service.client.post(made["url"])).status_code == 200
    assert (await service.client.post(made["url"].replace("files/7", "files/8"))).status_code == 403
    assert (await service.client.post("/webhook/files/7")).status_code == 403
    for path in ("files", "files/7/8", "other/7", "files/:id"):
        answer = await api.post(f"/api/webhooks/{webhook}/links", json={"path": path})
        assert (answer.status_code, answer.json()["code"]) == (422, "WF751")
    assert (await api.post(f"/api/webhooks/{found['open', 'POST']}/links", json={})).status_code == 422


BAD: Drawn = ("test.add", {"fails": 9})


async def failures(service: World, workflow: Any, count: int = 1) -> list[dict[str, Any]]:
    rows = await service.ended(workflow, count)
    pages = [await service.service.executions.data(service.actor, row.id, "error", 0, 0, 0, 10) for row in rows]
    assert {row.mode for row in rows} == {"error"}
    return [page.items[0].json for page in pages]


async def test_the_error_workflow_of_a_workflow_is_told_of_its_failures(service: World) -> None:
    # The error workflow fails as well: that starts nothing more.
    watch = await service.publish({"error": "flow.error_trigger", "bad": BAD}, "error > bad", name="Watch")
    workflow = await service.hook({"path": "a"}, {"bad": BAD}, "hook > bad", name="Orders", error_workflow=str(watch))
    await service.client.post("/webhook/a")
    (failed,) = await service.ended(workflow)
    (told,) = await failures(service, watch)
    assert told["workflow"] == {"id": str(workflow), "name": "Orders"}
    execution = told["execution"]
    assert (execution["id"], execution["mode"], execution["last_node"]) == (str(failed.id), "webhook", "bad")
    assert execution["url"].endswith(f"/executions/{failed.id}")
    assert (execution["error"]["message"], execution["error"]["node"]) == ("bad fails", "bad")
    by_hand = await service.service.executions.start(service.actor, workflow, StartOptions(is_manual=True))
    await service.ended(workflow, 2)
    retried = await service.service.executions.retry(service.actor, failed.id)
    told = (await failures(service, watch, 2))[1]
    assert told["execution"]["retry_of"] == str(failed.id) and told["execution"]["id"] == str(retried.execution)
    assert str(by_hand.execution) not in str(told)
    assert len(await service.executions(watch)) == 2


async def test_a_workflow_may_look_after_its_own_failures(service: World) -> None:
    nodes: dict[str, Drawn] = {"error": "flow.error_trigger", "note": "flow.no_op", "bad": BAD}
    workflow = await service.hook({"path": "a"}, nodes, "hook > bad, error > note")
    await service.client.post("/webhook/a")
    rows = await service.ended(workflow, 2)
    assert [(row.mode, row.state) for row in rows] == [("webhook", "failed"), ("error", "succeeded")]


async def test_failures_nobody_told_of_are_found_and_told_once(service: World) -> None:
    watch = await service.publish({"error": "flow.error_trigger"})
    told = await service.hook({"path": "a"}, {"bad": BAD}, "hook > bad", error_workflow=str(watch))
    await service.client.post("/webhook/a")
    await failures(service, watch)
    given_up = await service.service.executions.launch(
        Launch(workflow=told, project=service.project, mode="webhook", version=1, start="hook")
    )
    await service.ended(told, 2)
    async with service.service.database.session() as session:
        # As if its runner had been killed before it could tell.
        await session.execute(
            delete(Execution).where(Execution.workflow_id == watch, Execution.key.contains(str(given_up.execution)))
        )
        await session.execute(
            update(Execution).where(Execution.ended_at.is_not(None)).values(ended_at=func.now() - timedelta(minutes=1))
        )
    assert len(await service.executions(watch)) == 1
    found = ErrorWorkflows(
        *(
            getattr(service.service.listening.errors, name)
            for name in ("_database", "_library", "_launcher", "_registry", "_address")
        )
    )
    assert await found.look() == 2
    assert {one["execution"]["id"] for one in await failures(service, watch, 2)} >= {str(given_up.execution)}
    assert await found.look() == 0
    assert len(await service.executions(watch)) == 2


async def test_an_error_workflow_of_somebody_else_is_not_started(service: World) -> None:
    eve, project = await person(service.service, name="eve")
    theirs = await World(service.service, service.client, eve, project, service.calls).publish(
        {"error": "flow.error_trigger"}
    )
    workflow = await service.hook({"path": "a"}, {"bad": BAD}, "hook > bad", error_workflow=str(theirs))
    await service.client.post("/webhook/a")
    await service.ended(workflow)
    assert await service.executions(theirs) == []
