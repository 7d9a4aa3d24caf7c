"""Consent: a person signs in at a service once, and its tokens are used and renewed from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from tests.services.credential_world import RUN, CredentialWorld
from tests.services.oauth_server import OAuthServer, oauth_server
from workflow_kernel.base.errors import InvalidRequestError, NodeError, NotAllowedError, NotFoundError
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.credentials import CredentialRecord
from workflow_kernel.storage.database import Database

CALLBACK = "https://flows.example.com/api/credentials/oauth2/callback"
KIND = "oauth2.authorization_code"


@pytest.fixture
async def world(database: Database, redis_url: str) -> AsyncIterator[CredentialWorld]:
    made = CredentialWorld(database, redis_url=redis_url)
    yield made
    await made.close()


@pytest.fixture
async def ada(world: CredentialWorld) -> Actor:
    return await world.person("ada")


@pytest.fixture
def server() -> Iterator[OAuthServer]:
    with oauth_server() as found:
        yield found


@pytest.mark.parametrize("more", [{}, {"pkce": False}, {"client_in": "body"}], ids=["usual", "no proof", "in body"])
async def test_a_person_consents_and_runs_get_tokens(
    world: CredentialWorld, ada: Actor, server: OAuthServer, more: dict[str, Any]
) -> None:
    made = await calendar(world, ada, server, **more)
    assert not made.is_connected
    url = await world.oauth.start(ada, made.id, CALLBACK)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (asked["access_type"], asked["scope"], asked["redirect_uri"]) == ("offline", "read write", CALLBACK)
    assert ("code_challenge" in asked) == (more != {"pkce": False})
    connected = await world.oauth.finish(ada, *await consent(world, url))
    assert connected.name == "Calendar"
    assert (await world.credentials.read(ada, made.id)).is_connected
    assert (await world.trials.try_out(ada, made.id, f"{server.url}/me")).is_good
    first = await token(world, made)
    world.clock.now += server.seconds - 30
    second = await token(world, made)
    assert first != second
    assert server.grants == ["authorization_code", "refresh_token"]
    assert (await world.trials.try_out(ada, made.id, f"{server.url}/me")).is_good


async def test_the_state_counts_once_and_for_the_same_person(
    world: CredentialWorld, ada: Actor, server: OAuthServer
) -> None:
    made = await calendar(world, ada, server)
    state, code = await consent(world, await world.oauth.start(ada, made.id, CALLBACK))
    await world.oauth.finish(ada, state, code)
    bo = await world.person("bo")
    others = await consent(world, await world.oauth.start(ada, made.id, CALLBACK))
    for actor, given in ((ada, (state, code)), (bo, others), (ada, others), (ada, ("made up", code))):
        with pytest.raises(InvalidRequestError, match="does not count") as caught:
            await world.oauth.finish(actor, *given)
        assert caught.value.code == "WF736"


async def test_a_code_of_somebody_else_is_worth_nothing(
    world: CredentialWorld, ada: Actor, server: OAuthServer
) -> None:
    """The code belongs to the proof key of the way it was asked for on."""
    one, two = await calendar(world, ada, server), await calendar(world, ada, server)
    _, stolen = await consent(world, await world.oauth.start(ada, one.id, CALLBACK))
    state, _ = await consent(world, await world.oauth.start(ada, two.id, CALLBACK))
    with pytest.raises(InvalidRequestError, match="invalid_grant"):
        await world.oauth.finish(ada, state, stolen)
    assert not (await world.credentials.read(ada, two.id)).is_connected


async def test_a_refusal_is_told(world: CredentialWorld, ada: Actor, server: OAuthServer) -> None:
    made = await calendar(world, ada, server)
    state, _ = await consent(world, await world.oauth.start(ada, made.id, CALLBACK))
    with pytest.raises(InvalidRequestError, match="access_denied"):
        await world.oauth.finish(ada, state, error="access_denied")


async def test_only_who_may_change_it_connects_it(world: CredentialWorld, ada: Actor, server: OAuthServer) -> None:
    made = await calendar(world, ada, server)
    bo = await world.person("bo")
    with pytest.raises(NotFoundError):
        await world.oauth.start(bo, made.id, CALLBACK)
    with pytest.raises(NotAllowedError, match="person"):
        await world.oauth.start(SYSTEM, made.id, CALLBACK)
    with pytest.raises(InvalidRequestError, match="no consent"):
        await world.oauth.start(ada, (await world.basic(ada)).id, CALLBACK)
    with pytest.raises(NotFoundError):
        await world.oauth.disconnect(bo, made.id)


async def test_another_server_or_client_needs_another_consent(
    world: CredentialWorld, ada: Actor, server: OAuthServer
) -> None:
    """Else whoever may change the address would be sent the token that renews."""
    made = await calendar(world, ada, server)
    await connect(world, ada, made.id)
    renamed = await world.credentials.update(ada, made.id, 1, values={"scope": "read"})
    assert renamed.is_connected
    moved = await world.credentials.update(ada, made.id, 2, values={"token_url": "https://evil.example/token"})
    assert not moved.is_connected


async def test_a_credential_is_disconnected(world: CredentialWorld, ada: Actor, server: OAuthServer) -> None:
    made = await calendar(world, ada, server)
    await connect(world, ada, made.id)
    await world.oauth.disconnect(ada, made.id)
    with pytest.raises(NodeError, match="Nobody has signed in"):
        await token(world, made)
    actions = [event.action for event in await world.audited()]
    assert actions == ["credential.create", "credential.connect", "credential.disconnect"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_it_works_with_another_s_server(world: CredentialWorld, ada: Actor) -> None:
    import oidc_provider_mock

    with oidc_provider_mock.run_server_in_thread(require_client_registration=False) as other:
        url = f"http://127.0.0.1:{other.server_port}"
        values = {
            "client_id": "us", "client_secret": "secret", "authorization_url": f"{url}/oauth2/authorize",
            "token_url": f"{url}/oauth2/token", "scope": "openid email",
        }  # fmt: skip
        made = await world.credentials.create(ada, await world.home(ada), "Theirs", KIND, values)
        where = await world.oauth.start(ada, made.id, CALLBACK)
        answer = await world.http.post(where, data={"sub": "ann@example.com"})
        await world.oauth.finish(ada, *back(answer))
        assert (await world.trials.try_out(ada, made.id, f"{url}/userinfo")).is_good


async def calendar(world: CredentialWorld, actor: Actor, server: OAuthServer, **more: Any) -> CredentialRecord:
    return await world.credentials.create(actor, await world.home(actor), "Calendar", KIND, server.values(**more))


async def connect(world: CredentialWorld, actor: Actor, credential: UUID) -> None:
    await world.oauth.finish(actor, *await consent(world, await world.oauth.start(actor, credential, CALLBACK)))


async def consent(world: CredentialWorld, url: str) -> tuple[str, str]:
    """Go there and come back with state and code."""
    return back(await world.http.get(url))


def back(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    query = parse_qs(target.query)
    return query["state"][0], query["code"][0]


async def token(world: CredentialWorld, made: CredentialRecord) -> str:
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    return str(lease[str(made.id)]["token"])
