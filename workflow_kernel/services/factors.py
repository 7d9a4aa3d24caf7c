"""A person's second factor: setting it up, using it, taking it away; recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth import factors, throttle
from workflow_kernel.base.errors import ConflictError, NotSignedInError
from workflow_kernel.base.ids import new_id
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, check_rank, in_person, no_account
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage.tables import RecoveryCode, User
from workflow_kernel.storage.tables.base import now


class Enrolment(msgspec.Struct, frozen=True):
    """What an authenticator app needs: as text, and as the address in a QR code."""

    secret: str
    address: str

    def __repr__(self) -> str:
        return "Enrolment()"


class Factors:
    """Second factors of accounts.

    Parameters
    ----------
    people: where accounts are.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @needs("account.factor")
    async def enrol(self, actor: Actor) -> Enrolment:
        """Begin to set up an authenticator app. It counts once ``confirm`` has seen a code of it."""
        account = in_person(actor)
        secret = factors.new_totp_secret()
        async with self._people.database.session() as session:
            user = await session.get(User, account, with_for_update=True)
            if user is None:
                raise no_account(account)
            if user.totp_confirmed_at is not None:
                raise ConflictError(
                    "A second factor is set up already.", code="WF724", mend="Take it away before you set up another."
                )
            user.totp_secret = self._people.seal.close(secret.encode(), str(account))
            user.totp_last_step = None
        return Enrolment(secret, factors.totp_address(secret, actor.email))

    @needs("account.factor")
    async def confirm(self, actor: Actor, code: str) -> list[str]:
        """Show a code of the app: from now on it is asked for. Gives recovery codes, this once.

        A session that might only set up a factor may do everything from now on.
        """
        account = in_person(actor)
        await self._people.throttle.attempt(f"factor:{account}", throttle.FACTOR)
        async with self._people.database.session() as session:
            user = await session.get(User, account, with_for_update=True)
            if user is None or user.totp_secret is None or user.totp_confirmed_at is not None:
                raise ConflictError("Nothing is to be confirmed.", code="WF724", mend="Begin to set one up first.")
            step = factors.matching_step(self._secret(user), code, after=user.totp_last_step)
            if step is None:
                raise wrong_code()
            user.totp_confirmed_at, user.totp_last_step = now(), step
            codes = await self._new_codes(session, account)
            record(session, actor, "account.factor_added", f"account:{account}")
        await self._people.throttle.forget(f"factor:{account}")
        await self._free(actor)
        return codes

    @needs("account.factor")
    async def renew_codes(self, actor: Actor, code: str) -> list[str]:
        """New recovery codes in the old ones' place. Takes a code of the app."""
        account = in_person(actor)
        await self.use(actor, account, code)
        async with self._people.database.session() as session:
            codes = await self._new_codes(session, account)
            record(session, actor, "account.codes_renewed", f"account:{account}")
        return codes

    @needs("account.own")
    async def remove(self, actor: Actor, code: str) -> None:
        """Take the second factor away. Takes a code of the app, or a recovery code."""
        account = in_person(actor)
        await self.use(actor, account, code)
        await self._remove(actor, account)

    @needs("account.update")
    async def reset(self, actor: Actor, account: UUID) -> None:
        """Take somebody's second factor away who has lost it."""
        async with self._people.database.session() as session:
            role = await session.scalar(select(User.role).where(User.id == account))
        if role is None:
            raise no_account(account)
        await check_rank(self._people, actor, role)
        await self._remove(actor, account)

    @needs("account.own")
    async def codes_left(self, actor: Actor) -> int:
        """How many recovery codes can still be used."""
        async with self._people.database.session() as session:
            found = await session.scalar(
                select(func.count()).where(RecoveryCode.user_id == in_person(actor), RecoveryCode.used_at.is_(None))
            )
        return int(found or 0)

    @open_to_all("called by other services for who is half signed in; no door calls it")
    async def use(self, actor: Actor, account: UUID, code: str) -> str:
        """Check a code of an account; it counts no more. Gives what it was: ``totp`` or ``recovery``.

        Raises ``NotSignedInError`` when it is wrong, ``TooManyError`` after too many failures.
        """
        subject = f"factor:{account}"
        count, wait = await self._people.throttle.attempt(subject, throttle.FACTOR)
        async with self._people.database.session() as session:
            user = await session.get(User, account, with_for_update=True)
            found = None if user is None or user.totp_confirmed_at is None else await self._used(session, user, code)
            if found is None:
                record(session, actor, "account.factor_failed", f"account:{account}", failures=count)
                if wait:
                    record(session, actor, "account.locked", f"account:{account}", failures=count, seconds=wait)
            elif found == "recovery":
                record(session, actor, "account.code_used", f"account:{account}")
        if found is None:
            raise wrong_code()
        await self._people.throttle.forget(subject)
        return found

    async def _used(self, session: AsyncSession, user: User, code: str) -> str | None:
        secret = self._secret(user)
        step = factors.matching_step(secret, code, after=user.totp_last_step)
        if step is not None:
            user.totp_last_step = step
            assert user.totp_secret is not None
            if self._people.seal.is_outdated(user.totp_secret, str(user.id)):
                user.totp_secret = self._people.seal.close(secret.encode(), str(user.id))
            return "totp"
        hashed = factors.recovery_hash(code, str(user.id))
        statement = (
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user.id, RecoveryCode.hash == hashed, RecoveryCode.used_at.is_(None))
            .values(used_at=now())
            .returning(RecoveryCode.id)
        )
        return "recovery" if await session.scalar(statement) is not None else None

    async def _new_codes(self, session: AsyncSession, account: UUID) -> list[str]:
        codes: Sequence[str] = factors.new_recovery_codes()
        await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == account))
        for code in codes:
            hashed = factors.recovery_hash(code, str(account))
            session.add(RecoveryCode(id=new_id(), user_id=account, hash=hashed))
        return list(codes)

    async def _remove(self, actor: Actor, account: UUID) -> None:
        async with self._people.database.session() as session:
            user = await session.get(User, account, with_for_update=True)
            if user is None:
                raise no_account(account)
            user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
            await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == account))
            record(session, actor, "account.factor_removed", f"account:{account}")

    async def _free(self, actor: Actor) -> None:
        """Let the session do everything that was to enrol first."""
        assert actor.id is not None
        for session in await self._people.sessions.of(actor.id):
            if session.id == actor.session and session.is_enrolling:
                freed = msgspec.structs.replace(session, is_enrolling=False, factors=(*session.factors, "totp"))
                await self._people.sessions.change(freed)

    def _secret(self, user: User) -> str:
        assert user.totp_secret is not None
        return self._people.seal.open(user.totp_secret, str(user.id)).decode()


def wrong_code() -> NotSignedInError:
    """The code is wrong, or was used."""
    return NotSignedInError(
        "The code is wrong, or was used before.", code="WF715", mend="Wait for the next code, or use a recovery code."
    )
