"""The API's own description: ``/api/openapi.json``, and ``/api/docs``, a page made of it by Swagger UI.

Everything the page needs is served from here; its scripts and styles are files, so the policy allows nothing inline.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path

from tornado.web import HTTPError

from workflow_kernel.api import headers, openapi
from workflow_kernel.api.base_handler import BaseHandler
from workflow_kernel.api.sending import send_bytes

_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_KEPT = "public, max-age=3600"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workflow API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<main id="page"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """
const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(name + "="))?.split("=")[1];
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const token = cookie("workflow_csrf");
    if (token && request.method !== "GET") request.headers["X-Csrf-Token"] = token;
    return request;
  },
});
"""


class OpenApiHandler(BaseHandler):
    """The document."""

    route_name = "/openapi.json"

    async def get(self) -> None:
        """Send it."""
        await self.identified(is_public=True)
        kernel = self.kernel
        if kernel.document is None:
            kernel.document = json.dumps(openapi.document(kernel.endpoints, kernel.prefix)).encode()
        self.set_header("Content-Type", "application/json")
        send_bytes(self, kernel.document)

    head = get


class DocsHandler(BaseHandler):
    """The page, and its files. They are not counted by the rate limit: a page needs several at once."""

    route_name = "/docs"
    # Swagger UI sets styles of elements while it runs, and has its icons inline.
    policy = headers.page_policy(styles="'self' 'unsafe-inline'")

    async def get(self, name: str | None) -> None:
        """Send the page, or one of its files."""
        if not name:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            send_bytes(self, _PAGE.encode())
        elif name == "start.js":
            self.set_header("Content-Type", "text/javascript")
            send_bytes(self, _START.encode(), cache=_KEPT)
        elif name in _FILES:
            self.set_header("Content-Type", _TYPES[Path(name).suffix])
            send_bytes(self, _file(name), cache=_KEPT)
        else:
            raise HTTPError(404)

    head = get


@lru_cache(maxsize=len(_FILES))
def _file(name: str) -> bytes:
    found = importlib.util.find_spec("flask_swagger_ui")
    assert found is not None and found.origin is not None
    return Path(found.origin).with_name("dist").joinpath(name).read_bytes()


HANDLERS = ((r"/api/openapi\.json", OpenApiHandler), (r"/api/docs(?:/([A-Za-z0-9._-]+))?", DocsHandler))
