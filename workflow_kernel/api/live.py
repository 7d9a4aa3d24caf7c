"""Live events over a websocket: ``/api/ws`` (and ``/ws``). Messages are JSON objects with a ``type``.

In: ``authenticate`` (where no cookie, header, subprotocol or ticket says who it is), ``subscribe`` with ``channel`` and
``after``, ``unsubscribe``, ``ping``. Out: ``ready``, ``subscribed``, ``event`` with ``channel``, ``id`` and ``data``,
``lost`` (load the state anew), ``error``, ``unsubscribed``, ``pong``. See docs/api.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
import structlog
from pydantic import BaseModel, ConfigDict, Field
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from workflow_kernel.api.base_handler import BaseHandler
from workflow_kernel.api.cors import is_same_origin
from workflow_kernel.api.routing import Request, route
from workflow_kernel.base import log
from workflow_kernel.base.errors import InvalidRequestError, NotSignedInError, TooManyError, WorkflowError
from workflow_kernel.contracts import LOST, LiveMessage
from workflow_kernel.services.actor import STRANGER, Actor
from workflow_kernel.services.live import TICKET_SECONDS, Heard

PROTOCOL = "workflow"
"""The subprotocol; ``bearer.{token}`` beside it says who it is."""

SIGNED_OUT, TOO_LATE = 4401, 4408
"""Codes a connection is closed with: nobody is signed in (any more); nobody said who it is."""

MOST_CHANNELS = 100
MOST_CONNECTIONS = 50
"""Websockets of one account, or of strangers at one address, that this process keeps open."""

MOST_BYTES = 64 << 10

_log = structlog.get_logger("workflow.live")


class Said(msgspec.Struct, frozen=True):
    """A message of a client."""

    type: Literal["authenticate", "subscribe", "unsubscribe", "ping"]
    channel: str = ""
    after: str | None = None
    token: str = ""


_decoder = msgspec.json.Decoder(Said)


class LiveHandler(BaseHandler, WebSocketHandler):
    """A connection.

    Class attributes
    ----------------
    recheck: seconds between looks whether it is still signed in and may hear what it hears. patience: seconds to say
    who it is.
    """

    route_name = "/ws"
    recheck = 15.0
    patience = 10.0

    @property
    def ping_interval(self) -> float:
        """Seconds between signs of life, for connections that broke without a word."""
        return 20.0

    @property
    def max_message_size(self) -> int:
        """Bytes a message may have."""
        return MOST_BYTES

    def check_origin(self, origin: str) -> bool:
        """Only pages of ours and of listed origins: a browser sends cookies along from anywhere."""
        proxies, settings = self.kernel.proxies, self.kernel.settings
        scheme = "https" if proxies.is_https(self.request) else "http"
        is_ours = is_same_origin(origin, scheme, self.request.host)
        return is_ours or origin.rstrip("/") == settings.public_url.rstrip("/") or self.kernel.origins.allows(origin)

    async def prepare(self) -> None:
        log.bind(request=self.id)
        self._again: Callable[[], Awaitable[Actor]] | None = None
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._watch: asyncio.Task[None] | None = None
        live = self.kernel.service.live
        ticket = self.get_query_argument("ticket", "")
        token = self._token_of_protocol()
        if ticket:
            stranger = msgspec.structs.replace(STRANGER, address=self.address, request=self.id)
            self.actor = await live.redeem(stranger, ticket)
            self._again = lambda: live.still(self.actor)
        elif token:
            await self._by_token(token)
        else:
            await self.identified(is_public=True)
            if self.actor.via != "anonymous":
                self._again = self._identify_again
        self._owner = str(self.actor.id or self.address)
        if self.kernel.sockets[self._owner] >= MOST_CONNECTIONS:
            raise TooManyError(
                f"You have {MOST_CONNECTIONS} websockets open.", code="WF786", mend="Close some.", retry_after=10
            )

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Ours, where it is offered."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin; who is not known yet must say so first."""
        self.kernel.sockets[self._owner] += 1
        self._watch = asyncio.create_task(self._watch_over(), name=f"live {self.id}")
        if self._again is not None:
            self._greet()

    async def on_message(self, message: str | bytes) -> None:
        """Take a message."""
        channel = ""
        try:
            said = _read(message)
            channel = said.channel
            await self._do(said)
        except WorkflowError as error:
            self._tell("error", code=error.code, detail=error.message, mend=error.mend, channel=channel)
            if isinstance(error, NotSignedInError):
                self.close(SIGNED_OUT, "not signed in")

    def on_close(self) -> None:
        """Listen no more."""
        self.kernel.sockets[self._owner] -= 1
        if not self.kernel.sockets[self._owner]:
            del self.kernel.sockets[self._owner]
        for task in (self._watch, *self._subscriptions.values()):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._subscriptions.clear()
        _log.info("live.closed", user=self.actor.id and str(self.actor.id), code=self.close_code)

    async def _do(self, said: Said) -> None:
        if said.type == "authenticate":
            await self._by_token(said.token)
            self._greet()
        elif said.type == "ping":
            self._tell("pong")
        elif self._again is None:
            raise NotSignedInError("You are not signed in.", mend="Send {type: authenticate, token: ...} first.")
        elif said.type == "subscribe":
            await self._subscribe(said.channel, said.after)
        else:
            task = self._subscriptions.pop(said.channel, None)
            if task is not None:
                task.cancel()
            self._tell("unsubscribed", channel=said.channel)

    async def _subscribe(self, channel: str, after: str | None) -> None:
        if len(self._subscriptions) >= MOST_CHANNELS and channel not in self._subscriptions:
            raise InvalidRequestError(f"More than {MOST_CHANNELS} channels.", code="WF780", mend="Leave some first.")
        if after is not None and not _is_position(after):
            raise InvalidRequestError(f"'{after[:40]}' is no id of an event.", code="WF780", mend="Send one you got.")
        heard = await self.kernel.service.live.listen(self.actor, channel, after)
        old = self._subscriptions.pop(channel, None)
        if old is not None:
            old.cancel()
        self._tell("subscribed", channel=channel, after=heard.after)
        self._subscriptions[channel] = asyncio.create_task(self._forward(heard), name=f"live {self.id} {channel}")

    async def _forward(self, heard: Heard) -> None:
        """Send what comes, one by one: what a slow client does not take waits in the bus, which keeps only so much."""
        messages: Any = heard.messages
        with contextlib.suppress(WebSocketClosedError):
            async with contextlib.aclosing(messages):
                async for message in messages:
                    await self.write_message(_told(message))

    async def _watch_over(self) -> None:
        """Close once nobody is signed in; leave channels that may be heard no more."""
        if self._again is None:
            await asyncio.sleep(self.patience)
            if self._again is None:
                self.close(TOO_LATE, "nobody said who it is")
                return
        while True:
            await asyncio.sleep(self.recheck)
            try:
                self.actor = await self._again()
            except NotSignedInError:
                self.close(SIGNED_OUT, "signed out")
                return
            except WorkflowError:
                continue  # Redis or Postgres are away; look again later
            for channel in list(self._subscriptions):
                await self._look_at(channel)

    async def _look_at(self, channel: str) -> None:
        try:
            await self.kernel.service.live.authorise(self.actor, channel)
        except WorkflowError as error:
            if getattr(error, "status", 503) in (403, 404):
                task = self._subscriptions.pop(channel, None)
                if task is not None:
                    task.cancel()
                self._tell("error", code=error.code, detail=error.message, mend=error.mend, channel=channel)

    async def _by_token(self, token: str) -> None:
        """Who has a token; it is looked at again while the connection lasts."""
        identify = self.kernel.service.identify

        async def again() -> Actor:
            found: Actor = await identify.by_token(token, address=self.address, request=self.id)
            return found

        self.actor = await again()
        self._again = again

    async def _identify_again(self) -> Actor:
        if self.kernel.identify is not None:
            found = await self.kernel.identify(self)
        else:
            identify = self.kernel.service.identify
            found = await identify(self.request.headers, self.sent_cookies(), address=self.address, request=self.id)
        if found.via == "anonymous":
            raise NotSignedInError("You are not signed in any more.")
        return found

    def _token_of_protocol(self) -> str:
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        return next((part.strip()[7:] for part in offered if part.strip().startswith("bearer.")), "")

    def _greet(self) -> None:
        log.bind(user=self.actor.id)
        _log.info("live.opened")
        self._tell("ready", account=self.actor.id and str(self.actor.id))

    def _tell(self, kind: str, **fields: Any) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(json.dumps({"type": kind, **{key: value for key, value in fields.items() if value}}))


