"""The shell around each page: navigation, projects, who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from panel_app.pages import PLACES
from workflow_kernel.base.errors import WorkflowError

if TYPE_CHECKING:
    from panel_app.visit import Visit


class Entry(NamedTuple):
    """An entry of the navigation."""

    place: str
    title: str
    path: str
    icon: str
    permission: str = ""


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Work",
        (
            Entry("overview", "Overview", "/", "overview"),
            Entry("workflows", "Workflows", "/workflows", "workflows", "workflow.read"),
            Entry("templates", "Templates", "/templates", "templates", "template.read"),
            Entry("executions", "Executions", "/executions", "executions", "execution.read"),
        ),
    ),
    (
        "Connect",
        (
            Entry("triggers", "Triggers", "/triggers", "triggers", "trigger.read"),
            Entry("credentials", "Credentials", "/credentials", "credentials", "credential.read"),
            Entry("variables", "Variables", "/variables", "variables", "variable.read"),
        ),
    ),
    (
        "Service",
        (
            Entry("projects", "Projects", "/projects", "projects", "project.read"),
            Entry("queues", "Queues", "/queues", "queues", "queue.read"),
            Entry("cluster", "Cluster", "/cluster", "cluster", "system.read"),
            Entry("users", "People", "/users", "users", "account.read"),
            Entry("roles", "Roles", "/roles", "roles", "role.read"),
            Entry("audit", "Audit trail", "/audit", "audit", "audit.read"),
        ),
    ),
)


async def shell(visit: Visit) -> dict[str, Any]:
    """What the shell shows to who visits."""
    actor = visit.actor
    groups = [
        (
            title,
            [
                entry
                for entry in entries
                if entry.place in PLACES and (not entry.permission or actor.can(entry.permission))
            ],
        )
        for title, entries in GROUPS
    ]
    name = actor.email
    projects: list[Any] = []
    try:
        account = await visit.service.accounts.me(actor)
        name = account.name or account.email
        projects = await visit.service.projects.find(actor, limit=200)
    except WorkflowError:
        pass  # Somebody who must set up a second factor first may read nothing else.
    return {
        "groups": [(title, entries) for title, entries in groups if entries],
        "name": name,
        "email": actor.email,
        "projects": projects,
        "project": visit.project,
        "can": actor.can,
        "version": visit.house.version,
    }
