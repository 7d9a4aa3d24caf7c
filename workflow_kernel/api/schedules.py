"""Schedules over HTTP: when they fire, paused, resumed, fired now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Page, Request, route
from workflow_kernel.api.triggers import OfTriggerShown, TriggerQuery
from workflow_kernel.api.workflow_views import Model
from workflow_kernel.services.schedules import ScheduleView

TAG = "Schedules"


class ScheduleShown(OfTriggerShown):
    """A rule that starts a workflow again and again."""

    kind: Literal["schedule", "polling"]
    rule: dict[str, Any] = Field(description="As the trigger says it.")
    timezone: str
    missed: Literal["once", "skip"]
    is_paused: bool
    last_at: datetime | None = Field(description="The last moment it fired for.")
    next: list[datetime] = Field(description="The next moments; none while it is paused.")
    error: str = Field(description="Why a poll failed the last time.")


class ScheduleFired(Model):
    """What was started."""

    execution: UUID


@route("GET", "/schedules", tag=TAG)
async def list_schedules(request: Request, query: TriggerQuery) -> Page[ScheduleShown]:
    """Schedules of workflows you may see, with their next moments."""
    asked = query.asked()
    found = await request.service.schedules.find(
        request.actor, workflow=asked.workflow, project=asked.project, after=asked.after, limit=asked.limit
    )
    return Page[ScheduleShown].of(found, query, _shown, lambda view: view.id)


@route("GET", "/schedules/{schedule_id}", tag=TAG, errors=(404,))
async def read_schedule(request: Request, schedule_id: UUID) -> ScheduleShown:
    """A schedule."""
    return _shown(await request.service.schedules.read(request.actor, schedule_id))


@route("POST", "/schedules/{schedule_id}/pause", tag=TAG, errors=(404,))
async def pause_schedule(request: Request, schedule_id: UUID) -> ScheduleShown:
    """Let it fire no more until it is resumed."""
    return _shown(await request.service.schedules.pause(request.actor, schedule_id))


@route("POST", "/schedules/{schedule_id}/resume", tag=TAG, errors=(404,))
async def resume_schedule(request: Request, schedule_id: UUID) -> ScheduleShown:
    """Let it fire again, from now on."""
    return _shown(await request.service.schedules.resume(request.actor, schedule_id))


@route("POST", "/schedules/{schedule_id}/fire", tag=TAG, status=201, errors=(404, 429))
async def fire_schedule(request: Request, schedule_id: UUID) -> ScheduleFired:
    """Start what it starts, now."""
    return ScheduleFired(execution=await request.service.schedules.fire(request.actor, schedule_id))


ROUTES = (list_schedules, read_schedule, pause_schedule, resume_schedule, fire_schedule)


def _shown(view: ScheduleView) -> ScheduleShown:
    return ScheduleShown(**msgspec.structs.asdict(view))
