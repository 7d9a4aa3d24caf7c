"""Rotation of keys: stopped anywhere nothing is lost, and it goes on where it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from tests.services.credential_world import NEW, OLD, RUN, CredentialWorld
from workflow_kernel.auth.envelope import LocalKeys
from workflow_kernel.auth.oauth2 import Token
from workflow_kernel.auth.vault import Vault
from workflow_kernel.base.errors import NotAllowedError
from workflow_kernel.services import credential_values, key_rotation
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.key_rotation import KeyRotation
from workflow_kernel.services.token_renewal import read_token, write_token
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import Credential, User

COUNT = 7
T = TypeVar("T")
BOTH = {"new": NEW, "old": OLD}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 2)


@pytest.fixture
async def before(database: Database) -> AsyncIterator[CredentialWorld]:
    """Credentials and an account's second factor, encrypted by the earlier key."""
    world = CredentialWorld(database)
    ada = await world.person("ada")
    for number in range(COUNT):
        await world.basic(ada, f"C{number}", password=f"password {number}")
    async with database.session() as session:
        row = (await session.scalars(select(Credential).order_by(Credential.id).limit(1))).one()
        write_token(await credential_values.data_key(world.vault, row), row, Token("a token"))
        user = await session.get_one(User, ada.id)
        user.totp_secret = world.seal.close(b"SECRET", str(ada.id))
    yield world
    await world.close()


@pytest.fixture
async def after(before: CredentialWorld) -> AsyncIterator[CredentialWorld]:
    """The same with a newer master key."""
    world = CredentialWorld(before.database, BOTH)
    yield world
    await world.close()


async def test_every_data_key_is_wrapped_by_the_current_key(before: CredentialWorld, after: CredentialWorld) -> None:
    earlier = {row.id: row for row in await rows(before)}
    rotated = await after.rotation.rewrap(SYSTEM)
    assert (rotated.key_id, rotated.count, rotated.failed) == ("new", COUNT + 1, ())
    await only_the_new_key_is_needed(after)
    for row in await rows(after):
        assert (row.secret, row.version, row.updated_at) == (
            earlier[row.id].secret, earlier[row.id].version, earlier[row.id].updated_at,
        )  # fmt: skip
    assert (await after.rotation.rewrap(SYSTEM)).count == 0


async def test_everything_is_encrypted_anew(before: CredentialWorld, after: CredentialWorld) -> None:
    earlier = {row.id: row.secret for row in await rows(before)}
    rotated = await after.rotation.reencrypt(SYSTEM)
    assert rotated.count == COUNT + 1
    await only_the_new_key_is_needed(after)
    assert all(row.secret != earlier[row.id] for row in await rows(after))
    assert (await after.rotation.reencrypt(SYSTEM, rotated.before)).count == 0


@pytest.mark.parametrize("way", ["rewrap", "reencrypt"])
@pytest.mark.parametrize("calls", range(0, 2 * COUNT, 3))
async def test_stopped_anywhere_it_goes_on(after: CredentialWorld, way: str, calls: int) -> None:
    moment = datetime.now(UTC)
    stopping = KeyRotation(after.database, Vault(StoppingKeys(calls)), after.seal)
    task = asyncio.create_task(start(stopping, way, moment))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await passwords(after) == {f"password {number}" for number in range(COUNT)}
    async with after.database.session() as session:
        done = await session.scalar(select(func.count()).where(Credential.key_id == "new"))
    assert done is not None and done % 2 == 0 and done < COUNT
    rotated = await start(after.rotation, way, moment)
    assert rotated.count == COUNT - done + 1
    await only_the_new_key_is_needed(after)


async def test_one_that_cannot_be_opened_stops_nothing(after: CredentialWorld) -> None:
    async with after.database.session() as session:
        broken = (await session.scalars(select(Credential).order_by(Credential.id).offset(2).limit(1))).one()
        broken.wrapped_key = b"nonsense"
    assert (await after.rotation.rewrap(SYSTEM)).failed == (broken.id,)
    rotated = await after.rotation.reencrypt(SYSTEM)
    assert (rotated.count, rotated.failed) == (COUNT - 1, (broken.id,))


async def test_people_go_on_changing_meanwhile(after: CredentialWorld) -> None:
    ada = Actor((await rows(after))[0].created_by, "ada@example.com", "editor", frozenset(SYSTEM.permissions))
    first = (await rows(after))[0].id
    await asyncio.gather(
        after.rotation.reencrypt(SYSTEM),
        after.rotation.rewrap(SYSTEM),
        after.credentials.update(ada, first, 1, values={"password": "password 0", "user": "eve"}),
    )
    await only_the_new_key_is_needed(after)
    assert (await after.credentials.read(ada, first)).public["user"] == "eve"


async def test_only_administrators_rotate_and_it_is_audited(after: CredentialWorld) -> None:
    with pytest.raises(NotAllowedError):
        await after.rotation.rewrap(await after.person("bo"))
    await after.rotation.rewrap(SYSTEM)
    told = [(event.action, event.details) for event in await after.audited() if event.subject == "key:master"]
    assert told == [
        ("key.rotate", {"key_id": "new"}),
        ("key.rotated", {"key_id": "new", "count": COUNT + 1, "failed": []}),
    ]


class StoppingKeys(LocalKeys):
    """Keys whose holder is stopped after some calls, as by a signal."""

    def __init__(self, calls: int) -> None:
        super().__init__(BOTH)
        self.left = calls

    async def wrap(self, data_key: bytes, context: bytes) -> tuple[str, bytes]:
        return await self._counted(super().wrap(data_key, context))

    async def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        return await self._counted(super().unwrap(key_id, wrapped, context))

    async def _counted(self, call: Awaitable[T]) -> T:
        found = await call
        if self.left == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        self.left -= 1
        return found


async def start(rotation: KeyRotation, way: str, moment: datetime) -> key_rotation.Rotated:
    return await (rotation.rewrap(SYSTEM) if way == "rewrap" else rotation.reencrypt(SYSTEM, moment))


async def rows(world: CredentialWorld) -> list[Credential]:
    async with world.database.session() as session:
        return list(await session.scalars(select(Credential).order_by(Credential.id)))


async def passwords(world: CredentialWorld) -> set[str]:
    found = await rows(world)
    world.leases.close()
    lease = await world.leases.lease(RUN, found[0].project_id, [str(row.id) for row in found])
    return {lease[str(row.id)]["password"] for row in found}


async def only_the_new_key_is_needed(world: CredentialWorld) -> None:
    fresh = CredentialWorld(world.database, {"new": NEW})
    assert await passwords(fresh) == {f"password {number}" for number in range(COUNT)}
    row = (await rows(fresh))[0]
    assert row.token is not None
    assert read_token(await credential_values.data_key(fresh.vault, row), row.token) == Token("a token")
    async with world.database.session() as session:
        user = (await session.scalars(select(User).where(User.totp_secret.is_not(None)))).one()
    assert user.totp_secret is not None and fresh.seal.open(user.totp_secret, str(user.id)) == b"SECRET"
    await fresh.close()
