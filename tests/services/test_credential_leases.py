"""Leases: a run gets opened secrets of its project's credentials, opened seldom, renewed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.nodes.servers import Answer, Seen, WebServer, web_server
from tests.services.credential_world import OLD, RUN, CredentialWorld
from workflow_kernel.auth.envelope import LocalKeys
from workflow_kernel.auth.oauth2 import Token
from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import NodeError
from workflow_kernel.services import credential_values
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.credential_leases import Lease
from workflow_kernel.services.credentials import CredentialRecord
from workflow_kernel.services.token_renewal import read_token, write_token
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential
from workflow_kernel.testing import run_node_async
from workflow_kernel.worker.environment import Environment


@pytest.fixture
async def world(database: Database) -> AsyncIterator[CredentialWorld]:
    made = CredentialWorld(database)
    yield made
    await made.close()


@pytest.fixture
async def ada(world: CredentialWorld) -> Actor:
    return await world.person("ada")


@pytest.fixture
def server() -> Any:
    with web_server() as found:
        yield found


async def test_a_run_gets_what_its_project_owns_or_was_given(world: CredentialWorld, ada: Actor) -> None:
    own, other = await world.basic(ada), await world.basic(await world.person("bo"))
    lease = await world.leases.lease(RUN, own.project, [str(own.id), str(other.id), str(RUN), "7", ""])
    given = {"type": "http.basic", "user": "ann", "password": "open sesame", "allowed_hosts": []}
    assert dict(lease) == {str(own.id): given}
    assert "sesame" not in repr(lease) + repr(lease[str(own.id)])


async def test_secrets_are_opened_once_for_many_runs(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    keys = CountingKeys({"old": OLD})
    world.leases._vault = Vault(keys)
    for _ in range(50):
        await world.leases.lease(RUN, made.project, [str(made.id)])
        world.clock.now += 0.5
    assert keys.unwrapped == 1
    world.clock.now += 60
    await world.leases.lease(RUN, made.project, [str(made.id)])
    assert keys.unwrapped == 2


async def test_a_change_counts_at_once_here_and_after_a_second_elsewhere(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    elsewhere = CredentialWorld(world.database)
    elsewhere.clock = world.clock
    elsewhere.leases._clock = world.clock
    for one in (world, elsewhere):
        await one.leases.lease(RUN, made.project, [str(made.id)])
    await world.credentials.update(ada, made.id, 1, values={"password": "other words"})
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    assert lease[str(made.id)]["password"] == "other words"
    world.clock.now += 1
    lease = await elsewhere.leases.lease(RUN, made.project, [str(made.id)])
    assert lease[str(made.id)]["password"] == "other words"
    await world.credentials.delete(ada, made.id)
    world.clock.now += 1
    assert not await elsewhere.leases.lease(RUN, made.project, [str(made.id)])
    await elsewhere.close()


async def test_when_it_was_used_last_is_kept_and_not_written_each_time(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    begin = world.clock.now
    for _ in range(20):
        await world.leases.lease(RUN, made.project, [str(made.id)])
        world.clock.now += 1
    assert (await world.credentials.read(ada, made.id)).used_at == datetime.fromtimestamp(begin, UTC)
    world.clock.now += 30
    await world.leases.lease(RUN, made.project, [str(made.id)])
    assert (await world.credentials.read(ada, made.id)).used_at == datetime.fromtimestamp(world.clock.now, UTC)


async def test_secrets_leave_memory(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    await world.leases.lease(RUN, made.project, [str(made.id)])
    assert world.leases._sweep is not None and world.leases._opened
    world.clock.now += 30
    world.leases._drop_old()
    assert not world.leases._opened


async def test_one_that_cannot_be_opened_fails_the_node_that_uses_it_alone(world: CredentialWorld, ada: Actor) -> None:
    good, bad, foreign = await world.basic(ada), await world.basic(ada), await world.basic(ada)
    async with world.database.session() as session:
        row = await session.get_one(Credential, bad.id)
        row.secret = (await world.row(good.id)).secret
        (await session.get_one(Credential, foreign.id)).key_id = "lost"
    lease = await world.leases.lease(RUN, good.project, [str(one.id) for one in (good, bad, foreign)])
    assert lease[str(good.id)]["user"] == "ann"
    with pytest.raises(NodeError, match="was changed") as caught:
        lease.get(str(bad.id))
    assert caught.value.code == "WF732"
    with pytest.raises(NodeError, match="'lost'") as caught:
        lease.get(str(foreign.id))
    assert caught.value.code == "WF733"


async def test_a_token_about_to_end_is_renewed_once_for_many_runs(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    made = await connected(world, ada, server, Token("first", "again-1", world.clock.now + 30))
    server.answers["/token"] = Answer({"access_token": "second", "refresh_token": "again-2", "expires_in": 3600})
    others = [CredentialWorld(world.database) for _ in range(3)]
    for one in others:
        one.leases._clock = one.leases._renewal._clock = world.clock
    every = [world, *others]
    leases = await asyncio.gather(
        *(one.leases.lease(RUN, made.project, [str(made.id)]) for one in every for _ in range(5))
    )
    assert {lease[str(made.id)]["token"] for lease in leases} == {"second"}
    assert [seen.body for seen in server.seen] == [b"grant_type=refresh_token&refresh_token=again-1"]
    assert server.seen[0].headers["authorization"].startswith("Basic ")
    assert await token_of(world, made) == Token("second", "again-2", world.clock.now + 3600)
    for one in others:
        await one.close()


async def test_nodes_get_the_access_token_alone(world: CredentialWorld, ada: Actor, server: WebServer) -> None:
    made = await connected(world, ada, server, Token("first", "again", world.clock.now + 3600))
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    given = {"type": "oauth2.authorization_code", "token": "first", "allowed_hosts": []}
    assert lease[str(made.id)] == given
    assert server.seen == []


async def test_a_token_the_service_takes_no_more_is_renewed_while_the_run_goes_on(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    made = await connected(world, ada, server, Token("first", "again"))
    name = str(made.id)
    server.answers["/token"] = Answer({"access_token": "second"})
    one = await world.leases.lease(RUN, made.project, [name])
    two = await world.leases.lease(RUN, made.project, [name])
    used = one[name]
    assert (await one.renew(name, used))["token"] == "second"
    assert one[name]["token"] == "second"
    assert (await two.renew(name, used))["token"] == "second", "somebody else renewed it"
    assert len(server.seen) == 1
    assert (await token_of(world, made)).refresh_token == "again", "what the server does not replace stays"
    basic = await world.basic(ada)
    plain = await world.leases.lease(RUN, made.project, [str(basic.id)])
    assert await plain.renew(str(basic.id), plain[str(basic.id)]) == plain[str(basic.id)]


async def test_a_node_renews_a_token_the_service_takes_no_more(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    def me(seen: Seen) -> Answer:
        is_known = seen.headers["authorization"] == "Bearer second-token"
        return Answer({"seen": seen.headers["authorization"]}, 200 if is_known else 401)

    made = await connected(world, ada, server, Token("first-token", "again"))
    server.answers |= {"/token": Answer({"access_token": "second-token"}), "/me": me}
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    environment = Environment(MemoryBlobs(), credentials=Named(lease, made.id))
    result = await run_node_async(
        "web.http_request", {"url": f"{server.url}/me"}, [{}, {}, {}], environment=environment,
        credentials={"auth": lease[str(made.id)]},
    )  # fmt: skip
    await environment.close()
    assert result.json() == [{"seen": "Bearer ***"}] * 3
    assert [seen.path for seen in server.seen].count("/token") == 1


async def test_a_refusal_fails_the_node_and_is_not_asked_for_again_at_once(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    made = await connected(world, ada, server, Token("first", "again", world.clock.now - 1))
    server.answers["/token"] = Answer({"error": "invalid_grant", "error_description": "again"}, 400)
    for _ in range(5):
        lease = await world.leases.lease(RUN, made.project, [str(made.id)])
        with pytest.raises(NodeError, match="invalid_grant") as caught:
            lease[str(made.id)]
        assert caught.value.code == "WF737" and "onnect" in caught.value.mend
    assert len(server.seen) == 1
    world.clock.now += 10
    server.answers["/token"] = Answer({"access_token": "second", "expires_in": 3600})
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    assert lease[str(made.id)]["token"] == "second"


async def test_a_token_that_still_counts_is_used_while_the_server_is_down(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    made = await connected(world, ada, server, Token("first", "again", world.clock.now + 30))
    server.answers["/token"] = Answer("down", 503)
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    assert lease[str(made.id)]["token"] == "first"


async def test_what_people_change_while_a_token_is_renewed_stays(
    world: CredentialWorld, ada: Actor, server: WebServer
) -> None:
    made = await connected(world, ada, server, Token("first", "again", world.clock.now - 1))
    loop = asyncio.get_running_loop()

    def answer(seen: Seen) -> Answer:
        change = world.credentials.update(ada, made.id, 1, name="Renamed", values={"client_secret": "newer secret"})
        asyncio.run_coroutine_threadsafe(change, loop).result(10)
        return Answer({"access_token": "second", "expires_in": 3600})

    server.answers["/token"] = answer
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    assert lease[str(made.id)]["token"] == "second"
    row = await world.row(made.id)
    assert (row.name, await token_of(world, made)) == ("Renamed", Token("second", "again", world.clock.now + 3600))


async def test_nobody_signed_in_yet_is_told(world: CredentialWorld, ada: Actor, server: WebServer) -> None:
    made = await connected(world, ada, server, None)
    lease = await world.leases.lease(RUN, made.project, [str(made.id)])
    with pytest.raises(NodeError, match="Nobody has signed in"):
        lease[str(made.id)]


class Named(Lease):
    """A lease whose one credential goes by the name of the slot, as ``run_node`` has it."""

    def __init__(self, lease: Lease, credential: UUID) -> None:
        super().__init__(lease._leases, lease._project, lease._found)
        self._credential = str(credential)

    def __getitem__(self, credential: str) -> Any:
        return super().__getitem__(self._credential)

    async def renew(self, credential: str, used: Any) -> Any:
        return await super().renew(self._credential, used)


class CountingKeys(LocalKeys):
    """Keys that count how often a data key was opened."""

    unwrapped = 0

    async def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        self.unwrapped += 1
        return await super().unwrap(key_id, wrapped, context)


async def connected(world: CredentialWorld, actor: Actor, server: WebServer, token: Token | None) -> CredentialRecord:
    """A credential for which a server gave a token."""
    values = {
        "client_id": "us", "client_secret": "client secret", "token_url": f"{server.url}/token",
        "authorization_url": f"{server.url}/authorize",
    }  # fmt: skip
    home = await world.home(actor)
    made = await world.credentials.create(actor, home, "Calendar", "oauth2.authorization_code", values)
    async with world.database.session() as session:
        row = await session.get_one(Credential, made.id)
        if token is not None:
            write_token(await credential_values.data_key(world.vault, row), row, token)
    return made


async def token_of(world: CredentialWorld, made: CredentialRecord) -> Token:
    row = await world.row(made.id)
    assert row.token is not None
    key = await credential_values.data_key(world.vault, row)
    return read_token(key, row.token)
