"""Calls of webhooks: looked up, admitted, turned into executions, answered. The hot path of the service.

``api.webhooks`` reads requests and writes answers; what a call means is decided here. A call costs no query of its own
besides what keeps the execution.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog

from workflow_kernel.auth import webhooks as admission
from workflow_kernel.auth.webhooks import Admitted, Call, RefusedError
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, TooManyError, WorkflowError
from workflow_kernel.base.ids import new_id
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.triggers import Webhook
from workflow_kernel.services import webhook_replies as replies
from workflow_kernel.services.call_counts import CallCounts
from workflow_kernel.services.deliveries import Deliveries, Key, answer_of
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.launch import Ended, Launch
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.services.webhook_items import Body, item_of
from workflow_kernel.services.webhook_keys import WebhookKeys
from workflow_kernel.services.webhook_routes import Found, WebhookRoute, WebhookRoutes
from workflow_kernel.storage.deliveries import Known
from workflow_kernel.storage.rate import Rates

PATIENCE = 10.0
"""Seconds executions get to end when the service stops."""

_MOST_KEY = 500

_log = structlog.get_logger("workflow.webhooks")


class Answered(msgspec.Struct, frozen=True):
    """What a caller is answered. ``more``: further parts of the answer's body, where it goes on."""

    answer: Answer
    execution: UUID | None = None
    more: AsyncIterator[Answer] | None = None
    is_replayed: bool = False


class Request(msgspec.Struct, frozen=True):
    """A call that was admitted, and read.

    Parameters
    ----------
    params: of the path. url: of the webhook.
    """

    route: WebhookRoute
    call: Call
    admitted: Admitted
    params: Mapping[str, str]
    body: Body
    url: str

    def items(self, *, is_test: bool = False) -> Items:
        """What the workflow gets."""
        return item_of(
            self.call, self.body, params=self.params, url=self.url, admitted=self.admitted, is_test=is_test
        )  # fmt: skip


