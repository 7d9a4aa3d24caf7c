"""Executions over HTTP: start a workflow, look at what ran, stop it, repeat it, page through its data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from workflow_kernel.api.routing import Answer, Page, PageQuery, Request, route
from workflow_kernel.base.errors import NotFoundError
from workflow_kernel.graph.names import id_of
from workflow_kernel.interchange import notebook_file
from workflow_kernel.interchange.edge_notebook import edge_notebook, inputs_of
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.services.execution_views import DataPage, ExecutionView, NodeRunView
from workflow_kernel.services.executions import ExecutionFilter, StartOptions
from workflow_kernel.services.launch import Launched

State = Literal["queued", "running", "suspended", "succeeded", "failed", "cancelled", "timed_out"]
Mode = Literal["manual", "api", "webhook", "schedule", "form", "error", "workflow", "polling", "retry", "fork", "batch"]
Items = list[dict[str, Any]]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
TAG = "Executions"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExecutionStart(_Model):
    """How a workflow is to be run."""

    manual: bool = Field(False, description="Run the draft, with pinned data; else the published version.")
    document: dict[str, Any] | None = Field(None, description="A draft that was not saved, for manual runs.")
    version: int | None = Field(None, ge=1, le=2**31, description="A certain version.")
    items: Items | None = Field(None, max_length=100_000, description="What the first node gets, as JSON objects.")
    start: str = Field("", max_length=200, description="Name of the node to start with; else the topmost trigger.")
    to: str = Field("", max_length=200, description="Run to this node and no further.")
    reuse: UUID | None = Field(None, description="Use results of this execution where they still hold.")
    priority: int = Field(3, ge=1, le=5, description="1 is first.")
    key: str | None = Field(None, min_length=1, max_length=200, description="The same key gives the same execution.")


class ExecutionStarted(_Model):
    """An accepted execution: whatever is lost, it will run."""

    id: UUID = Field(description="Of the execution.")
    is_new: bool = Field(description="False where the key was known.")


class ErrorShown(_Model):
    """Why something failed."""

    message: str
    code: str
    kind: str
    node: str = ""
    description: str = ""
    mend: str = ""
    item: int | None = None
    expression: str = ""
    data: dict[str, Any] | None = None


class ExecutionShown(_Model):
    """An execution."""

    id: UUID
    workflow: UUID | None = Field(description="The workflow; null where it was given as a document.")
    project: UUID
    version: int | None
    is_draft: bool = Field(description="Whether it ran a draft that was not saved.")
    mode: str = Field(description="What started it.")
    state: str
    priority: int
    error: ErrorShown | None
    last_node: str
    annotations: dict[str, Any]
    trigger: UUID | None
    parent: UUID | None
    retry_of: UUID | None
    fork_of: UUID | None
    created_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    wake_at: datetime | None = Field(description="When a suspended one goes on by itself.")
    seconds: float | None = Field(description="How long it took.")


class ExecutionQuery(PageQuery):
    """Which executions are wanted."""

    workflow: UUID | None = Field(None, description="Of this workflow.")
    project: UUID | None = Field(None, description="Of this project.")
    state: list[State] = Field(default_factory=list, max_length=7, description="In one of these states.")
    mode: list[Mode] = Field(default_factory=list, max_length=11, description="Started in one of these ways.")
    since: datetime | None = Field(None, description="Made at or after this moment.")
    until: datetime | None = Field(None, description="Made before this moment.")
    parent: UUID | None = Field(None, description="Called by this execution.")


class LogShown(_Model):
    """A line a node wrote."""

    at: float = Field(description="Seconds since the epoch.")
    level: str
    text: str


class NodeRunShown(_Model):
    """A node run."""

    node: str = Field(description="Id of the node.")
    index: int = Field(description="How often the node ran before.")
    state: str
    attempt: int
    started: float
    ended: float | None
    items: list[int] = Field(description="Items sent, by output.")
    error: ErrorShown | None
    logs: list[LogShown]
    until: float | None = Field(description="When a wait or a pause ends, seconds since the epoch.")
    reason: str = Field(description="For what place to run in it waits, in state 'waiting'; else empty.")


class WaitQuery(_Model):
    """Which run of the node."""

    index: int = Field(0, ge=0, le=1_000_000, description="How often the node ran before.")


class WaitShown(_Model):
    """What ends a wait."""

    address: str = Field(description="A page for people, or what is to be called. It counts once.")


class NodeRunsShown(_Model):
    """All node runs of an execution."""

    items: list[NodeRunShown]


class ValueQuery(_Model):
    """What a node run sent through which output."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int = Field(0, ge=0, le=2**31 - 1, description="Run index.")
    output: int = Field(0, ge=0, le=1000, description="Position of the output.")


