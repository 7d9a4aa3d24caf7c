"""Documents of workflows that are files of the Jupyter server: turned into other kinds of files."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

from jupyter_extension.house import House
from workflow_kernel.base.errors import WorkflowError

TYPES = {"flow": "application/json", "python": "text/x-python", "svg": "image/svg+xml"}


class ExportHandler(APIHandler):
    """``POST {document, kind}``: the document as a Python script, a picture, or laid out as files are."""

    auth_resource = "contents"

    @authenticated
    @authorized
    async def post(self) -> None:
        body = self.get_json_body()
        kind = body.get("kind") if isinstance(body, dict) else None
        if not isinstance(body, dict) or kind not in TYPES or not isinstance(body.get("document"), dict):
            self._refuse(422, "Send {document: {...}, kind: 'flow', 'python' or 'svg'}.")
            return
        house: House = self.settings["workflow_house"]
        try:
            service = await house.service()
            from workflow_kernel.app import jupyter  # noqa: PLC0415 - loaded with the service

            text = await asyncio.to_thread(jupyter.exported, service, body["document"], kind)
        except WorkflowError as error:
            self._refuse(getattr(error, "status", 422), error.message, error.code, error.mend)
            return
        self.finish(text, set_content_type=TYPES[kind])

    def _refuse(self, status: int, detail: str, code: str = "WF780", mend: str = "") -> None:
        self.set_status(status)
        found: dict[str, Any] = {"detail": detail, "code": code, "mend": mend, "status": status}
        self.finish(json.dumps(found), set_content_type="application/problem+json")
