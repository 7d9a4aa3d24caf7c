"""Panel itself: the Bokeh application behind all pages, mounted beside the API. Loaded late, because it is large.

Every address of a page leads to one Bokeh application; which page it is stands in the ``Visit`` of the request. The
page is in the first answer already, as HTML; the Bokeh session that begins then carries what changes, and charts.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import bokeh
import panel
from bokeh.application.handlers.function import FunctionHandler
from bokeh.document import Document
from bokeh.server.auth_provider import AuthProvider
from bokeh.server.tornado import BokehTornado
from bokeh.util.token import get_session_id
from panel.io.application import Application
from panel.io.document import init_doc
from panel.io.server import DocHandler, WSHandler
from panel.io.state import set_curdoc
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.ioloop import IOLoop

from panel_app.bridge import Bridge
from panel_app.house import House, headers, theme_of
from panel_app.visit import Visit
from workflow_kernel.app.words import STRANGER, Actor
from workflow_kernel.base.errors import NotSignedInError

APP = "/page"
"""Where the Bokeh application is mounted; no address people see."""

SCRIPTS = (
    "static/extensions/panel/bundled/reactiveesm/es-module-shims@^1.10.0/dist/es-module-shims.min.js",
    f"static/js/bokeh.min.js?v={bokeh.__version__}",
    f"static/js/bokeh-widgets.min.js?v={bokeh.__version__}",
    f"static/js/bokeh-tables.min.js?v={bokeh.__version__}",
    f"static/extensions/panel/panel.min.js?v={panel.__version__}",
)
"""What pages need of Bokeh and Panel, in order; all of it served from here."""

GONE = 4404
"""Code a connection is closed with whose page this process does not know: it loads itself anew."""

_UNUSED, _CHECK = 20_000, 5_000


class Desk:
    """Serves Panel's pages.

    Parameters
    ----------
    house: of the pages.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.tornado = BokehTornado(
            {APP: Application(FunctionHandler(_fill))},  # type: ignore[no-untyped-call]
            prefix=house.prefix,
            extra_websocket_origins=["*"],
            secret_key=secrets.token_hex(32).encode(),  # Windows belong to this process alone.
            sign_sessions=True,
            include_cookies=[],
            include_headers=["User-Agent"],
            auth_provider=_People(house),
            keep_alive_milliseconds=20_000,
            unused_session_lifetime_milliseconds=_UNUSED,
            check_unused_sessions_milliseconds=_CHECK,
            use_index=False,
            websocket_max_message_size_bytes=64 << 20,
        )
        self._path = f"{house.prefix}{APP}"
        context = {
            "application_context": self.tornado.applications[APP],
            "bokeh_websocket_path": f"{self._path}/ws",
        }
        doors = [(f"{self._path}/ws", SocketDoor, context), (self._path, PageDoor, {**context, "house": house})]
        self.tornado.add_handlers(".*", doors)

    def start(self) -> None:
        """Begin to serve."""
        self.tornado.initialize(IOLoop.current())
        self.tornado.start()

    def stop(self) -> None:
        """End all sessions."""
        self.tornado.stop()

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> HTTPMessageDelegate:
        """Who answers a request; addresses of pages all lead to the one application."""
        below = request.path[len(self._house.prefix) :] or "/"
        if "/static/" in below:  # Panel names its files relative to the page, wherever that is by now.
            request.path = self._house.prefix + below[below.rindex("/static/") :]
        else:
            request.page = below  # type: ignore[attr-defined]
            request.path = self._path if below != f"{APP}/ws" else f"{self._path}/ws"
        found: HTTPMessageDelegate = self.tornado.find_handler(request, **more)
        return found


class _People(AuthProvider):
    """Who is signed in, by the service's own session cookie."""

    def __init__(self, house: House) -> None:
        self._house = house
        super().__init__()

    @property
    def get_user_async(self) -> Any:
        return self._user

    @property
    def public_url(self) -> str:
        """How the outside reaches the service, as settings say."""
        return self._house.service.settings.public_url

    @property
    def get_user(self) -> Any:
        return None

    @property
    def login_url(self) -> str | None:
        return "/sign-in"

    async def _user(self, handler: Any) -> Actor | None:
        try:
            actor = await self._house.who(handler.request)
        except NotSignedInError:
            actor = STRANGER
        return actor if actor.id is not None else None


class PageDoor(DocHandler):
    """A page as HTML."""

    def __init__(self, *arguments: Any, house: House, **more: Any) -> None:
        self._house = house
        super().__init__(*arguments, **more)

    def get_login_url(self) -> str:
        return f"{self._house.prefix}/sign-in"

    async def get(self, *_: Any, **__: Any) -> None:
        request: Any = self.request
        page: str = request.page
        if self.current_user is None:
            self.redirect(f"{self.get_login_url()}?next={quote(page)}")
            return
        query = {name: self.get_query_arguments(name) for name in self.request.arguments}
        visit = Visit(self._house, self.request)
        await visit.open(page, query)
        self.set_status(visit.status)
        nonce = secrets.token_urlsafe(16)
        scripts = f"'self' 'nonce-{nonce}' blob:"
        for name, value in headers(scripts=scripts, styles="'self' 'unsafe-inline'").items():
            self.set_header(name, value)
        request.visit, request.nonce = visit, nonce
        await super().get()  # type: ignore[misc]


class SocketDoor(WSHandler):
    """The connection of a page; only pages of ours may open one."""

    def check_origin(self, origin: str) -> bool:
        host = origin.partition("://")[2].lower()
        return host == self.request.host.lower() or origin.rstrip("/") == self.public_url

    async def _async_open(self, token: str) -> None:
        sessions = {one.id: one for one in self.application_context.sessions}
        session = sessions.get(get_session_id(token))
        visit = None if session is None else getattr(session.document.session_context.request, "visit", None)
        if visit is None or visit.actor.id != self.current_user.id:
            self.close(GONE, "the page is gone")
            return
        await super()._async_open(token)

    @property
    def public_url(self) -> str:
        """How the outside reaches the service."""
        provider: Any = self.application.auth_provider  # type: ignore[attr-defined]
        found: str = provider.public_url
        return found.rstrip("/")


def _fill(document: Document) -> None:
    """Put the bridge of a visit into its document."""
    context: Any = document.session_context
    visit: Visit | None = getattr(context.request, "visit", None)
    if visit is None:  # A connection whose session is over: its page loads itself anew.
        return
    with set_curdoc(document):
        init_doc(document)
        bridge = Bridge(visit=visit)
        bridge.server_doc(document, title=f"{visit.title} · Workflow", location=False)
        visit.attach(document, bridge)
    document.template = visit.house.templates.get_template("shell.html")
    document.template_variables.update(
        visit.shell(),
        nonce=visit.request.nonce,
        theme=theme_of(visit.request.cookies),
        scripts=[f"{visit.house.prefix}/{one}" for one in SCRIPTS],
    )
