"""What resolvers are given: the service, who asks, and loaders that read for many rows at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader
from strawberry.types import Info

from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.execution_views import ExecutionView, NodeRunView
from workflow_kernel.services.projects import ProjectTold
from workflow_kernel.services.versions import VersionDocument
from workflow_kernel.storage.workflows import WorkflowRecord

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST = 200
"""Rows a loader asks for at once."""


class Latest(NamedTuple):
    """So many of the newest executions of a workflow."""

    workflow: UUID
    length: int


class Context:
    """What an operation knows.

    Parameters
    ----------
    service: the ``Service``. actor: gives who asks, as of now.
    is_lasting: whether it serves more than one operation; then nothing that was read is kept.
    """

    def __init__(self, service: Any, actor: Callable[[], Actor], *, is_lasting: bool = False) -> None:
        self.service = service
        self._actor = actor
        keep = not is_lasting
        self.workflows: DataLoader[UUID, WorkflowRecord | None] = _loader(self._workflows, keep)
        self.versions: DataLoader[tuple[UUID, int], VersionDocument | None] = _loader(self._versions, keep)
        self.projects: DataLoader[UUID, ProjectTold | None] = _loader(self._projects, keep)
        self.executions: DataLoader[UUID, ExecutionView | None] = _loader(self._executions, keep)
        self.node_runs: DataLoader[UUID, list[NodeRunView] | None] = _loader(self._node_runs, keep)
        self.latest: DataLoader[Latest, list[ExecutionView] | None] = _loader(self._latest, keep)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._actor()

    async def _workflows(self, keys: Sequence[UUID]) -> Mapping[UUID, WorkflowRecord]:
        found = await self.service.workflows.get_many(self.actor, keys)
        return {record.id: record for record in found}

    async def _versions(self, keys: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], VersionDocument]:
        found: Mapping[tuple[UUID, int], VersionDocument] = await self.service.versions.get_many(self.actor, keys)
        return found

    async def _projects(self, keys: Sequence[UUID]) -> Mapping[UUID, ProjectTold]:
        found = await self.service.projects.find(self.actor, among=keys, limit=len(keys))
        return {project.id: project for project in found}

    async def _executions(self, keys: Sequence[UUID]) -> Mapping[UUID, ExecutionView]:
        found: Mapping[UUID, ExecutionView] = await self.service.execution_batches.get_many(self.actor, keys)
        return found

    async def _node_runs(self, keys: Sequence[UUID]) -> Mapping[UUID, list[NodeRunView]]:
        found: Mapping[UUID, list[NodeRunView]] = await self.service.execution_batches.node_runs(self.actor, keys)
        return found

    async def _latest(self, keys: Sequence[Latest]) -> Mapping[Latest, list[ExecutionView]]:
        count = max(key.length for key in keys)
        workflows = list(dict.fromkeys(key.workflow for key in keys))
        found = await self.service.execution_batches.latest(self.actor, workflows, count)
        return {key: found[key.workflow][: key.length] for key in keys}


def context_of(info: Info[Any, Any]) -> Context:
    """The context of an operation."""
    found: Context = info.context
    return found


def found(value: Value | None, what: str) -> Value:
    """The value. Raises ``NotFoundError`` where there is none, or it is not shared with who asks."""
    if value is None:
        raise NotFoundError(f"There is no such {what}.", mend="Check the id, and that it is shared with you.")
    return value


def _loader(
    load: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]], keep: bool
) -> DataLoader[Key, Value | None]:  # fmt: skip
    async def in_order(keys: list[Key]) -> list[Value | None]:
        values = await load(list(dict.fromkeys(keys)))
        return [values.get(key) for key in keys]

    return DataLoader(load_fn=in_order, max_batch_size=MOST, cache=keep)
