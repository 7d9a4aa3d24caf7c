"""Credentials: secrets go in and do not come out; who may see, use, change and delete them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from tests.services.credential_world import CredentialWorld
from workflow_kernel.base.errors import (
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
)
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.storage.credentials import CredentialFilter
from workflow_kernel.storage.database import Database


@pytest.fixture
async def world(database: Database) -> AsyncIterator[CredentialWorld]:
    made = CredentialWorld(database)
    yield made
    await made.close()


@pytest.fixture
async def ada(world: CredentialWorld) -> Actor:
    return await world.person("ada")


@pytest.fixture
async def bo(world: CredentialWorld) -> Actor:
    return await world.person("bo")


async def test_a_secret_goes_in_and_does_not_come_out(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    assert (made.public, made.secrets, made.version) == ({"user": "ann", "allowed_hosts": []}, ("password",), 1)
    read = await world.credentials.read(ada, made.id)
    assert read == made
    (listed,) = await world.credentials.find(ada, CredentialFilter())
    assert listed == made
    assert b"sesame" not in msgspec.json.encode(read)
    async with world.database.session() as session:
        everything = await session.scalar(text("select json_agg(credential)::text from credential"))
    assert "sesame" not in everything and b"open sesame".hex() not in everything


async def test_an_update_leaves_what_it_does_not_name(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    changed = await world.credentials.update(ada, made.id, 1, name=" New  name ", values={"user": "eve"})
    assert (changed.name, changed.public, changed.secrets, changed.version) == (
        "New name", {"user": "eve", "allowed_hosts": []}, ("password",), 2,
    )  # fmt: skip
    given = {"type": "http.basic", "user": "eve", "password": "open sesame", "allowed_hosts": []}
    assert await secret(world, ada, made.id) == given
    await world.credentials.update(ada, made.id, 2, values={"password": "other words"})
    assert (await secret(world, ada, made.id))["password"] == "other words"
    cleared = await world.credentials.update(ada, made.id, 3, values={"password": None})
    assert cleared.secrets == ()
    assert (await secret(world, ada, made.id))["password"] == ""


async def test_a_stale_update_is_refused(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    await world.credentials.update(ada, made.id, 1, values={"user": "eve"})
    with pytest.raises(ConflictError, match="version 2") as caught:
        await world.credentials.update(ada, made.id, 1, values={"user": "mallory"})
    assert (caught.value.code, caught.value.details) == ("WF735", {"version": 2})
    assert (await world.credentials.read(ada, made.id)).public["user"] == "eve"


@pytest.mark.parametrize(
    ("kind", "values", "fields"),
    [
        ("http.basic", {"password": "hush-hush"}, ["values.user"]),
        ("http.basic", {"user": "u", "pass": "hush-hush"}, ["values.pass"]),
        ("http.basic", {"user": "u", "password": ["hush-hush"]}, ["values.password"]),
        ("http.header", {"name": "X: y\r\n", "value": ""}, ["values.name", "values.value"]),
        ("postgres", {"port": 99999, "password": "hush-hush"}, ["values.port"]),
    ],
)
async def test_every_wrong_value_is_told_and_no_value_shown(
    world: CredentialWorld, ada: Actor, kind: str, values: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await world.credentials.create(ada, await world.home(ada), "C", kind, values)
    assert [problem.field for problem in caught.value.problems] == fields
    assert "hush" not in str(caught.value) + str(caught.value.problems)


async def test_an_unknown_type_is_told_with_the_closest(world: CredentialWorld, ada: Actor) -> None:
    with pytest.raises(InvalidRequestError, match=r"'http\.bearer'") as caught:
        await world.credentials.create(ada, await world.home(ada), "C", "http.bearr", {})
    assert caught.value.code == "WF730"


async def test_others_do_not_learn_that_it_is_there(world: CredentialWorld, ada: Actor, bo: Actor) -> None:
    made = await world.basic(ada)
    assert await world.credentials.find(bo, CredentialFilter()) == []
    for attempt in (
        world.credentials.read(bo, made.id),
        world.credentials.usage(bo, made.id),
        world.credentials.update(bo, made.id, 1, values={"user": "x"}),
        world.credentials.delete(bo, made.id, force=True),
        world.credentials.share(bo, made.id, await world.home(bo)),
        world.credentials.read(ada, new_id()),
    ):
        with pytest.raises(NotFoundError, match="no such credential"):
            await attempt
    with pytest.raises(NotFoundError):
        await world.credentials.create(bo, await world.home(ada), "C", "http.bearer", {"token": "t"})


async def test_a_shared_credential_is_used_and_not_read(world: CredentialWorld, ada: Actor, bo: Actor) -> None:
    made = await world.basic(ada)
    team = await world.project((ada, "editor"), (bo, "owner"))
    shared = await world.credentials.share(ada, made.id, team)
    assert shared.shared_with == (team,)
    await world.credentials.share(ada, made.id, team)
    seen = await world.credentials.read(bo, made.id)
    assert (seen.name, seen.type, seen.is_own, seen.public, seen.secrets, seen.shared_with) == (
        "Shop", "http.basic", False, {}, (), (),
    )  # fmt: skip
    assert [one.id for one in await world.credentials.find(bo, CredentialFilter(project=team))] == [made.id]
    assert await world.leases.lease(new_id(), team, [str(made.id)])
    for attempt in (
        world.credentials.update(bo, made.id, 1, values={"user": "x"}),
        world.credentials.delete(bo, made.id),
        world.credentials.unshare(bo, made.id, team),
    ):
        with pytest.raises((NotFoundError, NotAllowedError)):
            await attempt
    await world.credentials.unshare(ada, made.id, team)
    assert not await world.leases.lease(new_id(), team, [str(made.id)])
    with pytest.raises(NotFoundError):
        await world.credentials.read(bo, made.id)


async def test_sharing_needs_a_project_one_knows(world: CredentialWorld, ada: Actor, bo: Actor) -> None:
    made = await world.basic(ada)
    for project in (await world.home(bo), new_id()):
        with pytest.raises(NotFoundError):
            await world.credentials.share(ada, made.id, project)
    with pytest.raises(NotFoundError):
        await world.credentials.share(SYSTEM, made.id, new_id())
    with pytest.raises(InvalidRequestError, match="already"):
        await world.credentials.share(ada, made.id, made.project)


async def test_a_viewer_reads_and_does_nothing_else(world: CredentialWorld, ada: Actor, bo: Actor) -> None:
    team = await world.project((ada, "owner"), (bo, "viewer"))
    made = await world.credentials.create(ada, team, "Shop", "http.bearer", {"token": "much too long"})
    assert (await world.credentials.read(bo, made.id)).secrets == ("token",)
    with pytest.raises(NotAllowedError):
        await world.credentials.update(bo, made.id, 1, name="Mine")
    with pytest.raises(NotAllowedError):
        await world.credentials.delete(bo, made.id)


async def test_the_list_goes_by_name_in_pages(world: CredentialWorld, ada: Actor) -> None:
    for name in ("delta", "Alpha", "charlie", "Bravo"):
        await world.basic(ada, name)
    await world.credentials.create(ada, await world.home(ada), "Alpha 100%", "http.bearer", {"token": "tttt"})
    first = await world.credentials.find(ada, CredentialFilter(limit=2))
    assert [one.name for one in first] == ["Alpha", "Alpha 100%", "Bravo"]
    after = (first[1].name.lower(), first[1].id)
    second = await world.credentials.find(ada, CredentialFilter(limit=2, after=after))
    assert [one.name for one in second] == ["Bravo", "charlie", "delta"]
    only = await world.credentials.find(ada, CredentialFilter(types=("http.bearer",)))
    assert [one.name for one in only] == ["Alpha 100%"]
    assert [one.name for one in await world.credentials.find(ada, CredentialFilter(text="0%"))] == ["Alpha 100%"]
    assert await world.credentials.find(ada, CredentialFilter(text="_")) == []


async def test_its_uses_are_found_in_drafts_and_published_versions(
    world: CredentialWorld, ada: Actor, bo: Actor
) -> None:
    made = await world.basic(ada)
    team = await world.project((bo, "owner"))
    home = await world.home(ada)
    await world.using(home, made.id, "Both", published=True)
    await world.using(home, made.id, "Published", draft=False, published=True)
    await world.using(home, new_id(), "Another")
    await world.using(team, made.id, "Hidden")
    found = await world.credentials.usage(ada, made.id)
    assert [(one.name, one.node, one.slot, one.in_draft, one.in_published) for one in found.nodes] == [
        ("Both", "Call", "auth", True, True),
        ("Published", "Call", "auth", False, True),
    ]
    assert found.hidden == 1


async def test_a_credential_in_use_is_deleted_only_by_force(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    await world.using(made.project, made.id, "Orders")
    with pytest.raises(ConflictError, match="'Orders'") as caught:
        await world.credentials.delete(ada, made.id)
    assert caught.value.code == "WF734"
    await world.credentials.delete(ada, made.id, force=True)
    with pytest.raises(NotFoundError):
        await world.credentials.read(ada, made.id)


async def test_every_change_is_audited_without_values(world: CredentialWorld, ada: Actor) -> None:
    made = await world.basic(ada)
    team = await world.project((ada, "owner"))
    await world.credentials.update(ada, made.id, 1, values={"password": "other words"})
    await world.credentials.share(ada, made.id, team)
    await world.credentials.unshare(ada, made.id, team)
    await world.credentials.delete(ada, made.id)
    events = [event for event in await world.audited() if event.subject == f"credential:{made.id}"]
    assert [event.action.partition(".")[2] for event in events] == ["create", "update", "share", "unshare", "delete"]
    assert events[1].details == {"changed": ["password"]}
    assert not any(word in str(event.details) for event in events for word in ("sesame", "other words"))


async def secret(world: CredentialWorld, actor: Actor, credential: UUID) -> dict[str, Any]:
    lease = await world.leases.lease(new_id(), await world.home(actor), [str(credential)])
    return dict(lease[str(credential)])
