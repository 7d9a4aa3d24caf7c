"""Executions: what ran and runs, by workflow, state and way of start; live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent, after
from workflow_kernel.app.words import ExecutionFilter, WorkflowFilter
from workflow_kernel.base.errors import ConflictError

STATES = ("queued", "running", "suspended", "succeeded", "failed", "cancelled", "timed_out")
MODES = (
    "manual", "api", "webhook", "schedule", "form", "error", "workflow", "polling", "retry", "fork", "batch",
)  # fmt: skip
TIMES = {"1h": ("Last hour", 1), "24h": ("Last day", 24), "7d": ("Last week", 168)}
_LIMIT = 40


class ExecutionsPage(Page):
    """A list of executions."""

    pattern = r"/executions"
    place = "executions"
    template = "executions.html"
    permission = "execution.read"
    every = 15.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._projects: list[UUID] = []

    @property
    def channels(self) -> Sequence[str]:
        return [f"project:{project}" for project in self._projects[:20]]

    async def load(self) -> Mapping[str, Any]:
        actor, project = self.visit.actor, self.visit.project
        states = [one for one in self.query.get("state", ()) if one in STATES]
        mode, when = self.asked("mode"), self.asked("time")
        workflow = UUID(self.asked("workflow")) if self.asked("workflow") else None
        since = datetime.now(UTC) - timedelta(hours=TIMES[when][1]) if when in TIMES else None
        found = await self.service.executions.find(actor, ExecutionFilter(
            workflow=workflow, project=project, states=states, modes=(mode,) if mode in MODES else (), since=since,
            after=after(self.asked("after")), limit=_LIMIT + 1,
        ))  # fmt: skip
        shown = found[:_LIMIT]
        self._projects = [project] if project else [one.id for one in await self.service.projects.find(actor, limit=20)]
        ids = list({one.workflow for one in shown if one.workflow is not None})
        named = await self.service.workflows.get_many(actor, ids) if ids else []
        return {
            "executions": shown, "names": {one.id: one.name for one in named}, "states": STATES, "modes": MODES,
            "times": TIMES, "chosen": states, "mode": mode, "time": when, "workflow": workflow,
            "choices": await self.service.workflows.find(actor, WorkflowFilter(project=project, limit=200)),
            "next": f"{shown[-1].created_at.isoformat()}~{shown[-1].id}" if len(found) > _LIMIT else "",
            "is_filtered": bool(states or mode or when or workflow),
        }  # fmt: skip

    async def on_cancel(self, sent: Sent) -> None:
        """Stop one."""
        await self.service.executions.cancel(self.visit.actor, UUID(sent.value))
        self.visit.toast("It is asked to stop.")

    async def on_retry(self, sent: Sent) -> None:
        """Run one again from where it failed."""
        started = await self.service.executions.retry(self.visit.actor, UUID(sent.value))
        self.visit.go(f"/executions/{started.execution}")

    async def on_delete_chosen(self, sent: Sent) -> None:
        """Delete the chosen ones that are over."""
        deleted = kept = 0
        for chosen in sent.texts("chosen"):
            try:
                await self.service.executions.delete(self.visit.actor, UUID(chosen))
                deleted += 1
            except ConflictError:
                kept += 1
        self.visit.toast(f"{deleted} deleted.", mend=f"{kept} still run." if kept else "")

    async def on_retry_chosen(self, sent: Sent) -> None:
        """Run the chosen ones again that failed."""
        again = left = 0
        for chosen in sent.texts("chosen"):
            try:
                await self.service.executions.retry(self.visit.actor, UUID(chosen))
                again += 1
            except ConflictError:
                left += 1
        self.visit.toast(f"{again} run again.", mend=f"{left} cannot be run again." if left else "")

    async def on_compare_chosen(self, sent: Sent) -> None:
        """Two executions side by side."""
        chosen = sent.texts("chosen")
        if len(chosen) != 2:
            self.visit.toast("Choose two executions to compare.", "bad")
            return
        self.visit.go(f"/executions/{chosen[1]}?with={chosen[0]}")
