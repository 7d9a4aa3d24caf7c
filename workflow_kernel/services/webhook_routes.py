"""Which webhook an address names: every path that listens, in memory, so that a call costs no query.

Kept fresh by notices of Postgres, and read anew now and then, so that a lost notice does not matter.
``services.webhooks`` and ``services.forms`` look paths up here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote
from uuid import UUID

import msgspec
import structlog

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.sdk.listening import listening
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.triggers import Form, Webhook
from workflow_kernel.storage import triggers as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.triggers import FORM

AGAIN = 60.0
"""Seconds between looks at everything."""

_log = structlog.get_logger("workflow.webhooks")


class WebhookRoute(msgspec.Struct, frozen=True):
    """A path that listens.

    Parameters
    ----------
    id: of its row. parts: of the path. method: ``FORM`` for a form's page.
    workflow, workflow_name, project, version: what a call runs. trigger, node: its id, and its node's name.
    listener: what it asks of callers and answers. credential: id of the one callers must know.
    """

    id: UUID
    parts: tuple[str, ...]
    method: str
    workflow: UUID
    workflow_name: str
    project: UUID
    version: int
    trigger: UUID
    node: str
    listener: Webhook | Form
    credential: str = ""


class Found(NamedTuple):
    """What an address names: the route of each method, and the path's parameters by position."""

    by_method: Mapping[str, WebhookRoute]
    values: tuple[str, ...]


class _Branch:
    """Paths that begin alike."""

    __slots__ = ("any", "fixed", "here")

    def __init__(self) -> None:
        self.fixed: dict[str, _Branch] = {}
        self.any: _Branch | None = None
        self.here: dict[str, WebhookRoute] = {}


class RouteTable:
    """Paths by their parts. Where several fit an address, a fixed part comes before a parameter."""

    def __init__(self, routes: Iterable[WebhookRoute] = ()) -> None:
        self._root = _Branch()
        self._count = 0
        for route in routes:
            self._add(route)

    def __len__(self) -> int:
        return self._count

    def find(self, path: str) -> Found | None:
        """What an address names, given the path below ``/webhook/`` as it was sent."""
        parts = path.strip("/").split("/")
        return _find(self._root, [unquote(part) for part in parts] if "%" in path else parts, 0, ())

    def _add(self, route: WebhookRoute) -> None:
        branch = self._root
        for part in route.parts:
            if part.startswith(":"):
                branch.any = branch.any or _Branch()
                branch = branch.any
            else:
                branch = branch.fixed.setdefault(part, _Branch())
        branch.here.setdefault(route.method, route)
        self._count += 1


def _find(branch: _Branch, parts: list[str], at: int, values: tuple[str, ...]) -> Found | None:
    if at == len(parts):
        return Found(branch.here, values) if branch.here else None
    part = parts[at]
    fixed = branch.fixed.get(part)
    if fixed is not None:
        found = _find(fixed, parts, at + 1, values)
        if found is not None:
            return found
    return _find(branch.any, parts, at + 1, (*values, part)) if branch.any is not None and part else None


def named(route: WebhookRoute, values: tuple[str, ...]) -> dict[str, str]:
    """The path's parameters by name."""
    names = [part[1:] for part in route.parts if part.startswith(":")]
    return dict(zip(names, values, strict=True))


class WebhookRoutes:
    """The table of one server.

    Parameters
    ----------
    database: where the rows are. registry: the node types.
    """

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry
        self._by_workflow: dict[UUID, list[WebhookRoute]] = {}
        self._stale: set[UUID | None] = {None}
        self._is_outdated = True
        self._reading: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self.webhooks = RouteTable()
        self.forms = RouteTable()

    async def __aenter__(self) -> WebhookRoutes:
        self._work = asyncio.create_task(self._read_for_ever(), name="webhook routes")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._work, self._reading):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def mark_stale(self, workflow: UUID | None = None, *, is_known: bool = True) -> None:
        """Read what a workflow listens for, or all of them, anew.

        Parameters
        ----------
        is_known: whether something has changed for sure: then no call is looked up before it is read.
        """
        self._stale.add(workflow)
        self._is_outdated = self._is_outdated or is_known
        self._start_reading()

    @property
    def is_fresh(self) -> bool:
        """Whether the table holds what Postgres does, as far as this server was told."""
        return not self._is_outdated

    async def freshen(self) -> None:
        """Return once the table holds what was committed before. Raises while Postgres is away."""
        while self._is_outdated:
            await asyncio.shield(self._start_reading())

    def _start_reading(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="webhook routes, read")
            self._reading.add_done_callback(self._is_read)
        return self._reading

    def _is_read(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if not task.cancelled() and task.exception() is not None:
            _log.warning("webhook_routes.unavailable", error=str(task.exception())[:300])

    async def _read(self) -> None:
        """Read what is stale; where that fails it stays so."""
        while self._stale:
            stale = None if None in self._stale else next(iter(self._stale))
            pending, self._stale = self._stale, set()
            try:
                rows = await queries.routes(self._database, stale)
            except BaseException:
                self._stale |= pending
                raise
            if stale is None:
                self._by_workflow = {}
            else:
                self._stale |= pending - {stale}
                self._by_workflow.pop(stale, None)
            for row in rows:
                made = self._made(row)
                if made is not None:
                    self._by_workflow.setdefault(row.workflow, []).append(made)
            self._build()
        self._is_outdated = False

    def _build(self) -> None:
        every = sorted((route for routes in self._by_workflow.values() for route in routes), key=lambda one: one.id)
        self.webhooks = RouteTable(route for route in every if route.method != FORM)
        self.forms = RouteTable(route for route in every if route.method == FORM)

    def _made(self, row: queries.Route) -> WebhookRoute | None:
        try:
            node_type = self._registry.find(row.type, row.type_version)
            listeners = listening(node_type, row.parameters)
        except (WorkflowError, ValueError) as error:
            _log.error("webhook.unusable", path=row.path, workflow=str(row.workflow), error=str(error)[:500])
            return None
        listener = next((one for one in listeners if isinstance(one, Webhook | Form) and one.path == row.path), None)
        if listener is None:
            return None
        return WebhookRoute(
            row.id, tuple(row.path.split("/")), row.method, row.workflow, row.workflow_name, row.project, row.version,
            row.trigger, row.node_name, listener, row.credential,
        )  # fmt: skip

    async def _read_for_ever(self) -> None:
        while True:
            self.mark_stale(is_known=False)
            await asyncio.sleep(AGAIN)
