"""The overview: how executions went lately, what failed, what is slow, how full the queues are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from panel_app import charts
from panel_app.page import Page, Sent
from workflow_kernel.app.words import ExecutionFilter, WorkflowFilter

SPANS = {"24h": ("24 hours", 24), "7d": ("7 days", 168), "30d": ("30 days", 720)}
_LOOKED_AT = 60
_NODES_FOR = 15.0
"""Seconds for which what nodes add up to is kept: it takes the longest to know."""


class OverviewPage(Page):
    """The first page."""

    pattern = r"/"
    place = "overview"
    template = "overview.html"
    every = 10.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._chart, self._source = charts.executions_over_time()
        self._nodes: tuple[float, list[Any]] = (0.0, [])
        self._projects: list[UUID] = []

    @property
    def channels(self) -> Sequence[str]:
        return [f"project:{project}" for project in self._projects[:20]]

    async def load(self) -> Mapping[str, Any]:
        actor, project = self.visit.actor, self.visit.project
        span = self.asked("span") if self.asked("span") in SPANS else "24h"
        course = await self.service.statistics.course(actor, hours=SPANS[span][1], project=project)
        workflows = await self.service.workflows.find(actor, WorkflowFilter(project=project, limit=6))
        self._projects = [project] if project else [one.id for one in await self.service.projects.find(actor, limit=20)]
        if not workflows and course.sums.count == 0:
            self.charts = ()
            return {"is_empty": True, "templates": (await self.service.templates.find(actor))[:3]}
        self.charts = (self._chart,)
        data = charts.course_data(course)
        if data != dict(self._source.data):
            self.visit.with_document(lambda: self._source.update(data=data))
        failures = await self.service.executions.find(
            actor, ExecutionFilter(project=project, states=("failed", "timed_out"), limit=6)
        )
        names = await self._names([one.workflow for one in failures] + [one.workflow for one in course.workflows])
        nodes = await self._node_sums(project)
        return {
            "is_empty": False, "span": span, "spans": SPANS, "sums": course.sums, "failures": failures[:6],
            "names": names, "workflows": course.workflows, "recent": workflows,
            "slow": sorted((one for one in nodes if one.seconds > 0), key=lambda one: -one.seconds)[:5],
            "failing": sorted((one for one in nodes if one.failed), key=lambda one: -one.failed)[:5],
            "queues": await self.service.queues.counts(actor),
        }  # fmt: skip

    async def on_span(self, sent: Sent) -> None:
        """Another length of time."""
        self.query = {**self.query, "span": [sent.value]}

    async def _names(self, workflows: Sequence[UUID | None]) -> dict[UUID | None, str]:
        wanted = list({one for one in workflows if one is not None})
        found = await self.service.workflows.get_many(self.visit.actor, wanted) if wanted else []
        return {one.id: one.name for one in found}

    async def _node_sums(self, project: UUID | None) -> list[Any]:
        at, kept = self._nodes
        if time.monotonic() - at < _NODES_FOR:
            return kept
        actor = self.visit.actor
        found = await self.service.executions.find(actor, ExecutionFilter(project=project, limit=_LOOKED_AT))
        of = [(one.id, one.workflow) for one in found if one.workflow is not None]
        sums = await self.service.statistics.nodes(actor, of)
        titles = await node_titles(self.service, actor, {one.workflow for one in sums})
        named = [_Named(one, *titles.get((one.workflow, one.node), (one.node, ""))) for one in sums]
        self._nodes = (time.monotonic(), named)
        return named


class _Named:
    """What a node adds up to, with names."""

    def __init__(self, sums: Any, title: str, workflow_name: str) -> None:
        self.workflow, self.count, self.failed, self.seconds = sums.workflow, sums.count, sums.failed, sums.seconds
        self.title, self.workflow_name = title, workflow_name


async def node_titles(service: Any, actor: Any, workflows: set[UUID]) -> dict[tuple[UUID, str], tuple[str, str]]:
    """Names of the nodes of some workflows, and of the workflow, by the workflow and the id of the node."""
    found: dict[tuple[UUID, str], tuple[str, str]] = {}
    records = await service.workflows.get_many(actor, list(workflows)) if workflows else []
    documents = await service.versions.get_many(actor, [(record.id, record.version) for record in records])
    for record in records:
        version = documents.get((record.id, record.version))
        nodes = version.document.get("nodes", {}) if version is not None else {}
        for node, about in nodes.items():
            found[(record.id, node)] = (about.get("name", node), record.name)
    return found
