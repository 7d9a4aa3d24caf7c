"""Templates: workflows to begin with, as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent
from panel_app.pages.workflows import picture
from workflow_kernel.app.words import WorkflowFilter


class TemplatesPage(Page):
    """A gallery."""

    pattern = r"/templates"
    place = "templates"
    template = "templates.html"
    permission = "template.read"

    async def load(self) -> Mapping[str, Any]:
        actor = self.visit.actor
        every = await self.service.templates.find(actor)
        text, category = self.asked("text"), self.asked("category")
        found = await self.service.templates.find(actor, text, category) if text or category else every
        pictures = {}
        for one in found[:60]:
            pictures[one.id] = picture((await self.service.templates.get(actor, one.id)).document)
        return {
            "templates": found, "pictures": pictures, "text": text, "category": category,
            "categories": sorted({word for one in every for word in one.categories}),
        }  # fmt: skip

    async def on_ask_make(self, sent: Sent) -> None:
        """The form for a template made of a workflow."""
        workflows = await self.service.workflows.find(
            self.visit.actor, WorkflowFilter(project=self.visit.project, limit=200)
        )  # fmt: skip
        self.visit.dialog("dialogs/template.html", workflows=workflows)

    async def on_make(self, sent: Sent) -> None:
        """A template of a workflow's draft."""
        version = await self.service.versions.get(self.visit.actor, UUID(sent.text("workflow")))
        words = [word.strip() for word in sent.text("categories").split(",") if word.strip()]
        made = await self.service.templates.create(
            self.visit.actor, version.document, name=sent.text("name"), description=sent.text("description"),
            categories=words,
        )  # fmt: skip
        self.visit.tell("close-dialog")
        self.visit.toast(f"'{made.name}' is a template now.")

    async def on_delete(self, sent: Sent) -> None:
        """Delete one of one's own."""
        await self.service.templates.delete(self.visit.actor, sent.value)
        self.visit.toast("The template is deleted.")
