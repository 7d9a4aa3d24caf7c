"""GraphQL: the same services as REST. ``door`` serves it over HTTP, ``socket`` over a websocket."""

from workflow_kernel.api.graphql.door import ROUTES
from workflow_kernel.api.graphql.socket import HANDLERS

__all__ = ["HANDLERS", "ROUTES"]
