"""Signing in with an account elsewhere: at a real OpenID Connect server, and at one that lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pyotp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.auth.forge import forged
from tests.nodes.servers import Answer, WebServer, web_server
from tests.services.people import PASSWORD, STRANGER, World, world
from tests.services.providers import CLIENT, LyingProvider, openid_server, query_of, say_yes
from workflow_kernel.base.errors import ConflictError, NotAllowedError, NotFoundError, NotSignedInError, WorkflowError
from workflow_kernel.base.settings import Settings, SignOnProvider
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.admission import Challenge, SignedIn
from workflow_kernel.services.jupyter import JupyterUser
from workflow_kernel.services.sign_on import Finished, safe_path

ADA = {"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"}
EVE = {"sub": "eve", "email": "ada@example.com", "email_verified": False, "name": "Eve"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with openid_server(ADA, EVE) as found:
        yield found


@pytest.fixture
def lying() -> Iterator[LyingProvider]:
    with web_server() as web:
        yield LyingProvider(web)


@pytest.fixture
async def lied_to(people: World, people_settings: Settings, lying: LyingProvider) -> AsyncIterator[World]:
    async with house(people, people_settings, lying.issuer, create="always") as found:
        yield found


def house(people: World, settings: Settings, issuer: str, **more: Any) -> AbstractAsyncContextManager[World]:
    """The services, with a provider called ``work``."""
    work = SignOnProvider(name="work", issuer=issuer, client_id=CLIENT, client_secret="s3cret", **more)  # type: ignore[arg-type]
    return world(people.database, settings.model_copy(update={"sign_on": [work], "registration": "open"}))


async def go(people: World, subject: str, actor: Actor = STRANGER, next: str = "/") -> Finished:
    """Start here, say yes there, come back."""
    started = await people.services.sign_on.start(actor, "work", next=next)
    back = await say_yes(started.address, subject)
    return await people.services.sign_on.finish(actor, "work", cookie=started.cookie, **back)


async def lie(people: World, lying: LyingProvider) -> Finished:
    started = await people.services.sign_on.start(STRANGER, "work")
    back = lying.come_back(started.address)
    return await people.services.sign_on.finish(STRANGER, "work", cookie=started.cookie, **back)


async def test_somebody_new_gets_an_account_and_finds_it_again(
    people: World, people_settings: Settings, issuer: str
) -> None:
    async with house(people, people_settings, issuer) as at_work:
        found = await go(at_work, "ada", next="/workflows?page=2")
        assert isinstance(found.result, SignedIn)
        assert (found.result.email, found.result.name, found.next) == (ADA["email"], ADA["name"], "/workflows?page=2")
        actor = await at_work.by_cookie(found.result.cookie)
        again = await go(at_work, "ada")
        assert isinstance(again.result, SignedIn)
        assert again.result.account == actor.id
        assert [joined.issuer for joined in await at_work.services.sign_on.mine(actor)] == [issuer]


async def test_an_address_that_the_provider_vouches_for_joins_the_account_there_is(
    people: World, people_settings: Settings, issuer: str
) -> None:
    account = await people.account()
    async with house(people, people_settings, issuer) as at_work:
        with pytest.raises(NotAllowedError):
            await go(at_work, "eve")  # the same address, but the provider does not vouch for it
        found = await go(at_work, "ada")
        assert isinstance(found.result, SignedIn)
        assert found.result.account == account.id


async def test_a_password_that_nobody_confirmed_is_worth_nothing_once_the_owner_comes(
    people: World, people_settings: Settings, issuer: str
) -> None:
    async with house(people, people_settings, issuer) as at_work:
        await at_work.services.registration.register(STRANGER, "ada@example.com", PASSWORD, name="Mallory")
        await go(at_work, "ada")
        with pytest.raises(NotSignedInError):
            await at_work.enter()


async def test_the_browser_that_began_must_come_back(people: World, people_settings: Settings, issuer: str) -> None:
    async with house(people, people_settings, issuer) as at_work:
        started = await at_work.services.sign_on.start(STRANGER, "work")
        other = await at_work.services.sign_on.start(STRANGER, "work")
        back = await say_yes(started.address, "ada")
        with pytest.raises(NotSignedInError) as found:
            await at_work.services.sign_on.finish(STRANGER, "work", cookie=other.cookie, **back)
        assert found.value.code == "WF716"
        with pytest.raises(NotSignedInError):  # and it counts once
            await at_work.services.sign_on.finish(STRANGER, "work", cookie=started.cookie, **back)
        with pytest.raises(NotFoundError):
            await at_work.services.sign_on.start(STRANGER, "elsewhere")


async def test_who_may_have_an_account_is_for_the_settings_to_say(
    people: World, people_settings: Settings, issuer: str
) -> None:
    async with house(people, people_settings, issuer, create="never") as closed:
        with pytest.raises(NotAllowedError) as found:
            await go(closed, "ada")
        assert found.value.code == "WF721"
        await closed.services.invitations.create(SYSTEM, "Ada@example.com", role="operator")
        invited = await go(closed, "ada")
        assert isinstance(invited.result, SignedIn)
        assert invited.result.role == "operator"
    async with house(people, people_settings, issuer, domains=["example.org"]) as strict:
        with pytest.raises(NotAllowedError):
            await go(strict, "ada")


async def test_who_is_signed_in_joins_an_account_elsewhere_to_theirs(
    people: World, people_settings: Settings, issuer: str
) -> None:
    bob = await people.person("bob@example.com")
    carol = await people.person("carol@example.com")
    async with house(people, people_settings, issuer) as at_work:
        await go(at_work, "eve", bob)
        found = await go(at_work, "eve")
        assert isinstance(found.result, SignedIn)
        assert found.result.account == bob.id
        with pytest.raises(ConflictError):
            await go(at_work, "eve", carol)
        (joined,) = await at_work.services.sign_on.mine(bob)
        await at_work.services.sign_on.part(bob, joined.id)
        with pytest.raises(NotFoundError):
            await at_work.services.sign_on.part(bob, joined.id)


async def test_the_only_way_in_stays(people: World, people_settings: Settings, issuer: str) -> None:
    async with house(people, people_settings, issuer) as at_work:
        found = await go(at_work, "ada")
        assert isinstance(found.result, SignedIn)
        actor = await at_work.by_cookie(found.result.cookie)
        (joined,) = await at_work.services.sign_on.mine(actor)
        with pytest.raises(ConflictError):
            await at_work.services.sign_on.part(actor, joined.id)


async def test_the_way_there_has_pkce_state_and_nonce(lied_to: World, lying: LyingProvider) -> None:
    started = await lied_to.services.sign_on.start(STRANGER, "work")
    query = query_of(started.address)
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"].endswith("/api/auth/sign-on/work/callback")
    assert len({query["state"], query["nonce"], query["code_challenge"], started.cookie}) == 4
    found = await lie(lied_to, lying)
    assert isinstance(found.result, SignedIn)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"iss": "https://elsewhere.example"}, {"aud": "another"}, {"exp": 1},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
    ids=lambda claims: ",".join(claims),
)  # fmt: skip
async def test_an_id_token_that_is_not_for_us_does_not_count(
    lied_to: World, lying: LyingProvider, claims: dict[str, Any]
) -> None:
    lying.claims = claims
    with pytest.raises(NotSignedInError) as found:
        await lie(lied_to, lying)
    assert found.value.code == "WF723"


async def test_an_id_token_signed_by_nobody_or_with_the_public_key_does_not_count(
    lied_to: World, lying: LyingProvider
) -> None:
    public = lying.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for key in (None, public):
        lying.sign = lambda claims, key=key: forged(claims, key)
        with pytest.raises(NotSignedInError) as found:
            await lie(lied_to, lying)
        assert "ID token" in str(found.value)


async def test_a_second_factor_is_asked_for_unless_the_provider_did(lied_to: World, lying: LyingProvider) -> None:
    await lie(lied_to, lying)
    lying.claims = {"amr": ["pwd", "mfa"]}
    found = await lie(lied_to, lying)
    assert isinstance(found.result, SignedIn)
    actor = await lied_to.by_cookie(found.result.cookie)
    secret = (await lied_to.services.factors.enrol(actor)).secret
    await lied_to.services.factors.confirm(actor, pyotp.TOTP(secret).now())
    assert isinstance((await lie(lied_to, lying)).result, SignedIn)
    lying.claims = {}
    assert isinstance((await lie(lied_to, lying)).result, Challenge)


async def test_microsofts_issuer_is_the_tenants(people: World, people_settings: Settings, lying: LyingProvider) -> None:
    described = lying.web.answers["/.well-known/openid-configuration"]
    assert not callable(described)
    described.body["issuer"] = f"{lying.issuer}/{{tenantid}}/v2.0"
    async with house(people, people_settings, lying.issuer, kind="microsoft", create="always") as at_work:
        lying.claims = {"tid": "t1", "iss": f"{lying.issuer}/t2/v2.0"}
        with pytest.raises(NotSignedInError):
            await lie(at_work, lying)
        lying.claims = {"tid": "t1", "iss": f"{lying.issuer}/t1/v2.0"}
        assert isinstance((await lie(at_work, lying)).result, SignedIn)


async def test_github_tells_by_its_own_api(people: World, people_settings: Settings, lying: LyingProvider) -> None:
    web: WebServer = lying.web
    web.answers |= {
        "/login/oauth/access_token": Answer({"access_token": "gho_1", "token_type": "bearer"}),
        "/api/v3/user": Answer({"id": 7, "login": "ada", "name": None}),
        "/api/v3/user/emails": Answer([
            {"email": "other@example.com", "primary": False, "verified": True},
            {"email": "ada@example.com", "primary": True, "verified": True},
        ]),
    }  # fmt: skip
    async with house(people, people_settings, lying.issuer, kind="github", create="always") as at_work:
        found = await lie_to_github(at_work, lying)
        assert isinstance(found.result, SignedIn)
        assert (found.result.email, found.result.name) == ("ada@example.com", "ada")
        web.answers["/login/oauth/access_token"] = Answer({"error": "bad_verification_code"})
        with pytest.raises(NotSignedInError):
            await lie_to_github(at_work, lying)


async def lie_to_github(people: World, lying: LyingProvider) -> Finished:
    started = await people.services.sign_on.start(STRANGER, "work")
    assert query_of(started.address)["scope"] == "read:user user:email"
    state = query_of(started.address)["state"]
    return await people.services.sign_on.finish(STRANGER, "work", cookie=started.cookie, state=state, code="c")


async def test_a_provider_over_plain_http_is_refused(people: World, people_settings: Settings) -> None:
    with pytest.raises(WorkflowError):
        async with house(people, people_settings, "http://login.example.com"):
            pass


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/workflows/1?tab=runs#top", "/workflows/1?tab=runs#top"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/\t/evil.example", "/"), ("", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_afterwards(path: str, safe: str) -> None:
    assert safe_path(path) == safe


async def test_people_of_a_jupyter_host_are_somebody_here(people: World) -> None:
    at_hub = JupyterUser("ada", hub="https://hub.example.com", email="ada@example.com", title="Ada")
    actor = await people.services.jupyter.actor(SYSTEM, at_hub, address="10.0.0.1")
    assert (actor.email, actor.role, actor.via) == ("ada@example.com", "editor", "jupyter")
    assert actor.can("workflow.create")
    assert (await people.services.jupyter.actor(SYSTEM, at_hub)).id == actor.id
    other_hub = JupyterUser("ada", hub="https://other.example.com", email="ada@example.com", is_admin=True)
    other = await people.services.jupyter.actor(SYSTEM, other_hub)
    assert (other.id != actor.id, other.role) == (True, "admin"), "a hub does not vouch for addresses"
    assert await people.services.access.personal(actor)


async def test_a_jupyter_server_of_one_person_is_their_own(people: World) -> None:
    link = await people.services.sign_in.one_time_link(SYSTEM)
    actor = await people.services.jupyter.actor(SYSTEM, JupyterUser("jovyan"))
    assert (actor.role, actor.email) == ("admin", "admin@localhost")
    with pytest.raises(NotSignedInError):
        await people.services.sign_in.with_link(STRANGER, link.partition("token=")[2])
