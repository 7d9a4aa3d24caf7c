"""Trying credentials out: one harmless use that says whether they work, and shows nothing of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.nodes.servers import Answer, Seen, WebServer, mail_server, web_server
from tests.services.credential_world import CredentialWorld
from workflow_kernel.base.errors import InvalidRequestError, NodeError, NotFoundError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_trials import Trial
from workflow_kernel.storage.database import Database
from workflow_kernel.worker.fence import Fence, FencedClient


@pytest.fixture
async def world(database: Database) -> AsyncIterator[CredentialWorld]:
    made = CredentialWorld(database)
    yield made
    await made.close()


@pytest.fixture
async def ada(world: CredentialWorld) -> Actor:
    return await world.person("ada")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def guarded(seen: Seen) -> Answer:
    return Answer({}, 200 if "sesame" in seen.headers.get("x-key", "") else 401)


async def test_a_request_tells_whether_it_works(world: CredentialWorld, ada: Actor, web: WebServer) -> None:
    web.answers["/me"] = guarded
    home = await world.home(ada)
    values = {"name": "X-Key", "value": "open sesame"}
    made = await world.credentials.create(ada, home, "Key", "http.header", values)
    trial = await world.trials.try_out(ada, made.id, f"{web.url}/me")
    assert trial == Trial(True, f"GET {web.url}/me answered 200 OK.")
    changed = await world.trials.try_out(ada, made.id, f"{web.url}/me", {"value": "something else"})
    assert not changed.is_good and "401" in changed.message and changed.mend
    assert (await world.trials.try_values(ada, home, "http.header", values, f"{web.url}/me")).is_good
    assert (await world.credentials.read(ada, made.id)).version == 1
    outcomes = [event.details["is_good"] for event in await world.audited() if event.action == "credential.test"]
    assert outcomes == [True, False, True]


async def test_a_url_is_needed_where_the_type_has_none(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    assert "address" in (await world.trials.try_out(ada, made.id)).message
    values = {"secret": "JBSWY3DPEHPK3PXP"}
    trial = await world.trials.try_values(ada, None, "totp", values)
    assert not trial.is_good and "cannot be tried out" in trial.message


async def test_what_goes_wrong_shows_no_secret(world: CredentialWorld, ada: Actor, web: WebServer) -> None:
    values = {"name": "key", "value": "open-sesame"}
    trial = await world.trials.try_values(ada, None, "http.query", values, f"{web.url}:bad/open-sesame")
    assert not trial.is_good and "sesame" not in str(trial)


async def test_a_database_is_connected_to(world: CredentialWorld, ada: Actor, postgres: str) -> None:
    values = {"host": "127.0.0.1", "port": int(conninfo_to_dict(postgres)["port"]), "user": "postgres"}
    trial = await world.trials.try_values(ada, None, "postgres", {**values, "database": "postgres"})
    assert trial.is_good and "Postgres 1" in trial.message
    trial = await world.trials.try_values(ada, None, "postgres", {**values, "database": "nowhere"})
    assert not trial.is_good and "nowhere" in trial.message


async def test_a_mail_server_is_signed_in_at(world: CredentialWorld, ada: Actor) -> None:
    with mail_server() as mail:
        values: dict[str, Any] = {"host": "127.0.0.1", "port": mail.port, "security": "none", "user": "ann"}
        good = await world.trials.try_values(ada, None, "smtp", {**values, "password": "right"})
        bad = await world.trials.try_values(ada, None, "smtp", {**values, "password": "wrong"})
        assert (good.is_good, bad.is_good, mail.messages) == (True, False, [])


async def test_a_program_s_token_is_fetched(world: CredentialWorld, ada: Actor, web: WebServer) -> None:
    web.answers["/token"] = Answer({"access_token": "fetched-token"})
    values = {"client_id": "us", "client_secret": "client secret", "token_url": f"{web.url}/token"}
    assert (await world.trials.try_values(ada, None, "oauth2.client_credentials", values)).is_good
    assert (await world.trials.try_values(ada, None, "oauth2.client_credentials", values, f"{web.url}/me")).is_good
    assert web.seen[-1].headers["authorization"] == "Bearer fetched-token"
    web.answers["/token"] = Answer({"error": "invalid_client"}, 401)
    trial = await world.trials.try_values(ada, None, "oauth2.client_credentials", values)
    assert not trial.is_good and "invalid_client" in trial.message


async def test_trials_stay_outside_this_network(world: CredentialWorld, ada: Actor, web: WebServer) -> None:
    fence = Fence()
    await world.http.aclose()
    world.http = FencedClient(fence)
    world.trials._check_address = fence.check
    for kind, values, url in (
        ("http.bearer", {"token": "0123456789"}, web.url),
        ("tls.client", {}, web.url),
        ("postgres", {"host": "127.0.0.1"}, ""),
        ("smtp", {"host": "localhost"}, ""),
        ("oauth2.client_credentials", {"client_id": "us", "token_url": f"{web.url}/token"}, ""),
    ):
        trial = await world.trials.try_values(ada, None, kind, values, url)
        assert not trial.is_good and "may not be reached" in trial.message, kind
    assert web.seen == []


async def test_those_who_may_only_use_it_do_not_try_it_out(world: CredentialWorld, ada: Actor, web: WebServer) -> None:
    """Else they would have it sent to an address of theirs."""
    made = await world.basic(ada)
    bo = await world.person("bo")
    team = await world.project((ada, "editor"), (bo, "owner"))
    await world.credentials.share(ada, made.id, team)
    with pytest.raises(NotFoundError):
        await world.trials.try_out(bo, made.id, web.url)
    with pytest.raises(NotFoundError):
        await world.trials.try_values(bo, made.project, "http.bearer", {"token": "0123456789"}, web.url)
    with pytest.raises(InvalidRequestError):
        await world.trials.try_values(bo, team, "http.bearer", {}, web.url)
    assert web.seen == []


async def test_choices_are_loaded_with_a_credential_one_may_use(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    bo, eve = await world.person("bo"), await world.person("eve")
    team = await world.project((ada, "editor"), (bo, "editor"), (eve, "viewer"))
    await world.credentials.share(ada, made.id, team)
    assert (await world.credentials.open(bo, made.id))["password"] == "open sesame"
    with pytest.raises(NotFoundError):
        await world.credentials.open(eve, made.id)
    unconnected = {"client_id": "us", "token_url": "https://a.example/t", "authorization_url": "https://a.example/a"}
    other = await world.credentials.create(ada, None, "C", "oauth2.authorization_code", unconnected)
    with pytest.raises(NodeError, match="Nobody has signed in"):
        await world.credentials.open(ada, other.id)
