"""Where somebody is signed in; ending it."""

from __future__ import annotations

from uuid import UUID

from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.people import People, own
from workflow_kernel.services.permission import needs
from workflow_kernel.services.sign_in import end_sessions
from workflow_kernel.storage.sessions import Session


class Sessions:
    """See the module.

    Parameters
    ----------
    people: where sessions are.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    @needs("account.own")
    async def mine(self, actor: Actor) -> list[Session]:
        """One's own sessions, the newest first."""
        return await self._people.sessions.of(own(actor))

    @needs("account.own")
    async def end_mine(self, actor: Actor, session: UUID) -> None:
        """End a session of one's own. Raises ``NotFoundError`` when there is none."""
        await self._end(actor, own(actor), session)

    @needs("session.read")
    async def of(self, actor: Actor, account: UUID) -> list[Session]:
        """Somebody's sessions."""
        return await self._people.sessions.of(account)

    @needs("session.revoke")
    async def end(self, actor: Actor, account: UUID, session: UUID) -> None:
        """End somebody's session. Raises ``NotFoundError`` when there is none."""
        await self._end(actor, account, session)

    @needs("session.revoke")
    async def end_all(self, actor: Actor, account: UUID) -> int:
        """End all sessions of somebody. Gives how many."""
        return await end_sessions(self._people, actor, account)

    async def _end(self, actor: Actor, account: UUID, session_id: UUID) -> None:
        if not await self._people.sessions.revoke(account, session_id):
            raise NotFoundError(f"There is no session '{session_id}'.", mend="List sessions to see what there is.")
        async with self._people.database.session() as session:
            record(session, actor, "session.revoke", f"account:{account}", session_id=str(session_id))
