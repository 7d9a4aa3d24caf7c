"""Pages show what happens, also what happened before their connection stood."""

from __future__ import annotations

import re
import time

import httpx
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.site import Site

WAITS = {
    "format": "workflow/1",
    "name": "Waits a moment",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "wait": {
            "name": "Wait", "type": "flow.wait", "position": [220, 0], "parameters": {"amount": 1, "unit": "seconds"}
        },
    },
    "edges": [{"source": ["start", "main"], "target": ["wait", "main"]}],
}  # fmt: skip


def test_what_ends_before_the_connection_stands_is_shown(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Waits", "document": WAITS})
    started = service.call(administrator, "POST", f"/workflows/{made['workflow']['id']}/execute", {"manual": True})
    address = f"{service.url}/api/executions/{started['id']}"
    cookies = {cookie["name"]: cookie["value"] for cookie in administrator.cookies()}  # type: ignore[typeddict-item]
    held_up = []

    def hold_up(socket: WebSocketRoute) -> None:
        deadline = time.monotonic() + 60
        while httpx.get(address, cookies=cookies).json()["state"] == "running" and time.monotonic() < deadline:
            pass
        held_up.append(socket.url)
        socket.connect_to_server()

    window.route_web_socket(re.compile("/page/ws"), hold_up)
    window.goto(f"{service.url}/executions/{started['id']}")
    expect(window.locator("h1 + .badge")).to_have_text("Succeeded", timeout=60_000)
    assert held_up
