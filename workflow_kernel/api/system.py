"""What runs here, for administrators."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from workflow_kernel.api.routing import Request, route


class ProcessView(BaseModel):
    """A process of the service."""

    id: UUID = Field(description="Of its runner.")
    kind: str = Field(description="server or worker.")
    host: str = Field(description="The machine.")
    pid: int = Field(description="Number of the process there.")
    memory: int = Field(description="Bytes.")
    cpu: float = Field(description="Seconds of CPU it has used.")
    running: int = Field(description="Executions at hand.")
    started_at: float = Field(description="Seconds since 1970.")


class SystemView(BaseModel):
    """What runs here."""

    version: str = Field(description="Of the service.")
    python: str = Field(description="Version of Python.")
    started_at: datetime = Field(description="When this process started.")
    connections: dict[str, int] = Field(description="Connections to Postgres of this process.")
    processes: list[ProcessView] = Field(description="All processes.")
    executions: dict[str, int] = Field(description="Executions that are not over, by state.")
    lag: float = Field(description="Seconds the oldest execution waits.")
    runners: int = Field(description="Processes that run executions.")


@route("GET", "/system", tag="System")
async def read_system(request: Request) -> SystemView:
    """Read what runs here."""
    found = await request.service.system.about(request.actor)
    return SystemView(
        version=found.version, python=found.python, started_at=found.started_at, connections=dict(found.pool),
        processes=[ProcessView(**msgspec.structs.asdict(process)) for process in found.processes],
        executions=dict(found.backlog.executions), lag=found.backlog.lag, runners=found.backlog.runners,
    )  # fmt: skip


ROUTES = (read_system,)
