"""Node types as people meet them: what there is, their forms, the ports of placed nodes, choices for parameters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from workflow_kernel.base.errors import InvalidRequestError, NodeError, NotFoundError, Problem, WorkflowError
from workflow_kernel.sdk.describe import NodeTypeInfo, describe, ports_of
from workflow_kernel.sdk.node import NodeType, Ports
from workflow_kernel.sdk.options import Loading, Option, Options, loaders
from workflow_kernel.sdk.registry import Registry, UnknownNodeTypeError
from workflow_kernel.services import workflow_documents as documents
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.permission import needs
from workflow_kernel.services.workflow_documents import Document
from workflow_kernel.services.workflows import Workflows
from workflow_kernel.storage.workflows import WorkflowFilter

LONGEST = 20.0
"""Seconds loading choices may take."""

MAX_PLACED = 10_000
"""Placed nodes whose ports may be asked for at once."""


class Secrets(Protocol):
    """Opens credentials for loading choices with them."""

    async def open(self, actor: Actor, credential: UUID) -> Mapping[str, Any]:
        """The fields of a credential the actor may use, as nodes get them."""
        ...


class NodeTypes:
    """The node types installed here.

    Parameters
    ----------
    registry: where they are. workflows: for choosing one. secrets: opens credentials; None opens none.
    """

    def __init__(self, registry: Registry, workflows: Workflows, secrets: Secrets | None = None) -> None:
        self._registry = registry
        self._workflows = workflows
        self._secrets = secrets
        self._known: list[NodeTypeInfo] | None = None

    @needs("node_type.read")
    async def find(self, actor: Actor, text: str = "", family: str = "") -> list[NodeTypeInfo]:
        """Every version of every node type, by name; those in whose title, description or keywords a text stands."""
        if self._known is None:
            self._known = await asyncio.to_thread(lambda: [describe(found) for found in self._registry])
        words = text.lower().split()
        return [
            found
            for found in self._known
            if (not family or found.family == family) and all(word in _words(found) for word in words)
        ]

    @needs("node_type.read")
    async def get(self, actor: Actor, type_name: str, version: int | None = None) -> NodeTypeInfo:
        """A node type; its newest version when none is asked for."""
        return await asyncio.to_thread(lambda: describe(self._find(type_name, version)))

    @needs("node_type.read")
    async def ports(self, actor: Actor, placed: Sequence[tuple[str, int, Mapping[str, Any]]]) -> list[Ports | None]:
        """The ports of placed nodes, by type, version and parameters; None where they cannot be told."""
        if len(placed) > MAX_PLACED:
            raise InvalidRequestError(f"{len(placed):,} nodes are too many; {MAX_PLACED:,} are allowed.")

        def work() -> list[Ports | None]:
            return [self._ports(name, version, parameters) for name, version, parameters in placed]

        return await asyncio.to_thread(work)

    @needs("workflow.read")
    async def validate(self, actor: Actor, document: Document) -> Sequence[Problem]:
        """Everything that keeps a document from running, those of its shape too; nothing is kept."""
        try:
            return (await documents.check(document, self._workflows.catalog)).problems
        except InvalidRequestError as error:
            return error.problems

    @needs("workflow.update")
    async def options(
        self,
        actor: Actor,
        type_name: str,
        version: int | None,
        load: str,
        parameters: Mapping[str, Any],
        *,
        credentials: Mapping[str, UUID] = {},
        search: str = "",
        cursor: str | None = None,
    ) -> Options:
        """Choices for a parameter.

        Parameters
        ----------
        load: name of the method, as the field's hint says. credentials: chosen for the node, by slot.
        search: what was typed. cursor: of the page before.

        Raises ``NotFoundError`` WF769 where the node type offers none, ``InvalidRequestError`` WF769 with the reason
        where they cannot be loaded.
        """
        node_type = self._find(type_name, version)
        if load not in loaders(node_type):
            raise NotFoundError(f"Node type '{type_name}' loads no '{load}'.", code="WF769", mend="Look at its schema.")
        secrets = {slot: await self._open(actor, credential) for slot, credential in credentials.items()}

        async def workflows(text: str) -> list[Option]:
            found = await self._workflows.find(actor, WorkflowFilter(text=text, limit=50))
            return [Option(str(record.id), record.name, record.description[:200]) for record in found]

        loading = Loading(parameters, secrets.get, workflows, search, cursor)
        try:
            async with asyncio.timeout(LONGEST):
                chosen: Options = await getattr(node_type, load)(loading)
                return chosen
        except TimeoutError:
            reason = f"It took longer than {LONGEST:g} s."
        except NodeError as error:
            reason = str(error)
        message = f"The choices cannot be loaded: {reason}"
        raise InvalidRequestError(message, code="WF769", mend="Check the parameters and the credential.")

    def _ports(self, type_name: str, version: int, parameters: Mapping[str, Any]) -> Ports | None:
        try:
            return ports_of(self._registry.find(type_name, version), parameters)
        except (WorkflowError, ImportError):
            return None

    def _find(self, type_name: str, version: int | None) -> type[NodeType]:
        try:
            return self._registry.find(type_name, version)
        except UnknownNodeTypeError as error:
            raise NotFoundError(error.message, code=error.code, mend=error.mend) from None
        except ImportError as error:
            message = f"Node type '{type_name}' cannot be loaded: {error}."
            raise WorkflowError(message, code="WF207", mend="Install what is missing.") from error

    async def _open(self, actor: Actor, credential: UUID) -> Mapping[str, Any] | None:
        return None if self._secrets is None else await self._secrets.open(actor, credential)


def _words(info: NodeTypeInfo) -> str:
    return " ".join((info.type, info.title, info.description, *info.keywords)).lower()