class DataQuery(ValueQuery):
    """Which part of a node run's data is wanted."""

    start: int = Field(0, ge=0, le=2**31 - 1, description="Position of the first item.")
    limit: int = Field(100, ge=1, le=1000, description="Items at most.")


class DataShown(_Model):
    """Part of what a node run sent."""

    kind: Literal["items", "table", "object"]
    count: int = Field(description="Of all items.")
    start: int
    items: list[dict[str, Any]] = Field(description="`{json, binary?}` each.")
    columns: list[tuple[str, str]] = Field(description="Names and types of a table's columns.")
    sources: list[list[list[int]]] = Field(
        description="Where each item came from, as `[input, item]` by position, with the node's run as third where it"
        " was an earlier one; empty where that is not known."
    )


class RetryWish(_Model):
    """How an execution is to be repeated."""

    beginning: Literal["failed", "start"] = Field("failed", description="Go on from the node that failed, or anew.")
    latest: bool = Field(False, description="Run the newest version instead of the one that ran.")


class ForkWish(_Model):
    """What is to be different."""

    nodes: list[str] = Field(default_factory=list, max_length=1000, description="Nodes to run anew, by name.")
    replace: dict[str, Items] = Field(default_factory=dict, description="Items in place of what a node gave.")
    document: dict[str, Any] | None = Field(None, description="The workflow, changed.")


class ResumeWish(_Model):
    """Which wait ends, and with what."""

    node: str = Field(max_length=200, description="Id of the node that waits.")
    index: int = Field(0, ge=0, le=2**31 - 1, description="Its run index.")
    items: Items | None = Field(None, max_length=100_000, description="What it goes on with; its own items if null.")


@route("POST", "/workflows/{workflow_id}/execute", tag=TAG, status=202, errors=(404, 409, 422, 429))
async def execute_workflow(request: Request, workflow_id: UUID, body: ExecutionStart) -> ExecutionStarted:
    """Run a workflow."""
    options = StartOptions(
        body.manual, body.document, body.version, body.items, body.start, body.to, body.reuse, body.priority, body.key
    )
    return _started(await request.service.executions.start(request.actor, workflow_id, options))


@route("GET", "/executions", tag=TAG, errors=(422,))
async def list_executions(request: Request, query: ExecutionQuery) -> Page[ExecutionShown]:
    """Executions, the newest first."""
    wanted = ExecutionFilter(
        workflow=query.workflow, project=query.project, states=query.state, modes=query.mode,
        since=query.since, until=query.until, parent=query.parent,
        after=query.after(tuple[datetime, UUID]), limit=query.limit,
    )  # fmt: skip
    found = await request.service.executions.find(request.actor, wanted)
    return Page[ExecutionShown].of(found, query, _shown, lambda view: (view.created_at, view.id))


@route("GET", "/executions/{execution_id}", tag=TAG, errors=(404,))
async def read_execution(request: Request, execution_id: UUID) -> ExecutionShown:
    """An execution."""
    return _shown(await request.service.executions.read(request.actor, execution_id))