class Webhooks:
    """Takes calls.

    Parameters
    ----------
    routes: which webhook an address names. executions, deliveries: start what it runs.
    keys: secrets and keys that callers must know. rates: bounds calls. counts: counts them.
    """

    def __init__(
        self,
        routes: WebhookRoutes,
        executions: Executions,
        deliveries: Deliveries,
        *,
        keys: WebhookKeys,
        rates: Rates,
        counts: CallCounts,
    ) -> None:
        self._routes = routes
        self._counts = counts
        self._executions = executions
        self._deliveries = deliveries
        self._keys = keys
        self._rates = rates
        self.blobs = deliveries.blobs
        self._running: set[asyncio.Task[Ended]] = set()

    async def __aenter__(self) -> Webhooks:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let executions end whose callers were answered, for a while; others go on with what is left."""
        if self._running:
            await asyncio.wait(self._running, timeout=PATIENCE)
        for work in self._running:
            work.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    @open_to_all("anybody may call an address; what it asks of callers is checked by admit")
    async def find(self, path: str) -> Found | None:
        """What an address names, given the path below ``/webhook/``."""
        if not self._routes.is_fresh:
            await self._routes.freshen()
        return self._routes.webhooks.find(path)

    @open_to_all("part of the check of callers")
    async def look_at(self, route: WebhookRoute, call: Call) -> None:
        """Raise for a call that may not come now, or from there, before its body is read."""
        guard = route.listener.guard
        try:
            admission.check_guard(call, guard)
        except RefusedError as error:
            raise self._refused(route, call, error) from None
        if guard.rate.calls:
            who = call.address if guard.rate.per == "address" else ""
            wait = await self._rates.hit(f"{route.trigger}|{who}", guard.rate.calls, guard.rate.seconds)
            if wait:
                raise TooManyError("It is called too often.", code="WF742", mend="Call later.", retry_after=wait)

    @open_to_all("the check of callers itself")
    async def admit(self, route: WebhookRoute, call: Call) -> Admitted:
        """Raise ``RefusedError`` unless a call shows that it may come."""
        auth = route.listener.auth
        if auth.kind == "none":
            return Admitted()
        try:
            secret = await self._keys.secret(route.project, route.credential) if auth.secret_type else None
            return await admission.check(call, auth, secret, self._keys, str(route.trigger))
        except RefusedError as error:
            raise self._refused(route, call, error) from None

    @open_to_all("callers were admitted")
    async def start(self, request: Request) -> Answered:
        """Start what a call runs, and answer as its webhook says."""
        route = request.route
        listener = cast(Webhook, route.listener)
        self._counts.add(route.id)
        items = request.items()
        launch = Launch(
            workflow=route.workflow, project=route.project, mode="webhook", version=route.version, start=route.node,
            items=items, trigger=route.trigger,
        )  # fmt: skip
        key = _key(route, listener, request.call)
        if key is not None:
            return await self._start_once(listener, launch, key)
        return await self.run(listener, launch)

    @open_to_all("callers were admitted")
    async def run(self, listener: Webhook, launch: Launch, id: UUID | None = None, key: Key | None = None) -> Answered:
        """Start an execution, and answer as a webhook says: at once, or with what comes of it.

        Parameters
        ----------
        id: of the execution, where it is known already. key: its row is kept already, under this key.
        """
        execution = id or new_id()
        if listener.respond == "at_once":
            await self._executions.launch(launch, id=execution)
            return Answered(replies.at_once(listener.reply), execution)
        if listener.respond == "last_node":
            ended = await self._run(launch, execution, None, is_kept=key is not None)
            return Answered(replies.of_end(listener.reply, ended), execution)
        answers: asyncio.Queue[Answer] = asyncio.Queue()
        work = asyncio.create_task(
            self._run(launch, execution, answers.put_nowait, is_kept=key is not None), name="webhook"
        )
        self._running.add(work)
        work.add_done_callback(self._is_over)
        if listener.respond == "stream":
            return Answered(Answer(200, _streamed(listener), goes_on=True), execution, _parts(answers, work))
        first = await _next(answers, work)
        if first is None:
            if (error := work.exception()) is not None:
                raise error
            return Answered(replies.without_answer(work.result()), execution)
        return Answered(first, execution, _parts(answers, work) if first.goes_on else None)

    async def _start_once(self, listener: Webhook, launch: Launch, key: Key) -> Answered:
        is_at_once = listener.respond == "at_once"
        made = await (self._deliveries.launch(launch, key) if is_at_once else self._deliveries.begin(launch, key))
        if isinstance(made, Known):
            return _again(listener, made)
        if is_at_once:
            return Answered(replies.at_once(listener.reply), made)
        answered = await self.run(listener, launch, made, key)
        if answered.more is None:
            await self._deliveries.keep_answer(key, made, answered.answer)
        return answered

    async def _run(self, launch: Launch, execution: UUID, on_answer: Any, *, is_kept: bool) -> Ended:
        if is_kept:
            return await self._deliveries.run(launch, execution, on_answer)
        return await self._executions.run_now(launch, on_answer, id=execution)

    def _is_over(self, work: asyncio.Task[Ended]) -> None:
        self._running.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None and not isinstance(error, WorkflowError):
            _log.error("webhook.failed", error=f"{type(error).__name__}: {error}"[:500])

    def _refused(self, route: WebhookRoute, call: Call, error: RefusedError) -> RefusedError:
        _log.warning(
            "webhook.refused", reason=error.reason, workflow=str(route.workflow), node=route.node, method=call.method,
            address=call.address,
        )  # fmt: skip
        return error


def _key(route: WebhookRoute, listener: Webhook, call: Call) -> Key | None:
    once = listener.guard.once
    if not once.header:
        return None
    sent = call.headers.get(once.header, "").strip()
    if not sent:
        if once.required:
            raise InvalidRequestError(
                f"The header {once.header} is missing.", code="WF743", mend="Send one that is new for each request."
            )
        return None
    if len(sent) > _MOST_KEY:
        raise InvalidRequestError(f"The header {once.header} is too long.", code="WF743", mend="Send a shorter one.")
    return Key(f"webhook:{route.trigger}", sent, once.hours * 3600)


def _again(listener: Webhook, known: Known) -> Answered:
    """The answer to a call whose key is known."""
    if listener.respond == "at_once":
        return Answered(replies.at_once(listener.reply), known.execution, is_replayed=True)
    kept = answer_of(known)
    if kept is not None:
        return Answered(kept, known.execution, is_replayed=True)
    if known.state in ("queued", "running", "suspended"):
        raise ConflictError("The first call with this key is not answered yet.", code="WF744", mend="Try again soon.")
    answer = replies.failed() if known.state != "succeeded" else Answer(200, (("Content-Type", replies.JSON),), b"{}")
    return Answered(answer, known.execution, is_replayed=True)


def _streamed(listener: Webhook) -> tuple[tuple[str, str], ...]:
    own = tuple(listener.reply.headers.items())
    if any(name.lower() == "content-type" for name, _ in own):
        return own
    return (*own, ("Content-Type", listener.reply.content_type or "text/plain; charset=utf-8"))


async def _next(answers: asyncio.Queue[Answer], work: asyncio.Task[Ended]) -> Answer | None:
    """The next answer; None once the execution is over and there is none."""
    if not answers.empty():
        return answers.get_nowait()
    if not work.done():
        waiting = asyncio.ensure_future(answers.get())
        await asyncio.wait((waiting, work), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
    return None if answers.empty() else answers.get_nowait()


async def _parts(answers: asyncio.Queue[Answer], work: asyncio.Task[Ended]) -> AsyncIterator[Answer]:
    """Further parts, until one does not go on or the execution is over."""
    while (part := await _next(answers, work)) is not None:
        yield part
        if not part.goes_on:
            return
