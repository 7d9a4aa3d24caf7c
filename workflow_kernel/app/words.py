"""What hosts (the dashboard, Jupyter) say to the services of a ``Service``, and what comes back; and who asks them.

Hosts know ``app``, ``client`` and ``base`` only; this is the part of the services' vocabulary they need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_kernel.api.address import Proxies
from workflow_kernel.app.service import Service
from workflow_kernel.auth.roles import PERMISSIONS, PROJECT_ROLES, ROLES
from workflow_kernel.base.ids import new_id
from workflow_kernel.graph import picture
from workflow_kernel.runs.outcome import ErrorInfo
from workflow_kernel.sdk.schedules import WEEKDAYS
from workflow_kernel.services import workflow_documents
from workflow_kernel.services.accounts import Changes
from workflow_kernel.services.actor import STRANGER, SYSTEM, Actor
from workflow_kernel.services.audit_trail import AuditFilter
from workflow_kernel.services.execution_views import DataPage, ExecutionView, NodeRunView
from workflow_kernel.services.executions import ExecutionFilter, StartOptions
from workflow_kernel.services.trigger_list import Asked as TriggersAsked
from workflow_kernel.storage.credentials import CredentialFilter
from workflow_kernel.storage.workflows import WorkflowFilter

__all__ = [
    "PERMISSIONS", "PROJECT_ROLES", "ROLES", "STRANGER", "SYSTEM", "WEEKDAYS", "Actor", "AuditFilter", "Changes",
    "CredentialFilter", "DataPage", "ErrorInfo", "ExecutionFilter", "ExecutionView", "NodeRunView", "StartOptions",
    "TriggersAsked", "Who", "WorkflowFilter", "svg",
]  # fmt: skip


class Who:
    """Tells who sends a request of Tornado, as the API does, and whether it came over HTTPS.

    Parameters
    ----------
    service: knows people.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._proxies = Proxies(service.settings.trusted_proxies)

    async def __call__(self, request: Any) -> Actor:
        """Who it is; a stranger where the cookie does not count."""
        cookies = {name: morsel.value for name, morsel in request.cookies.items()}
        return await self._service.identify(
            request.headers, cookies, address=self._proxies.client(request), request=str(new_id())
        )

    def is_https(self, request: Any) -> bool:
        """Whether it came over HTTPS."""
        return self._proxies.is_https(request)


def svg(document: Mapping[str, Any]) -> str:
    """A workflow document as a picture."""
    return picture.to_svg(workflow_documents.read(document))
