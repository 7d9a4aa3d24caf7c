"""First paint of each page of the dashboard in headless Chromium, on loopback: in a new browser, and seen before.

``cold`` is a context with an empty cache, the first page of it; ``warm`` is the same page again. Each is the median of
three; ``load`` says how busy the machine was. Needs the extra ``[test]`` and Chromium.
"""

from __future__ import annotations

import os
import statistics
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.site import site

LIMIT = 2.0
"""Seconds until the first content is painted."""
ROUNDS = 3
PAGES = {
    "sign_in": "/sign-in", "overview": "/", "workflows": "/workflows", "templates": "/templates",
    "executions": "/executions", "execution": "/executions/{execution}", "triggers": "/triggers",
    "credentials": "/credentials", "variables": "/variables", "projects": "/projects", "queues": "/queues",
    "people": "/users", "roles": "/roles", "audit": "/audit", "profile": "/profile", "editor": "/editor/{workflow}",
}  # fmt: skip
_PAINT = """() => new Promise((resolve) => {
  const seen = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  const look = () => seen() === undefined ? requestAnimationFrame(look) : resolve(seen());
  look();
})"""


def run() -> dict[str, dict[str, Any]]:
    """Measure every page."""
    figures: dict[str, dict[str, Any]] = {}
    with site() as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGUMENTS))
        first = browser.new_context()
        first.new_page().goto(service.link)
        made = service.call(first, "GET", "/templates")["items"][0]
        workflow = service.call(first, "POST", f"/templates/{made['id']}/workflows", {})["workflow"]["id"]
        execution = service.call(first, "POST", f"/workflows/{workflow}/execute", {"manual": True})["id"]
        state = first.storage_state()
        for name, path in PAGES.items():
            url = service.url + path.format(workflow=workflow, execution=execution)
            rounds = [_paints(browser, None if name == "sign_in" else state, url) for _ in range(ROUNDS)]
            cold, warm = (statistics.median(one) for one in zip(*rounds, strict=True))
            figures[name] = {"cold_s": cold, "warm_s": warm, "limit_s": LIMIT, "ok": max(cold, warm) <= LIMIT}
        browser.close()
    return {**figures, "machine": {"load": os.getloadavg()[0], "cores": os.cpu_count() or 1}}


def _paints(browser: Browser, state: Any, url: str) -> tuple[float, float]:
    context = browser.new_context(storage_state=state, viewport={"width": 1360, "height": 900})
    page = context.new_page()
    found = (_paint(page, url), _paint(page, url))
    context.close()
    return found


def _paint(page: Page, url: str) -> float:
    page.goto(url, wait_until="commit")
    seconds = float(page.evaluate(_PAINT)) / 1000
    page.wait_for_load_state("load")
    return seconds
