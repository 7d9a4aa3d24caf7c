"""Signing in, one's own account, projects and administration over HTTP, through a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.services.people import OTHER_PASSWORD, PASSWORD, World, world
from workflow_kernel.api import (
    accounts,
    api_keys,
    invitations,
    profile,
    projects,
    registration,
    roles,
    sessions,
    sign_in,
    sign_on,
)
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.storage.database import Database

MODULES = (sign_in, sign_on, registration, sessions, accounts, profile, api_keys, invitations, roles, projects)
ROUTES = [function for module in MODULES for function in module.ROUTES]
EMAIL = "ada@example.com"


class House:
    """A server with the services about people behind it."""

    def __init__(self, server: Server, people: World) -> None:
        self.server = server
        self.people = people

    async def browser(self, email: str = EMAIL, password: str = PASSWORD) -> httpx.AsyncClient:
        """A browser that is signed in, and sends what pages of ours send."""
        client = await self.server.client()
        body = {"email": email, "password": password, "kind": "session"}
        answer = await client.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        client.headers["X-Csrf-Token"] = client.cookies["workflow_csrf"]
        return client

    async def program(self, email: str = EMAIL, role: str = "editor") -> httpx.AsyncClient:
        """A program with an access token of somebody new."""
        await self.people.account(email, role)
        signed = await self.people.enter(email)
        return await self.server.client(Authorization=f"Bearer {signed.access_token}")


@pytest.fixture
async def house(api: Start, database: Database, settings: Settings) -> AsyncIterator[House]:
    async with world(database, settings) as people:
        names = people.services.__struct_fields__
        parts = {name: getattr(people.services, name) for name in names}
        yield House(await api(ROUTES, **parts), people)


async def test_a_browser_signs_in_with_a_cookie_and_out_again(house: House) -> None:
    await house.people.account()
    client = await house.server.client()
    wrong = await client.post("/api/auth/login", json={"email": EMAIL, "password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "WF712")
    body = {"email": EMAIL, "password": PASSWORD, "kind": "session"}
    answer = await client.post("/api/auth/login", json=body)
    assert answer.json()["access_token"] == ""
    assert answer.headers["cache-control"] == "no-store"
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("workflow_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert (await client.get("/api/me")).json()["email"] == EMAIL
    assert (await client.patch("/api/me", json={"name": "Ada"})).status_code == 403, "no proof of a page of ours"
    client.headers["X-Csrf-Token"] = client.cookies["workflow_csrf"]
    assert (await client.patch("/api/me", json={"name": "Ada"})).json()["name"] == "Ada"
    assert (await client.post("/api/auth/logout")).status_code == 204
    assert "workflow_session" not in client.cookies
    assert (await client.get("/api/me")).status_code == 401


async def test_a_program_refreshes_its_tokens(house: House) -> None:
    await house.people.account()
    client = await house.server.client()
    tokens = (await client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})).json()
    assert tokens["expires_in"] == 3600
    again = await client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    client.headers["Authorization"] = f"Bearer {again.json()['access_token']}"
    assert (await client.get("/api/me")).status_code == 200
    stolen = await client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert (stolen.status_code, stolen.json()["code"]) == (401, "WF727")
    assert (await client.get("/api/me")).status_code == 401


async def test_too_many_failures_are_told_when_to_come_back(house: House) -> None:
    client = await house.server.client()
    body = {"email": EMAIL, "password": "wrong"}
    statuses = [(await client.post("/api/auth/login", json=body)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert int((await client.post("/api/auth/login", json=body)).headers["retry-after"]) > 20


async def test_the_first_link_signs_a_browser_in(house: House) -> None:
    link = await house.people.services.sign_in.one_time_link(SYSTEM)
    path = "/api/" + link.partition("/api/")[2]
    client = await house.server.client()
    assert (await client.head(path)).status_code == 303, "looking at it uses nothing up"
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await client.get("/api/me")).json()["role"] == "admin"
    assert (await (await house.server.client()).get(path)).status_code == 401


async def test_a_second_factor_is_set_up_and_asked_for(house: House) -> None:
    client = await house.program()
    made = await client.post("/api/me/second-factor")
    app = pyotp.TOTP(made.json()["secret"])
    codes = (await client.post("/api/me/second-factor/confirm", json={"code": app.now()})).json()["codes"]
    assert (await client.get("/api/me/second-factor")).json() == {"is_set_up": True, "codes_left": 10}
    other = await house.server.client()
    asked = (await other.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})).json()
    assert set(asked) == {"challenge", "factors"}
    body = {"challenge": asked["challenge"], "code": codes[0]}
    assert (await other.post("/api/auth/second-factor", json=body)).json()["access_token"]
    assert (await client.post("/api/me/second-factor/remove", json={"code": codes[1]})).status_code == 204


async def test_a_forgotten_password_over_http(house: House) -> None:
    await house.people.account()
    client = await house.server.client()
    for email in (EMAIL, "nobody@example.com"):
        assert (await client.post("/api/auth/password/forgot", json={"email": email})).status_code == 202
    body = {"token": house.people.mailbox.token(EMAIL), "password": OTHER_PASSWORD}
    assert (await client.post("/api/auth/password/reset", json=body)).status_code == 204
    await house.browser(password=OTHER_PASSWORD)


async def test_an_invitation_over_http(house: House) -> None:
    admin = await house.program("admin@example.com", "admin")
    made = await admin.post("/api/invitations", json={"email": EMAIL, "role": "viewer"})
    assert made.status_code == 201
    assert [one["email"] for one in (await admin.get("/api/invitations")).json()["items"]] == [EMAIL]
    client = await house.server.client()
    assert (await client.post("/api/auth/register", json={"email": EMAIL, "password": PASSWORD})).status_code == 403
    body = {"invitation": house.people.mailbox.token(EMAIL), "password": PASSWORD, "name": "Ada"}
    assert (await client.post("/api/auth/register", json=body)).status_code == 202
    me = (await (await house.browser()).get("/api/me")).json()
    assert (me["name"], me["role"]) == ("Ada", "viewer")


async def test_sessions_and_keys_over_http(house: House) -> None:
    client = await house.program()
    browser = await house.browser()
    listed = (await client.get("/api/sessions")).json()["items"]
    assert [(one["kind"], one["is_this"]) for one in listed] == [("session", False), ("token", True)]
    assert (await client.delete(f"/api/sessions/{listed[0]['id']}")).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401
    made = (await client.post("/api/api-keys", json={"name": "ci", "scopes": ["account.own"]})).json()
    program = await house.server.client(**{"X-Api-Key": made["secret"]})
    assert (await program.get("/api/me")).json()["email"] == EMAIL
    assert (await program.post("/api/projects", json={"name": "Team"})).status_code == 403
    assert "secret" not in str((await client.get("/api/api-keys")).json())
    assert (await client.delete(f"/api/api-keys/{made['key']['id']}")).status_code == 204
    assert (await program.get("/api/me")).status_code == 401


async def test_administration_over_http(house: House) -> None:
    admin = await house.program("admin@example.com", "admin")
    ada = await house.program()
    assert (await ada.get("/api/users")).status_code == 403
    page = (await admin.get("/api/users", params={"limit": 1})).json()
    rest = (await admin.get("/api/users", params={"limit": 1, "cursor": page["next"]})).json()
    assert [page["items"][0]["email"], rest["items"][0]["email"]] == [EMAIL, "admin@example.com"]
    assert rest["next"] is None
    user = page["items"][0]["id"]
    role = {"name": "auditor", "title": "Auditor", "permissions": ["audit.read", "role.read"]}
    assert (await admin.post("/api/roles", json=role)).status_code == 201
    assert (await admin.patch(f"/api/users/{user}", json={"role": "auditor"})).json()["role"] == "auditor"
    assert (await ada.get("/api/permissions")).json()["yours"] == ["audit.read", "role.read"]
    assert (await admin.patch(f"/api/users/{user}", json={"password": "x"})).status_code == 422, "no mass assignment"
    assert (await admin.patch(f"/api/users/{user}", json={"is_active": False})).status_code == 200
    assert (await ada.get("/api/me")).status_code == 401
    assert (await admin.delete(f"/api/users/{user}")).status_code == 204
    assert (await admin.get(f"/api/users/{user}")).status_code == 404


async def test_projects_over_http(house: House) -> None:
    ada = await house.program()
    bob = await house.program("bob@example.com")
    team = (await ada.post("/api/projects", json={"name": "Team"})).json()
    path = f"/api/projects/{team['id']}"
    assert (await bob.get(path)).status_code == 404
    member = await ada.post(f"{path}/members", json={"email": "bob@example.com", "role": "editor"})
    assert member.status_code == 201
    assert (await bob.get(path)).json()["role"] == "editor"
    assert (await bob.patch(path, json={"name": "Ours"})).json()["name"] == "Ours"
    assert (await bob.delete(path)).status_code == 403
    assert (await ada.post(f"{path}/leave")).status_code == 409
    changed = await ada.patch(f"{path}/members/{member.json()['account']}", json={"role": "owner"})
    assert changed.json()["role"] == "owner"
    assert (await ada.post(f"{path}/leave")).status_code == 204
    assert [one["name"] for one in (await bob.get("/api/projects")).json()["items"]][-1] == "Ours"
    assert len((await bob.get(f"{path}/members")).json()["items"]) == 1


async def test_strangers_get_nowhere(house: House) -> None:
    client = await house.server.client()
    for path in ("/api/me", "/api/sessions", "/api/api-keys", "/api/users", "/api/projects", "/api/roles"):
        assert (await client.get(path)).status_code == 401, path
    client.headers["Authorization"] = "Bearer rubbish"
    assert (await client.get("/api/me")).json()["code"] == "WF711"
    assert (await client.get("/api/auth/sign-on")).json() == {"items": []}
