"""What driving an execution takes, and what is known of one that is driven: words of the dispatcher."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

import msgspec

from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Batch
from workflow_kernel.services.launch import OnAnswer
from workflow_kernel.services.library import Stored
from workflow_kernel.storage.open_execution import NewExecution, OpenExecution

Secrets = Mapping[str, Mapping[str, Any]]


class Leases(Protocol):
    """Gives the secrets an execution may use, while it runs."""

    async def lease(self, execution: UUID, project: UUID, credentials: frozenset[str]) -> Secrets:
        """Secrets by credential id; those the project may not use are left out."""
        ...


class Variables(Protocol):
    """Gives ``$vars``."""

    async def for_project(self, project: UUID) -> Mapping[str, Any]:
        """Variables that hold in a project."""
        ...


OnFailed = Callable[[NewExecution, Stored, ExecutionResult], Awaitable[None]]
"""Told of an execution that failed and was not started by hand."""


class Work(msgspec.Struct):
    """An execution about to be driven here."""

    row: NewExecution
    open: OpenExecution
    items: Batch | None
    on_answer: OnAnswer | None = None
    stored: Stored | None = None
    depth: int = 0
    parent: str = ""


class Running(msgspec.Struct, frozen=True):
    """An execution that runs here. ``depth`` counts the workflows that called each other to come to it."""

    row: NewExecution
    stored: Stored
    epoch: int
    depth: int
