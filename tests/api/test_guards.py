"""What stands between a caller and the routes: limits, proof against forged requests, other origins, headers."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.api.shop import ROUTES, Boxes
from workflow_kernel.api import tags
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.auth.tokens import csrf_token
from workflow_kernel.base.errors import NotSignedInError
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.services.tags import Tags
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.rate_limit import RateLimit


class Doorman:
    """Stands in for ``services.identify``: knows one session cookie and one token."""

    def __init__(self) -> None:
        self.person = Actor(id=new_id(), email="ann@example.com", role="editor", permissions=ROLES["editor"])

    async def __call__(self, headers: Any, cookies: Any, *, address: str = "", request: str = "") -> Actor:
        sent = headers.get("Authorization", "")
        if sent:
            if sent != "Bearer good":
                raise NotSignedInError("The access token does not count.")
            return _via(self.person, "token", address)
        if cookies.get("workflow_session") == "good":
            return _via(self.person, "session", address)
        return STRANGER


def _via(actor: Actor, via: Any, address: str) -> Actor:
    return Actor(id=actor.id, email=actor.email, role=actor.role, permissions=actor.permissions, via=via)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def shop(api: Start, settings: Settings, **parts: Any) -> Server:
    found = {"identify": Doorman(), "boxes": Boxes(), "settings": settings, **parts}
    return await api(ROUTES, service=SimpleNamespace(**found))


async def test_a_refused_request_does_not_end_the_connection(api: Start, settings: Settings) -> None:
    client = await (await shop(api, settings)).client()
    found = set()
    for method, path in (("GET", "/api/boxes"), ("POST", "/api/boxes"), ("OPTIONS", "/api/boxes"), ("GET", "/api/no")):
        answer = await client.request(method, path)
        assert answer.status_code in (204, 401, 404)
        assert "connection" not in answer.headers
        found.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(found) == 1


async def test_a_cookie_alone_changes_nothing(api: Start, settings: Settings) -> None:
    server = await shop(api, settings)
    client = await server.client(Cookie="workflow_session=good")
    seen = await client.get("/api/boxes")
    assert seen.status_code == 200
    assert seen.cookies["workflow_csrf"] == csrf_token("good")
    assert "HttpOnly" not in seen.headers["set-cookie"]
    assert "SameSite=Strict" in seen.headers["set-cookie"]
    forged = await client.post("/api/boxes", json={"name": "x"})
    assert (forged.status_code, forged.json()["code"]) == (403, "WF785")
    for wrong in ("good", csrf_token("other"), ""):
        answer = await client.post("/api/boxes", json={"name": "x"}, headers={"X-Csrf-Token": wrong})
        assert answer.status_code == 403
    token = {"X-Csrf-Token": csrf_token("good")}
    assert (await client.post("/api/boxes", json={"name": "x"}, headers=token)).status_code == 201


async def test_a_token_needs_no_proof_and_a_bad_one_is_refused_but_where_strangers_may_pass(
    api: Start, settings: Settings
) -> None:
    server = await shop(api, settings)
    good, bad = await server.client(Authorization="Bearer good"), await server.client(Authorization="Bearer bad")
    assert (await good.post("/api/boxes", json={"name": "y"})).status_code == 201
    assert (await bad.get("/api/boxes")).status_code == 401
    assert (await bad.get("/api/hello")).status_code == 200


async def test_who_asks_too_often_waits(api: Start, settings: Settings, redis: Redis) -> None:
    server = await shop(api, settings, rate_limit=RateLimit(redis, 3))
    client, stranger = await server.client(Authorization="Bearer good"), await server.client()
    answers = [await client.get("/api/boxes") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[-1].json()["code"] == "WF786"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert [(await stranger.get("/api/boxes")).status_code for _ in range(4)] == [401, 401, 401, 429]


async def test_everybody_may_pass_while_redis_is_away(api: Start, settings: Settings) -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    server = await shop(api, settings, rate_limit=RateLimit(nowhere, 1))
    client = await server.client(Authorization="Bearer good")
    assert [(await client.get("/api/boxes")).status_code for _ in range(3)] == [200, 200, 200]
    await nowhere.aclose()


async def test_a_body_that_is_too_large_too_deep_or_of_another_kind_is_refused(api: Start, settings: Settings) -> None:
    settings = settings.model_copy(update={"max_body": 2000, "max_json_depth": 8})
    client = await (await shop(api, settings)).client(Authorization="Bearer good")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 100

    for content in (b" " * 2001, chunks()):
        answer = await client.post("/api/boxes", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "WF782")

    async def send(text: str, kind: str = "application/json", **headers: str) -> tuple[int, str]:
        answer = await client.post("/api/boxes", content=text.encode(), headers={"Content-Type": kind, **headers})
        return answer.status_code, answer.json().get("code", "")

    deep = '{"name": "x", "inside": {"a": %s}}'
    assert await send(deep % ("[" * 7 + "]" * 7)) == (422, "WF783")
    assert (await send(deep % ("[" * 6 + "]" * 6)))[0] == 201
    assert await send(deep % json.dumps("[" * 900)) == (409, "WF704")
    assert await send("[" * 1000) == (422, "WF780")
    assert await send('{"name": "a\\u0000"}') == (422, "WF780")
    assert await send('{"name": "x", "inside": {"a": NaN}}') == (422, "WF780")
    assert await send('{"name": ') == (422, "WF780")
    assert await send("name=x", "application/x-www-form-urlencoded") == (415, "WF784")
    assert await send("{}", "text/plain") == (415, "WF784")
    packed = gzip.compress(b" " * 1000)
    answer = await client.post(
        "/api/boxes", content=packed, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )
    assert answer.status_code == 415


async def test_only_listed_origins_may_call(api: Start, settings: Settings) -> None:
    settings = settings.model_copy(update={"cors_origins": ["https://app.example.com"]})
    client = await (await shop(api, settings)).client()

    async def ask(origin: str) -> httpx.Headers:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await client.options("/api/boxes", headers=headers)
        assert answer.status_code == 204
        return answer.headers

    allowed = await ask("https://app.example.com")
    assert allowed["access-control-allow-origin"] == "https://app.example.com"
    assert allowed["access-control-allow-credentials"] == "true"
    assert "POST" in allowed["access-control-allow-methods"]
    for origin in (
        "https://evil.example.com",
        "https://app.example.com.evil.example",
        "null",
        "http://app.example.com",
    ):
        assert "access-control-allow-origin" not in await ask(origin)
    refused = await client.get("/api/boxes", headers={"Origin": "https://app.example.com"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://app.example.com"


async def test_answers_have_safe_headers_and_an_id(api: Start, settings: Settings) -> None:
    client = await (await shop(api, settings)).client()
    for path in ("/api/hello", "/api/nothing", "/api/boxes"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert len(headers["x-request-id"]) == 36
    assert (await client.get("/api/hello", headers={"X-Request-Id": "mine-1234"})).headers[
        "x-request-id"
    ] == "mine-1234"
    answer = await client.get("/api/hello", headers={"X-Request-Id": "not <b>fine</b>"})
    assert "<" not in answer.headers["x-request-id"]


async def test_what_has_not_changed_is_not_sent_again_and_long_answers_are_packed(
    api: Start, settings: Settings
) -> None:
    client = await (await shop(api, settings)).client(Authorization="Bearer good")
    for number in range(20):
        await client.post("/api/boxes", json={"name": f"box {number}"})
    first = await client.get("/api/boxes")
    assert first.headers["content-encoding"] == "gzip"
    again = await client.get("/api/boxes", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await client.post("/api/boxes", json={"name": "another"})
    assert (await client.get("/api/boxes", headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_only_trusted_proxies_say_where_a_request_comes_from(
    api: Start, settings: Settings, redis: Redis
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1, 127.0.0.1", "X-Forwarded-Proto": "https"}
    believed = settings.model_copy(update={"trusted_proxies": ["127.0.0.0/8"]})
    trusting = await (await shop(api, believed, rate_limit=RateLimit(redis, 5))).client()
    answer = await trusting.get("/api/hello", headers=headers)
    assert "strict-transport-security" in answer.headers
    assert "Secure" in answer.headers["set-cookie"]
    assert await redis.keys("*198.51.100.1*")
    plain = await (await shop(api, settings, rate_limit=RateLimit(redis, 5))).client()
    assert "strict-transport-security" not in (await plain.get("/api/hello", headers=headers)).headers
    assert await redis.keys("*127.0.0.1*")


async def test_what_is_away_is_said_so(api: Start, settings: Settings) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", timeout=1)
    server = await api(tags.ROUTES, tags=Tags(nowhere, Access(nowhere), None))  # type: ignore[arg-type]
    answer = await (await server.sign_in("viewer", Actor(id=new_id(), permissions=ROLES["viewer"], via="token"))).get(
        "/api/tags"
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "WF707")
    assert "nobody" not in answer.text
    await nowhere.close()
