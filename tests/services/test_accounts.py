"""One's own account, and everybody's for administrators; sessions; API keys."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.services.people import OTHER_PASSWORD, PASSWORD, STRANGER, World
from workflow_kernel.base.errors import (
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from workflow_kernel.services.accounts import Changes
from workflow_kernel.services.actor import SYSTEM
from workflow_kernel.storage.tables import Project, ProjectMember
from workflow_kernel.storage.tables.base import now


async def test_a_new_account_has_a_project_of_its_own(people: World) -> None:
    actor = await people.person()
    (project,) = await people.services.projects.find(actor)
    assert (project.owner, project.role) == (actor.id, "owner")
    assert project.id == await people.services.access.personal(actor)


@pytest.mark.parametrize(
    ("password", "hint"),
    [("short1!", "8"), ("password123", "words"), ("ada@example.com", ""), ("x" * 300, "256")],
)
async def test_a_weak_password_is_refused_with_advice(people: World, password: str, hint: str) -> None:
    with pytest.raises(InvalidRequestError) as found:
        await people.services.accounts.create(SYSTEM, "ada@example.com", password=password)
    assert found.value.code == "WF710"
    assert hint in found.value.mend
    assert found.value.problems[0].field == "password"
    assert password not in str(found.value)


async def test_long_passwords_count_to_their_last_character(people: World) -> None:
    long = "an orange walrus sings quietly to the moon above seventeen green hills " * 2
    await people.services.accounts.create(SYSTEM, "ada@example.com", password=long + "a")
    with pytest.raises(NotSignedInError):
        await people.enter(password=long + "b")
    await people.enter(password=long + "a")


async def test_an_address_has_one_account_in_whatever_case(people: World) -> None:
    await people.account("Ada@Example.com")
    with pytest.raises(ConflictError) as found:
        await people.account("ada@example.COM")
    assert found.value.code == "WF717"
    for wrong in ("ada", "a@b@c", "ada@exa mple.com", "a\n@b.com", "@b.com"):
        with pytest.raises(InvalidRequestError):
            await people.account(wrong)


async def test_changing_the_password_ends_other_sessions_and_says_so_by_mail(people: World) -> None:
    actor = await people.person()
    other = await people.enter()
    with pytest.raises(NotSignedInError) as found:
        await people.services.accounts.change_password(actor, "wrong", OTHER_PASSWORD)
    assert found.value.code == "WF728"
    await people.services.accounts.change_password(actor, PASSWORD, OTHER_PASSWORD)
    with pytest.raises(NotSignedInError):
        await people.by_token(other.access_token)
    assert [session.id for session in await people.services.sessions.mine(actor)] == [actor.session]
    await people.enter(password=OTHER_PASSWORD)
    assert [mail.subject for mail in people.mailbox.to("ada@example.com")] == ["Your password was changed"]


async def test_a_profile_and_preferences_are_ones_own(people: World) -> None:
    actor = await people.person()
    await people.services.accounts.change_me(actor, name="Ada", preferences={"theme": "dark", "zoom": 2})
    me = await people.services.accounts.change_me(actor, preferences={"zoom": None})
    assert (me.name, me.preferences) == ("Ada", {"theme": "dark"})
    with pytest.raises(InvalidRequestError):
        await people.services.accounts.change_me(actor, preferences={"much": "x" * 40_000})
    with pytest.raises(InvalidRequestError):
        await people.services.accounts.change_me(actor, name="two\nlines")


async def test_accounts_are_listed_in_pages_and_found_by_text(people: World) -> None:
    admin = await people.person("admin@example.com", "admin")
    for name in ("a", "b", "c"):
        await people.services.accounts.create(SYSTEM, f"{name}@example.org", name=name.upper())
    first = await people.services.accounts.find(admin, limit=2)
    rest = await people.services.accounts.find(admin, after=(first[-1].email, first[-1].id))
    found = [account.email for account in [*first, *rest]]
    assert found == ["a@example.org", "admin@example.com", "b@example.org", "c@example.org"]
    assert [account.name for account in await people.services.accounts.find(admin, text="B@EX")] == ["B"]
    assert not await people.services.accounts.find(admin, text="%")
    with pytest.raises(NotAllowedError):
        await people.services.accounts.find(await people.person())


async def test_a_role_counts_at_once_where_somebody_is_signed_in(people: World) -> None:
    actor = await people.person(role="viewer")
    token = (await people.enter()).access_token
    assert not (await people.by_token(token)).can("workflow.create")
    assert actor.id is not None
    await people.services.accounts.change(SYSTEM, actor.id, Changes(role="editor"))
    assert (await people.by_token(token)).can("workflow.create")
    with pytest.raises(InvalidRequestError) as found:
        await people.services.accounts.change(SYSTEM, actor.id, Changes(role="god"))
    assert found.value.code == "WF722"


async def test_the_last_administrator_stays(people: World) -> None:
    admin = await people.person("admin@example.com", "admin")
    other = await people.account("other@example.com", "admin")
    assert admin.id is not None
    await people.services.accounts.change(admin, other.id, Changes(is_active=False))
    for changes in (Changes(role="editor"), Changes(is_active=False)):
        with pytest.raises(ConflictError) as found:
            await people.services.accounts.change(admin, admin.id, changes)
        assert found.value.code == "WF718"
    with pytest.raises(ConflictError):
        await people.services.accounts.delete(SYSTEM, admin.id)
    await people.services.accounts.change(admin, other.id, Changes(is_active=True))
    await people.services.accounts.change(admin, admin.id, Changes(role="editor"))


async def test_two_administrators_cannot_both_go_at_the_same_time(people: World) -> None:
    pair = [await people.account(f"{name}@example.com", "admin") for name in "ab"]
    for _ in range(4):
        wishes = [people.services.accounts.change(SYSTEM, one.id, Changes(role="editor")) for one in pair]
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        assert sorted(type(answer).__name__ for answer in answers) == ["Account", "ConflictError"]
        for one in pair:
            await people.services.accounts.change(SYSTEM, one.id, Changes(role="admin"))


async def test_what_a_deleted_account_had_stays_with_who_deletes_it(people: World) -> None:
    admin = await people.person("admin@example.com", "admin")
    leaver = await people.person("leaver@example.com")
    team = await people.services.projects.create(leaver, "Team")
    own = await people.services.access.personal(leaver)
    assert leaver.id is not None
    await people.services.accounts.delete(admin, leaver.id)
    async with people.database.session() as session:
        owners = set(await session.scalars(select(ProjectMember.project_id).where(ProjectMember.user_id == admin.id)))
        project = await session.get_one(Project, own)
    assert {own, team.id} <= owners
    assert (project.owner_id, project.name) == (None, "Left by leaver@example.com")
    with pytest.raises(NotSignedInError):
        await people.enter("leaver@example.com")


async def test_sessions_are_listed_and_ended(people: World) -> None:
    await people.account()
    signed = await people.enter(agent="Firefox")
    actor = await people.by_token((await people.enter()).access_token)
    listed = await people.services.sessions.mine(actor)
    assert [session.agent for session in listed] == ["", "Firefox"]
    assert {session.address for session in listed} == {STRANGER.address}
    await people.services.sessions.end_mine(actor, signed.session)
    with pytest.raises(NotSignedInError):
        await people.by_token(signed.access_token)
    stranger = await people.person("bob@example.com")
    assert actor.session is not None
    with pytest.raises(NotFoundError):
        await people.services.sessions.end_mine(stranger, actor.session)
    admin = await people.person("admin@example.com", "admin")
    assert actor.id is not None
    assert len(await people.services.sessions.of(admin, actor.id)) == 1
    assert await people.services.sessions.end_all(admin, actor.id) == 1
    assert not await people.services.sessions.of(admin, actor.id)


async def test_an_api_key_acts_for_its_owner_within_its_scopes(people: World) -> None:
    actor = await people.person()
    made = await people.services.api_keys.create(actor, "ci", scopes=["workflow.*", "execution.read"])
    assert made.secret.startswith("wfk_")
    for headers in ({"X-Api-Key": made.secret}, {"authorization": f"bearer {made.secret}"}):
        by_key = await people.services.identify(headers, {})
        assert (by_key.id, by_key.via, by_key.api_key) == (actor.id, "api_key", made.key.id)
        assert by_key.can("workflow.create")
        assert not by_key.can("credential.read")
        assert not by_key.can("execution.delete")
    (listed,) = await people.services.api_keys.mine(actor)
    assert listed.used_at is not None
    assert made.secret not in repr(listed) + repr(made)


async def test_a_revoked_or_late_key_does_not_count(people: World) -> None:
    actor = await people.person()
    made = await people.services.api_keys.create(actor, "ci")
    await people.by_token(made.secret)
    await people.services.api_keys.revoke_mine(actor, made.key.id)
    late = await people.services.api_keys.create(actor, "late", expires_at=now() + timedelta(milliseconds=1))
    for secret in (made.secret, late.secret, "wfk_unknown"):
        with pytest.raises(NotSignedInError):
            await people.by_token(secret)
    with pytest.raises(InvalidRequestError):
        await people.services.api_keys.create(actor, "past", expires_at=now() - timedelta(days=1))
    with pytest.raises(InvalidRequestError) as found:
        await people.services.api_keys.create(actor, "wrong", scopes=["workflow.fly"])
    assert found.value.code == "WF713"
    with pytest.raises(NotFoundError):
        await people.services.api_keys.revoke_mine(await people.person("bob@example.com"), made.key.id)


async def test_a_key_makes_no_keys_and_changes_no_password(people: World) -> None:
    actor = await people.person()
    made = await people.services.api_keys.create(actor, "ci")
    by_key = await people.by_token(made.secret)
    with pytest.raises(NotAllowedError):
        await people.services.api_keys.create(by_key, "another")
    with pytest.raises(NotAllowedError):
        await people.services.accounts.change_password(by_key, PASSWORD, OTHER_PASSWORD)
    with pytest.raises(NotAllowedError):
        await people.services.factors.enrol(by_key)
