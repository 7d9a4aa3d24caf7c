"""Workflows: found, made, imported, run, published, shared, put away."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from panel_app.page import Page, Sent, after
from workflow_kernel.app.words import ExecutionFilter, StartOptions, WorkflowFilter, svg

STATES = {
    "any": "All states",
    "active": "Active",
    "inactive": "Published, paused",
    "draft": "Draft",
    "deleted": "Deleted",
}
_LIMIT = 24
_CLEAR = re.compile(r"(?<=\.back\{)fill:#\w+")


class WorkflowsPage(Page):
    """Workflows as cards."""

    pattern = r"/workflows"
    place = "workflows"
    template = "workflows.html"
    permission = "workflow.read"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._projects: list[UUID] = []

    @property
    def channels(self) -> Sequence[str]:
        return [f"project:{project}" for project in self._projects[:20]]

    async def load(self) -> Mapping[str, Any]:
        actor, project = self.visit.actor, self.visit.project
        state: Any = self.asked("state") if self.asked("state") in STATES else "any"
        folder = UUID(self.asked("folder")) if self.asked("folder") else None
        tags = tuple(filter(None, [self.asked("tag")]))
        found = await self.service.workflows.find(actor, WorkflowFilter(
            project=project, text=self.asked("text"), state=state, tags=tags, folder=folder, limit=_LIMIT + 1,
            after=after(self.asked("after")),
        ))  # fmt: skip
        shown, more = found[:_LIMIT], found[_LIMIT:]
        projects = await self.service.projects.find(actor, limit=200)
        self._projects = [project] if project else [one.id for one in projects]
        latest = await self.service.execution_batches.latest(actor, [one.id for one in shown], 8) if shown else {}
        home = project or next((one.id for one in projects if one.owner == actor.id), None)
        is_filtered = bool(self.asked("text") or tags or folder or state != "any")
        return {
            "workflows": shown, "latest": latest, "pictures": await self._pictures(shown), "states": STATES,
            "state": state, "text": self.asked("text"), "tag": self.asked("tag"), "folder": folder,
            "tags": await self.service.tags.find(actor), "is_filtered": is_filtered,
            "folders": await self.service.folders.find(actor, home) if home else [],
            "projects": {one.id: one.name for one in projects},
            "next": f"{shown[-1].updated_at.isoformat()}~{shown[-1].id}" if more else "",
        }  # fmt: skip

    async def _pictures(self, shown: Sequence[Any]) -> dict[UUID, str]:
        wanted = [(one.id, one.version) for one in shown]
        documents = await self.service.versions.get_many(self.visit.actor, wanted) if wanted else {}
        return {one: picture(version.document) for (one, _), version in documents.items()}

    async def on_run(self, sent: Sent) -> None:
        """Run the draft."""
        started = await self.service.executions.start(
            self.visit.actor, UUID(sent.value), StartOptions(is_manual=True)
        )  # fmt: skip
        self.visit.go(f"/executions/{started.execution}")

    async def on_publish(self, sent: Sent) -> None:
        """Publish the draft."""
        done = await self.service.workflows.publish(self.visit.actor, UUID(sent.value))
        notes = " ".join(problem.message for problem in done.warnings)
        self.visit.toast(f"'{done.record.name}' is published.", mend=notes)

    async def on_toggle(self, sent: Sent) -> None:
        """Let triggers listen, or no more; publish what never was."""
        actor, chosen = self.visit.actor, UUID(sent.value)
        record = await self.service.workflows.get(actor, chosen)
        if record.is_active:
            await self.service.workflows.deactivate(actor, chosen)
            self.visit.toast(f"'{record.name}' listens no more.")
        elif record.published_version is None:
            await self.service.workflows.publish(actor, chosen)
            self.visit.toast(f"'{record.name}' is published and listens.")
        else:
            await self.service.workflows.activate(actor, chosen)
            self.visit.toast(f"'{record.name}' listens.")

    async def on_unpublish(self, sent: Sent) -> None:
        """Take a workflow out of production."""
        record = await self.service.workflows.unpublish(self.visit.actor, UUID(sent.value))
        self.visit.toast(f"'{record.name}' is a draft again.")

    async def on_duplicate(self, sent: Sent) -> None:
        """A copy."""
        made = await self.service.workflows.duplicate(self.visit.actor, UUID(sent.value))
        self.visit.toast(f"'{made.record.name}' is made.")

    async def on_delete(self, sent: Sent) -> None:
        """Put a workflow away; it can be restored."""
        record = await self.service.workflows.get(self.visit.actor, UUID(sent.value))
        await self.service.workflows.delete(self.visit.actor, record.id)
        self.visit.toast(f"'{record.name}' is deleted.", mend="It waits under the state 'Deleted'.")

    async def on_restore(self, sent: Sent) -> None:
        """Bring a deleted one back."""
        record = await self.service.workflows.restore(self.visit.actor, UUID(sent.value))
        self.visit.toast(f"'{record.name}' is back.")

    async def on_purge(self, sent: Sent) -> None:
        """Delete for good."""
        await self.service.workflows.purge(self.visit.actor, UUID(sent.value))
        self.visit.toast("It is gone for good.")

    async def on_export(self, sent: Sent) -> None:
        """A workflow as a file."""
        file = await self.service.transfer.export(self.visit.actor, UUID(sent.value))
        self.visit.download(file.name, file.content_type, file.data)

    async def on_export_python(self, sent: Sent) -> None:
        """A workflow as a Python script."""
        file = await self.service.transfer.export(self.visit.actor, UUID(sent.value), kind="python")
        self.visit.download(file.name, file.content_type, file.data)

    async def on_ask_describe(self, sent: Sent) -> None:
        """The form for name, description, tags and folder."""
        actor = self.visit.actor
        record = await self.service.workflows.get(actor, UUID(sent.value))
        folders = await self.service.folders.find(actor, record.project)
        self.visit.dialog("dialogs/describe.html", record=record, folders=folders)

    async def on_describe(self, sent: Sent) -> None:
        """A new name and so on."""
        actor, chosen = self.visit.actor, UUID(sent.value)
        await self.service.workflows.describe(
            actor, chosen, name=sent.text("name"), description=sent.text("description")
        )  # fmt: skip
        names = [word.strip() for word in sent.text("tags").split(",") if word.strip()]
        await self.service.tags.assign(actor, chosen, names)
        folder = UUID(sent.text("folder")) if sent.text("folder") else None
        record = await self.service.workflows.get(actor, chosen)
        if record.folder != folder:
            await self.service.workflows.move(actor, chosen, folder=folder)
        self.visit.tell("close-dialog")

    async def on_new_folder(self, sent: Sent) -> None:
        """A folder in the chosen project, or in one's own."""
        project = self.visit.project
        if project is None:
            mine = await self.service.projects.find(self.visit.actor, limit=200)
            project = next((one.id for one in mine if one.owner == self.visit.actor.id), mine[0].id)
        made = await self.service.folders.create(self.visit.actor, project, sent.text("name"))
        self.visit.tell("close-dialog")
        self.visit.go(f"/workflows?folder={made.id}")

    async def on_ask_folder(self, sent: Sent) -> None:
        """The form for a folder."""
        self.visit.dialog("dialogs/folder.html")

    async def on_ask_share(self, sent: Sent) -> None:
        """Who may see a workflow: the members of its project; and moving it to another."""
        actor = self.visit.actor
        record = await self.service.workflows.get(actor, UUID(sent.value))
        projects = await self.service.projects.find(actor, limit=200)
        members = await self.service.projects.members(actor, record.project)
        self.visit.dialog("dialogs/share.html", record=record, projects=projects, members=members)

    async def on_move(self, sent: Sent) -> None:
        """Put a workflow into another project."""
        record = await self.service.workflows.move(
            self.visit.actor, UUID(sent.value), project=UUID(sent.text("project"))
        )  # fmt: skip
        self.visit.tell("close-dialog")
        self.visit.toast(f"'{record.name}' is moved.")

    async def on_add_member(self, sent: Sent) -> None:
        """Let somebody into the project of a workflow."""
        actor = self.visit.actor
        record = await self.service.workflows.get(actor, UUID(sent.value))
        await self.service.projects.add_member(actor, record.project, sent.text("email"), sent.text("role") or "viewer")
        await self.on_ask_share(sent)

    async def on_ask_history(self, sent: Sent) -> None:
        """The last executions and versions of a workflow."""
        actor, chosen = self.visit.actor, UUID(sent.value)
        self.visit.dialog(
            "dialogs/history.html",
            record=await self.service.workflows.get(actor, chosen),
            versions=await self.service.versions.find(actor, chosen, limit=20),
            executions=await self.service.executions.find(actor, ExecutionFilter(workflow=chosen, limit=10)),
        )


def picture(document: Mapping[str, Any]) -> str:
    """A workflow as an SVG in an address, for an image: its nodes and edges; empty for one without."""
    if not document.get("nodes"):
        return ""
    bare = {name: value for name, value in document.items() if name not in ("notes", "groups")}
    return "data:image/svg+xml;base64," + base64.b64encode(_CLEAR.sub("fill:none", svg(bare)).encode()).decode()
