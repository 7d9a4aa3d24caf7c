"""Who asks, as the Jupyter server knows them: by its token, its password, or the JupyterHub it belongs to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_server.auth import User
from jupyter_server.utils import ensure_async

from jupyter_extension.house import House

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from workflow_kernel.app.jupyter import Actor

OWNER = "owner"
"""The name of whoever has the token or password of a server without a hub: there is one such person."""


class People:
    """Tells the service who its requests come from.

    Parameters
    ----------
    house: has the service. server: has checked them.
    """

    def __init__(self, house: House, server: ServerApp) -> None:
        self._house = house
        self._server = server

    async def identify(self, handler: Any) -> Actor:
        """Who sent the request of a handler."""
        from workflow_kernel.app import jupyter  # noqa: PLC0415 - loaded with the service

        server = self._server
        provider = server.identity_provider
        # What identity providers ask of a handler beyond Tornado's.
        handler.token, handler.base_url, handler.log = provider.token, server.base_url, server.log
        found: User | None = await ensure_async(provider.get_user(handler))
        if found is None:
            return jupyter.STRANGER
        hub = self._hub()
        user = jupyter.JupyterUser(
            found.username if hub else OWNER, hub=hub, title=(found.display_name or found.name or "") if hub else ""
        )
        return await jupyter.person(await self._house.service(), user)

    def _hub(self) -> str:
        """The JupyterHub whose people share the service; a service of this server's own belongs to its one person."""
        is_shared = self._house.settings.database_url is not None
        return os.environ.get("JUPYTERHUB_API_URL", "") if is_shared else ""
