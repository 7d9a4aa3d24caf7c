"""Passkeys: made by who is signed in, used by who signs in, refused when anything is not as it must be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.services.authenticator import PRESENT, Authenticator
from tests.services.people import STRANGER, World, world
from workflow_kernel.base.errors import ConflictError, NotFoundError, NotSignedInError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import Actor

ORIGIN = "https://flows.example.com"


@pytest.fixture
async def house(people: World, people_settings: Settings) -> AsyncIterator[World]:
    changed = {"public_url": f"{ORIGIN}/app", "require_second_factor": True}
    async with world(people.database, people_settings.model_copy(update=changed)) as found:
        yield found


async def made(house: World, actor: Actor) -> Authenticator:
    """Somebody's new passkey."""
    authenticator = Authenticator(ORIGIN)
    answer = authenticator.create(await house.services.passkeys.begin(actor))
    await house.services.passkeys.add(actor, answer, name="Laptop")
    return authenticator


async def test_a_passkey_signs_in_without_a_second_factor(house: World) -> None:
    actor = await house.person()
    authenticator = await made(house, actor)
    signed = await house.services.passkeys.sign_in(
        STRANGER, authenticator.get(await house.services.passkeys.ask(STRANGER))
    )
    assert (signed.account, signed.must_enrol) == (actor.id, False)
    person = await house.by_cookie(signed.cookie)
    (listed,) = await house.services.passkeys.mine(person)
    assert listed.name == "Laptop"
    assert listed.used_at is not None
    await house.services.passkeys.remove(person, listed.id)
    with pytest.raises(NotSignedInError):
        await house.services.passkeys.sign_in(
            STRANGER, authenticator.get(await house.services.passkeys.ask(STRANGER))
        )  # fmt: skip
    with pytest.raises(NotFoundError):
        await house.services.passkeys.remove(person, listed.id)


async def test_an_answer_counts_once_and_for_what_was_asked(house: World) -> None:
    ada, bob = await house.person(), await house.person("bob@example.com")
    authenticator = await made(house, ada)
    answer = authenticator.get(await house.services.passkeys.ask(STRANGER))
    await house.services.passkeys.sign_in(STRANGER, answer)
    with pytest.raises(NotSignedInError) as found:
        await house.services.passkeys.sign_in(STRANGER, answer)
    assert found.value.code == "WF725"
    for_bob = Authenticator(ORIGIN).create(await house.services.passkeys.begin(bob))
    with pytest.raises(NotSignedInError):
        await house.services.passkeys.add(ada, for_bob, name="Not mine")
    again = authenticator.create(await house.services.passkeys.begin(bob))
    with pytest.raises(ConflictError):
        await house.services.passkeys.add(bob, again, name="Hers")
    with pytest.raises(NotSignedInError):
        await house.services.passkeys.sign_in(STRANGER, {"response": {}})


async def test_another_site_a_copy_and_a_person_who_is_not_there_are_refused(house: World) -> None:
    authenticator = await made(house, await house.person())

    async def enter() -> None:
        asked = await house.services.passkeys.ask(STRANGER)
        await house.services.passkeys.sign_in(STRANGER, authenticator.get(asked))

    await enter()
    authenticator.origin = "https://flows.example.evil"
    with pytest.raises(NotSignedInError):
        await enter()
    authenticator.origin, authenticator.flags = ORIGIN, PRESENT
    with pytest.raises(NotSignedInError):
        await enter()
    authenticator.flags, authenticator.count = 5, 0  # a copy has counted less
    with pytest.raises(NotSignedInError):
        await enter()
