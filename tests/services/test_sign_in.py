"""Signing in with a password, tokens, links; signing out; nobody learns whether an account is there."""

from __future__ import annotations

import asyncio

import bcrypt
import pytest
from sqlalchemy import select

from tests.services.people import PASSWORD, STRANGER, World, world
from workflow_kernel.auth import throttle
from workflow_kernel.auth.tokens import digest
from workflow_kernel.base.errors import ConflictError, NotSignedInError, TooManyError
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.accounts import Changes
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.services.admission import SignedIn
from workflow_kernel.storage.tables import User


async def test_a_password_gives_tokens_that_say_who_it_is(people: World) -> None:
    account = await people.account()
    signed = await people.enter("ADA@example.com ")
    actor = await people.by_token(signed.access_token)
    assert (actor.id, actor.email, actor.role, actor.via) == (account.id, "ada@example.com", "editor", "token")
    assert actor.can("workflow.create")
    assert not actor.can("account.read")
    assert "account.sign_in" in await people.audited()


async def test_a_password_gives_a_cookie_for_a_browser(people: World) -> None:
    await people.account()
    signed = await people.enter(kind="session")
    assert not signed.access_token
    assert not signed.refresh_token
    actor = await people.by_cookie(signed.cookie)
    assert (actor.email, actor.via, actor.session) == ("ada@example.com", "session", signed.session)
    name, _, _ = signed.cookie.partition(".")
    assert (await people.by_cookie(f"{name}.{'A' * 43}")).via == "anonymous", "the id alone is no secret"
    assert (await people.by_cookie("rubbish")).via == "anonymous"


async def test_every_sign_in_has_a_session_id_of_its_own_and_ends_the_browsers_last(people: World) -> None:
    await people.account()
    first = await people.enter(kind="session")
    browser = await people.by_cookie(first.cookie)
    second = await people.services.sign_in.with_password(browser, "ada@example.com", PASSWORD, kind="session")
    assert isinstance(second, SignedIn)
    assert second.session != first.session
    assert (await people.by_cookie(first.cookie)).via == "anonymous"
    assert (await people.by_cookie(second.cookie)).via == "session"


async def test_wrong_passwords_and_unknown_addresses_get_the_same_answer_and_the_same_work(
    people: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.account()
    checked: list[bytes] = []
    real = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda password, hashed: checked.append(hashed) or real(password, hashed))
    answers = []
    for email in ("ada@example.com", "nobody@example.com"):
        with pytest.raises(NotSignedInError) as found:
            await people.services.sign_in.with_password(STRANGER, email, "wrong")
        answers.append((found.value.code, str(found.value)))
    assert answers[0] == answers[1]
    assert [hashed[:7] for hashed in checked] == [b"$2b$04$", b"$2b$04$"]


async def test_five_failures_lock_an_address_whether_it_has_an_account_or_not(people: World) -> None:
    await people.account()
    for email in ("ada@example.com", "nobody@example.com"):
        for _ in range(5):
            with pytest.raises(NotSignedInError):
                await people.services.sign_in.with_password(STRANGER, email, "wrong")
        with pytest.raises(TooManyError) as found:
            await people.services.sign_in.with_password(STRANGER, email, PASSWORD)
        assert found.value.code == "WF714"
        assert 25 < found.value.retry_after <= 30
    assert (await people.audited()).count("account.locked") == 2


async def test_many_at_the_same_time_find_no_gap(people: World) -> None:
    tries = [people.services.sign_in.with_password(STRANGER, "ada@example.com", "wrong") for _ in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, NotSignedInError) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyError) for answer in answers) == 15


async def test_a_lock_outlives_redis(people: World) -> None:
    await people.account()
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            await people.services.sign_in.with_password(STRANGER, "ada@example.com", "wrong")
    await people.redis.flushall()
    with pytest.raises(TooManyError):
        await people.enter()


async def test_success_forgets_failures(people: World) -> None:
    account = await people.account()
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(NotSignedInError):
                await people.services.sign_in.with_password(STRANGER, "ada@example.com", "wrong")
        await people.enter()
    assert (await people.services.accounts.read(SYSTEM, account.id)).locked_until is None


async def test_failures_from_one_network_address_are_bounded_and_success_is_no_failure(
    people: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "ADDRESS", throttle.Lockout(free=3))
    await people.account()
    for _ in range(5):
        await people.enter()
    for count in range(3):
        with pytest.raises(NotSignedInError):
            await people.services.sign_in.with_password(STRANGER, f"{count}@example.com", "wrong")
    with pytest.raises(TooManyError):
        await people.enter()


