"""The audit trail: who did what to what, from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent
from workflow_kernel.app.words import AuditFilter

_LIMIT = 60


class AuditPage(Page):
    """A list of records."""

    pattern = r"/audit"
    place = "audit"
    template = "audit.html"
    permission = "audit.read"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.title = "Audit trail"

    async def load(self) -> Mapping[str, Any]:
        after = UUID(self.asked("after")) if self.asked("after") else None
        found = await self.service.audit_trail.find(self.visit.actor, self._wanted(), after=after, limit=_LIMIT)
        more = len(found) >= _LIMIT
        return {
            "records": found[:_LIMIT], "action": self.asked("action"), "subject": self.asked("subject"),
            "next": found[:_LIMIT][-1].id if more else "",
            "is_filtered": bool(self.asked("action") or self.asked("subject")),
        }  # fmt: skip

    async def on_export(self, sent: Sent) -> None:
        """All of it as a file."""
        parts = [part async for part in await self._export()]
        self.visit.download("audit.csv", "text/csv", b"".join(parts))

    async def on_look(self, sent: Sent) -> None:
        """A record with its details."""
        found = await self.service.audit_trail.find(self.visit.actor, self._wanted(), limit=200)
        record = next((one for one in found if str(one.id) == sent.value), None)
        if record is not None:
            self.visit.dialog("dialogs/record.html", record=record)

    async def _export(self) -> Any:
        return await self.service.audit_trail.export(self.visit.actor, self._wanted(), "csv")

    def _wanted(self) -> AuditFilter:
        return AuditFilter(action=self.asked("action"), subject=self.asked("subject"))
