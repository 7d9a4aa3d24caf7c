"""Notebooks of the Jupyter server: the graph of one that is open, and one as a workflow. Neither needs the service."""

from __future__ import annotations

import asyncio
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

from jupyter_extension.house import House
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError

if TYPE_CHECKING:
    from workflow_kernel.app.notebooks import Views

MODULE = "workflow_kernel.app.notebooks"


class Library:
    """The functions for notebooks, loaded with the first question, and the graphs that are kept."""

    def __init__(self) -> None:
        self._views: Views | None = None

    def look(self, body: bytes) -> dict[str, Any]:
        """The graph of a notebook."""
        functions = importlib.import_module(MODULE)
        self._views = self._views or functions.Views()
        return self._views.look(msgspec.json.decode(body, type=functions.Looking))


class _Handler(APIHandler):
    auth_resource = "contents"

    def refuse(self, error: WorkflowError) -> None:
        """Tell why not."""
        self.set_status(getattr(error, "status", 422))
        problems = [msgspec.to_builtins(one) for one in getattr(error, "problems", ())]
        found = {"detail": error.message or str(error), "code": error.code, "mend": error.mend, "problems": problems}
        self.finish(json.dumps(found), set_content_type="application/problem+json")


class CellsHandler(_Handler):
    """``POST {key, cells: [{id, kind, source?}], any_order?}``: the graph of the cells of a notebook."""

    @authenticated
    @authorized
    async def post(self) -> None:
        library: Library = self.settings["workflow_library"]
        try:
            found = await asyncio.to_thread(library.look, self.request.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.refuse(WorkflowError(f"These are no cells: {error}.", code="WF823", mend="Load the page again."))
            return
        self.finish(json.dumps(found))


class NotebookHandler(_Handler):
    """``POST {notebook, path, kind}``: a notebook as the text of a ``.flow`` file, or as a document to run."""

    @authenticated
    @authorized
    async def post(self) -> None:
        body = self.get_json_body()
        notebook, path, kind = (body.get(name) for name in ("notebook", "path", "kind")) if body else (None,) * 3
        if not isinstance(path, str) or kind not in ("flow", "run"):
            mend = "Send {notebook, path, kind: 'flow' or 'run'}."
            self.refuse(WorkflowError("The request names no notebook.", code="WF823", mend=mend))
            return
        try:
            text = await asyncio.to_thread(self._made, notebook, Path(path.strip("/")), kind)
        except WorkflowError as error:
            self.refuse(_one(error))
            return
        self.finish(text, set_content_type="application/json")

    def _made(self, notebook: Any, path: Path, kind: str) -> str:
        functions = importlib.import_module(MODULE)
        if kind == "flow":
            return str(functions.flow_text(notebook, path.stem))
        house: House = self.settings["workflow_house"]
        folder, kept_in = house.place_of(path.parent)
        return json.dumps(functions.for_running(notebook, path.stem, folder, kept_in))


def _one(error: WorkflowError) -> WorkflowError:
    """An error with its problems in its message."""
    if isinstance(error, InvalidWorkflowError):
        places = [f"'{found.node}': {found.message}" for found in error.problems]
        error.message = " ".join(places)
        error.mend = "Change these cells, or run the notebook from top to bottom."
    return error
