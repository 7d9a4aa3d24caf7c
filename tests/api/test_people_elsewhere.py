"""Signing in elsewhere and with a passkey over HTTP: redirects, cookies, where a browser may end up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.services.authenticator import Authenticator
from tests.services.people import World, world
from tests.services.providers import openid_server, query_of, say_yes
from workflow_kernel.api import profile, sign_in, sign_on
from workflow_kernel.base.settings import Settings, SignOnProvider
from workflow_kernel.storage.database import Database

ROUTES = [function for module in (sign_in, sign_on, profile) for function in module.ROUTES]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with openid_server({"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"}) as found:
        yield found


@pytest.fixture
async def house(api: Start, database: Database, settings: Settings, issuer: str) -> AsyncIterator[tuple[Server, World]]:
    work = SignOnProvider(
        name="work", title="At work", issuer=issuer, client_id="workflow", client_secret="s3cret", create="always"
    )  # type: ignore[arg-type]
    changed = settings.model_copy(update={"sign_on": [work], "public_url": "https://flows.example.com/base"})
    async with world(database, changed) as people:
        parts = {name: getattr(people.services, name) for name in people.services.__struct_fields__}
        yield await api(ROUTES, prefix="/base", **parts), people


async def test_a_browser_goes_there_and_comes_back_signed_in(house: tuple[Server, World]) -> None:
    server, _ = house
    client = await server.client()
    assert (await client.get("/api/auth/sign-on")).json()["items"] == [{"name": "work", "title": "At work"}]
    there = await client.get("/api/auth/sign-on/work", params={"next": "//evil.example"})
    assert there.status_code == 303
    query = query_of(there.headers["location"])
    assert query["redirect_uri"] == "https://flows.example.com/base/api/auth/sign-on/work/callback"
    back = await say_yes(there.headers["location"], "ada")
    stranger = await server.client()
    assert (await stranger.get("/api/auth/sign-on/work/callback", params=back)).status_code == 401
    there = await client.get("/api/auth/sign-on/work", params={"next": "/workflows"})
    back = await say_yes(there.headers["location"], "ada")
    answer = await client.get("/api/auth/sign-on/work/callback", params=back | {"session_state": "more"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/base/workflows")
    assert (await client.get("/api/me")).json()["email"] == "ada@example.com"
    assert "workflow_sign_on" not in client.cookies
    refused = await client.get("/api/auth/sign-on/work/callback", params={"error": "access_denied", "state": "x"})
    assert (refused.status_code, refused.json()["code"]) == (401, "WF723")
    assert (await client.get("/api/auth/sign-on/elsewhere")).status_code == 404


async def test_a_browser_makes_a_passkey_and_signs_in_with_it(house: tuple[Server, World]) -> None:
    server, people = house
    await people.account()
    client = await server.client(Authorization=f"Bearer {(await people.enter()).access_token}")
    browser = Authenticator("https://flows.example.com")
    asked = (await client.post("/api/me/passkeys/challenge")).json()
    body = {"name": "Laptop", "credential": browser.create(asked)}
    assert (await client.post("/api/me/passkeys", json=body)).status_code == 201
    stranger = await server.client()
    asked = (await stranger.post("/api/auth/passkey")).json()
    answer = await stranger.post("/api/auth/passkey/answer", json={"credential": browser.get(asked)})
    assert answer.status_code == 200, answer.text
    (listed,) = (await stranger.get("/api/me/passkeys")).json()["items"]
    assert listed["name"] == "Laptop"
    nobody = await server.client()
    assert (await nobody.post("/api/auth/passkey/answer", json={"credential": {"x": 1}})).status_code == 401