def _read(message: str | bytes) -> Said:
    try:
        return _decoder.decode(message)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise InvalidRequestError(
            "The message is not one of ours.",
            code="WF780",
            mend='Send e.g. {"type": "subscribe", "channel": "queues"}.',
        ) from None


def _told(message: LiveMessage) -> bytes:
    """A message as it is sent: its data is JSON already."""
    channel = json.dumps(message.channel).encode()
    if message.data == LOST:
        return b'{"type":"lost","channel":%s}' % channel
    return b'{"type":"event","channel":%s,"id":"%s","data":%s}' % (channel, message.id.encode(), message.data)


def _is_position(text: str) -> bool:
    time, _, sequence = text.partition("-")
    return len(text) <= 40 and time.isascii() and time.isdigit() and (not sequence or sequence.isdigit())


class LiveTicket(BaseModel):
    """A ticket for a websocket."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(description="Send it as the query parameter 'ticket'; it counts once.")
    seconds: int = Field(description="How long it waits to be used.")


@route("POST", "/live/ticket", tag="Live events", status=201)
async def make_live_ticket(request: Request) -> LiveTicket:
    """Make a ticket for a websocket.

    For clients that can send neither cookies nor headers with one.
    """
    return LiveTicket(ticket=await request.service.live.ticket(request.actor), seconds=TICKET_SECONDS)


ROUTES = (make_live_ticket,)
HANDLERS = ((r"/api/ws", LiveHandler), (r"/ws", LiveHandler))
