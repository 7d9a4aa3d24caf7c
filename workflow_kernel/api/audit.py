"""The audit trail over HTTP: listed, filtered, exported."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workflow_kernel.api.routing import Answer, Page, PageQuery, Request, route
from workflow_kernel.services.audit_trail import AuditFilter, AuditRecord, Form

TAG = "Audit trail"


class AuditNarrowing(BaseModel):
    """Which events are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str = Field("", max_length=100, description="A word, or the beginning of one that ends with a dot.")
    actor: UUID | None = Field(None, description="Id of the account that did it.")
    subject: str = Field("", max_length=200, description="What it was done to, e.g. workflow:ID.")
    since: AwareDatetime | None = Field(None, description="Not earlier than this.")
    until: AwareDatetime | None = Field(None, description="Earlier than this.")
    request: str = Field("", max_length=64, description="Id of the request that did it.")

    def wanted(self) -> AuditFilter:
        """As the service takes it."""
        return AuditFilter(self.action, self.actor, self.subject, self.since, self.until, self.request)


class AuditQuery(AuditNarrowing, PageQuery):
    """A page of the events that are wanted."""


class AuditExportQuery(AuditNarrowing):
    """How the events are wanted."""

    form: Form = Field("ndjson", description="JSON lines or CSV.")


class AuditEventView(BaseModel):
    """An event."""

    id: UUID = Field(description="Its id; later ones sort after it.")
    at: datetime = Field(description="When.")
    actor: str = Field(description="E-mail of who did it, at that time.")
    actor_id: UUID | None = Field(description="Id of the account.")
    via: str = Field(description="How they came in.")
    action: str = Field(description="What was done.")
    subject: str = Field(description="What it was done to.")
    address: str = Field(description="Where the request came from.")
    request: str = Field(description="Id of the request.")
    details: dict[str, Any] = Field(description="More about it, never a secret.")


@route("GET", "/audit", tag=TAG)
async def list_audit_events(request: Request, query: AuditQuery) -> Page[AuditEventView]:
    """List what was done, the newest first."""
    found = await request.service.audit_trail.find(
        request.actor, query.wanted(), after=query.after(UUID), limit=query.limit + 1
    )
    return Page.of(found, query, _view, lambda event: event.id)


@route("GET", "/audit/export", tag=TAG, answers=("application/x-ndjson", "text/csv"))
async def export_audit_events(request: Request, query: AuditExportQuery) -> Answer[Any]:
    """Export what was done, the newest first."""
    pieces = await request.service.audit_trail.export(request.actor, query.wanted(), query.form)
    kind = "text/csv; charset=utf-8" if query.form == "csv" else "application/x-ndjson"
    return Answer(pieces, content_type=kind, filename=f"audit.{query.form}")


def _view(event: AuditRecord) -> AuditEventView:
    return AuditEventView(**msgspec.structs.asdict(event))


ROUTES = (list_audit_events, export_audit_events)
