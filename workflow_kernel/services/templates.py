"""Templates: workflows to begin with. Some come with the product, others are made by people from their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from workflow_kernel.base.errors import NotAllowedError, NotFoundError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_documents import Document
from workflow_kernel.services.workflow_rows import WorkflowRows, checked_name, checked_text
from workflow_kernel.services.workflows import Saved, Workflows
from workflow_kernel.storage.tables import Template

PACKAGE = "workflow_kernel.templates"


class TemplateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A template without its document.

    Parameters
    ----------
    id: a word for those that come with the product, else a UUID. is_built_in: which of the two it is.
    """

    id: str
    name: str
    description: str
    categories: tuple[str, ...]
    node_types: tuple[str, ...]
    is_built_in: bool
    created_by: UUID | None = None


class TemplateDocument(msgspec.Struct, frozen=True):
    """A template with its document."""

    record: TemplateRecord
    document: dict[str, Any]


def built_in() -> Iterator[TemplateDocument]:
    """The templates that come with the product."""
    for file in sorted(resources.files(PACKAGE).iterdir(), key=lambda file: file.name):
        if file.name.endswith(flow_format.SUFFIX):
            graph = flow_format.read(file.read_bytes())
            identity = file.name.removesuffix(flow_format.SUFFIX)
            found = TemplateRecord(
                id=identity,
                name=graph.name,
                description=graph.description,
                categories=graph.tags,
                node_types=tuple(documents.node_types(graph)),
                is_built_in=True,
            )
            yield TemplateDocument(found, documents.to_document(graph, tags=()))


class Templates:
    """The templates of a service.

    Parameters
    ----------
    rows: finds workflows for an actor. workflows: makes those that are begun with a template.
    """

    def __init__(self, rows: WorkflowRows, workflows: Workflows) -> None:
        self._rows = rows
        self._workflows = workflows
        self._built_in: dict[str, TemplateDocument] | None = None

    @needs("template.read")
    async def find(self, actor: Actor, text: str = "", category: str = "") -> list[TemplateRecord]:
        """Every template: those of the product first, then those people made, by name."""
        known = [found.record for found in (await self._shipped()).values()]
        async with self._rows.database.session() as session:
            rows = list(await session.scalars(select(Template).order_by(Template.name, Template.id)))
        own = await asyncio.to_thread(lambda: [_to_record(row) for row in rows])
        words = text.lower().split()
        return [
            found
            for found in (*known, *own)
            if (not category or category.lower() in map(str.lower, found.categories))
            and all(word in f"{found.name} {found.description}".lower() for word in words)
        ]

    @needs("template.read")
    async def get(self, actor: Actor, template: str) -> TemplateDocument:
        """A template. Raises ``NotFoundError`` when there is none of that id."""
        found = (await self._shipped()).get(template)
        if found is not None:
            return found
        async with self._rows.database.session() as session:
            row = await session.get(Template, _id(template))
        if row is None:
            raise _no_template()
        return TemplateDocument(_to_record(row), row.document)

    @needs("template.create")
    async def create(
        self, actor: Actor, document: Document, *, name: str, description: str = "", categories: Sequence[str] = ()
    ) -> TemplateRecord:
        """Make a template for everybody. Credentials and pinned data are left out: they are the maker's own."""
        graph = await asyncio.to_thread(documents.read, document)
        row = Template(
            name=checked_name(name),
            description=checked_text(description, "description"),
            categories=[checked_name(category, "category", 60) for category in categories],
            created_by=actor.id,
        )
        row.document = documents.to_document(_shared(graph), name=row.name, description=row.description, id="", tags=())
        async with self._rows.database.session() as session:
            session.add(row)
            await session.flush()
            record(session, actor, "template.create", f"template:{row.id}", name=row.name)
        return _to_record(row)

    @needs("template.create")
    async def delete(self, actor: Actor, template: str) -> None:
        """Take a template away: one's own, or any with the permission ``template.update``."""
        if template in await self._shipped():
            raise NotAllowedError("This template comes with the product.", mend="Leave it.")
        async with self._rows.database.session() as session:
            row = await session.get(Template, _id(template), with_for_update=True)
            if row is None:
                raise _no_template()
            if row.created_by != actor.id and not actor.can("template.update"):
                raise NotAllowedError("Somebody else made this template.", mend="Ask them, or an administrator.")
            record(session, actor, "template.delete", f"template:{template}", name=row.name)
            await session.delete(row)

    @needs("workflow.create")
    async def begin(
        self,
        actor: Actor,
        template: str,
        *,
        project: UUID | None = None,
        name: str | None = None,
        folder: UUID | None = None,
    ) -> Saved:
        """Make a workflow from a template."""
        found = await self.get(actor, template)
        return await self._workflows.create(
            actor, project=project, name=name or found.record.name, document=found.document, folder=folder
        )

    async def _shipped(self) -> dict[str, TemplateDocument]:
        if self._built_in is None:
            found = await asyncio.to_thread(lambda: list(built_in()))
            self._built_in = {one.record.id: one for one in found}
        return self._built_in


def _shared(graph: Graph) -> Graph:
    """A workflow without what belongs to its maker alone."""
    bare = {
        key: msgspec.structs.replace(node, credentials={}, pin=None) for key, node in graph.nodes.items()
    }  # fmt: skip
    return msgspec.structs.replace(graph, nodes=bare)


def _to_record(row: Template) -> TemplateRecord:
    types = {str(node.get("type")) for node in row.document.get("nodes", {}).values()}
    return TemplateRecord(
        id=str(row.id),
        name=row.name,
        description=row.description,
        categories=tuple(row.categories),
        node_types=tuple(sorted(types)),
        is_built_in=False,
        created_by=row.created_by,
    )


def _id(template: str) -> UUID:
    try:
        return UUID(template)
    except ValueError:
        raise _no_template() from None


def _no_template() -> NotFoundError:
    return NotFoundError("There is no such template.", mend="List the templates.")
