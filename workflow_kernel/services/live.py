"""Live events for who may hear them: of an execution, a workflow, a project, the queues.

Channels are ``execution:{id}``, ``workflow:{id}``, ``project:{id}`` and ``queues``. The API's websocket calls this;
events come over the bus.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.base.errors import InvalidRequestError, NotAllowedError, NotFoundError, NotSignedInError, Problem
from workflow_kernel.contracts import Bus, LiveMessage
from workflow_kernel.services.access import Access
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.permission import needs, open_to_all, require
from workflow_kernel.services.queues import CHANNEL as QUEUES
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.identities import Identities
from workflow_kernel.storage.one_time import OneTimeTokens
from workflow_kernel.storage.sessions import SessionStore
from workflow_kernel.storage.tables import Execution, Workflow

TICKET_SECONDS = 30
"""How long a ticket waits to be used."""

START = "0"
"""Goes on after nothing: all that is kept."""


class Heard(msgspec.Struct, frozen=True):
    """A channel one may listen to: from which event on, and what comes."""

    after: str
    messages: AsyncIterator[LiveMessage]


class Live:
    """Who may listen to what.

    Parameters
    ----------
    database, access: whose things are. bus: where events come from.
    sessions, identities: whether somebody is still signed in. one_time: where tickets are.
    """

    def __init__(
        self,
        database: Database,
        access: Access,
        bus: Bus,
        *,
        sessions: SessionStore,
        identities: Identities,
        one_time: OneTimeTokens,
    ) -> None:
        self._database = database
        self._access = access
        self._bus = bus
        self._sessions = sessions
        self._identities = identities
        self._one_time = one_time

    @open_to_all("every channel is checked apart")
    async def authorise(self, actor: Actor, channel: str) -> None:
        """Raise unless the actor may hear what happens on a channel."""
        if channel == QUEUES:
            require(actor, "queue.read")
            return
        kind, _, text = channel.partition(":")
        try:
            identity = UUID(text)
        except ValueError:
            raise _unknown(channel) from None
        if kind == "project":
            require(actor, "execution.read")
            await self._access.require(actor, identity, "execution.read", "project")
        elif kind == "execution":
            require(actor, "execution.read")
            await self._access.require(actor, await self._project(Execution, identity), "execution.read", "execution")
        elif kind == "workflow":
            require(actor, "workflow.read")
            await self._access.require(actor, await self._project(Workflow, identity), "workflow.read", "workflow")
        else:
            raise _unknown(channel)

    @open_to_all("every channel is checked apart")
    async def listen(self, actor: Actor, channel: str, after: str | None = None) -> Heard:
        """What happens on a channel: after an event, or from now on. Raises for those who may not hear it."""
        await self.authorise(actor, channel)
        if after is None:
            after = await self._bus.position(channel)
        return Heard(after, self._bus.listen(channel, after))

    @needs("account.own")
    async def ticket(self, actor: Actor) -> str:
        """A text that lets a websocket in once, soon, in place of the actor's cookie or token."""
        if actor.session is None:
            raise NotAllowedError("A ticket is for who signed in.", mend="Send the API key itself, in a header.")
        return await self._one_time.make("live", actor, seconds=TICKET_SECONDS)

    @open_to_all("the ticket is all it takes")
    async def redeem(self, actor: Actor, ticket: str) -> Actor:
        """Who asked for a ticket; it counts no more."""
        found = await self._one_time.take("live", ticket, Actor)
        if found is None:
            raise NotSignedInError("The ticket does not count any more.", mend="Ask for another one.")
        return await self.still(msgspec.structs.replace(found, address=actor.address, request=actor.request))

    @open_to_all("tells whether the actor is still signed in")
    async def still(self, actor: Actor) -> Actor:
        """The actor as of now. Raises ``NotSignedInError`` once its session was ended or its account closed."""
        seen = None if actor.session is None else await self._sessions.look(actor.session, actor.token)
        if seen is None or seen.is_revoked or seen.session.user != actor.id:
            raise _ended()
        account = await self._identities.account(seen.session.user, seen.account)
        if account is None or not account.is_active or seen.session.created_at < account.signed_out_at:
            raise _ended()
        allowed = await self._identities.permissions(account.role)
        return msgspec.structs.replace(actor, role=account.role, permissions=actor.permissions & allowed)

    async def _project(self, table: type[Execution] | type[Workflow], identity: UUID) -> UUID:
        async with self._database.session() as session:
            found = await session.scalar(select(table.project_id).where(table.id == identity))
        if found is None:
            raise NotFoundError(f"There is no such {table.__tablename__}.", mend="Check the id.")
        return found


def _unknown(channel: str) -> InvalidRequestError:
    message = f"There is no channel '{channel[:100]}'."
    mend = "Channels are execution:ID, workflow:ID, project:ID and queues."
    return InvalidRequestError(
        message, code="WF780", mend=mend, problems=[Problem("WF780", message, mend, field="channel")]
    )


def _ended() -> NotSignedInError:
    return NotSignedInError("You are not signed in any more.", mend="Sign in again.")
