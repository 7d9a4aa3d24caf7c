"""Triggers: what workflows listen for, kept as their published documents say; called when one is published.

``Workflows`` calls ``sync`` in the transaction that publishes, so that a workflow and its triggers never differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pydantic
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from workflow_kernel.auth import addresses
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, Problem
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Node, Workflow
from workflow_kernel.sdk.dates import zone_of
from workflow_kernel.sdk.listening import listening
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.schedules import next_moments
from workflow_kernel.sdk.triggers import Form, Listener, Polls, Ticks, Webhook
from workflow_kernel.sdk.webhooks import path_problem
from workflow_kernel.services.permission import open_to_all
from workflow_kernel.services.webhook_routes import WebhookRoutes
from workflow_kernel.storage import notices
from workflow_kernel.storage import triggers as queries
from workflow_kernel.storage.triggers import FORM, KeptSchedule, KeptTrigger, KeptWebhook

CHANNEL = "workflow_triggers"
"""On which servers tell each other that the triggers of a workflow have changed, by its id."""


class Placed(msgspec.Struct, frozen=True):
    """A trigger node of a workflow, and something it listens for. ``timezone`` is the workflow's."""

    node: Node
    listener: Listener
    timezone: str = "UTC"


class Triggers:
    """Keeps what workflows listen for.

    Parameters
    ----------
    registry: the node types. routes: of this server, which is told at once.
    """

    def __init__(self, registry: Registry, routes: WebhookRoutes) -> None:
        self._registry = registry
        self._routes = routes

    @open_to_all("Workflows calls it, which has checked who publishes")
    async def sync(
        self, session: AsyncSession, workflow_id: UUID, project_id: UUID, document: Mapping[str, Any] | None
    ) -> None:
        """Let exactly the triggers of a document listen; none for None.

        Raises ``ConflictError`` WF740 where another workflow has a path, ``InvalidRequestError`` WF741 where what a
        trigger listens for is not said well enough.
        """
        placed = [] if document is None else listeners_of(flow_format.from_document(document), self._registry)
        webhooks = [one for found in placed for one in webhooks_of(found)]
        taken = await queries.taken(session, workflow_id, webhooks)
        if taken is not None:
            raise _is_taken(taken, project_id)
        await queries.keep_triggers(session, workflow_id, list({one.node.id: _trigger(one) for one in placed}.values()))
        lost = await queries.keep_webhooks(session, workflow_id, webhooks)
        if lost is not None:
            raise _is_taken(queries.Taken(lost.shown, lost.method, "", workflow_id), project_id)
        known = await queries.schedules_of(session, workflow_id)
        now = await session.scalar(select(func.now())) or datetime.now(UTC)
        schedules = [_as_before(one, known.get((one.node, one.position))) for one in _schedules(placed, now)]
        await queries.keep_schedules(session, workflow_id, schedules, known)
        await notices.tell(session, CHANNEL, str(workflow_id))
        event.listen(
            session.sync_session, "after_commit", lambda _: self._routes.mark_stale(workflow_id), once=True
        )  # fmt: skip


def listeners_of(workflow: Workflow, registry: Registry) -> list[Placed]:
    """What the triggers of a workflow listen for. Raises ``InvalidRequestError`` with everything that is wrong."""
    placed: list[Placed] = []
    problems: list[Problem] = []
    for node in workflow.nodes.values():
        node_type = registry.find(node.type, node.version)
        if not node_type.spec.is_trigger or node.disabled:
            continue
        try:
            found = listening(node_type, node.parameters)
        except pydantic.ValidationError as error:
            wrong = "; ".join(str(one["msg"]) for one in error.errors()[:5])
            problems.append(Problem("WF741", f"Its parameters are wrong: {wrong}.", "Correct them.", node.name))
            continue
        for listener in found:
            problems += [Problem("WF741", text, "", node.name) for text in _wrong(node, listener)]
            placed.append(Placed(node, listener, workflow.settings.timezone))
    problems += _doubles(placed)
    if problems:
        raise InvalidRequestError(
            f"The triggers of '{workflow.name}' cannot listen: {problems[0].message}",
            code="WF741", mend="Correct what the problems name.", problems=problems,
        )  # fmt: skip
    return placed


def _wrong(node: Node, listener: Listener) -> Iterator[str]:
    if isinstance(listener, Webhook | Form):
        if problem := path_problem(listener.path):
            yield problem
        kind = listener.auth.secret_type
        if kind and "auth" not in node.credentials:
            yield f"Callers must show a secret, and none is chosen. Choose a credential of the type '{kind}'."
        yield from filter(None, map(addresses.problem, listener.guard.addresses))
        if isinstance(listener, Form) and (problem := listener.page.problem()):
            yield problem
    elif isinstance(listener, Ticks | Polls):
        try:
            zone_of(listener.timezone or "UTC")
        except ValueError as error:
            yield str(error)
        yield from filter(None, (rule.problem() for rule in listener.rules))
        if not listener.rules:
            yield "It has no rule that says when. Add one."


def _doubles(placed: Sequence[Placed]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for one in placed:
        for webhook in webhooks_of(one):
            first = seen.setdefault((webhook.path, webhook.method), one.node.name)
            if first != one.node.name:
                yield Problem(
                    "WF741", f"The node '{first}' has the path '{webhook.shown}' already.", "Choose another path.",
                    one.node.name, "parameters.path",
                )  # fmt: skip


def _trigger(placed: Placed) -> KeptTrigger:
    node = placed.node
    use = node.credentials.get("auth")
    return KeptTrigger(node.id, node.name, node.type, node.version, node.parameters, use.id if use else "")


def webhooks_of(placed: Placed) -> Iterator[KeptWebhook]:
    """The paths of a listener as they are kept."""
    listener = placed.listener
    if isinstance(listener, Webhook | Form):
        shape = "/".join(":" if part.startswith(":") else part for part in listener.path.split("/"))
        methods = (FORM,) if isinstance(listener, Form) else tuple(listener.methods)
        for method in methods:
            yield KeptWebhook(placed.node.id, shape, listener.path, method)


def _schedules(placed: Sequence[Placed], now: datetime) -> Iterator[KeptSchedule]:
    for one in placed:
        listener = one.listener
        if not isinstance(listener, Ticks | Polls):
            continue
        zone = listener.timezone or one.timezone
        missed = listener.missed if isinstance(listener, Ticks) else "once"
        kind = "schedule" if isinstance(listener, Ticks) else "polling"
        for position, rule in enumerate(listener.rules):
            anchor = now.date()
            following = next_moments(rule, zone, now, anchor)
            kept = {**rule.model_dump(exclude_defaults=True), "anchor": anchor.isoformat()}
            yield KeptSchedule(one.node.id, position, kind, kept, zone, missed, following[0] if following else None)


def _as_before(schedule: KeptSchedule, row: Any) -> KeptSchedule:
    """The rule with the anchor and next moment it had, where nothing else of it has changed."""
    if row is None or row.kind != schedule.kind or row.timezone != schedule.timezone:
        return schedule
    if {**row.rule, "anchor": ""} != {**schedule.rule, "anchor": ""}:
        return schedule
    return msgspec.structs.replace(schedule, rule=row.rule, next_at=row.next_at)


def _is_taken(taken: queries.Taken, project: UUID) -> ConflictError:
    owner = f"the workflow '{taken.workflow}'" if taken.project == project else "another workflow"
    what = "form" if taken.method == FORM else f"webhook ({taken.method})"
    return ConflictError(
        f"The path '{taken.path}' of the {what} is taken by {owner}.", code="WF740", mend="Choose another path."
    )
