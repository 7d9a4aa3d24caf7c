"""Webhooks of a whole service, called over HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select, update

from tests.engine.drawn import Drawn
from tests.nodes.servers import Answer, web_server
from tests.services.running import eventually
from tests.services.trigger_world import World, person, world
from workflow_kernel.auth import webhook_signature
from workflow_kernel.base.errors import ConflictError, InvalidRequestError
from workflow_kernel.base.settings import Settings
from workflow_kernel.sdk.webhooks import Signature
from workflow_kernel.storage.tables import Delivery, Webhook, Workflow

ECHO: dict[str, Drawn] = {"echo": ("data.set", {"fields": [{"name": "seen", "value": "={{ $json }}"}]})}


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def echo(service: World, **parameters: Any) -> None:
    """A webhook ``echo/:id`` that answers with the item a request becomes."""
    hook = {"path": "echo/:id", "respond": "last_node", "reply": {"field": "seen"}, **parameters}
    await service.hook(hook, ECHO, "hook > echo")


async def test_a_request_becomes_an_item(service: World) -> None:
    await echo(service)
    answer = await service.client.post("/webhook/echo/7%2F8?a=1&b=2&b=3&c=", json={"n": [1, None, "ü"]})
    seen = answer.json()
    assert seen["params"] == {"id": "7/8"}
    assert seen["query"] == {"a": "1", "b": ["2", "3"], "c": ""}
    assert seen["body"] == {"n": [1, None, "ü"]}
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["webhookUrl"] == f"{service.client.base_url}/webhook/echo/:id".replace("//webhook", "/webhook")
    assert seen["executionMode"] == "production"


BOUNDARY = b"--x\r\n"
MULTIPART = (
    BOUNDARY + b'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    + BOUNDARY + b'Content-Disposition: form-data; name="f"; filename="../dir/a.txt"\r\n'
    + b"Content-Type: text/plain\r\n\r\nhi\r\n"
    + b"--x--\r\n"
)  # fmt: skip


async def test_bodies_are_read_by_their_content_type(service: World) -> None:
    await echo(service)
    bodies: list[tuple[str, bytes, Any]] = [
        ("application/json", b"[1, 2]", [1, 2]),
        ("application/vnd.api+json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("application/x-www-form-urlencoded", b"a=1&b=%C3%BC&a=2", {"a": ["1", "2"], "b": "ü"}),
        ("multipart/form-data; boundary=x", MULTIPART, {"a": "1"}),
        ("text/plain; charset=latin-1", "ü".encode("latin-1"), "ü"),
        ("", b'{"a": 1}', {"a": 1}),
        ("application/json", b"", {}),
        ("application/octet-stream", b"\x00\x01", {}),
    ]
    for kind, body, expected in bodies:
        headers = {"Content-Type": kind} if kind else {}
        answer = await service.client.post("/webhook/echo/1", content=body, headers=headers)
        assert answer.json()["body"] == expected, kind


async def test_files_are_attachments_and_can_be_the_answer(service: World) -> None:
    hook = {"path": "files", "respond": "last_node", "reply": {"data": "first_file", "file": "f"}}
    await service.hook(hook, {"end": "flow.no_op"}, "hook > end")
    answer = await service.client.post("/webhook/files", files={"f": ("r/é.pdf", b"%PDF" * 50_000, "application/pdf")})
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF" * 50_000, "application/pdf")
    raw = {
        "path": "raw",
        "respond": "last_node",
        "reply": {"data": "first_file", "file": "data"},
        "intake": {"raw": True},
    }
    await service.hook(raw, {"end": "flow.no_op"}, "hook > end")
    sent = b'{ "kept":   1 }'
    answer = await service.client.post("/webhook/raw", content=sent, headers={"Content-Type": "application/json"})
    assert answer.content == sent
    named = {"Content-Disposition": 'attachment; filename="a b.bin"', "Content-Type": "image/png"}
    assert (await service.client.post("/webhook/raw", content=b"\x89PNG", headers=named)).content == b"\x89PNG"


async def test_what_cannot_be_read_is_refused_and_starts_nothing(service: World) -> None:
    workflow = await service.hook({"path": "a", "intake": {"most_bytes": 5000}}, {"a": "test.add"}, "hook > a")
    post, typed = service.client.post, {"Content-Type": "application/json"}
    bomb = gzip.compress(b"[" + b"0," * 200_000 + b"0]")
    many = "&".join(f"a{n}=" for n in range(600))
    for content, headers, status in (
        (b"{", typed, 400),
        (b"[" * 1000 + b"]" * 1000, typed, 422),
        (b'"' + b"x" * 6000 + b'"', typed, 413),
        (bomb, {**typed, "Content-Encoding": "gzip"}, 413),
        (b"no gzip", {**typed, "Content-Encoding": "gzip"}, 400),
        (b"{}", {**typed, "Content-Encoding": "br"}, 415),
        (b"x", {"Content-Type": "multipart/form-data"}, 400),
    ):
        answer = await post("/webhook/a", content=content, headers=headers)
        assert answer.status_code == status, answer.text
    assert (await post(f"/webhook/a?{many}", json={})).status_code == 422
    packed = gzip.compress(b'{"a": 1}')
    assert (await post("/webhook/a", content=packed, headers={**typed, "Content-Encoding": "gzip"})).status_code == 200
    assert len(await service.ended(workflow)) == 1


async def test_paths_and_methods(service: World) -> None:
    reply = {"respond": "last_node", "reply": {"field": "w"}}

    async def add(path: str, methods: list[str], answer: str) -> None:
        await service.hook(
            {"path": path, "methods": methods, **reply},
            {"s": ("data.set", {"fields": [{"name": "w", "value": answer}]})}, "hook > s",
        )  # fmt: skip

    await add("shop/:id", ["GET", "POST"], "any")
    await add("shop/new", ["POST"], "new")
    await add("shop/:id/items/:item", ["GET"], "deep")
    call = service.client.request
    for method, path, expected in (
        ("GET", "/webhook/shop/7", "any"), ("POST", "/webhook/shop/new", "new"), ("POST", "/webhook/shop/new/", "new"),
        ("GET", "/webhook/shop/7/items/8", "deep"),
    ):  # fmt: skip
        assert (await call(method, path)).json() == expected
    for method, path, status, allowed in (
        ("GET", "/webhook/shop/new", 405, "POST, OPTIONS"), ("DELETE", "/webhook/shop/7", 405, "GET, POST, OPTIONS"),
        ("GET", "/webhook/shop", 404, None), ("GET", "/webhook/shop/7/items", 404, None),
        ("GET", "/webhook/SHOP/7", 404, None), ("OPTIONS", "/webhook/shop/7", 204, "GET, POST, OPTIONS"),
    ):  # fmt: skip
        answer = await call(method, path)
        assert (answer.status_code, answer.headers.get("allow")) == (status, allowed)
        assert "shop" not in answer.text


async def test_a_path_belongs_to_one_workflow(service: World) -> None:
    await service.hook({"path": "orders/:id"}, {"a": "test.add"}, "hook > a", name="First")
    with pytest.raises(ConflictError, match=r"'orders/:id'.*taken by the workflow 'First'"):
        await service.hook({"path": "orders/:number"}, {"a": "test.add"}, "hook > a", name="Second")
    other, project = await person(service.service, name="eve")
    stranger = World(service.service, service.client, other, project, service.calls)
    with pytest.raises(ConflictError, match="taken by another workflow"):
        await stranger.hook({"path": "orders/:id"}, {"a": "test.add"}, "hook > a")
    await service.hook({"path": "orders/:id", "methods": ["PUT"]}, {"a": "test.add"}, "hook > a")
    async with service.service.database.session() as session:
        names = list(await session.scalars(select(Workflow.name).where(Workflow.is_active)))
    assert sorted(names) == ["First", "test"]


async def test_a_webhook_that_nobody_could_call_is_not_published(service: World) -> None:
    for parameters, says in (
        ({"auth": {"kind": "header"}}, "none is chosen"),
        ({"guard": {"addresses": ["nowhere"]}}, "'nowhere' is neither an address"),
    ):
        with pytest.raises(InvalidRequestError) as error:
            await service.hook({"path": "a", **parameters}, {"a": "test.add"}, "hook > a")
        assert error.value.code == "WF741" and says in error.value.message


async def test_what_listens_follows_what_is_published_on_every_server(service: World, settings: Settings) -> None:
    async with world(service.service.settings, "bob") as second:
        workflow = await service.hook({"path": "one"}, {"a": "test.add"}, "hook > a")

        async def is_there(path: str, status: int) -> None:
            for client in (service.client, second.client):

                async def has_it(client: httpx.AsyncClient = client) -> bool:
                    return (await client.post(f"/webhook/{path}")).status_code == status

                await eventually(has_it)

        await is_there("one", 200)
        document = dict((await service.service.versions.get(service.actor, workflow)).document)
        document["nodes"]["hook"]["parameters"]["path"] = "two"
        await service.service.workflows.save(service.actor, workflow, document, made_from=1)
        assert (await service.client.post("/webhook/two")).status_code == 404
        await service.service.workflows.publish(service.actor, workflow)
        # The server that published knows at once.
        assert (await service.client.post("/webhook/two")).status_code == 200
        assert (await service.client.post("/webhook/one")).status_code == 404
        await is_there("two", 200)
        await service.service.workflows.deactivate(service.actor, workflow)
        assert (await service.client.post("/webhook/two")).status_code == 404
        await is_there("two", 404)


async def test_answers_at_once_are_durable(service: World) -> None:
    reply = {"text": '{"ok": true}', "status": 202, "headers": {"X-Mine": "1"}}
    workflow = await service.hook({"path": "a", "reply": reply}, {"gate": "test.gate"}, "hook > gate")
    answer = await service.client.post("/webhook/a", json={})
    assert (answer.status_code, answer.json(), answer.headers["x-mine"]) == (202, {"ok": True}, "1")
    (row,) = await service.executions(workflow)
    assert (str(row.id), row.mode, row.ended_at) == (answer.headers["x-execution-id"], "webhook", None)
    service.calls.gate.set()
    assert (await service.ended(workflow))[0].state == "succeeded"


async def test_answers_of_the_last_node(service: World) -> None:
    nodes: dict[str, Drawn] = {"split": ("data.split_out", {"fields": ["body"]})}

    async def answer(
        path: str, reply: dict[str, Any], body: Any = ({"a": {"b": 1}}, {"a": {"b": 2}})
    ) -> httpx.Response:
        await service.hook({"path": path, "respond": "last_node", "reply": reply}, nodes, "hook > split")
        return await service.client.post(f"/webhook/{path}", json=body)

    assert (await answer("all", {"data": "all_items"})).json() == [{"a": {"b": 1}}, {"a": {"b": 2}}]
    first = await answer("first", {"status": 201})
    assert (first.status_code, first.json()) == (201, {"a": {"b": 1}})
    assert (await answer("field", {"field": "a.b"})).text == "1"
    nothing = await answer("nothing", {"data": "nothing"})
    assert (nothing.status_code, nothing.content) == (204, b"")
    page = await answer("page", {"field": "body", "content_type": "text/html"}, ["<b>hi</b>"])
    assert (page.text, page.headers["content-type"]) == ("<b>hi</b>", "text/html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "allow-same-origin" not in page.headers["content-security-policy"]
    assert (await answer("file", {"data": "first_file"})).status_code == 500


async def test_a_workflow_that_fails_is_told_without_the_reason(service: World) -> None:
    for path, mode in (("last", "last_node"), ("node", "respond_node")):
        bad: Drawn = ("test.add", {"fails": 9})
        workflow = await service.hook({"path": path, "respond": mode}, {"bad": bad}, "hook > bad")
        answer = await service.client.post(f"/webhook/{path}")
        assert (answer.status_code, answer.json()) == (500, {"message": "Error in workflow"})
        assert (await service.ended(workflow))[0].state == "failed"


async def test_a_respond_node_answers_while_the_workflow_goes_on(service: World) -> None:
    respond: Drawn = ("flow.respond", {
        "answer": "json", "body": "={{ {'got': $json.body} }}", "status": 418,
        "headers": {"X-Mine": "ü", "Set-Cookie": "workflow_session=stolen", "Content-Length": "3"},
    })  # fmt: skip
    workflow = await service.hook(
        {"path": "a", "respond": "respond_node"}, {"answer": respond, "gate": "test.gate"},
        "hook > answer, answer > gate",
    )  # fmt: skip
    answer = await service.client.post("/webhook/a", json={"n": 1})
    assert (answer.status_code, answer.json()) == (418, {"got": {"n": 1}})
    assert answer.headers["x-mine"] == "ü"
    assert "set-cookie" not in answer.headers
    (row,) = await service.executions(workflow)
    assert row.ended_at is None
    service.calls.gate.set()
    await service.ended(workflow)
    silent: Drawn = "test.add"
    await service.hook({"path": "b", "respond": "respond_node"}, {"a": silent}, "hook > a")
    answer = await service.client.post("/webhook/b")
    assert (answer.status_code, answer.json()) == (200, {"message": "Workflow executed"})


async def test_an_answer_may_come_bit_by_bit(service: World) -> None:
    part: Drawn = ("flow.respond", {"answer": "text", "body": "one ", "goes_on": True})
    last: Drawn = ("flow.respond", {"answer": "text", "body": "two"})
    for mode in ("respond_node", "stream"):
        service.calls.gate.clear()
        await service.hook(
            {"path": mode, "respond": mode}, {"first": part, "gate": "test.gate", "last": last},
            "hook > first, first > gate, gate > last",
        )  # fmt: skip
        got = b""
        async with service.client.stream("POST", f"/webhook/{mode}") as answer:
            async for chunk in answer.aiter_bytes():
                got += chunk
                if got == b"one ":
                    service.calls.gate.set()
        assert (answer.status_code, got) == (200, b"one two")


async def test_callers_are_checked_and_their_secret_is_kept_from_the_workflow(service: World) -> None:
    use = await service.credential("http.header", {"name": "X-Key", "value": "s3cret-value"})
    hook = {"path": "a/:id", "respond": "last_node", "reply": {"field": "seen"}, "auth": {"kind": "header"}}
    workflow = await service.hook(hook, ECHO, "hook > echo", fields={"credentials": {"auth": use}})
    for headers in ({}, {"X-Key": "wrong"}):
        answer = await service.client.post("/webhook/a/1", json={}, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (401, "The call was refused.")
        assert "X-Key" not in answer.text
    answer = await service.client.post("/webhook/a/1", json={}, headers={"X-Key": "s3cret-value", "X-Other": "1"})
    assert "x-key" not in answer.json()["headers"] and answer.json()["headers"]["x-other"] == "1"
    cookies = {"Cookie": "a=1; workflow_session=mine; workflow_csrf=x; b=2", "X-Key": "s3cret-value"}
    answer = await service.client.post("/webhook/a/1", json={}, headers=cookies)
    assert answer.json()["headers"]["cookie"] == "a=1; b=2"
    await service.ended(workflow, 2)
    await service.service.credentials.delete(service.actor, UUID(use.id), force=True)
    service.service.leases.close()
    assert (await service.client.post("/webhook/a/1", headers={"X-Key": "s3cret-value"})).status_code == 403


async def test_a_signed_request_that_comes_again_is_refused(service: World) -> None:
    use = await service.credential("webhook.secret", {"secret": "shared"})
    rules = {"scheme": "stripe", "once": True}
    await service.hook(
        {"path": "a", "auth": {"kind": "signature", "signature": rules}}, {"a": "test.add"}, "hook > a",
        fields={"credentials": {"auth": use}},
    )  # fmt: skip
    headers = webhook_signature.sign(b"{}", Signature(scheme="stripe"), "shared", timestamp=str(int(time.time())))
    sent = {**headers, "Content-Type": "application/json"}
    statuses = [(await service.client.post("/webhook/a", content=b"{}", headers=sent)).status_code for _ in range(2)]
    assert statuses == [200, 401]


async def test_tokens_of_an_issuer_whose_keys_are_fetched_and_kept(settings: Settings) -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": "k1"}
    token = jwt.encode({"sub": "ada", "exp": time.time() + 60}, key, "RS256", {"kid": "k1"})
    other = jwt.encode({"sub": "ada", "exp": time.time() + 60}, key, "RS256", {"kid": "k2"})
    with web_server() as issuer:
        issuer.answers["/keys"] = Answer({"keys": [public]})
        auth = {"kind": "jwt", "token": {"jwks_url": f"{issuer.url}/keys"}}
        hook = {"path": "a", "respond": "last_node", "reply": {"field": "seen"}, "auth": auth}
        async with world(settings, allow_private_addresses=True) as service:
            await service.hook(hook, ECHO, "hook > echo")
            for sent, status in ((token, 200), (token, 200), (other, 401), (other, 401)):
                answer = await service.client.post("/webhook/a", headers={"Authorization": f"Bearer {sent}"})
                assert answer.status_code == status
                if status == 200:
                    assert (
                        answer.json()["jwtPayload"]["sub"] == "ada" and "authorization" not in answer.json()["headers"]
                    )
        assert len(issuer.seen) == 1
        # Addresses of the service's own network are out of reach unless settings say so.
        async with world(settings, "bob") as service:
            await service.hook({**hook, "path": "b"}, ECHO, "hook > echo")
            answer = await service.client.post("/webhook/b", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 403
        assert len(issuer.seen) == 1


async def test_addresses_behind_proxies(settings: Settings) -> None:
    async with world(settings, trusted_proxies=["127.0.0.1/32"]) as service:
        await service.hook({"path": "a", "guard": {"addresses": ["203.0.113.0/24"]}}, {"a": "test.add"}, "hook > a")
        for forwarded, status in (("203.0.113.9", 200), ("10.0.0.1, 203.0.113.9", 200), ("203.0.113.9, 10.0.0.1", 403)):
            answer = await service.client.post("/webhook/a", headers={"X-Forwarded-For": forwarded})
            assert answer.status_code == status
        assert (await service.client.post("/webhook/a")).status_code == 403


async def test_forwarded_addresses_of_strangers_do_not_count(service: World) -> None:
    await service.hook({"path": "a", "guard": {"addresses": ["203.0.113.0/24"]}}, {"a": "test.add"}, "hook > a")
    assert (await service.client.post("/webhook/a", headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 403


async def test_calls_beyond_the_rate_are_told_when_to_come_back(service: World) -> None:
    workflow = await service.hook(
        {"path": "a", "guard": {"rate": {"calls": 3, "seconds": 600}}}, {"a": "test.add"}, "hook > a"
    )
    answers = [await service.client.post("/webhook/a") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 200
    assert len(await service.ended(workflow, 3)) == 3


async def test_pages_of_chosen_origins_may_call(service: World) -> None:
    await service.hook({"path": "a", "origins": ["https://shop.example.com"]}, {"a": "test.add"}, "hook > a")
    await service.hook({"path": "b"}, {"a": "test.add"}, "hook > a")
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Headers": "x-a, content-type"}
    answer = await service.client.options("/webhook/a", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert answer.headers["access-control-allow-headers"] == "x-a, content-type"
    assert "access-control-allow-credentials" not in answer.headers
    answer = await service.client.post("/webhook/a", headers={"Origin": "https://shop.example.com"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    for path, origin in (("a", "https://evil.example.com"), ("b", "https://shop.example.com")):
        answer = await service.client.post(f"/webhook/{path}", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers


async def test_a_call_with_a_known_key_starts_nothing_and_gets_the_same_answer(service: World) -> None:
    respond: Drawn = ("flow.respond", {"answer": "first_item"})
    for mode in ("at_once", "last_node", "respond_node"):
        guard = {"once": {"header": "Idempotency-Key"}}
        workflow = await service.hook(
            {"path": mode, "respond": mode, "reply": {"field": "body"}, "guard": guard},
            {"effect": "test.effect", "answer": respond}, "hook > effect, effect > answer",
        )  # fmt: skip

        async def call(key: str, body: Any = None, path: str = mode) -> httpx.Response:
            return await service.client.post(f"/webhook/{path}", json={"n": body}, headers={"Idempotency-Key": key})

        first = await call("k1", 1)
        again = await call("k1", 2)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["x-execution-id"] == first.headers["x-execution-id"]
        assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
        await service.ended(workflow)
        together = await asyncio.gather(*(call("k2") for _ in range(8)))
        assert sorted({answer.status_code for answer in together}) in ([200], [200, 409])
        assert len({answer.headers["x-execution-id"] for answer in together if answer.status_code == 200}) == 1
        await service.ended(workflow, 2)
        assert service.calls.names() == ["effect", "effect"]
        # Once the key is known no longer, it is a new call.
        async with service.service.database.session() as session:
            await session.execute(update(Delivery).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
        assert "idempotency-replayed" not in (await call("k1")).headers
        assert len(await service.ended(workflow, 3)) == 3
        service.calls.clear()


async def test_keys_must_be_there_where_they_are_required(service: World) -> None:
    once = {"header": "Idempotency-Key", "required": True}
    await service.hook({"path": "a", "guard": {"once": once}}, {"a": "test.add"}, "hook > a")
    assert (await service.client.post("/webhook/a")).status_code == 422
    assert (await service.client.post("/webhook/a", headers={"Idempotency-Key": "x" * 501})).status_code == 422


async def test_calls_are_counted(service: World) -> None:
    await service.hook({"path": "a"}, {"a": "test.add"}, "hook > a")
    for _ in range(3):
        await service.client.post("/webhook/a")
    await service.service.listening.calls.keep()
    async with service.service.database.session() as session:
        rows = list(await session.scalars(select(Webhook).where(Webhook.method == "POST")))
    assert [(row.calls, row.called_at is not None) for row in rows] == [(3, True)]


async def test_two_workflows_that_take_a_path_in_the_same_moment(service: World) -> None:
    made = await asyncio.gather(
        *(service.hook({"path": "same"}, {"a": "test.add"}, "hook > a", name=f"w{n}") for n in range(4)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in made) == ["ConflictError"] * 3 + ["UUID"]
    assert (await service.client.post("/webhook/same")).status_code == 200
