"""What a Jupyter server asks of a service: who one of its people is here, and a document as another kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from workflow_kernel.app.service import Service
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph import picture
from workflow_kernel.interchange.python import export as to_python
from workflow_kernel.services import workflow_documents
from workflow_kernel.services.actor import STRANGER, SYSTEM, Actor
from workflow_kernel.services.jupyter import JupyterUser

__all__ = ["STRANGER", "Actor", "JupyterUser", "Kind", "exported", "person"]

Kind = Literal["flow", "python", "svg"]


async def person(service: Service, user: JupyterUser) -> Actor:
    """Who somebody known to the Jupyter server is at the service; an account is made the first time."""
    return await service.jupyter.actor(SYSTEM, user)


def exported(service: Service, document: Mapping[str, Any], kind: Kind) -> str:
    """A document, which need not be kept at the service, as the text of a file.

    Raises ``InvalidRequestError`` with every problem when it is no workflow.
    """
    workflow = workflow_documents.read(document)
    if kind == "python":
        return to_python(workflow, service.registry)
    return picture.to_svg(workflow) if kind == "svg" else flow_format.write(workflow)
