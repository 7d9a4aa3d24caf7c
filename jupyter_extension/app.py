"""The server extension: the service below ``{base_url}workflow`` of a Jupyter server, for whoever Jupyter says it is.

The service starts with the first request to it, so that Jupyter itself starts as fast as without it. It is the one the
settings name; where they name none, it starts a Postgres and a Redis for this user, or joins those that run already.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any, cast

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado.web import Application
from traitlets import Bool

from jupyter_extension.documents import ExportHandler
from jupyter_extension.house import House
from jupyter_extension.notebooks import CellsHandler, Library, NotebookHandler
from jupyter_extension.people import People
from jupyter_extension.waiting import Mount

FILE_TYPE = "application/vnd.workflow+json"


class WorkflowExtension(ExtensionApp):
    """See the module."""

    name = "workflow"
    load_other_extensions = True

    start_at_once = Bool(
        False,
        help="Start the service with the server, for schedules and webhooks; else with the first request to it.",
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Called once the server is there."""
        mimetypes.add_type(FILE_TYPE, ".flow")
        self.house = House(self.log, Path(self.serverapp.root_dir))
        self.settings["workflow_house"] = self.house
        self.settings["workflow_library"] = Library()

    def initialize_handlers(self) -> None:
        """Mount the doors."""
        self.handlers += [
            (r"/workflow/files/export", ExportHandler),
            (r"/workflow/files/cells", CellsHandler),
            (r"/workflow/files/notebook", NotebookHandler),
        ]
        web_app = self.serverapp.web_app
        prefix = url_path_join(self.serverapp.base_url, "workflow")
        people = People(self.house, self.serverapp)

        async def rules() -> list[Any]:
            service = await self.house.service()
            return list(service.routes(prefix, people.identify))

        # Jupyter's own method looks into handlers; this one is none, and asks nobody before the service does.
        Application.add_handlers(web_app, ".*$", [(rf"{prefix}/(?!files/).*", Mount(web_app, rules))])

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Called when the server's loop runs."""
        if self.start_at_once:
            self.house.begin()

    async def stop_extension(self) -> None:
        """Called when the server stops."""
        await cast(House, self.house).close()
