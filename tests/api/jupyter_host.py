"""A Jupyter server with a whole service mounted below its base URL: an extension, loaded by name.

The tests run ``python -m jupyter_server`` with it. People are who Jupyter says they are.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import ensure_async

from workflow_kernel.app.service import Service
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.actor import STRANGER, SYSTEM, Actor
from workflow_kernel.services.jupyter import JupyterUser


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.api.jupyter_host"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    service = Service(Settings())
    app.io_loop.run_sync(service.__aenter__)
    provider = app.identity_provider

    async def identify(handler: Any) -> Actor:
        # What identity providers ask of a handler beyond Tornado's.
        handler.token, handler.base_url, handler.log = provider.token, app.base_url, app.log
        found = await ensure_async(provider.get_user(handler))
        if found is None:
            return STRANGER
        return await service.jupyter.actor(SYSTEM, JupyterUser("owner"))

    app.web_app.add_handlers(".*$", service.routes(f"{app.base_url}workflow", identify))
