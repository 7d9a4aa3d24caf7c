"""Second factors: codes of an app, recovery codes, the switch that asks for one of everybody."""

from __future__ import annotations

import time

import pyotp
import pytest

from tests.services.people import PASSWORD, STRANGER, World, world
from workflow_kernel.base.errors import ConflictError, NotAllowedError, NotSignedInError, TooManyError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.admission import Challenge, SignedIn


def code_of(secret: str, steps: int = 0) -> str:
    """The code of the app, some time steps from now. Codes of neighbouring steps count as well."""
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


async def enrolled(people: World, actor: Actor) -> tuple[str, list[str]]:
    """Set up an app; gives its secret and recovery codes. The code of now is used up; the next one counts as well."""
    found = await people.services.factors.enrol(actor)
    return found.secret, await people.services.factors.confirm(actor, code_of(found.secret))


async def challenge(people: World) -> str:
    found = await people.services.sign_in.with_password(STRANGER, "ada@example.com", PASSWORD)
    assert isinstance(found, Challenge)
    return found.token


async def test_a_code_is_asked_for_once_it_was_confirmed(people: World) -> None:
    actor = await people.person()
    secret = (await people.services.factors.enrol(actor)).secret
    await people.enter()  # not confirmed, so not asked for
    with pytest.raises(NotSignedInError):
        await people.services.factors.confirm(actor, "000000")
    await people.services.factors.confirm(actor, code_of(secret))
    token = await challenge(people)
    with pytest.raises(NotSignedInError) as found:
        await people.services.sign_in.with_second_factor(STRANGER, token, "000000")
    assert found.value.code == "WF715"
    signed = await people.services.sign_in.with_second_factor(STRANGER, token, code_of(secret, 1))
    assert (await people.by_token(signed.access_token)).id == actor.id
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.with_second_factor(STRANGER, token, code_of(secret, 1))


async def test_no_code_counts_twice(people: World) -> None:
    actor = await people.person()
    secret, _ = await enrolled(people, actor)
    code = code_of(secret, 1)
    await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), code)
    for used in (code, code_of(secret)):
        with pytest.raises(NotSignedInError):
            await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), used)


async def test_recovery_codes_count_once_each_however_they_are_written(people: World) -> None:
    actor = await people.person()
    _, codes = await enrolled(people, actor)
    assert len(set(codes)) == 10
    assert await people.services.factors.codes_left(actor) == 10
    written = codes[0].upper().replace("-", " ")
    await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), written)
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), codes[0])
    assert await people.services.factors.codes_left(actor) == 9
    fresh = await people.services.factors.renew_codes(actor, codes[1])
    assert not set(fresh) & set(codes)
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), codes[2])


async def test_guessing_codes_locks_the_account(people: World) -> None:
    actor = await people.person()
    secret, _ = await enrolled(people, actor)
    token = await challenge(people)
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            await people.services.sign_in.with_second_factor(STRANGER, token, "000000")
    with pytest.raises(TooManyError):
        await people.services.sign_in.with_second_factor(STRANGER, await challenge(people), code_of(secret, 1))
    assert "account.locked" in await people.audited()


async def test_a_second_factor_is_taken_away_with_a_code_or_by_an_administrator(people: World) -> None:
    actor = await people.person()
    secret, codes = await enrolled(people, actor)
    with pytest.raises(ConflictError):
        await people.services.factors.enrol(actor)
    with pytest.raises(NotSignedInError):
        await people.services.factors.remove(actor, "000000")
    await people.services.factors.remove(actor, codes[0])
    await people.enter()
    await enrolled(people, actor)
    assert actor.id is not None
    await people.services.factors.reset(SYSTEM, actor.id)
    await people.enter()
    assert secret not in repr(await people.services.factors.enrol(actor))


async def test_where_everybody_needs_one_a_new_session_may_only_set_it_up(
    people: World, people_settings: Settings
) -> None:
    await people.account()
    async with world(people.database, people_settings.model_copy(update={"require_second_factor": True})) as strict:
        signed = await strict.enter()
        assert signed.must_enrol
        actor = await strict.by_token(signed.access_token)
        assert actor.permissions == {"account.factor"}
        with pytest.raises(NotAllowedError):
            await strict.services.accounts.me(actor)
        refreshed = await strict.services.sign_in.refresh(STRANGER, signed.refresh_token)
        assert (await strict.by_token(refreshed.access_token)).permissions == {"account.factor"}
        secret, _ = await enrolled(strict, actor)
        assert (await strict.by_token(refreshed.access_token)).can("workflow.create")
        token = await challenge(strict)
        again = await strict.services.sign_in.with_second_factor(STRANGER, token, code_of(secret, 1))
        assert isinstance(again, SignedIn)
        assert not again.must_enrol


async def test_a_secret_sealed_with_an_earlier_master_key_still_opens(people: World, people_settings: Settings) -> None:
    keys = ["MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=", "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="]
    old = Settings(**people_settings.model_dump(exclude={"master_key"}), master_key=keys[0])
    new = Settings(
        **people_settings.model_dump(exclude={"master_key", "master_keys_old"}), master_key=keys[1],
        master_keys_old=[keys[0]],
    )  # fmt: skip
    async with world(people.database, old) as before:
        secret, codes = await enrolled(before, await before.person())
    async with world(people.database, new) as after:
        await after.services.sign_in.with_second_factor(STRANGER, await challenge(after), code_of(secret, 1))
    only = Settings(**people_settings.model_dump(exclude={"master_key"}), master_key=keys[1])
    async with world(people.database, only) as later:  # it was sealed anew when it was used
        await later.services.sign_in.with_second_factor(STRANGER, await challenge(later), codes[0])
