"""Nodes that wait say for what: on the canvas, in their panel, on the page of the execution; people let them go on."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.canvas import Canvas
from tests.browser.site import Site
from tests.browser.watch import accessible, live

WAITS = {
    "format": "workflow/1", "name": "Waits",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "boss": {"name": "The boss", "type": "flow.approval", "position": [240, -160], "parameters": {"title": "Pay?"}},
        "bank": {"name": "The bank", "type": "flow.wait", "position": [240, 0], "parameters": {"resume": "call"}},
        "quick": {"name": "At once", "type": "flow.no_op", "position": [240, 160]},
        "both": {"name": "Both", "type": "flow.merge", "position": [520, 80], "parameters": {"mode": "append"}},
    },
    "edges": [
        *({"source": ["start", "main"], "target": [node, "main"]} for node in ("boss", "bank", "quick")),
        {"source": ["quick", "main"], "target": ["both", "input1"]},
        {"source": ["bank", "main"], "target": ["both", "input2"]},
    ],
}  # fmt: skip


def test_what_waits_says_for_what_and_goes_on(
    service: Site, browser: Browser, administrator: BrowserContext, window: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Waits", "document": WAITS})["workflow"]["id"]
    window.goto(f"{service.url}/editor/{made}")
    live(window)
    canvas = Canvas(window)
    canvas.press("Run")
    for words in ("Waiting for a decision", "Waiting for a call", "Waiting for input 2"):
        expect(canvas.root.locator(".wf-node-caption", has_text=words)).to_be_visible()

    canvas.open("The bank")
    output = canvas.panel.get_by_role("region", name="Output")
    expect(output.get_by_role("button", name="Copy the address to call")).to_be_visible()
    accessible(window)
    output.get_by_role("button", name="Go on now").click()
    expect(output).to_contain_text("Succeeded")
    canvas.close()

    execution = service.call(administrator, "GET", f"/executions?workflow={made}")["items"][0]["id"]
    window.goto(f"{service.url}/executions/{execution}")
    live(window)
    expect(window.locator(".note.wait")).to_contain_text("The boss waits for a decision")
    address = window.get_by_role("link", name="Open its page").get_attribute("href")
    # Pages of waits do not open for programs, as mail servers that look where links lead; a headless browser is one.
    person = browser.new_context(user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36")
    opened = person.new_page()
    opened.goto(str(address))
    opened.get_by_role("button", name="Approve").click()
    expect(window.locator("h1 + .badge")).to_have_text("Succeeded")
    person.close()
