"""The service a notebook is connected to: requests of the editor below a cell, passed on by ``Host``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from workflow_kernel.base.errors import InvalidRequestError, UnavailableError
from workflow_kernel.client import Client, RefusedError
from workflow_kernel.remote import connect

OPEN = ("/workflows", "/executions")
"""What the editor of a workflow asks about; nothing else is passed on."""

_METHODS = ("GET", "POST", "PATCH", "DELETE")


class Elsewhere:
    """A service, found when it is first asked for.

    Parameters
    ----------
    service: the one that is meant; ``connect()`` finds one when not given.
    """

    def __init__(self, service: Client | None = None) -> None:
        self._service = service

    def use(self, service: Client) -> None:
        """Mean this service from now on."""
        self._service = service

    def ask(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Pass a request on; gives the answer and its status. Raises ``UnavailableError`` where no service is."""
        method, path = params["method"], params["path"]
        if method not in _METHODS:
            raise InvalidRequestError(f"'{method}' is not passed on.", mend="Load the page again.")
        query = params.get("query") or {}
        try:
            value = self._found(path).send(method, path, body=params.get("body"), query=query)
        except RefusedError as error:
            return {"status": error.status, "value": dict(error.document)}
        except UnavailableError:
            self._service = None
            raise
        return {"status": 200, "value": value}

    def attachment(self, params: Mapping[str, Any]) -> str:
        """The bytes at a path, as base64."""
        path = params["path"]
        return base64.b64encode(self._found(path).answer("GET", path).content).decode()

    def _found(self, path: str) -> Client:
        is_open = path in OPEN or path.startswith(tuple(f"{one}/" for one in OPEN))
        if not is_open or ".." in path:
            raise InvalidRequestError(f"'{path}' is not passed on.", mend="Load the page again.")
        if self._service is None:
            self._service = connect()
        return self._service
