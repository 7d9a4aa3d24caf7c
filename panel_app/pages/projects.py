"""Projects and their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent
from workflow_kernel.app.words import PROJECT_ROLES


class ProjectsPage(Page):
    """Projects one is a member of."""

    pattern = r"/projects"
    place = "projects"
    template = "projects.html"
    permission = "project.read"

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        projects = await self.service.projects.find(actor, limit=200)
        members = {one.id: await self.service.projects.members(actor, one.id) for one in projects[:50]}
        return {"projects": projects, "members": members}

    async def on_ask(self, sent: Sent) -> None:
        """The form for a name."""
        record = await self.service.projects.read(self.visit.actor, UUID(sent.value)) if sent.value else None
        self.visit.dialog("dialogs/project.html", record=record)

    async def on_save(self, sent: Sent) -> None:
        """Make one, or rename it."""
        if sent.value:
            await self.service.projects.rename(self.visit.actor, UUID(sent.value), sent.text("name"))
        else:
            await self.service.projects.create(self.visit.actor, sent.text("name"))
        self.visit.tell("close-dialog")
        self.visit.toast("The project is saved.", mend="Load the page anew to see it in the list on top.")

    async def on_ask_members(self, sent: Sent) -> None:
        """Who is in it."""
        actor = self.visit.actor
        record = await self.service.projects.read(actor, UUID(sent.value))
        members = await self.service.projects.members(actor, record.id)
        self.visit.dialog("dialogs/members.html", record=record, members=members, roles=tuple(PROJECT_ROLES))

    async def on_add_member(self, sent: Sent) -> None:
        """Let somebody in."""
        await self.service.projects.add_member(
            self.visit.actor, UUID(sent.value), sent.text("email"), sent.text("role")
        )  # fmt: skip
        await self.on_ask_members(sent)

    async def on_change_member(self, sent: Sent) -> None:
        """Another role."""
        await self.service.projects.change_member(
            self.visit.actor, UUID(sent.text("project")), UUID(sent.text("account")), sent.value
        )
        self.visit.toast("The role is changed.")

    async def on_remove_member(self, sent: Sent) -> None:
        """Out."""
        await self.service.projects.remove_member(self.visit.actor, UUID(sent.value), UUID(sent.text("account")))
        await self.on_ask_members(sent)

    async def on_leave(self, sent: Sent) -> None:
        """Leave it oneself."""
        await self.service.projects.leave(self.visit.actor, UUID(sent.value))
        self.visit.toast("You left the project.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete it."""
        await self.service.projects.delete(self.visit.actor, UUID(sent.value))
        self.visit.toast("The project is deleted.")
