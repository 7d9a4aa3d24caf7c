"""The pages, one module each, and which one an address leads to."""

from __future__ import annotations

import re

from panel_app.page import Page
from panel_app.pages.audit import AuditPage
from panel_app.pages.cluster import ClusterPage
from panel_app.pages.credentials import CredentialsPage
from panel_app.pages.execution import ExecutionPage
from panel_app.pages.executions import ExecutionsPage
from panel_app.pages.overview import OverviewPage
from panel_app.pages.people import PeoplePage
from panel_app.pages.profile import ProfilePage
from panel_app.pages.projects import ProjectsPage
from panel_app.pages.queues import QueuesPage
from panel_app.pages.roles import RolesPage
from panel_app.pages.templates import TemplatesPage
from panel_app.pages.triggers import TriggersPage
from panel_app.pages.variables import VariablesPage
from panel_app.pages.workflows import WorkflowsPage

PAGES: tuple[type[Page], ...] = (
    OverviewPage, WorkflowsPage, TemplatesPage, ExecutionsPage, ExecutionPage, TriggersPage, CredentialsPage,
    VariablesPage, ProjectsPage, QueuesPage, ClusterPage, PeoplePage, RolesPage, AuditPage, ProfilePage,
)  # fmt: skip

PLACES = frozenset(page.place for page in PAGES)
"""Entries of the navigation that lead somewhere."""

_PATTERNS = [(re.compile(page.pattern), page) for page in PAGES]


def find(path: str) -> tuple[type[Page], dict[str, str]] | None:
    """The page at an address, and the parts of its address by name."""
    path = path.rstrip("/") or "/"
    for pattern, page in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None:
            return page, {name: value or "" for name, value in match.groupdict().items()}
    return None
