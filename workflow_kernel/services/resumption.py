"""Waits ended from outside by signed links: called back, by a form, by somebody's decision.

A link names the node run that told of it. It ends that run's own wait, or the first one that follows it; once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec

from workflow_kernel.auth import links
from workflow_kernel.base.errors import ConflictError, NotFoundError
from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.entries import RunSuspended
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items
from workflow_kernel.sdk.forms import FormPage
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.executions import Executions
from workflow_kernel.services.library import Library
from workflow_kernel.services.permission import needs, open_to_all
from workflow_kernel.storage import deliveries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.execution_signals import ExecutionSignals
from workflow_kernel.storage.executions import ExecutionStore

KEPT = 365 * 86_400.0
"""Seconds a link is known as used."""

Decision = Literal["approved", "rejected"]
DECISIONS: tuple[Decision, ...] = ("approved", "rejected")


class Link(msgspec.Struct, frozen=True):
    """A link as it was called: the execution, the node run that told of it, its token."""

    execution: UUID
    node: str
    run_index: int
    token: str

    @property
    def key(self) -> str:
        """Names the link among those of its execution."""
        return f"{self.node}:{self.run_index}"


class Waiting(msgspec.Struct, frozen=True):
    """What waits at a link.

    Parameters
    ----------
    node, run_index: which run. form: what it asks for. approval: what is to be decided. gives: what goes on.
    """

    node: str
    run_index: int
    outputs: tuple[Batch, ...]
    form: FormPage | None = None
    approval: Mapping[str, Any] | None = None
    gives: str = "items"


class Resumption:
    """Ends waits.

    Parameters
    ----------
    store, signals, library: where executions and what they run are. executions: goes on with them.
    link_key: signs links. address: of the service.
    """

    def __init__(
        self,
        database: Database,
        store: ExecutionStore,
        signals: ExecutionSignals,
        library: Library,
        executions: Executions,
        *,
        link_key: bytes,
        address: str,
    ) -> None:
        self._database = database
        self._store = store
        self._signals = signals
        self._library = library
        self._executions = executions
        self._link_key = link_key
        self._address = address

    def url(self, execution: str, node: str, run_index: int) -> str:
        """The link of a node run: ``$execution.resumeUrl``."""
        try:
            token = links.resume_token(self._link_key, UUID(execution), node, run_index)
        except ValueError:
            return ""
        return f"{self._address}/resume/{execution}/{quote(node, safe='')}/{run_index}?token={token}"

    @needs("execution.resume")
    async def address(self, actor: Actor, execution: UUID, node: str, run_index: int) -> str:
        """The link that ends a wait, for somebody who may end it."""
        await self._executions.require(actor, execution, "execution.resume")
        return self.url(str(execution), node, run_index)

    @open_to_all("the signed link is the permission")
    async def look(self, link: Link) -> Waiting:
        """What waits at a link. Raises ``NotFoundError`` for one that is not ours, ``ConflictError`` WF749 where
        nothing waits (yet, or any more).
        """
        if not links.is_resume_token(self._link_key, link.token, link.execution, link.node, link.run_index):
            raise NotFoundError("The link does not count.", code="WF749", mend="Use the whole link, as it was sent.")
        if await deliveries.is_claimed(self._database, _source(link), link.key):
            raise _is_used()
        row = await self._store.find(link.execution)
        if row is None or row.ended_at is not None:
            raise _is_used()
        waits = await self._signals.waits(link.execution)
        if row.document is not None or row.workflow_id is None or row.version is None:
            graph = self._library.draft(row.document or {}, row.workflow_id, row.project_id, row.version).graph
        else:
            graph = (await self._library.version(row.workflow_id, row.project_id, row.version)).graph
        found = _choose(graph, link, waits)
        if found is None:
            raise ConflictError("Nothing waits at this link yet.", code="WF749", mend="Try again soon.")
        page = found.page or {}
        form = FormPage.model_validate(page["form"]) if "form" in page else None
        return Waiting(
            found.node, found.index, found.outputs, form, page.get("approval"), str(page.get("gives", "items"))
        )  # fmt: skip

    @open_to_all("the signed link is the permission")
    async def call(self, link: Link, waiting: Waiting, call: Items) -> None:
        """End a wait for a call; the call goes on in the items' place where the node says so."""
        await self._end(link, waiting, _padded(call, waiting) if waiting.gives == "call" else None)

    @open_to_all("the signed link is the permission")
    async def send(self, link: Link, waiting: Waiting, answers: Items) -> None:
        """End a wait for a form, with its answers."""
        await self._end(link, waiting, _padded(answers, waiting))

    @open_to_all("the signed link is the permission")
    async def decide(self, link: Link, waiting: Waiting, decision: Decision, comment: str, at: str) -> None:
        """End a wait for a decision: the items go on the way that was chosen."""
        batch = next((one for one in waiting.outputs if len(one)), EMPTY).items()
        said = {"decision": decision, "comment": comment, "at": at}
        items = Items([Item({**item.json, "approval": said}, item.binary) for item in batch], batch.lineage)
        outputs: list[Batch] = [EMPTY] * len(waiting.outputs)
        outputs[DECISIONS.index(decision)] = items
        await self._end(link, waiting, tuple(outputs))

    async def _end(self, link: Link, waiting: Waiting, outputs: tuple[Batch, ...] | None) -> None:
        try:
            await self._executions.resume_run(link.execution, waiting.node, waiting.run_index, outputs)
        except ConflictError:
            raise _is_used() from None
        # The wait itself ends only once; this keeps the link from ending another one that follows.
        await deliveries.claim(self._database, _source(link), link.key, KEPT)


def _choose(graph: Workflow, link: Link, waits: list[RunSuspended]) -> RunSuspended | None:
    """The wait a link is about: of its own run, else the first that follows its node."""
    own = next((wait for wait in waits if (wait.node, wait.index) == (link.node, link.run_index)), None)
    if own is not None:
        return own
    after = _following(graph, link.node)
    open_to_calls = [wait for wait in waits if wait.node in after and _takes_calls(graph, wait)]
    return min(open_to_calls, key=lambda wait: wait.started, default=None)


def _following(graph: Workflow, node: str) -> set[str]:
    """The ids of the nodes that a node leads to."""
    found: set[str] = set()
    line = [node]
    while line:
        for edge in graph.edges_from(line.pop()):
            if edge.target.node not in found:
                found.add(edge.target.node)
                line.append(edge.target.node)
    return found


def _takes_calls(graph: Workflow, wait: RunSuspended) -> bool:
    """Whether a wait may be ended by a call, and not by time alone."""
    if wait.until is None or wait.page is not None:
        return True
    node = graph.nodes.get(wait.node)
    resume = None if node is None else node.parameters.get("resume")
    return resume == "call" or is_expression(resume)


def _padded(first: Batch, waiting: Waiting) -> tuple[Batch, ...]:
    return (first, *([EMPTY] * (len(waiting.outputs) - 1)))


def _source(link: Link) -> str:
    return f"resume:{link.execution}"


def _is_used() -> ConflictError:
    return ConflictError("The link was used already, or the wait is over.", code="WF749", mend="Look at the execution.")
