"""The same workflow open in JupyterLab and in the dashboard: what either saves is seen in both, nothing is lost."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import Canvas
from tests.browser.site import Site
from tests.browser.test_lab import GREET
from tests.browser.watch import live
from tests.hosts.jupyter import TOKEN, Lab

OPEN = "path => void jupyterapp.commands.execute('docmanager:open', { path, factory: 'Workflow editor' })"


def _add(canvas: Canvas, after: str, title: str) -> None:
    canvas.root.locator(f".react-flow__node:has-text('{after}')").click()
    canvas.add(title)


def test_what_either_saves_is_seen_in_both_and_nothing_is_lost(
    service: Site, administrator: BrowserContext, window: Page, jupyter: Lab, page: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Both", "document": GREET})["workflow"]["id"]
    window.goto(f"{service.url}/editor/{made}")
    live(window)
    page.goto(f"{jupyter.url}/lab?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Launcher")
    page.evaluate(OPEN, f"Workflow:{made}/Both.flow")
    here, there = Canvas(window), Canvas(page, ".jp-WorkflowPanel")
    expect(here.nodes).to_have_count(2)
    expect(there.nodes).to_have_count(2)

    _add(here, "Greet", "Limit")
    expect(there.root.get_by_text("Somebody else saved this workflow")).to_be_visible()
    there.see_all(3)

    _add(there, "Limit", "No operation")
    page.keyboard.press("Control+s")
    expect(here.root.get_by_text("Somebody else saved this workflow")).to_be_visible()
    here.see_all(4)

    # Edits of both at once: the later save is brought together with the earlier one.
    _add(there, "No operation", "Remove duplicates")
    _add(here, "No operation", "Wait")
    expect(here.root.get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")
    expect(there.root.get_by_text("were brought together")).to_be_visible()
    there.see_all(6)
    here.see_all(6)
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    kept = service.call(administrator, "GET", f"/workflows/{made}/versions/draft")["document"]["nodes"].values()
    assert {"Limit", "No operation", "Remove duplicates", "Wait"} < {node["name"] for node in kept}
