"""Signing in with an account elsewhere, and who that is here; people of a Jupyter host.

An account elsewhere is found again by its issuer and subject. The first time, it is joined to the account with the same
e-mail address if the provider vouches for it, else an account is made where the settings allow it.
"""

from __future__ import annotations

from uuid import UUID

import httpx
import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth.sign_on import Identified, Proof, Provider, provider
from workflow_kernel.auth.tokens import digest, is_same, new_secret
from workflow_kernel.base.errors import ConflictError, NotAllowedError, NotFoundError, NotSignedInError
from workflow_kernel.base.ids import new_id
from workflow_kernel.base.settings import SignOnProvider
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.admission import Admission, Challenge, SignedIn
from workflow_kernel.services.audit import record
from workflow_kernel.services.mail import address
from workflow_kernel.services.people import People, in_person
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage import accounts
from workflow_kernel.storage.tables import Identity, Invitation, User
from workflow_kernel.storage.tables.base import now

TAKES = 600
"""Seconds to sign in there."""


class Place(msgspec.Struct, frozen=True):
    """A place to sign in, as people see it."""

    name: str
    title: str


class Started(msgspec.Struct, frozen=True):
    """Where to send the browser, and the cookie that must come back with it."""

    address: str
    cookie: str

    def __repr__(self) -> str:
        return "Started()"


class Finished(msgspec.Struct, frozen=True):
    """Who came back, and where they wanted to go: a path of this service."""

    result: SignedIn | Challenge
    next: str


class Attempt(msgspec.Struct, frozen=True):
    """What is kept of an attempt. ``account``: who is signed in and wants to join the account there to theirs."""

    provider: str
    nonce: str
    verifier: str
    next: str
    cookie: str
    account: UUID | None = None


class Joined(msgspec.Struct, frozen=True):
    """An account elsewhere that is joined to one here."""

    id: UUID
    issuer: str
    email: str


