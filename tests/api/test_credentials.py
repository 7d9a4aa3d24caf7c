"""Credentials over HTTP, in a whole service: from making one to a workflow that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

from tests.api.whole import Whole
from tests.services.oauth_server import OAuthServer, oauth_server
from tests.services.running import eventually
from workflow_kernel.base.settings import Settings

SECRET = "open sesame"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nodes may call the servers of the tests."""
    return settings.model_copy(update={"allowed_addresses": ["127.0.0.1"]})


@pytest.fixture
def provider() -> Iterator[OAuthServer]:
    with oauth_server() as found:
        yield found


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_credential_from_its_making_to_its_end(whole: Whole, provider: OAuthServer) -> None:
    client = await whole.sign_in()
    types = {one["type"]: one for one in ok(await client.get("/api/credential-types"))["items"]}
    assert types["http.basic"]["secrets"] == ["password"]
    assert types["http.basic"]["values_schema"]["properties"]["password"]["ui"]["secret"] is True

    new = {"name": "Shop", "type": "http.basic", "values": {"user": "ann", "password": SECRET}}
    made = ok(await client.post("/api/credentials", json=new), 201)
    place = f"/api/credentials/{made['id']}"
    assert (made["public"]["user"], made["secrets"], made["version"]) == ("ann", ["password"], 1)
    changed = ok(await client.patch(place, json={"version": 1, "values": {"user": "eve"}}))
    assert changed["version"] == 2
    assert ok(await client.patch(place, json={"version": 1, "name": "Stale"}), 409)["code"] == "WF735"
    assert ok(await client.post("/api/credentials", json={**new, "type": "nothing"}), 422)["code"] == "WF730"
    wrong = await client.post("/api/credentials", json={**new, "values": {"user": 1, "password": [SECRET]}})
    assert [one["field"] for one in ok(wrong, 422)["problems"]] == ["values.user", "values.password"]
    assert SECRET not in wrong.text

    assert ok(await client.post(f"{place}/test", json={"url": f"{provider.url}/other"}))["is_good"]
    document = using(provider.url, made["id"])
    workflow = ok(await client.post("/api/workflows", json={"document": document}), 201)["workflow"]
    used = ok(await client.get(f"{place}/usage"))
    assert [(one["workflow"], one["node"]) for one in used["items"]] == [(workflow["id"], "Call")]
    assert ok(await client.delete(place), 409)["code"] == "WF734"

    page = ok(await client.get("/api/credentials", params={"limit": 1, "type": "http.basic"}))
    assert [one["id"] for one in page["items"]] == [made["id"]]
    for answer in (await client.get(place), await client.get("/api/credentials"), await client.get("/api/audit")):
        assert SECRET not in answer.text
    ok(await client.delete(place, params={"force": True}), 204)
    ok(await client.get(place), 404)


async def test_a_workflow_runs_with_it_and_keeps_no_secret(whole: Whole, provider: OAuthServer) -> None:
    client = await whole.sign_in()
    new = {"name": "Key", "type": "http.header", "values": {"name": "X-Key", "value": SECRET}}
    made = ok(await client.post("/api/credentials", json=new), 201)
    document = using(provider.url, made["id"])
    workflow = ok(await client.post("/api/workflows", json={"document": document}), 201)["workflow"]
    started = await client.post(f"/api/workflows/{workflow['id']}/execute", json={"manual": True})
    place = f"/api/executions/{ok(started, 202)['id']}"

    async def is_done() -> bool:
        return bool(ok(await client.get(place))["ended_at"])

    await eventually(is_done)
    assert ok(await client.get(place))["state"] == "succeeded", (await client.get(place)).text
    (item,) = ok(await client.get(f"{place}/nodes/call/data"))["items"]
    assert item["json"]["headers"]["x-key"] == "***"
    async with whole.service.database.session() as session:
        for table in ("execution", "node_run", "audit_event", "workflow_version", "credential"):
            rows = str(await session.scalar(text(f"select json_agg(row) from {table} row")))
            assert SECRET not in rows and SECRET.encode().hex() not in rows
    assert ok(await client.get(f"/api/credentials/{made['id']}"))["used_at"]


async def test_a_person_connects_a_credential_in_the_browser(whole: Whole, provider: OAuthServer) -> None:
    client = await whole.by_cookie()
    new = {"name": "Calendar", "type": "oauth2.authorization_code", "values": provider.values()}
    headers = await proof(client)
    made = ok(await client.post("/api/credentials", json=new, headers=headers), 201)
    place = f"/api/credentials/{made['id']}"
    url = ok(await client.post(f"{place}/connect", headers=headers))["url"]
    async with httpx.AsyncClient() as browser:
        back = (await browser.get(url)).headers["location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    other = await whole.by_cookie()
    assert ok(await other.get(urlsplit(back).path, params=query), 422)["code"] == "WF736"
    url = ok(await client.post(f"{place}/connect", headers=headers))["url"]
    async with httpx.AsyncClient() as browser:
        back = (await browser.get(url)).headers["location"]
    assert back.startswith(whole.server.url)
    answer = await client.get(back)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ok(await client.get(place))["is_connected"]
    ok(await client.delete(f"{place}/connect", headers=headers), 204)
    assert not ok(await client.get(place))["is_connected"]


async def test_sharing_and_keys_over_http(whole: Whole) -> None:
    client, admin = await whole.sign_in(), await whole.sign_in("admin")
    new = {"name": "Shop", "type": "http.bearer", "values": {"token": SECRET}}
    made = ok(await client.post("/api/credentials", json=new), 201)
    team = ok(await client.post("/api/projects", json={"name": "Team"}), 201)
    share = f"/api/credentials/{made['id']}/projects/{team['id']}"
    assert ok(await client.put(share))["shared_with"] == [team["id"]]
    assert ok(await client.delete(share))["shared_with"] == []
    ok(await client.post("/api/keys/rewrap"), 403)
    assert ok(await admin.post("/api/keys/rewrap"))["failed"] == []
    assert ok(await admin.post("/api/keys/reencrypt", json={}))["count"] == 1


def using(url: str, credential: str) -> dict[str, Any]:
    return {
        "format": "workflow/1",
        "name": "Orders",
        "nodes": {
            "go": {"name": "Go", "type": "flow.manual_trigger"},
            "call": {
                "name": "Call", "type": "web.http_request", "parameters": {"url": f"{url}/echo"},
                "credentials": {"auth": {"id": credential, "name": "Shop"}},
            },
        },
        "edges": [{"source": ["go", "main"], "target": ["call", "main"]}],
    }  # fmt: skip


async def proof(client: httpx.AsyncClient) -> dict[str, str]:
    """What a page of ours sends along so that its cookie counts."""
    await client.get("/api/credentials")
    return {"X-Csrf-Token": client.cookies["workflow_csrf"]}
