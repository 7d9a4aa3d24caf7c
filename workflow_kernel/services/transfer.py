"""Workflows in and out as files: ``.flow``, Python scripts, archives of a project; and workflows of n8n."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.base.errors import InvalidRequestError, InvalidWorkflowError, Problem, ServiceError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.interchange.n8n import ImportedNodeReport, N8nImporter
from workflow_kernel.interchange.python import export as to_python
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.services import archive
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.versions import Versions, Which
from workflow_kernel.services.workflow_rows import WorkflowRows
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage.tables import Folder, Workflow, WorkflowVersion
from workflow_kernel.storage.workflows import WorkflowRecord, tags_of

PAGE = 50
"""Workflows read at once for an archive."""

MAX_IMPORTED = 2_000


class ExportedFile(msgspec.Struct, frozen=True):
    """A file to hand out."""

    name: str
    content_type: str
    data: bytes


class Converted(msgspec.Struct, frozen=True):
    """A foreign workflow as one of ours.

    Parameters
    ----------
    warnings: what could not be carried over. nodes: how each node fared.
    """

    document: dict[str, Any]
    warnings: Sequence[str] = ()
    nodes: Sequence[ImportedNodeReport] = ()


class ImportedFile(msgspec.Struct, frozen=True):
    """What became of a file.

    Parameters
    ----------
    file: its name. record: the workflow made of it; None where ``problems`` keep it from being one.
    warnings: what could not be carried over from another product. nodes: how each of its nodes fared.
    """

    file: str
    record: WorkflowRecord | None
    problems: Sequence[Problem] = ()
    warnings: Sequence[str] = ()
    nodes: Sequence[ImportedNodeReport] = ()


class Transfer:
    """Imports and exports workflows.

    Parameters
    ----------
    rows: finds workflows for an actor. workflows, versions: make and read them. registry: the node types there are.
    """

    def __init__(self, rows: WorkflowRows, workflows: Workflows, versions: Versions, registry: Registry) -> None:
        self._rows = rows
        self._workflows = workflows
        self._versions = versions
        self._registry = registry
        self._importer: N8nImporter | None = None

    @needs("workflow.export")
    async def export(
        self, actor: Actor, workflow: UUID, which: Which = "draft", kind: Literal["flow", "python"] = "flow"
    ) -> ExportedFile:
        """A version of a workflow as a file."""
        await self._rows.require(actor, workflow, "workflow.export")
        found = await self._versions.get(actor, workflow, which)

        def work() -> ExportedFile:
            graph = documents.read(found.document)
            name = archive.file_name(graph.name)
            if kind == "python":
                return ExportedFile(f"{name}.py", "text/x-python", to_python(graph, self._registry).encode())
            return ExportedFile(f"{name}.flow", "application/json", flow_format.write(graph).encode())

        exported = await asyncio.to_thread(work)
        async with self._rows.database.session() as session:
            record(
                session, actor, "workflow.export", f"workflow:{workflow}", version=found.record.number, kind=kind
            )  # fmt: skip
        return exported

    @needs("workflow.export")
    async def export_project(self, actor: Actor, project: UUID) -> AsyncIterator[bytes]:
        """The drafts of all workflows of a project as a zip archive, in pieces; folders are folders in it."""
        await self._rows.require_project(actor, project, "workflow.export")
        async with self._rows.database.session() as session:
            record(session, actor, "workflow.export", f"project:{project}")
            folders = list(await session.scalars(select(Folder).where(Folder.project_id == project)))
        paths = archive.folder_paths({folder.id: (folder.name, folder.parent_id) for folder in folders})
        return self._archive(project, paths)

    async def _archive(self, project: UUID, paths: Mapping[UUID, str]) -> AsyncIterator[bytes]:
        with archive.Writer() as writer:
            last: UUID | None = None
            while True:
                page = await self._page(project, last)
                for identity, folder, document in page:
                    last = identity
                    path = paths.get(folder, "") if folder is not None else ""
                    await asyncio.to_thread(writer.add, path, document["name"], _flow_text, document)
                if len(page) < PAGE:
                    break
            async for chunk in writer.chunks():
                yield chunk

    async def _page(self, project: UUID, after: UUID | None) -> list[tuple[UUID, UUID | None, dict[str, Any]]]:
        statement = (
            select(Workflow.id, Workflow.folder_id, WorkflowVersion.document)
            .join(
                WorkflowVersion,
                (WorkflowVersion.workflow_id == Workflow.id) & (WorkflowVersion.number == Workflow.version),
            )
            .where(Workflow.project_id == project, Workflow.deleted_at.is_(None))
            .order_by(Workflow.id)
            .limit(PAGE)
        )
        if after is not None:
            statement = statement.where(Workflow.id > after)
        async with self._rows.database.session() as session:
            rows = list(await session.execute(statement))
            tags = await tags_of(session, [identity for identity, _, _ in rows])
        return [
            (identity, folder, document | ({"tags": tags[identity]} if identity in tags else {}))
            for identity, folder, document in rows
        ]

    @needs("workflow.read")
    async def convert(self, actor: Actor, source: Mapping[str, Any]) -> Converted:
        """A workflow of n8n as one of ours, without keeping it. Raises ``InvalidRequestError`` WF766 for no such."""
        return await asyncio.to_thread(self._convert, source)

    @needs("workflow.create")
    async def take_in(
        self,
        actor: Actor,
        data: bytes,
        *,
        file: str = "workflow.flow",
        project: UUID | None = None,
        folder: UUID | None = None,
    ) -> list[ImportedFile]:
        """Make workflows of a file: ours, one or several of n8n as JSON, or a zip archive of such.

        A file that is none is told of in the answer; the others are taken in all the same. Raises
        ``InvalidRequestError`` WF766 where the whole cannot be read.
        """
        place = project if project is not None else await self._rows.access.personal(actor)
        await self._rows.require_project(actor, place, "workflow.create")
        files = await asyncio.to_thread(archive.read, data) if archive.is_archive(data) else [(file, data)]
        sources: list[tuple[str, Converted | InvalidRequestError]] = []
        for name, content in files:
            sources += [(name, found) for found in await asyncio.to_thread(self._read, content)]
        if not sources:
            raise archive.unreadable("It holds no workflow.")
        if len(sources) > MAX_IMPORTED:
            raise archive.unreadable(f"It holds {len(sources):,} workflows; {MAX_IMPORTED:,} are allowed.")
        taken = []
        for name, source in sources:
            taken.append(await self._make(actor, name, source, place, folder))
        if len(taken) == 1 and taken[0].record is None:
            raise InvalidRequestError(
                f"'{taken[0].file[:100]}' holds no workflow that can be read.",
                code="WF766",
                mend="Correct what the problems name.",
                problems=taken[0].problems,
            )
        return taken

    async def _make(
        self, actor: Actor, file: str, source: Converted | InvalidRequestError, project: UUID, folder: UUID | None
    ) -> ImportedFile:
        if isinstance(source, InvalidRequestError):
            return ImportedFile(
                file, None, tuple(source.problems) or (Problem(source.code, source.message, source.mend),)
            )
        try:
            saved = await self._workflows.create(actor, project=project, document=source.document, folder=folder)
        except InvalidRequestError as error:
            return ImportedFile(file, None, tuple(error.problems) or (Problem(error.code, error.message, error.mend),))
        return ImportedFile(file, saved.record, saved.problems, source.warnings, source.nodes)

    def _read(self, data: bytes) -> list[Converted | InvalidRequestError]:
        """The workflows in a file, or why there are none."""
        try:
            value = _json(data)
            if isinstance(value, list):
                return [self._converted(part) for part in value]
            if isinstance(value, dict) and _is_foreign(value):
                return [self._converted(value)]
            return [Converted(documents.to_document(documents.read(data)))]
        except InvalidRequestError as error:
            return [error]

    def _converted(self, source: Any) -> Converted | InvalidRequestError:
        try:
            return self._convert(source)
        except InvalidRequestError as error:
            return error

    def _convert(self, source: Any) -> Converted:
        if not isinstance(source, Mapping):
            raise archive.unreadable("It holds something other than a workflow.")
        if self._importer is None:
            self._importer = N8nImporter(self._registry)
        try:
            imported = self._importer.convert(source)
            graph: Graph = imported.workflow
            document = documents.to_document(documents.read(documents.to_document(graph)))
        except InvalidWorkflowError as error:
            raise InvalidRequestError(
                "This is no workflow of n8n that can be read.",
                code="WF766",
                mend="Export it from n8n again.",
                problems=error.problems,
            ) from None
        except ServiceError:
            raise
        except WorkflowError as error:
            raise archive.unreadable(error.message) from None
        warnings = [f"{report.name}: {warning}" for report in imported.nodes for warning in report.warnings]
        return Converted(document, (*warnings, *imported.warnings), imported.nodes)


def _flow_text(document: Mapping[str, Any]) -> bytes:
    return flow_format.write(documents.read(document)).encode()


def _json(data: bytes) -> Any:
    """The JSON in a file, as far as it tells what the file is; None for what ``documents.read`` shall judge."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _is_foreign(value: Mapping[str, Any]) -> bool:
    return "format" not in value and isinstance(value.get("nodes"), list)
