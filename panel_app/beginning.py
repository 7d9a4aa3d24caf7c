"""How workflows begin, from every page: a blank canvas, a file, a template. Called by ``Visit``."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from panel_app.page import Sent
from workflow_kernel.base.errors import InvalidRequestError

if TYPE_CHECKING:
    from panel_app.visit import Visit


async def new_workflow(visit: Visit, sent: Sent) -> None:
    """An empty workflow, opened in the editor."""
    made = await visit.service.workflows.create(visit.actor, project=visit.project)
    visit.tell("open", path=f"/editor/{made.record.id}")


async def use_template(visit: Visit, sent: Sent) -> None:
    """A workflow made from a template, opened in the editor."""
    made = await visit.service.templates.begin(visit.actor, sent.value, project=visit.project)
    visit.tell("open", path=f"/editor/{made.record.id}")


async def ask_import(visit: Visit, sent: Sent) -> None:
    """The form for files."""
    visit.dialog("dialogs/import.html", results=[])


async def take_in(visit: Visit, sent: Sent) -> None:
    """Take files in: .flow, n8n's JSON, archives."""
    data, name = sent.text("file.data"), sent.text("file.name")
    if not data:
        raise InvalidRequestError("There is no file.", mend="Choose one or drop one.")
    results = await visit.service.transfer.take_in(
        visit.actor, base64.b64decode(data), file=name or "workflow.flow", project=visit.project
    )
    if len(results) == 1 and results[0].record is not None and not results[0].warnings:
        visit.tell("close-dialog")
        visit.toast(f"'{results[0].record.name}' is imported.")
        visit.go("/workflows")
        return
    visit.dialog("dialogs/import.html", results=results)


ACTIONS: Mapping[str, Callable[[Visit, Sent], Awaitable[None]]] = {
    "new-workflow": new_workflow,
    "use-template": use_template,
    "ask-import": ask_import,
    "import": take_in,
}
