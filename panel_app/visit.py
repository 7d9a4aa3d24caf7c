"""A browser window that shows pages: who looks, at which page, what they do, and what changes meanwhile.

Every action asks anew who it is: somebody signed out elsewhere can do nothing more here.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import structlog

from panel_app import beginning, navigation
from panel_app.house import PROJECT_COOKIE, House
from panel_app.page import Page, Sent
from panel_app.pages import find
from workflow_kernel.app.words import STRANGER, Actor
from workflow_kernel.base.errors import InvalidRequestError, NotFoundError, NotSignedInError, WorkflowError

LIVE_PAUSE = 0.7
"""Seconds between two looks at what changes; a thousand changes in between are one."""

log = structlog.get_logger("workflow.pages")


class Visit:
    """A browser window.

    Parameters
    ----------
    house: of the pages. request: the one that opened the window, which says who looks.
    """

    def __init__(self, house: House, request: Any) -> None:
        self.house = house
        self.service = house.service
        self.request = request
        self.actor: Actor = STRANGER
        self.page: Page | None = None
        self.status = 200
        self.project = self._chosen_project()
        self._html = ""
        self._shell: dict[str, Any] = {}
        self._document: Any = None
        self._bridge: Any = None
        self._charts: list[Any] = []
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[asyncio.Task[None]] = []
        self._is_stale = asyncio.Event()
        self._is_connected = asyncio.Event()

    @property
    def title(self) -> str:
        """Of the page."""
        return self.page.title if self.page is not None else "Not found"

    async def open(self, path: str, query: Mapping[str, list[str]]) -> None:
        """Show a page for the first time."""
        self.actor = await self.house.who(self.request)
        self._html = await self._turn_to(path, query)
        self._shell = await navigation.shell(self)

    @property
    def address(self) -> str:
        """How the service is reached: as settings say, else as this window does. No slash at the end."""
        scheme = "https" if self.house.who.is_https(self.request) else "http"
        here = f"{scheme}://{self.request.host}{self.house.prefix}"
        return self.service.settings.public_url.rstrip("/") or here

    def shell(self) -> dict[str, Any]:
        """What the page around the page shows."""
        return {**self._shell, "page_html": self._html, "page_title": self.title, "place": self.place}

    @property
    def place(self) -> str:
        """The entry of the navigation the page belongs to."""
        return self.page.place if self.page is not None else ""

    def attach(self, document: Any, bridge: Any) -> None:
        """Begin to live, with a Bokeh document."""
        self._document, self._bridge = document, bridge
        self._charts = list(self.page.charts) if self.page is not None else []
        bridge.place(self._charts)
        document.on_session_destroyed(lambda _: self.close())
        self._spawn(self._refresh_for_ever())
        self._listen()

    def close(self) -> None:
        """The window is gone."""
        for task in [*self._tasks, *self._listeners]:
            task.cancel()

    def receive(self, data: Any) -> None:
        """Take what somebody did. The first message says that the window listens: what is sent before is lost."""
        if data == {"do": "connected"}:
            self._is_connected.set()
            return
        self._spawn(self._answer(data))

    # -- what pages call

    def tell(self, kind: str, **fields: Any) -> None:
        """Tell the window something: ``toast``, ``dialog``, ``download`` and so on."""
        self._later(lambda: self._bridge.send({"kind": kind, **fields}))

    def toast(self, text: str, tone: str = "good", mend: str = "") -> None:
        """Show a short word."""
        self.tell("toast", text=text, tone=tone, mend=mend)

    def dialog(self, template: str, **values: Any) -> None:
        """Show a dialog."""
        self.tell("dialog", html=self.render(template, values))

    def download(self, name: str, content_type: str, data: bytes) -> None:
        """Give the window a file."""
        self.tell("download", name=name, type=content_type, data=base64.b64encode(data).decode())

    def with_document(self, act: Callable[[], None]) -> None:
        """Change charts: at once as long as nobody sees them, else when it is their turn."""
        if self._document is None:
            act()
        else:
            self._later(act)

    def go(self, path: str) -> None:
        """Show another page, once what is going on is done."""
        self.tell("go", path=path)

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """A template, with what all templates know."""
        known = {"can": self.actor.can, "actor": self.actor, "project": self.project}
        return self.house.render(template, {**known, **values})

    # -- how it works

    async def _answer(self, data: Any) -> None:
        try:
            sent = msgspec.convert(data, Sent)
        except msgspec.ValidationError:
            return
        async with self._lock:
            try:
                self.actor = await self.house.who(self.request)
                if self.actor.id is None:
                    raise NotSignedInError("You are not signed in any more.", mend="Sign in again.")
                await self._do(sent)
            except NotSignedInError:
                self.tell("signed-out")
            except WorkflowError as error:
                self._refuse(error)
            except Exception:
                log.exception("page.failed", page=self.title, do=sent.do)
                self.toast("That did not work.", "bad", "Try again; the log of the service says more.")
            finally:
                self.tell("done", id=sent.id)

    async def _do(self, sent: Sent) -> None:
        if sent.do == "go":
            path, _, query = sent.value.partition("?")
            self._show(await self._turn_to(path, parse_qs(query)), is_new=True)
            self._listen()
        elif sent.do == "project":
            self.project = UUID(sent.value) if sent.value else None
            await self._again()
        elif sent.do in beginning.ACTIONS:
            await beginning.ACTIONS[sent.do](self, sent)
            await self._again()
        elif self.page is not None:
            await self.page.act(sent)
            await self._again()

    async def _turn_to(self, path: str, query: Mapping[str, list[str]]) -> str:
        self.status = 200
        found = find(path)
        try:
            if found is None:
                raise NotFoundError("There is no such page.", mend="Choose one from the left.")
            kind, parts = found
            if kind.permission and not self.actor.can(kind.permission):
                raise NotFoundError("You may not see this page.", mend="Ask an administrator for a role that may.")
            self.page = kind(self, path, query, parts)
            return self.render(self.page.template, await self.page.load())
        except WorkflowError as error:
            self.page = None
            self.status = getattr(error, "status", 400)
            return self.render("error.html", {"error": error})

    async def _again(self) -> None:
        if self.page is None:
            return
        try:
            self._show(self.render(self.page.template, await self.page.load()), is_new=False)
        except NotFoundError as error:
            self._show(self.render("error.html", {"error": error}), is_new=False)

    def _show(self, html: str, *, is_new: bool) -> None:
        page = self.page
        if html == self._html and not is_new:
            return
        self._html = html
        charts = list(page.charts) if page is not None else []

        def show() -> None:
            self._bridge.send(
                {"kind": "page", "html": html, "title": self.title, "place": self.place, "is_new": is_new}
            )
            if [id(one) for one in self._charts] != [id(one) for one in charts]:
                self._charts = charts
                self._bridge.place(charts)

        self._later(show)

    def _refuse(self, error: WorkflowError) -> None:
        problems = error.problems if isinstance(error, InvalidRequestError) else ()
        self.tell(
            "refused", text=error.message, mend=error.mend, code=error.code,
            problems=[{"field": one.field, "text": one.message} for one in problems],
        )  # fmt: skip

    def _listen(self) -> None:
        for task in self._listeners:
            task.cancel()
        channels = self.page.channels if self.page is not None else ()
        self._listeners = [asyncio.create_task(self._hear(one), name=f"page hears {one}") for one in channels]

    async def _hear(self, channel: str) -> None:
        with contextlib.suppress(WorkflowError):
            heard = await self.service.live.listen(self.actor, channel)
            self._is_stale.set()  # Something may have happened before.
            async with contextlib.aclosing(heard.messages) as messages:  # type: ignore[type-var]
                async for message in messages:
                    if self.page is not None and self.page.concerns(channel, message.data):
                        self._is_stale.set()

    async def _refresh_for_ever(self) -> None:
        await self._is_connected.wait()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.page.every if self.page is not None else None):
                    await self._is_stale.wait()
            self._is_stale.clear()
            async with self._lock:
                with contextlib.suppress(WorkflowError):
                    self.actor = await self.house.who(self.request)
                    if self.actor.id is None:
                        self.tell("signed-out")
                        return
                    await self._again()
            await asyncio.sleep(LIVE_PAUSE)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work, name="page")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _later(self, act: Callable[[], None]) -> None:
        document = self._document
        if document is None or self._bridge is None:
            return

        document.add_next_tick_callback(act)

    def _chosen_project(self) -> UUID | None:
        morsel = self.request.cookies.get(PROJECT_COOKIE)
        try:
            return UUID(morsel.value) if morsel is not None and morsel.value else None
        except ValueError:
            return None