class SignOn:
    """See the module.

    Parameters
    ----------
    people: where accounts are. admission: lets in who is known. client: asks providers.
    """

    def __init__(self, people: People, admission: Admission, client: httpx.AsyncClient) -> None:
        self._people = people
        self._admission = admission
        self._settings = {one.name: one for one in people.settings.sign_on}
        self._providers: dict[str, Provider] = {name: provider(one, client) for name, one in self._settings.items()}

    @open_to_all("who signs in is a stranger")
    async def places(self, actor: Actor) -> list[Place]:
        """Where people may sign in."""
        return [Place(one.name, one.title or one.name.capitalize()) for one in self._settings.values()]

    @open_to_all("who signs in is a stranger")
    async def start(self, actor: Actor, place: str, *, next: str = "/") -> Started:
        """Begin to sign in there. Who is signed in already joins the account there to theirs."""
        found = self._provider(place)
        cookie, nonce, verifier = new_secret(), new_secret(), new_secret()
        attempt = Attempt(place, nonce, verifier, safe_path(next), digest(cookie), actor.id)
        state = await self._people.one_time.make("sign-on", attempt, seconds=TAKES)
        return Started(await found.address(Proof(state, nonce, verifier, self._redirect(place))), cookie)

    @open_to_all("the provider says who it is")
    async def finish(
        self, actor: Actor, place: str, *, state: str, code: str, cookie: str, agent: str = ""
    ) -> Finished:
        """Go on with what the browser came back with.

        Raises ``NotSignedInError`` when it did not begin here, or the provider does not say who it is;
        ``NotAllowedError`` when that person may not have an account here.
        """
        attempt = await self._people.one_time.take("sign-on", state, Attempt)
        if attempt is None or attempt.provider != place or not is_same(attempt.cookie, digest(cookie)):
            raise NotSignedInError(
                "This sign-in did not begin here, or took too long.", code="WF716", mend="Try again."
            )
        proof = Proof(state, attempt.nonce, attempt.verifier, self._redirect(place))
        who = await self._provider(place).identify(code, proof)
        self._check_domain(self._settings[place], who)
        user = await self._known(actor, who, self._settings[place], attempt.account)
        factors = ("sign-on", *who.factors)
        result = await self._admission.proven(actor, user, kind="session", agent=agent, factors=factors)
        return Finished(result, attempt.next)

    @needs("account.own")
    async def mine(self, actor: Actor) -> list[Joined]:
        """Accounts elsewhere that are joined to one's own."""
        statement = select(Identity).where(Identity.user_id == in_person(actor)).order_by(Identity.id)
        async with self._people.database.session() as session:
            return [Joined(row.id, row.issuer, row.email) for row in await session.scalars(statement)]

    @needs("account.own")
    async def part(self, actor: Actor, identity: UUID) -> None:
        """Part an account elsewhere from one's own. Raises ``ConflictError`` when it is the only way in."""
        account = in_person(actor)
        async with self._people.database.session() as session:
            user = await session.get_one(User, account, with_for_update=True)
            rows = list(await session.scalars(select(Identity).where(Identity.user_id == account)))
            row = next((one for one in rows if one.id == identity), None)
            if row is None:
                raise NotFoundError(f"There is no joined account '{identity}'.", mend="List them.")
            if len(rows) == 1 and user.password is None and not await accounts.has_passkeys(session, account):
                raise ConflictError("It is the only way you can sign in.", code="WF718", mend="Set a password first.")
            await session.delete(row)
            record(session, actor, "account.identity_removed", f"account:{account}", issuer=row.issuer)

    def _provider(self, place: str) -> Provider:
        if place not in self._providers:
            names = ", ".join(self._providers) or "there is none"
            raise NotFoundError(f"There is no place '{place}' to sign in.", mend=f"Those there are: {names}.")
        return self._providers[place]

    def _redirect(self, place: str) -> str:
        return f"{address(self._people.settings)}/api/auth/sign-on/{place}/callback"

    def _check_domain(self, settings: SignOnProvider, who: Identified) -> None:
        domain = who.email.rpartition("@")[2].lower()
        if settings.domains and not (who.is_verified and domain in {one.lower() for one in settings.domains}):
            raise NotAllowedError(
                "Accounts with this address may not sign in here.", code="WF721", mend="Use an account of your company."
            )

    async def _known(self, actor: Actor, who: Identified, settings: SignOnProvider, account: UUID | None) -> User:
        try:
            async with self._people.database.session() as session:
                return await self._joined(session, actor, who, account) or await self._made(
                    session, actor, who, settings
                )
        except IntegrityError:  # the same person twice at the same time
            async with self._people.database.session() as session:
                found = await self._joined(session, actor, who, account)
            if found is None:
                raise
            return found

    async def _joined(self, session: AsyncSession, actor: Actor, who: Identified, account: UUID | None) -> User | None:
        """The account here that belongs to one there, joined now where that can be known."""
        identity = await session.scalar(
            select(Identity).where(Identity.issuer == who.issuer, Identity.subject == who.subject)
        )
        if identity is not None:
            if account not in (None, identity.user_id):
                raise ConflictError("It is joined to another account.", code="WF717", mend="Sign in with that one.")
            return await session.get_one(User, identity.user_id)
        user = None
        if account is not None:
            user = await session.get(User, account)
        elif who.email and who.is_verified:
            user = await accounts.by_email(session, who.email)
            if user is not None and user.verified_at is None:
                user.password, user.verified_at = None, now()  # whoever set it never showed that it is theirs
        if user is not None:
            await _join(session, actor, user, who)
        return user

    async def _made(self, session: AsyncSession, actor: Actor, who: Identified, settings: SignOnProvider) -> User:
        """A new account, where there may be one."""
        role, invitation = settings.role, None
        if who.email and who.is_verified:
            invitation = await session.scalar(
                select(Invitation)
                .where(func.lower(Invitation.email) == who.email.lower(), Invitation.accepted_at.is_(None))
                .where(Invitation.expires_at > now())
                .with_for_update()
            )
        is_open = self._people.settings.registration == "open" and settings.create == "registration"
        is_invited = invitation is not None and self._people.settings.registration != "off"
        if not who.email or not who.is_verified or not (settings.create == "always" or is_open or is_invited):
            raise NotAllowedError(
                "There is no account for you here.", code="WF721",
                mend="Ask an administrator for an invitation to that address; it must be confirmed there.",
            )  # fmt: skip
        if invitation is not None:
            role, invitation.accepted_at = invitation.role, now()
        user = await accounts.add(session, who.email, name=who.name, role=role, password=None, is_verified=True)
        await _join(session, actor, user, who)
        return user


async def _join(session: AsyncSession, actor: Actor, user: User, who: Identified) -> None:
    session.add(Identity(id=new_id(), user_id=user.id, issuer=who.issuer, subject=who.subject, email=who.email))
    by = msgspec.structs.replace(actor, id=user.id, email=user.email)
    record(session, by, "account.identity_added", f"account:{user.id}", issuer=who.issuer, identity=who.subject)
    await session.flush()


def safe_path(path: str) -> str:
    """A path of this service; ``/`` for anything that could lead a browser elsewhere."""
    is_path = path.startswith("/") and not path.startswith("//")
    return path if is_path and path.isprintable() and "\\" not in path and len(path) <= 2000 else "/"
