"""Passkeys of accounts: making, using, listing, taking away. One is two factors: what somebody has, and is or knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from workflow_kernel.auth import passkeys
from workflow_kernel.base.errors import ConflictError, NotFoundError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.admission import Admission, SignedIn
from workflow_kernel.services.audit import record
from workflow_kernel.services.mail import address
from workflow_kernel.services.people import People, checked_text, in_person
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage.sessions import Kind
from workflow_kernel.storage.tables import Passkey, User
from workflow_kernel.storage.tables.base import now

ASKED_FOR = 300
"""Seconds a browser has to answer."""

MOST = 20


class Asked(msgspec.Struct, frozen=True):
    """What is kept of a question. ``user`` is None where anybody may answer."""

    user: UUID | None = None


class PasskeyTold(msgspec.Struct, frozen=True):
    """What may be told about a passkey."""

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


class Passkeys:
    """See the module.

    Parameters
    ----------
    people: where passkeys are. admission: lets in who used one.
    """

    def __init__(self, people: People, admission: Admission) -> None:
        self._people = people
        self._admission = admission
        self._site = passkeys.site(address(people.settings))

    @needs("account.factor")
    async def begin(self, actor: Actor) -> dict[str, Any]:
        """What the browser is asked to make a passkey of one's own."""
        account = in_person(actor)
        async with self._people.database.session() as session:
            known = list(await session.scalars(select(Passkey.credential_id).where(Passkey.user_id == account)))
        if len(known) >= MOST:
            raise ConflictError(f"You have {len(known)} passkeys.", code="WF725", mend="Take some away first.")
        challenge = await self._people.one_time.make("passkey", Asked(account), seconds=ASKED_FOR)
        return passkeys.creation(self._site, challenge, account.bytes, actor.email, known)

    @needs("account.factor")
    async def add(self, actor: Actor, answer: Mapping[str, Any], *, name: str) -> PasskeyTold:
        """Keep the passkey that the browser made. Raises ``NotSignedInError`` when its answer is not right."""
        account, name = in_person(actor), checked_text(name, "name", most=100)
        made = passkeys.check_made(self._site, await self._asked(answer, account), answer)
        row = Passkey(
            id=new_id(), user_id=account, credential_id=made.id, public_key=made.public_key, sign_count=made.count,
            name=name, created_at=now(),
        )  # fmt: skip
        try:
            async with self._people.database.session() as session:
                session.add(row)
                record(session, actor, "account.passkey_added", f"account:{account}", passkey=str(row.id), name=name)
        except IntegrityError:
            raise ConflictError("This passkey is known already.", code="WF725", mend="Make another.") from None
        return _told(row)

    @needs("account.own")
    async def mine(self, actor: Actor) -> list[PasskeyTold]:
        """One's own passkeys, the newest first."""
        statement = select(Passkey).where(Passkey.user_id == in_person(actor)).order_by(Passkey.id.desc())
        async with self._people.database.session() as session:
            return [_told(row) for row in await session.scalars(statement)]

    @needs("account.own")
    async def remove(self, actor: Actor, passkey: UUID) -> None:
        """Take a passkey of one's own away."""
        account = in_person(actor)
        async with self._people.database.session() as session:
            row = await session.get(Passkey, passkey, with_for_update=True)
            if row is None or row.user_id != account:
                raise NotFoundError(f"There is no passkey '{passkey}'.", mend="List passkeys to see what there is.")
            await session.delete(row)
            record(session, actor, "account.passkey_removed", f"account:{account}", passkey=str(passkey))

    @open_to_all("who signs in is a stranger")
    async def ask(self, actor: Actor) -> dict[str, Any]:
        """What the browser is asked to sign in with a passkey."""
        challenge = await self._people.one_time.make("passkey", Asked(), seconds=ASKED_FOR)
        return passkeys.request(self._site, challenge)

    @open_to_all("the passkey says who it is")
    async def sign_in(
        self, actor: Actor, answer: Mapping[str, Any], *, kind: Kind = "session", agent: str = ""
    ) -> SignedIn:
        """Sign in with a passkey. Raises ``NotSignedInError`` when the answer is not right."""
        challenge, used = await self._asked(answer, None), passkeys.credential_id(answer)
        async with self._people.database.session() as session:
            row = await session.scalar(select(Passkey).where(Passkey.credential_id == used).with_for_update())
            user = None if row is None else await session.get(User, row.user_id)
            if row is None or user is None or not user.is_active:
                raise passkeys.not_accepted()
            known = passkeys.Made(row.credential_id, row.public_key, row.sign_count)
            row.sign_count = passkeys.check_used(self._site, challenge, answer, known)
            row.used_at = now()
        return await self._admission.admit(actor, user, kind=kind, agent=agent, factors=("passkey",))

    async def _asked(self, answer: Mapping[str, Any], account: UUID | None) -> str:
        """The challenge an answer is to; it is asked once."""
        challenge = passkeys.challenge_of(answer)
        asked = await self._people.one_time.take("passkey", challenge, Asked)
        if asked is None or asked.user != account:
            raise passkeys.not_accepted()
        return challenge


def _told(row: Passkey) -> PasskeyTold:
    return PasskeyTold(row.id, row.name, row.created_at, row.used_at)
