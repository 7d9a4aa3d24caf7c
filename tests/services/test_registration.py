"""Registering, invitations, confirming addresses, forgotten passwords: nobody learns who has an account."""

from __future__ import annotations

import pytest

from tests.services.people import OTHER_PASSWORD, PASSWORD, STRANGER, World, world
from workflow_kernel.base.errors import (
    ConflictError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import SYSTEM

EMAIL = "ada@example.com"


async def test_who_registers_signs_in_once_the_address_is_confirmed(people: World, people_settings: Settings) -> None:
    async with world(people.database, people_settings.model_copy(update={"registration": "open"})) as house:
        await house.services.registration.register(STRANGER, EMAIL, PASSWORD, name="Ada")
        with pytest.raises(NotSignedInError) as found:
            await house.enter()
        assert found.value.code == "WF712", "an attacker must not learn that it is new"
        token = house.mailbox.token(EMAIL)
        await house.services.registration.confirm(STRANGER, token)
        signed = await house.enter()
        assert (signed.name, signed.role) == ("Ada", "editor")
        with pytest.raises(NotSignedInError):
            await house.services.registration.confirm(STRANGER, token)


async def test_an_address_with_an_account_is_told_by_mail_alone(people: World, people_settings: Settings) -> None:
    await people.account()
    async with world(people.database, people_settings.model_copy(update={"registration": "open"})) as house:
        await house.services.registration.register(STRANGER, EMAIL, OTHER_PASSWORD)
        assert [mail.subject for mail in house.mailbox.to(EMAIL)] == ["You have an account already"]
        await house.enter()


async def test_an_account_that_nobody_confirmed_is_begun_anew(people: World, people_settings: Settings) -> None:
    async with world(people.database, people_settings.model_copy(update={"registration": "open"})) as house:
        await house.services.registration.register(STRANGER, EMAIL, OTHER_PASSWORD, name="Mallory")
        first = house.mailbox.token(EMAIL)
        await house.services.registration.register(STRANGER, EMAIL, PASSWORD, name="Ada")
        with pytest.raises(NotSignedInError):
            await house.services.registration.confirm(STRANGER, first)
        await house.services.registration.confirm(STRANGER, house.mailbox.token(EMAIL))
        with pytest.raises(NotSignedInError):
            await house.enter(password=OTHER_PASSWORD)
        assert (await house.enter()).name == "Ada"


async def test_nobody_registers_where_it_is_not_open(people: World, people_settings: Settings) -> None:
    with pytest.raises(NotAllowedError) as found:
        await people.services.registration.register(STRANGER, EMAIL, PASSWORD)
    assert found.value.code == "WF721"
    await people.services.invitations.create(SYSTEM, EMAIL)
    async with world(people.database, people_settings.model_copy(update={"registration": "off"})) as house:
        with pytest.raises(NotAllowedError):
            await house.services.invitations.accept(STRANGER, people.mailbox.token(EMAIL), PASSWORD)


async def test_an_invitation_makes_an_account_once(people: World) -> None:
    admin = await people.person("admin@example.com", "admin")
    invited = await people.services.invitations.create(admin, EMAIL, role="operator")
    token = people.mailbox.token(EMAIL)
    assert invited.link.endswith(token)
    with pytest.raises(InvalidRequestError):
        await people.services.invitations.accept(STRANGER, token, "password")
    account = await people.services.invitations.accept(STRANGER, token, PASSWORD, name="Ada")
    assert (account.email, account.role, account.is_verified) == (EMAIL, "operator", True)
    await people.enter()
    with pytest.raises(NotSignedInError):
        await people.services.invitations.accept(STRANGER, token, PASSWORD)
    with pytest.raises(ConflictError):
        await people.services.invitations.create(admin, EMAIL)


async def test_an_invitation_is_replaced_and_taken_back(people: World) -> None:
    admin = await people.person("admin@example.com", "admin")
    await people.services.invitations.create(admin, EMAIL)
    first = people.mailbox.token(EMAIL)
    again = await people.services.invitations.create(admin, EMAIL.upper(), role="viewer")
    assert [one.role for one in await people.services.invitations.pending(admin)] == ["viewer"]
    await people.services.invitations.revoke(admin, again.id)
    for token in (first, people.mailbox.token(EMAIL.upper())):
        with pytest.raises(NotSignedInError):
            await people.services.invitations.accept(STRANGER, token, PASSWORD)
    with pytest.raises(NotFoundError):
        await people.services.invitations.revoke(admin, again.id)


async def test_nobody_gives_more_than_they_have(people: World) -> None:
    permissions = ["account.invite", "account.create", "account.update", "account.delete", "role.update"]
    await people.services.roles.create(SYSTEM, "clerk", title="Clerk", permissions=permissions)
    clerk = await people.person("clerk@example.com", "clerk")
    admin = await people.account("admin@example.com", "admin")
    with pytest.raises(NotAllowedError):
        await people.services.invitations.create(clerk, EMAIL, role="admin")
    with pytest.raises(NotAllowedError):
        await people.services.accounts.create(clerk, EMAIL, role="admin", password=PASSWORD)
    with pytest.raises(NotAllowedError):
        await people.services.accounts.delete(clerk, admin.id)
    with pytest.raises(NotAllowedError):
        await people.services.factors.reset(clerk, admin.id)
    with pytest.raises(NotAllowedError):
        await people.services.roles.create(clerk, "more", title="", permissions=["credential.use"])
    await people.services.invitations.create(clerk, EMAIL, role="clerk")


async def test_a_forgotten_password_is_replaced_by_mail(people: World) -> None:
    await people.account()
    old = await people.enter()
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            await people.enter(password="wrong")
    await people.services.recovery.forgot(STRANGER, "ADA@example.com")
    token = people.mailbox.token(EMAIL)
    with pytest.raises(InvalidRequestError):
        await people.services.recovery.reset(STRANGER, token, "password")
    await people.services.recovery.reset(STRANGER, token, OTHER_PASSWORD)
    with pytest.raises(NotSignedInError):
        await people.by_token(old.access_token)
    await people.enter(password=OTHER_PASSWORD)  # the lock is forgotten
    with pytest.raises(NotSignedInError):
        await people.services.recovery.reset(STRANGER, token, PASSWORD)
    assert "account.password_reset" in await people.audited()


async def test_a_reset_counts_for_the_password_it_was_asked_for(people: World) -> None:
    actor = await people.person()
    await people.services.recovery.forgot(STRANGER, EMAIL)
    token = people.mailbox.token(EMAIL)
    await people.services.accounts.change_password(actor, PASSWORD, OTHER_PASSWORD)
    with pytest.raises(NotSignedInError):
        await people.services.recovery.reset(STRANGER, token, PASSWORD)


async def test_asking_for_an_unknown_address_sends_nothing_and_says_nothing(people: World) -> None:
    for _ in range(5):
        await people.services.recovery.forgot(STRANGER, "nobody@example.com")
    assert not people.mailbox.messages
    with pytest.raises(TooManyError):
        await people.services.recovery.forgot(STRANGER, "nobody@example.com")


async def test_another_address_counts_once_it_is_confirmed(people: World) -> None:
    actor = await people.person()
    await people.account("taken@example.com")
    with pytest.raises(NotSignedInError):
        await people.services.registration.change_email(actor, "new@example.com", password="wrong")
    await people.services.registration.change_email(actor, "taken@example.com", password=PASSWORD)
    assert not people.mailbox.to("taken@example.com")
    await people.services.registration.change_email(actor, "new@example.com", password=PASSWORD)
    assert (await people.services.accounts.me(actor)).email == EMAIL
    assert people.mailbox.to(EMAIL)[-1].subject == "Your address is to be changed"
    await people.services.registration.confirm(STRANGER, people.mailbox.token("new@example.com"))
    await people.enter("new@example.com")
