"""Variables: ``$vars.key`` in expressions, of a project or of all; a project's stand before those of all."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError, Problem
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs, open_to_all, require
from workflow_kernel.services.workflow_rows import WorkflowRows, checked_text
from workflow_kernel.storage.tables import Variable

KEPT = 2.0
"""Seconds the variables of a project are kept at hand; another process sees a change that much later at most."""

MAX_VARIABLES = 1_000
MAX_VALUE = 10_000
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class VariableRecord(msgspec.Struct, frozen=True):
    """A variable. ``project`` is None for one of all projects."""

    id: UUID
    project: UUID | None
    key: str
    value: str
    created_at: datetime
    updated_at: datetime


class Variables:
    """The variables of a service.

    Parameters
    ----------
    rows: knows who may do what.
    """

    def __init__(self, rows: WorkflowRows) -> None:
        self._rows = rows
        self._at_hand: dict[UUID, tuple[float, Mapping[str, Any]]] = {}
        self._reading: dict[UUID, asyncio.Task[Mapping[str, Any]]] = {}

    @needs("variable.read")
    async def find(self, actor: Actor, project: UUID | None = None) -> list[VariableRecord]:
        """The variables a project has besides those of all, or with None all that the actor may see; by key."""
        statement = select(Variable).order_by(Variable.key, Variable.id)
        if project is not None:
            await self._rows.require_project(actor, project, "variable.read")
            statement = statement.where(or_(Variable.project_id == project, Variable.project_id.is_(None)))
        else:
            visible = await self._rows.access.projects(actor, "variable.read")
            if visible is not None:
                statement = statement.where(or_(Variable.project_id.in_(visible), Variable.project_id.is_(None)))
        async with self._rows.database.session() as session:
            return [_to_record(row) for row in await session.scalars(statement)]

    @needs("variable.update")
    async def create(self, actor: Actor, key: str, value: str, *, project: UUID | None = None) -> VariableRecord:
        """A new variable, of all projects where none is given. Raises ``ConflictError`` WF765 for a known key."""
        await self._require(actor, project)
        row = Variable(project_id=project, key=_checked_key(key), value=checked_text(value, "value", MAX_VALUE))
        try:
            async with self._rows.database.session() as session:
                count = await session.scalar(
                    select(func.count()).where(Variable.project_id.is_not_distinct_from(project))
                )
                if (count or 0) >= MAX_VARIABLES:
                    raise ConflictError(
                        f"There are {count} variables already.", code="WF765", mend="Delete some first."
                    )
                session.add(row)
                await session.flush()
                record(session, actor, "variable.create", f"variable:{row.id}", key=key, project=str(project or ""))
        except IntegrityError:
            raise _taken(key) from None
        self._at_hand.clear()
        return _to_record(row)

    @needs("variable.update")
    async def update(
        self, actor: Actor, variable: UUID, *, key: str | None = None, value: str | None = None
    ) -> VariableRecord:
        """Give a variable another key or value."""
        await self._require(actor, await self._project(variable))
        try:
            async with self._rows.database.session() as session:
                row = await session.get(Variable, variable, with_for_update=True)
                if row is None:
                    raise _no_variable()
                row.key = row.key if key is None else _checked_key(key)
                row.value = row.value if value is None else checked_text(value, "value", MAX_VALUE)
                record(session, actor, "variable.update", f"variable:{variable}", key=row.key)
        except IntegrityError:
            raise _taken(key or "") from None
        self._at_hand.clear()
        return _to_record(row)

    @needs("variable.update")
    async def delete(self, actor: Actor, variable: UUID) -> None:
        """Take a variable away."""
        await self._require(actor, await self._project(variable))
        async with self._rows.database.session() as session:
            row = await session.get(Variable, variable, with_for_update=True)
            if row is None:
                raise _no_variable()
            record(session, actor, "variable.delete", f"variable:{variable}", key=row.key)
            await session.delete(row)
        self._at_hand.clear()

    @open_to_all("the runner asks for an execution that was allowed to start")
    async def for_project(self, project: UUID) -> Mapping[str, Any]:
        """What ``$vars`` holds for executions of a project."""
        kept = self._at_hand.get(project)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        reading = self._reading.get(project)
        if reading is None:  # else another execution asks already
            reading = self._reading[project] = asyncio.create_task(self._read(project), name="reads variables")
            reading.add_done_callback(lambda _: self._reading.pop(project, None))
        return await asyncio.shield(reading)

    async def _read(self, project: UUID) -> Mapping[str, Any]:
        async with self._rows.database.session() as session:
            rows = await session.execute(
                select(Variable.key, Variable.value)
                .where(or_(Variable.project_id == project, Variable.project_id.is_(None)))
                .order_by(Variable.project_id.nulls_first())
            )
            found = dict(rows.all())
        if len(self._at_hand) > 1_000:
            self._at_hand.clear()
        self._at_hand[project] = time.monotonic() + KEPT, found
        return found

    async def _require(self, actor: Actor, project: UUID | None) -> None:
        if project is None:
            require(actor, "variable.global")
        else:
            await self._rows.require_project(actor, project, "variable.update")

    async def _project(self, variable: UUID) -> UUID | None:
        async with self._rows.database.session() as session:
            row = (await session.execute(select(Variable.project_id).where(Variable.id == variable))).first()
        if row is None:
            raise _no_variable()
        found: UUID | None = row.project_id
        return found


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        message = f"'{key[:100]}' cannot be written as $vars.key."
        mend = "Use letters, digits and underscores, not beginning with a digit, at most 100."
        raise InvalidRequestError(message, mend=mend, problems=[Problem("WF705", message, mend, field="key")])
    return key


def _to_record(row: Variable) -> VariableRecord:
    return VariableRecord(row.id, row.project_id, row.key, row.value, row.created_at, row.updated_at)


def _taken(key: str) -> ConflictError:
    return ConflictError(
        f"There is a variable '{key}' already.", code="WF765", mend="Change it, or choose another key."
    )


def _no_variable() -> NotFoundError:
    return NotFoundError("There is no such variable.", mend="List the variables.")
