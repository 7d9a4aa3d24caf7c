"""Reads the audit trail: who did what to what. ``audit.record`` writes it; nothing changes or removes it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Select, select

from workflow_kernel.services.actor import Actor
from workflow_kernel.services.audit import record
from workflow_kernel.services.permission import needs
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.tables import AuditEvent

Form = Literal["ndjson", "csv"]

BATCH = 500
"""Events read at once for an export."""

_FIELDS = ("id", "at", "actor", "actor_id", "via", "action", "subject", "address", "request", "details")


class AuditFilter(msgspec.Struct, frozen=True):
    """Which events are wanted.

    Parameters
    ----------
    action: a word, or the beginning of one that ends with a dot, e.g. ``credential.``. actor: id of an account.
    subject: e.g. ``workflow:{id}``. since, until: moments. request: id of a request.
    """

    action: str = ""
    actor: UUID | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    request: str = ""


class AuditRecord(msgspec.Struct, frozen=True):
    """An event: who (``actor`` is the e-mail at that time), how they came in, what, to what, when, from where."""

    id: UUID
    at: datetime
    actor: str
    actor_id: UUID | None
    via: str
    action: str
    subject: str
    address: str
    request: str
    details: dict[str, Any]


class AuditTrail:
    """The trail.

    Parameters
    ----------
    database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @needs("audit.read")
    async def find(
        self, actor: Actor, wanted: AuditFilter, *, after: UUID | None = None, limit: int = 50
    ) -> list[AuditRecord]:
        """Events, the newest first. ``after``: goes on after this one."""
        return await self._read(wanted, after, limit)

    @needs("audit.read")
    async def export(self, actor: Actor, wanted: AuditFilter, form: Form) -> AsyncIterator[bytes]:
        """All events, the newest first, in pieces: as JSON lines or CSV. The export itself is noted."""
        async with self._database.session() as session:
            record(session, actor, "audit.export", form=form, filter=msgspec.to_builtins(wanted))
        return self._pieces(wanted, form)

    async def _pieces(self, wanted: AuditFilter, form: Form) -> AsyncIterator[bytes]:
        if form == "csv":
            yield _csv([_FIELDS])
        last: UUID | None = None
        while True:
            found = await self._read(wanted, last, BATCH)
            if not found:
                return
            if form == "csv":
                yield _csv([tuple(_cell(getattr(event, name)) for name in _FIELDS) for event in found])
            else:
                yield b"".join(msgspec.json.encode(event) + b"\n" for event in found)
            last = found[-1].id

    async def _read(self, wanted: AuditFilter, after: UUID | None, limit: int) -> list[AuditRecord]:
        query = _narrowed(select(AuditEvent), wanted).order_by(AuditEvent.id.desc()).limit(limit)
        if after is not None:
            query = query.where(AuditEvent.id < after)
        async with self._database.session() as session:
            rows = (await session.scalars(query)).all()
        return [_told(row) for row in rows]


def _told(row: AuditEvent) -> AuditRecord:
    return AuditRecord(
        row.id, row.at, row.actor, row.actor_id, row.via, row.action, row.subject, row.address, row.request,
        row.details,
    )  # fmt: skip


def _narrowed(query: Select[AuditEvent], wanted: AuditFilter) -> Select[AuditEvent]:
    if wanted.action.endswith("."):
        query = query.where(AuditEvent.action.startswith(wanted.action, autoescape=True))
    elif wanted.action:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.actor is not None:
        query = query.where(AuditEvent.actor_id == wanted.actor)
    if wanted.subject:
        query = query.where(AuditEvent.subject == wanted.subject)
    if wanted.request:
        query = query.where(AuditEvent.request == wanted.request)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    return query


def _cell(value: Any) -> str:
    """A value for a spreadsheet: none that it would take for a formula."""
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
