"""Attacks on the doors of a whole service: each is tried as an attacker would, and must come to nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
import time
import zipfile
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import func, select

from tests.api.plausible import Plausible
from tests.api.whole import PASSWORD, Whole
from workflow_kernel.api import resources
from workflow_kernel.api.kernel import Kernel
from workflow_kernel.api.workflow_views import EXAMPLE
from workflow_kernel.auth.tokens import Signer, csrf_token
from workflow_kernel.base.errors import ServiceError
from workflow_kernel.services.sign_on import safe_path
from workflow_kernel.storage import keys
from workflow_kernel.storage.tables import User

EVIL = "https://evil.example.com"


async def raw(whole: Whole, request: bytes) -> bytes:
    """The answer to bytes no client would send."""
    host, port = whole.server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return answer


INJECTIONS = (
    "' OR '1'='1", "'; DROP TABLE user_account; --", "1) OR 1=1", "\\'; SELECT pg_sleep(9); --", "%' OR 1=1 --",
    "${jndi:ldap://x}", "{{7*7}}", "a\u2019 or 1=1", "\\", '"', "%", "_", "$1", ":name", "%(name)s",
)  # fmt: skip


async def test_sql_in_a_value_is_a_value(whole: Whole) -> None:
    admin, stranger = await whole.sign_in("admin"), await whole.server.client()
    document = (await stranger.get("/api/openapi.json")).json()
    began = time.monotonic()
    texts = [
        (path, parameter["name"])
        for path, operations in document["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", ())
        if parameter["in"] == "query" and "string" in json.dumps(parameter["schema"]) and "{" not in path
    ]
    assert len(texts) > 10
    for path, name in texts:
        for text in INJECTIONS[:6]:
            answer = await admin.get(f"/api{path}", params={name: text})
            assert answer.status_code < 500, (path, name, text, answer.text)
            assert "syntax error" not in answer.text
    for text in INJECTIONS:
        answer = await stranger.post("/api/auth/login", json={"email": text, "password": text})
        assert answer.status_code in (401, 422, 429)
        made = await admin.post("/api/tags", json={"name": text})
        if made.status_code == 201:
            names = [tag["name"] for tag in (await admin.get("/api/tags")).json()["items"]]
            assert text.strip() in names
    async with whole.service.database.session() as session:
        assert (await session.scalar(select(func.count()).select_from(User)) or 0) >= 1
    assert time.monotonic() - began < 60, "something slept"


PATHS = (
    "/api/docs/../../../../etc/passwd", "/api/docs/..%2f..%2f..%2fetc%2fpasswd", "/api/docs/%2e%2e/%2e%2e/etc/passwd",
    "/api/docs/....//....//etc/passwd", "/api/docs//etc/passwd", "/api/docs/..\\..\\etc\\passwd",
    "/api/docs/%c0%ae%c0%ae/etc/passwd", "/api/node-types/..%2f..%2fetc%2fpasswd", "/../../etc/passwd",
    "/api/workflows/..%2f..%2f..%2fetc%2fpasswd", "/static/../../../etc/passwd", "/api/docs/swagger-ui.css%00.js",
)  # fmt: skip


async def test_no_path_leads_out(whole: Whole) -> None:
    for path in PATHS:
        answer = await raw(whole, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        status = int(answer.split(b" ")[1])
        assert status in (400, 401, 404, 405), (path, answer[:200])
        assert b"root:" not in answer


def part(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


async def test_no_token_but_ours_counts(whole: Whole) -> None:
    good = (await whole.enter("viewer")).access_token
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    raised = {**claims, "role": "admin", "permissions": ["account.read"]}
    forged = {
        "none": f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        "None": f"{part({'alg': 'None', 'typ': 'at+jwt'})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "changed": f"{head}.{part(raised)}.{signature}",
        "another key": jwt.encode(claims, "k" * 32, algorithm="HS256"),
        "empty key": f"{head}.{body}.{part({})}",
        "another algorithm": jwt.encode(claims, "k" * 64, algorithm="HS512"),
        "key by address": jwt.encode(
            claims, "k" * 32, algorithm="HS256", headers={"jku": EVIL, "kid": "../../dev/null"}
        ),
        "long": good + "A" * 5000,
        "two": f"{good},{good}",
    }
    for name, token in forged.items():
        client = await whole.server.client(Authorization=f"Bearer {token}")
        answer = await client.get("/api/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "WF711"), name
    client = await whole.server.client(Authorization=f"Bearer {good}")
    assert (await client.get("/api/me")).json()["role"] == "viewer"
    assert (await client.get("/api/users")).status_code == 403


async def test_a_role_in_a_token_is_not_what_counts(whole: Whole) -> None:
    """Even a token with our own signature gives no more than the account has."""
    good = (await whole.enter("viewer")).access_token
    claims = jwt.decode(good, options={"verify_signature": False})
    key = keys.signing_key(whole.service.settings)
    raised = jwt.encode({**claims, "role": "admin"}, key, algorithm="HS256", headers={"typ": "at+jwt"})
    client = await whole.server.client(Authorization=f"Bearer {raised}")
    assert (await client.get("/api/users")).status_code == 403


async def test_a_public_key_is_no_secret_key(whole: Whole) -> None:
    """A service that signs with RS256 takes no HS256 token made with its public key."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = Signer("RS256", private)
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode((await whole.enter("viewer")).access_token, options={"verify_signature": False})
    unsigned = f"{part({'alg': 'HS256', 'typ': 'at+jwt'})}.{part(claims)}"
    mac = base64.urlsafe_b64encode(hmac.new(public, unsigned.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    with pytest.raises(ServiceError):
        signer.read(f"{unsigned}.{mac}")


async def test_a_session_somebody_else_chose_is_not_taken_over(whole: Whole) -> None:
    mallory = (await whole.enter("viewer", kind="session")).cookie
    email = await whole.account("editor")
    planted = await whole.server.client(Cookie=f"workflow_session={mallory}")
    body = {"email": email, "password": PASSWORD, "kind": "session"}
    forged = await planted.post("/api/auth/login", json=body)
    assert (forged.status_code, forged.json()["code"]) == (403, "WF785")
    answer = await planted.post("/api/auth/login", json=body, headers={"X-Csrf-Token": csrf_token(mallory)})
    assert answer.status_code == 200
    assert answer.cookies["workflow_session"] != mallory
    still = await whole.server.client(Cookie=f"workflow_session={mallory}")
    assert (await still.get("/api/me")).json().get("email") != email
    made_up = await whole.server.client(Cookie=f"workflow_session={'0' * 32}.{'a' * 43}")
    answer = await made_up.post("/api/auth/login", json=body)
    assert answer.cookies["workflow_session"].partition(".")[0] != "0" * 32


async def test_no_door_is_opened_by_a_cookie_alone(whole: Whole) -> None:
    functions = [function for module in resources.MODULES for function in getattr(module, "ROUTES", ())]
    plausible = Plausible((await (await whole.server.client()).get("/api/openapi.json")).json())
    client = await whole.by_cookie("admin")
    for endpoint in Kernel(whole.service, functions).endpoints:
        route = endpoint.route
        if route.method == "GET":
            continue
        operation = plausible.operation(route.path, route.method)
        kind, body = plausible.body(operation)
        content: dict[str, Any] = (
            {} if body is None else {"content": json.dumps(body), "headers": {"Content-Type": kind}}
        )
        answer = await client.request(route.method, plausible.path(route.path, operation), **content)
        assert (answer.status_code, answer.json()["code"]) == (403, "WF785"), route.path
    assert (await client.get("/api/me")).status_code == 200, "it was signed out after all"


async def test_nobody_writes_what_is_not_theirs_to_write(whole: Whole) -> None:
    editor, admin = await whole.sign_in("editor"), await whole.sign_in("admin")
    me = (await editor.get("/api/me")).json()
    for extra in ({"role": "admin"}, {"permissions": ["account.read"]}, {"id": me["id"]}, {"is_active": True}):
        assert (await editor.patch("/api/me", json={"name": "Ann", **extra})).status_code == 422
    stranger = await whole.server.client()
    new = {"email": "new@example.com", "password": PASSWORD}
    for extra in ({"role": "admin"}, {"verified_at": "2026-01-01T00:00:00Z"}, {"__proto__": {"role": "admin"}}):
        assert (await stranger.post("/api/auth/register", json={**new, **extra})).status_code == 422
    owner = (await admin.get("/api/me")).json()["id"]
    for extra in ({"created_by": owner}, {"published_version": 1}, {"is_active": True}, {"id": owner}):
        body = {"name": "W", "document": EXAMPLE, **extra}
        assert (await editor.post("/api/workflows", json=body)).status_code == 422
    assert (await editor.get("/api/me")).json() == me
    duplicated = '{"name": "Ann", "role": "editor", "role": "admin"}'
    answer = await editor.patch("/api/me", content=duplicated, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def bomb() -> bytes:
    """A small archive that is large inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(12):
            archive.writestr(f"{number}.flow", b" " * (10 << 20))
    return out.getvalue()


async def test_bombs_do_not_go_off(whole: Whole) -> None:
    editor = await whole.sign_in("editor")
    made = await asyncio.to_thread(bomb)
    assert len(made) < 1 << 20
    answer = await editor.post("/api/workflows/import", content=made, headers={"Content-Type": "application/zip"})
    assert 400 <= answer.status_code < 500, answer.text[:300]
    headers = {"Content-Type": "application/json"}
    bombs = {
        "deep": b'{"name": "x", "document": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        "open": b"[" * 100_000,
        "many": b'{"name": "x", "document": {' + b",".join(b'"k%d": 1' % n for n in range(200_000)) + b"}}",
        "number": b'{"name": "x", "document": {"a": ' + b"9" * 100_000 + b"}}",
        "exponent": b'{"name": "x", "document": {"a": 1e999999999}}',
        "name": b'{"name": "' + b"x" * 1_000_000 + b'", "document": {}}',
        "surrogate": b'{"name": "\\ud800", "document": {}}',
        "no text": b'{"name": "\xff\xfe"}',
        "quotes": b'{"name": "' + b'\\"' * 500_000 + b'"}',
    }
    for name, body in bombs.items():
        began = time.process_time()
        answer = await editor.post("/api/workflows", content=body, headers=headers)
        assert 400 <= answer.status_code < 500, (name, answer.status_code)
        assert time.process_time() - began < 10, name
    assert (await editor.get("/api/me")).status_code == 200


async def test_no_header_is_smuggled_into_an_answer(whole: Whole) -> None:
    editor = await whole.sign_in("editor")
    evil = "x\r\nSet-Cookie: workflow_session=evil"
    made = await editor.post("/api/workflows", json={"name": evil, "document": EXAMPLE})
    if made.status_code == 201:
        identity = made.json()["workflow"]["id"]
        answer = await editor.get(f"/api/workflows/{identity}/export")
        assert answer.status_code < 500
        assert "set-cookie" not in answer.headers
    for sent in ("a%0d%0aSet-Cookie:%20x=y", "x\r\n\tSet-Cookie: x=y"):
        request = f"GET /api/me HTTP/1.1\r\nHost: x\r\nX-Request-Id: {sent}\r\nConnection: close\r\n\r\n"
        assert b"set-cookie" not in (await raw(whole, request.encode())).lower()
    answer_ = await raw(whole, b"GET /api/me%0d%0aSet-Cookie:x=y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"set-cookie" not in answer_.lower()
    smuggled = (
        b"POST /api/tags HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x"
    )
    assert b" 400 " in (await raw(whole, smuggled))[:20]


ELSEWHERE = (
    "//evil.example.com", "/\\evil.example.com", EVIL, "\t//evil.example.com", "/\t/evil.example.com", "javascript:x",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_nobody_is_sent_elsewhere(target: str) -> None:
    try:
        found = safe_path(target)
    except ServiceError:
        return
    assert found.startswith("/") and not found.startswith(("//", "/\\")) and "\t" not in found


async def test_an_error_tells_nothing_of_the_inside(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = await whole.sign_in("editor")

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("postgresql://workflow:hunter2@db/flows")

    monkeypatch.setattr(whole.service.tags, "find", broken)
    answer = await editor.get("/api/tags")
    assert answer.status_code == 500
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "mend", "request"}
    assert "hunter2" not in answer.text and "Traceback" not in answer.text


async def test_who_is_not_signed_in_learns_nothing_of_what_is_there(whole: Whole) -> None:
    editor, other = await whole.sign_in("editor"), await whole.sign_in("editor")
    made = await editor.post("/api/workflows", json={"name": "Mine", "document": EXAMPLE})
    there, nowhere = made.json()["workflow"]["id"], "0190a5b4-0000-7000-8000-000000000001"
    answers: list[httpx.Response] = []
    for identity in (there, nowhere):
        answers.append(await other.get(f"/api/workflows/{identity}"))
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
