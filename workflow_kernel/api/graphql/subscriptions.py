"""The subscriptions of GraphQL: live events of executions, workflows and queues, for who may hear them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from workflow_kernel.api.graphql.context import Context, context_of
from workflow_kernel.api.graphql.fields import subscription
from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.contracts import LOST, LiveMessage

Info = strawberry.Info

_POSITION = re.compile(r"\d{1,20}(-\d{1,20})?", re.ASCII)

RECHECK = 15.0
"""Seconds after which it is asked again whether one may hear a channel."""


@strawberry.type
class LiveEvent:
    """Something that happened; see docs/api.md for the events there are."""

    event: str = strawberry.field(description="e.g. `node.finished`")
    data: JSON


@strawberry.type
class LiveEvents:
    """What happened at about the same time, in order."""

    id: str = strawberry.field(description="Go on `after` this one when the connection was lost.")
    is_lost: bool = strawberry.field(description="Something was missed: load the state anew.")
    events: list[LiveEvent]


@strawberry.type
class Subscription:
    """What can be listened to."""

    @subscription
    async def execution_events(
        self, info: Info[Any, Any], id: UUID, after: str | None = None
    ) -> AsyncIterator[LiveEvents]:  # fmt: skip
        """What happens in an execution; all that is kept where `after` is `0`."""
        async with aclosing(_events(context_of(info), f"execution:{id}", after)) as events:
            async for event in events:
                yield event

    @subscription
    async def workflow_events(
        self, info: Info[Any, Any], id: UUID, after: str | None = None
    ) -> AsyncIterator[LiveEvents]:  # fmt: skip
        """What is done to a workflow: saved, published, deleted ..."""
        async with aclosing(_events(context_of(info), f"workflow:{id}", after)) as events:
            async for event in events:
                yield event

    @subscription
    async def project_events(
        self, info: Info[Any, Any], id: UUID, after: str | None = None
    ) -> AsyncIterator[LiveEvents]:  # fmt: skip
        """Executions of a project that begin and end."""
        async with aclosing(_events(context_of(info), f"project:{id}", after)) as events:
            async for event in events:
                yield event

    @subscription
    async def queue_events(self, info: Info[Any, Any]) -> AsyncIterator[LiveEvents]:
        """How full the queues are, whenever that changes."""
        async with aclosing(_events(context_of(info), "queues", None)) as events:
            async for event in events:
                yield event


async def _events(context: Context, channel: str, after: str | None) -> Any:
    """What comes on a channel, as long as who listens may hear it."""
    if after is not None and not _POSITION.fullmatch(after):
        raise InvalidRequestError(f"'{after[:40]}' is no id of an event.", code="WF768", mend="Send one you got.")
    live = context.service.live
    heard = await live.listen(context.actor, channel, after)
    checked = time.monotonic()
    async with aclosing(heard.messages) as messages:
        async for message in messages:
            if time.monotonic() - checked > RECHECK:
                await live.authorise(context.actor, channel)
                checked = time.monotonic()
            yield _told(message)


def _told(message: LiveMessage) -> LiveEvents:
    if message.data == LOST:
        return LiveEvents(id=message.id, is_lost=True, events=[])
    data = json.loads(message.data)
    events = data if isinstance(data, list) else [data]
    return LiveEvents(
        id=message.id,
        is_lost=False,
        events=[LiveEvent(event=str(one.get("event", "")), data=JSON(one)) for one in events],
    )
