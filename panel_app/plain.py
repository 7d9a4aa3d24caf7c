"""Pages without Panel: signing in and what strangers do by mail, the editor's page; and the files of all pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from panel_app.house import PROJECT_COOKIE, STATIC, House, headers, theme_of
from workflow_kernel.app.words import STRANGER
from workflow_kernel.base.errors import NotSignedInError, ServiceError

EDITOR = Path(__file__).parent.parent / "workflow_kernel" / "editor" / "static"

FORMS = {
    "sign-in": "Sign in",
    "forgot-password": "Forgotten password",
    "reset-password": "New password",
    "accept-invitation": "Welcome",
    "register": "New account",
}
"""Pages for strangers, and their titles."""


def plain_rules(house: House) -> list[Any]:
    """The rules of the plain pages."""
    below = re.escape(house.prefix)
    names = "|".join(FORMS)
    return [
        (rf"{below}/assets/(.*)", Files, {"path": str(STATIC)}),
        (rf"{below}/editor-assets/(.*)", Files, {"path": str(EDITOR)}),
        (rf"{below}/(favicon\.ico)", Files, {"path": str(STATIC)}),
        (rf"{below}/({names})", FormPage, {"house": house}),
        (rf"{below}/editor(?:/([0-9a-f-]{{36}})?)?", EditorPage, {"house": house}),
    ]


class Files(StaticFileHandler):
    """Files of ours. Those asked for with a version never change."""

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        return 365 * 86400 if self.get_query_argument("v", "") else 0

    def set_extra_headers(self, path: str) -> None:
        self.set_header("X-Content-Type-Options", "nosniff")


class _Page(RequestHandler):
    def initialize(self, house: House) -> None:
        self.house = house

    def set_default_headers(self) -> None:
        for name, value in headers(styles="'self' 'unsafe-inline'").items():
            self.set_header(name, value)

    def show(self, template: str, **values: Any) -> None:
        self.finish(self.house.render(template, {"theme": theme_of(self.request.cookies), **values}))


class FormPage(_Page):
    """Where strangers sign in, choose a new password, make an account."""

    async def get(self, name: str) -> None:
        service = self.house.service
        places = await service.sign_on.places(STRANGER) if name in ("sign-in", "register") else []
        self.show(
            "form.html",
            name=name,
            title=FORMS[name],
            places=places,
            is_open=service.settings.registration == "open",
            next=safe_next(self.get_query_argument("next", "")),
            token=self.get_query_argument("token", "")[:4096],
        )


class EditorPage(_Page):
    """The editor in a whole window; it talks to the API by itself."""

    async def get(self, id: str | None) -> None:
        try:
            actor = await self.house.who(self.request)
        except NotSignedInError:
            actor = STRANGER
        if actor.id is None:
            self.redirect(f"{self.house.prefix}/sign-in?next={quote(self.request.path[len(self.house.prefix) :])}")
            return
        name = "New workflow"
        if id is not None:
            try:
                record = await self.house.service.workflows.get(actor, UUID(id))
            except (ServiceError, ValueError) as error:
                raise HTTPError(getattr(error, "status", 404), str(error)) from None
            name = record.name
        script = EDITOR / "editor.js"
        is_built = script.is_file()
        built = str(script.stat().st_mtime_ns) if is_built else ""
        project = self.get_cookie(PROJECT_COOKIE, "")
        self.show(
            "editor.html", name=name, workflow=id or "", is_built=is_built, built=built, project=project,
            me=actor.id,
        )  # fmt: skip


def safe_next(path: str) -> str:
    """A path of this service to go on to; nothing that leads elsewhere."""
    is_safe = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path[:2000] if is_safe and path.isprintable() else "/"