@route("GET", "/executions/{execution_id}/workflow", tag=TAG, errors=(404,))
async def read_execution_workflow(request: Request, execution_id: UUID) -> dict[str, Any]:
    """The workflow as it ran, in the file format."""
    return dict(await request.service.executions.document(request.actor, execution_id))


@route("GET", "/executions/{execution_id}/nodes", tag=TAG, errors=(404,))
async def list_node_runs(request: Request, execution_id: UUID) -> NodeRunsShown:
    """What is kept of an execution's node runs, in the order in which they started."""
    runs = await request.service.executions.node_runs(request.actor, execution_id)
    return NodeRunsShown(items=[_run_shown(run) for run in runs])


@route("GET", "/executions/{execution_id}/nodes/{node_id}/wait", tag=TAG, errors=(404,))
async def read_wait(request: Request, execution_id: UUID, node_id: str, query: WaitQuery) -> WaitShown:
    """Where a call, an answer or a decision ends the wait of a node. Whoever has the address may end it."""
    found = await request.service.resumption.address(request.actor, execution_id, node_id, query.index)
    return WaitShown(address=found)


@route("GET", "/executions/{execution_id}/nodes/{node_id}/data", tag=TAG, errors=(404, 422))
async def read_node_data(request: Request, execution_id: UUID, node_id: str, query: DataQuery) -> DataShown:
    """Part of what a node run sent through an output."""
    page = await request.service.executions.data(
        request.actor, execution_id, node_id, query.index, query.output, query.start, query.limit
    )
    return _data_shown(page)


@route(
    "GET", "/executions/{execution_id}/nodes/{node_id}/value", tag=TAG, errors=(404, 422),
    answers=("application/vnd.apache.arrow.stream", "application/octet-stream"),
)  # fmt: skip
async def read_node_value(request: Request, execution_id: UUID, node_id: str, query: ValueQuery) -> Answer[bytes]:
    """The table a node run sent as an Arrow stream, or the object as msgpack: its pickle, and the parts beside it.

    Opening a pickle runs code that the workflow's authors wrote.
    """
    form, data = await request.service.executions.value(request.actor, execution_id, node_id, query.index, query.output)
    kind = "application/vnd.apache.arrow.stream" if form == "table" else "application/octet-stream"
    return Answer(data, content_type=kind)


@route(
    "GET", "/executions/{execution_id}/nodes/{node_id}/notebook", tag=TAG, errors=(404,),
    answers=("application/x-ipynb+json",),
)  # fmt: skip
async def read_node_notebook(request: Request, execution_id: UUID, node_id: str) -> Answer[bytes]:
    """A Jupyter notebook with what came into a node, its code or parameters, and the way back into the workflow."""
    execution = await request.service.executions.read(request.actor, execution_id)
    document = await request.service.executions.document(request.actor, execution_id)
    if node_id not in document["nodes"]:
        raise NotFoundError(f"There is no node '{node_id}'.", mend="Take its id from the workflow that ran.")
    node = document["nodes"][node_id]
    runs = await request.service.executions.node_runs(request.actor, execution_id)
    failure = execution.error.message if execution.error and execution.error.node == node["name"] else ""
    made = edge_notebook(str(execution_id), node, inputs_of(document, node_id, [run.node for run in runs]), failure)
    name = f"{id_of(str(node['name']))}.ipynb"
    return Answer(notebook_file.text(made).encode(), content_type="application/x-ipynb+json", filename=name)


_SHOWN_AS_THEY_ARE = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "application/pdf",
    "audio/",
    "video/",
)


