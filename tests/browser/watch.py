"""Watches a window for what must not happen, and looks at pages as somebody with an assistive device does."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

GRAVE = ("serious", "critical")


class Watch:
    """Notes faults of a window.

    Parameters
    ----------
    page: the window. url: of the service; requests to anywhere else are faults. allowed: statuses that are meant.
    """

    def __init__(self, page: Page, url: str, allowed: tuple[int, ...] = ()) -> None:
        self.faults: list[str] = []
        self._url, self._allowed = url, allowed
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)

    def check(self) -> None:
        """Raise if anything was wrong."""
        assert not self.faults, "\n".join(self.faults)

    def _console(self, message: ConsoleMessage) -> None:
        is_meant = self._allowed and "the server responded with a status" in message.text
        if message.type in ("error", "warning") and not is_meant:
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        is_ours = request.url.startswith((self._url, self._url.replace("http", "ws", 1), "data:", "blob:"))
        if not is_ours:
            self.faults.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._allowed:
            self.faults.append(f"{response.status} {response.url}")

    def _failed(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # A page that is left ends its requests.
            self.faults.append(f"failed: {request.url} {request.failure}")


class LabWatch(Watch):
    """As of our own pages, but for what JupyterLab warns of its own extensions."""

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            super()._console(message)


def accessible(page: Page, within: str | None = None) -> None:
    """Raise for grave faults that axe-core finds, in the whole page or within a part of it."""
    found = Axe().run(page, within).response["violations"]
    grave = [
        f"{one['id']} ({one['impact']}): {one['help']}\n    {node['html'][:200]}"
        for one in found if one["impact"] in GRAVE for node in one["nodes"][:3]
    ]  # fmt: skip
    assert not grave, "\n".join(grave)


def live(page: Page) -> None:
    """Wait until a page takes what people do."""
    page.wait_for_selector("body[data-live=yes]")