async def test_a_hash_of_another_cost_is_made_anew_at_sign_in(people: World, people_settings: Settings) -> None:
    account = await people.account()
    async with world(people.database, people_settings.model_copy(update={"bcrypt_cost": 5})) as stricter:
        await stricter.enter()
    async with people.database.session() as session:
        hashed = await session.scalar(select(User.password).where(User.id == account.id))
    assert hashed is not None
    assert hashed.startswith("$2b$05$")
    await people.enter()


async def test_a_refresh_token_counts_once(people: World) -> None:
    await people.account()
    first = await people.enter()
    second = await people.services.sign_in.refresh(STRANGER, first.refresh_token)
    assert second.session == first.session
    assert (await people.by_token(second.access_token)).email == "ada@example.com"
    third = await people.services.sign_in.refresh(STRANGER, second.refresh_token)
    with pytest.raises(NotSignedInError) as found:
        await people.services.sign_in.refresh(STRANGER, second.refresh_token)
    assert found.value.code == "WF727"
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.refresh(STRANGER, third.refresh_token)
    with pytest.raises(NotSignedInError):
        await people.by_token(third.access_token)
    assert "session.token_reused" in await people.audited()


async def test_a_guessed_refresh_token_ends_nothing(people: World) -> None:
    await people.account()
    signed = await people.enter()
    with pytest.raises(NotSignedInError) as found:
        await people.services.sign_in.refresh(STRANGER, f"{signed.session.hex}.{'x' * 43}")
    assert found.value.code == "WF711"
    await people.services.sign_in.refresh(STRANGER, signed.refresh_token)


async def test_a_cookie_is_no_refresh_token(people: World) -> None:
    await people.account()
    signed = await people.enter(kind="session")
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.refresh(STRANGER, signed.cookie)


async def test_signing_out_ends_the_session_and_its_tokens(people: World) -> None:
    await people.account()
    one, other = await people.enter(), await people.enter()
    actor = await people.by_token(one.access_token)
    await people.services.sign_in.out(actor)
    with pytest.raises(NotSignedInError):
        await people.by_token(one.access_token)
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.refresh(STRANGER, one.refresh_token)
    assert await people.redis.exists(f"token:revoked:{actor.token}")
    await people.by_token(other.access_token)


async def test_signing_out_everywhere_holds_even_when_redis_remembers_old_sessions(people: World) -> None:
    await people.account()
    signed = await people.enter(kind="session")
    token = await people.enter()
    kept = await people.redis.dump(f"session:{signed.session}")
    assert kept is not None
    assert await people.services.sign_in.out_everywhere(await people.by_cookie(signed.cookie)) == 2
    await people.redis.restore(f"session:{signed.session}", 0, kept)
    assert (await people.by_cookie(signed.cookie)).via == "anonymous"
    with pytest.raises(NotSignedInError):
        await people.by_token(token.access_token)
    assert (await people.by_cookie((await people.enter(kind="session")).cookie)).via == "session"


async def test_who_is_made_inactive_is_out_at_once(people: World) -> None:
    actor = await people.person()
    signed = await people.enter()
    key = await people.services.api_keys.create(actor, "script")
    assert actor.id is not None
    await people.services.accounts.change(SYSTEM, actor.id, Changes(is_active=False))
    for token in (signed.access_token, key.secret):
        with pytest.raises(NotSignedInError):
            await people.by_token(token)
    with pytest.raises(NotSignedInError) as found:
        await people.enter()
    assert found.value.code == "WF712"


async def test_the_first_link_makes_an_administrator_once(people: World) -> None:
    link = await people.services.sign_in.one_time_link(SYSTEM)
    token = link.partition("token=")[2]
    later = (await people.services.sign_in.one_time_link(SYSTEM)).partition("token=")[2]
    signed = await people.services.sign_in.with_link(STRANGER, token)
    assert isinstance(signed, SignedIn)
    assert signed.role == "admin"
    for spent in (token, later):
        with pytest.raises(NotSignedInError):
            await people.services.sign_in.with_link(STRANGER, spent)
    with pytest.raises(ConflictError):
        await people.services.sign_in.one_time_link(SYSTEM)
    actor = await people.by_cookie(signed.cookie)
    await people.services.accounts.change_password(actor, "", PASSWORD)
    await people.enter("admin@localhost")


async def test_nothing_secret_is_kept_in_redis_or_shown(people: World) -> None:
    await people.account()
    signed, browser = await people.enter(), await people.enter(kind="session")
    secrets = [text.partition(".")[2] for text in (signed.refresh_token, browser.cookie)]
    for key in await people.redis.keys():
        kept = await people.redis.dump(key)
        assert kept is not None
        assert not any(secret.encode() in kept for secret in secrets), key
    assert await people.redis.hget(f"session:{signed.session}", "secret") == digest(secrets[0]).encode()
    assert signed.refresh_token not in repr(signed)
    assert signed.access_token not in repr(signed)