@route(
    "GET", "/executions/{execution_id}/attachments/{digest}", tag=TAG, errors=(404, 422),
    answers=("application/octet-stream",),
)  # fmt: skip
async def read_attachment(request: Request, execution_id: UUID, digest: Digest) -> Answer[bytes]:
    """An attachment of items. Texts come as plain text, so that no page of a user's making runs here."""
    binary, data = await request.service.executions.attachment(request.actor, execution_id, digest)
    kind = binary.mime_type.lower()
    if kind.startswith("text/") or kind in ("application/json", "application/xml", "image/svg+xml"):
        kind = "text/plain; charset=utf-8"
    elif not kind.startswith(_SHOWN_AS_THEY_ARE):
        kind = "application/octet-stream"
    name = binary.file_name or digest[:12]
    return Answer(data, content_type=kind, filename=name if kind == "application/octet-stream" else "")


@route("POST", "/executions/{execution_id}/cancel", tag=TAG, errors=(404, 409))
async def cancel_execution(request: Request, execution_id: UUID) -> ExecutionShown:
    """Ask an execution to stop."""
    return _shown(await request.service.executions.cancel(request.actor, execution_id))


@route("POST", "/executions/{execution_id}/retry", tag=TAG, status=202, errors=(404, 409, 422, 429))
async def retry_execution(request: Request, execution_id: UUID, body: RetryWish) -> ExecutionStarted:
    """Run an execution again, from the node that failed or from the start."""
    made = await request.service.executions.retry(
        request.actor, execution_id, beginning=body.beginning, latest=body.latest
    )
    return _started(made)


@route("POST", "/executions/{execution_id}/fork", tag=TAG, status=202, errors=(404, 409, 422, 429))
async def fork_execution(request: Request, execution_id: UUID, body: ForkWish) -> ExecutionStarted:
    """Run an execution again with something changed; what does not depend on it is taken over."""
    made = await request.service.executions.fork(
        request.actor, execution_id, nodes=body.nodes, replace=body.replace, document=body.document
    )
    return _started(made)


@route("POST", "/executions/{execution_id}/resume", tag=TAG, status=204, errors=(404, 409, 422))
async def resume_execution(request: Request, execution_id: UUID, body: ResumeWish) -> None:
    """End a wait of an execution."""
    await request.service.executions.resume(request.actor, execution_id, body.node, body.index, body.items)


@route("DELETE", "/executions/{execution_id}", tag=TAG, status=204, errors=(404, 409))
async def delete_execution(request: Request, execution_id: UUID) -> None:
    """Delete an execution that is over."""
    await request.service.executions.delete(request.actor, execution_id)


ROUTES = (
    execute_workflow, list_executions, read_execution, read_execution_workflow, list_node_runs, read_node_data,
    read_node_value,
    read_node_notebook, read_attachment, read_wait, cancel_execution, retry_execution, fork_execution, resume_execution,
    delete_execution,
)  # fmt: skip


def _started(made: Launched) -> ExecutionStarted:
    return ExecutionStarted(id=made.execution, is_new=made.is_new)


def _error(error: ErrorInfo | None) -> ErrorShown | None:
    if error is None:
        return None
    plain = msgspec.to_builtins(error, enc_hook=str)
    plain.pop("retry_after", None)
    return ErrorShown(**({"code": error.code, "kind": error.kind} | plain))


def _shown(view: ExecutionView) -> ExecutionShown:
    fields = {name: getattr(view, name) for name in view.__struct_fields__}
    return ExecutionShown(**(fields | {"error": _error(view.error), "seconds": view.seconds}))


def _run_shown(run: NodeRunView) -> NodeRunShown:
    logs = [LogShown(at=line.at, level=line.level, text=line.text) for line in run.logs]
    return NodeRunShown(
        node=run.node, index=run.index, state=run.state, attempt=run.attempt, started=run.started, ended=run.ended,
        items=run.items, error=_error(run.error), logs=logs, until=run.until, reason=run.reason,
    )  # fmt: skip


def _data_shown(page: DataPage) -> DataShown:
    items = msgspec.to_builtins(page.items, enc_hook=str)
    sources = [[[part for part in source if part is not None] for source in found] for found in page.sources]
    return DataShown(
        kind=page.kind, count=page.count, start=page.start, items=items, columns=page.columns, sources=sources
    )
