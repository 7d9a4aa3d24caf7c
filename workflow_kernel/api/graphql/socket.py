"""GraphQL over a websocket: ``/api/graphql/ws``, by the protocol graphql-transport-ws. For subscriptions above all.

Who it is is told as for ``/api/ws`` (cookie, header, ticket, subprotocol), or by ``{"token": ...}`` in the payload of
``connection_init``. See https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import msgspec
from strawberry.types.execution import ExecutionResult
from tornado.websocket import WebSocketClosedError

from workflow_kernel.api.graphql.context import Context
from workflow_kernel.api.graphql.door import LONGEST
from workflow_kernel.api.graphql.schema import schema, shown
from workflow_kernel.api.live import LiveHandler
from workflow_kernel.base.errors import WorkflowError

PROTOCOL = "graphql-transport-ws"
MOST_AT_ONCE = 50
"""Operations of a connection at once."""

BAD_MESSAGE, NOT_BEGUN, FORBIDDEN, WRONG_PROTOCOL, TOO_LATE, TAKEN, BEGUN_TWICE = (
    4400, 4401, 4403, 4406, 4408, 4409, 4429,
)  # fmt: skip
"""Codes a connection is closed with, as the protocol names them."""


class _Payload(msgspec.Struct, frozen=True, rename="camel"):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class _Init(msgspec.Struct, frozen=True, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class _Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    payload: dict[str, Any] | None = None


class _Pong(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    payload: dict[str, Any] | None = None


class _Subscribe(msgspec.Struct, frozen=True, tag_field="type", tag="subscribe"):
    id: str
    payload: _Payload


class _Complete(msgspec.Struct, frozen=True, tag_field="type", tag="complete"):
    id: str


_decoder: msgspec.json.Decoder[_Init | _Ping | _Pong | _Subscribe | _Complete] = msgspec.json.Decoder(
    _Init | _Ping | _Pong | _Subscribe | _Complete
)


class GraphQLHandler(LiveHandler):
    """A connection."""

    route_name = "/graphql/ws"
    context: Context | None = None

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """The only one there is."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    def open(self, *args: str, **kwargs: str) -> None:
        """Wait for ``connection_init``."""
        self._operations: dict[str, asyncio.Task[None]] = {}
        if self.selected_subprotocol != PROTOCOL:
            self.close(WRONG_PROTOCOL, "the subprotocol is graphql-transport-ws")
            return
        self._watch = asyncio.create_task(self._watch_over(), name=f"graphql {self.id}")

    async def on_message(self, message: str | bytes) -> None:
        """Take a message."""
        try:
            said = _decoder.decode(message)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self.close(BAD_MESSAGE, "not a message of graphql-transport-ws")
            return
        if isinstance(said, _Init):
            await self._begin(said)
        elif isinstance(said, _Ping):
            await self._send(type="pong")
        elif isinstance(said, _Subscribe):
            self._subscribe_to(said)
        elif isinstance(said, _Complete):
            task = self._operations.pop(said.id, None)
            if task is not None:
                task.cancel()

    def on_close(self) -> None:
        """Stop everything."""
        for task in self._operations.values():
            task.cancel()
        super().on_close()

    async def _begin(self, said: _Init) -> None:
        if self.context is not None:
            self.close(BEGUN_TWICE, "too many initialisation requests")
            return
        token = (said.payload or {}).get("token")
        try:
            if isinstance(token, str) and token:
                await self._by_token(token)
        except WorkflowError:
            self.close(FORBIDDEN, "forbidden")
            return
        if self._again is None:
            self.close(FORBIDDEN, "forbidden")
            return
        self.context = Context(self.kernel.service, lambda: self.actor, is_lasting=True)
        await self._send(type="connection_ack")

    async def _watch_over(self) -> None:
        """Close where nobody says ``connection_init``, and once nobody is signed in."""
        await asyncio.sleep(self.patience)
        if self.context is None:
            self.close(TOO_LATE, "connection initialisation timeout")
            return
        await super()._watch_over()

    def _subscribe_to(self, said: _Subscribe) -> None:
        if self.context is None:
            self.close(NOT_BEGUN, "unauthorized")
        elif said.id in self._operations:
            self.close(TAKEN, f"subscriber for {said.id[:40]} already exists")
        elif len(self._operations) >= MOST_AT_ONCE or len(said.payload.query) > LONGEST:
            self.close(BAD_MESSAGE, "too much at once")
        else:
            name = f"graphql {self.id} {said.id[:40]}"
            self._operations[said.id] = asyncio.create_task(self._run(said, self.context), name=name)

    async def _run(self, said: _Subscribe, context: Context) -> None:
        """Run an operation to its end; a result without data is its end."""
        payload = said.payload
        try:
            results: Any = await schema().stream(
                payload.query,
                variable_values=payload.variables,
                context_value=context,
                operation_name=payload.operation_name,
            )
            async with contextlib.aclosing(results):
                async for result in results:
                    if not await self._told(said.id, result):
                        return
            await self._send(type="complete", id=said.id)
        finally:
            if self._operations.get(said.id) is asyncio.current_task():
                del self._operations[said.id]

    async def _told(self, operation: str, result: ExecutionResult) -> bool:
        errors = [shown(error) for error in result.errors or ()]
        if result.data is None and errors:
            await self._send(type="error", id=operation, payload=errors)
            return False
        await self._send(
            type="next", id=operation, payload={"data": result.data, **({"errors": errors} if errors else {})}
        )
        return True

    async def _send(self, **message: Any) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(json.dumps(message, default=str))


HANDLERS = ((r"/api/graphql/ws", GraphQLHandler),)
