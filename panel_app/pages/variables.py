"""Variables: what expressions find as ``$vars``, of a project or of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent


class VariablesPage(Page):
    """A list of variables."""

    pattern = r"/variables"
    place = "variables"
    template = "variables.html"
    permission = "variable.read"

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        projects = await self.service.projects.find(actor, limit=200)
        return {
            "variables": await self.service.variables.find(actor, self.visit.project),
            "projects": {one.id: one.name for one in projects},
        }

    async def on_ask(self, sent: Sent) -> None:
        """The form."""
        actor = self.visit.actor
        found = await self.service.variables.find(actor, self.visit.project)
        record = next((one for one in found if str(one.id) == sent.value), None)
        projects = await self.service.projects.find(actor, limit=200)
        self.visit.dialog("dialogs/variable.html", record=record, projects=projects)

    async def on_save(self, sent: Sent) -> None:
        """Make or change one."""
        actor, key, value = self.visit.actor, sent.text("key"), str(sent.form.get("value", ""))
        if sent.value:
            await self.service.variables.update(actor, UUID(sent.value), key=key, value=value)
        else:
            project = UUID(sent.text("project")) if sent.text("project") else None
            await self.service.variables.create(actor, key, value, project=project)
        self.visit.tell("close-dialog")
        self.visit.toast(f"'{key}' is saved.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete one."""
        await self.service.variables.delete(self.visit.actor, UUID(sent.value))
        self.visit.toast("The variable is deleted.")
