"""Live events over a websocket: who may hear what, from where on, until when."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.api.conftest import Start
from tests.api.harness import Server
from tests.services.people import STRANGER, World, world
from workflow_kernel.api import live as live_api
from workflow_kernel.auth.roles import ROLES
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import Settings
from workflow_kernel.contracts import LOST
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.live import Live
from workflow_kernel.storage.bus_memory import MemoryBus
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.identities import Identities
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.sessions import SessionStore
from workflow_kernel.storage.tables import Execution


@pytest.fixture
async def people(database: Database, settings: Settings) -> AsyncIterator[World]:
    async with world(database, settings) as found:
        yield found


class House:
    """A server with live events, and what happens on its bus."""

    def __init__(self, people: World, server: Server, bus: MemoryBus, live: Live) -> None:
        self.people, self.server, self.bus, self.live = people, server, bus, live
        self.url = server.url.replace("http://", "ws://") + "/api/ws"

    async def token(self, email: str = "ada@example.com", role: str = "editor") -> str:
        await self.people.account(email, role)
        return (await self.people.enter(email)).access_token

    async def execution(self, token: str) -> str:
        """An execution in the own project of somebody."""
        actor = await self.people.by_token(token)
        identity = new_id()
        async with self.people.database.session() as session:
            project = await self.people.services.access.personal(actor)
            session.add(Execution(id=identity, project_id=project, mode="manual"))
        return str(identity)

    def enter(self, token: str, **more: Any) -> connect:
        return connect(self.url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None, **more)


@pytest.fixture
async def house(api: Start, people: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(live_api.LiveHandler, "recheck", 0.05)
    bus = MemoryBus(most_unread=50)
    live = Live(
        people.database, people.services.access, bus,
        sessions=SessionStore(people.redis), identities=Identities(people.database, people.redis, ROLES),
        one_time=OneTimeTokens(people.redis),
    )  # fmt: skip
    service = SimpleNamespace(settings=settings, live=live, identify=people.services.identify)
    return House(people, await api((), service=service, modules=(live_api,)), bus, live)


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        found: dict[str, Any] = json.loads(await socket.recv())
        return found


async def test_events_of_an_execution_are_heard_and_gone_on_with(house: House) -> None:
    token = await house.token()
    channel = f"execution:{await house.execution(token)}"
    async with house.enter(token) as socket:
        assert (await hear(socket))["type"] == "ready"
        await say(socket, type="subscribe", channel=channel)
        assert (await hear(socket))["type"] == "subscribed"
        house.bus.publish(channel, b'[{"event":"one"}]')
        first = await hear(socket)
        assert (first["channel"], first["data"]) == (channel, [{"event": "one"}])
    for event in (b'"two"', b'"three"'):
        house.bus.publish(channel, event)
    async with house.enter(token) as socket:
        await hear(socket)
        await say(socket, type="subscribe", channel=channel, after=first["id"])
        assert [(await hear(socket)).get("data") for _ in range(3)] == [None, "two", "three"]
        await say(socket, type="unsubscribe", channel=channel)
        assert (await hear(socket))["type"] == "unsubscribed"
        await say(socket, type="ping")
        assert (await hear(socket))["type"] == "pong"


async def test_who_asks_for_events_not_kept_any_more_is_told_to_begin_anew(house: House) -> None:
    token = await house.token()
    channel = f"execution:{await house.execution(token)}"
    async with house.enter(token) as socket:
        await hear(socket)
        await say(socket, type="subscribe", channel=channel, after="999")
        assert [(await hear(socket))["type"] for _ in range(2)] == ["subscribed", "lost"]
        house.bus.publish(channel, LOST)
        assert (await hear(socket)) == {"type": "lost", "channel": channel}


async def test_nobody_hears_what_is_not_theirs(house: House) -> None:
    mine, other = await house.token(), await house.token("eve@example.com", "viewer")
    execution = await house.execution(mine)
    project = await house.people.services.access.personal(await house.people.by_token(mine))
    async with house.enter(other) as socket:
        await hear(socket)
        for channel in (f"execution:{execution}", f"project:{project}", f"workflow:{new_id()}"):
            await say(socket, type="subscribe", channel=channel)
            answer = await hear(socket)
            assert (answer["type"], answer["code"], answer["channel"]) == ("error", "WF703", channel)
        await say(socket, type="subscribe", channel="queues")
        assert (await hear(socket))["type"] == "subscribed"


async def test_what_is_no_message_is_answered_with_an_error(house: House) -> None:
    token = await house.token()
    async with house.enter(token) as socket:
        await hear(socket)
        for text in ("{", "[]", '{"type":"dance"}', '{"type":"subscribe","channel":"moon"}', "[" * 5000, '"\\ud800"'):
            await socket.send(text)
            assert (await hear(socket))["code"] == "WF780"
        await say(socket, type="subscribe", channel="queues", after="x' or 1=1")
        assert (await hear(socket))["code"] == "WF780"
        await socket.send(b"\xff\xfe")
        assert (await hear(socket))["code"] == "WF780"
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            await hear(socket)


async def test_a_token_may_come_in_the_first_message_or_as_a_subprotocol(house: House) -> None:
    token = await house.token()
    async with connect(house.url, proxy=None) as socket:
        await say(socket, type="subscribe", channel="queues")
        assert (await hear(socket))["code"] == "WF701"
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == live_api.SIGNED_OUT
    async with connect(house.url, proxy=None) as socket:
        await say(socket, type="authenticate", token=token)
        assert (await hear(socket))["type"] == "ready"
    offered: Any = ["workflow", f"bearer.{token}"]
    async with connect(house.url, proxy=None, subprotocols=offered) as socket:
        assert socket.subprotocol == "workflow"
        assert (await hear(socket))["type"] == "ready"
    with pytest.raises(InvalidStatus) as refused:
        await connect(house.url, proxy=None, subprotocols=["workflow", "bearer.nonsense"])  # type: ignore[list-item]
    assert refused.value.response.status_code == 401


async def test_who_never_says_who_it_is_is_sent_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_api.LiveHandler, "patience", 0.05)
    async with connect(house.url, proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == live_api.TOO_LATE


async def test_a_ticket_counts_once(house: House) -> None:
    client = await house.server.client(Authorization=f"Bearer {await house.token()}")
    ticket = (await client.post("/api/live/ticket")).json()["ticket"]
    async with connect(f"{house.url}?ticket={ticket}", proxy=None) as socket:
        assert (await hear(socket))["type"] == "ready"
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{house.url}?ticket={ticket}", proxy=None)
    assert refused.value.response.status_code == 401


async def test_signing_out_closes_the_connection_however_it_came_in(house: House) -> None:
    token = await house.token()
    actor = await house.people.by_token(token)
    client = await house.server.client(Authorization=f"Bearer {token}")
    ticket = (await client.post("/api/live/ticket")).json()["ticket"]
    async with house.enter(token) as by_token, connect(f"{house.url}?ticket={ticket}", proxy=None) as by_ticket:
        for socket in (by_token, by_ticket):
            assert (await hear(socket))["type"] == "ready"
        await house.people.services.sign_in.out(actor)
        for socket in (by_token, by_ticket):
            with pytest.raises(ConnectionClosed) as closed:
                await hear(socket)
            assert closed.value.rcvd is not None and closed.value.rcvd.code == live_api.SIGNED_OUT


async def test_who_loses_a_project_hears_it_no_more(house: House) -> None:
    owner, guest = await house.token(), await house.token("eve@example.com")
    mine = await house.people.by_token(owner)
    channel = f"execution:{await house.execution(owner)}"
    project = await house.people.services.access.personal(mine)
    projects = house.people.services.projects
    guest_id = (await house.people.by_token(guest)).id
    assert guest_id is not None
    await projects.add_member(SYSTEM, project, "eve@example.com", "viewer")
    async with house.enter(guest) as socket:
        await hear(socket)
        await say(socket, type="subscribe", channel=channel)
        assert (await hear(socket))["type"] == "subscribed"
        await projects.remove_member(SYSTEM, project, guest_id)
        answer = await hear(socket)
        assert (answer["type"], answer["channel"], answer["code"]) == ("error", channel, "WF703")


async def test_pages_of_other_origins_are_refused_and_a_cookie_lets_ours_in(house: House) -> None:
    await house.people.account()
    cookie = (await house.people.enter(kind="session")).cookie
    headers = {"Cookie": f"workflow_session={cookie}"}
    for origin in ("https://evil.example.com", "null", house.server.url + ".evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            await connect(house.url, proxy=None, origin=origin, additional_headers=headers)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
    async with connect(house.url, proxy=None, origin=house.server.url, additional_headers=headers) as socket:  # type: ignore[arg-type]
        assert (await hear(socket))["type"] == "ready"


async def test_a_stranger_is_told_nothing_by_the_service_itself(house: House) -> None:
    for actor, code in ((STRANGER, "WF701"), (Actor(id=new_id(), via="token"), "WF702")):
        for channel in ("queues", f"execution:{new_id()}", f"workflow:{new_id()}", f"project:{new_id()}"):
            with pytest.raises(Exception) as refused:
                await house.live.authorise(actor, channel)
            assert refused.value.code == code  # type: ignore[attr-defined]


async def test_nobody_opens_connections_without_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_api, "MOST_CONNECTIONS", 2)
    token = await house.token()
    async with house.enter(token), house.enter(token) as second:
        with pytest.raises(InvalidStatus) as refused:
            await house.enter(token)
        assert refused.value.response.status_code == 429
        await second.close()
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(InvalidStatus):
                    await (await house.enter(token)).close()
                    break
