"""A notebook that failed in a node is looked at as far as it came: in the editor, from the execution's page."""

from __future__ import annotations

import json
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import Canvas
from tests.browser.site import Site
from tests.browser.watch import accessible, live

CELLS = (
    "print('as far as this')",
    "# Over *there*",
    "from IPython.display import HTML\nHTML('<b>bold</b>')",
    "1 / 0",
    "2",
)
BROKEN = {
    "format": "workflow/1", "name": "Breaks",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "notebook": {
            "name": "Night", "type": "code.run_notebook", "position": [240, 0], "parameters": {"path": "night.ipynb"},
        },
    },
    "edges": [{"source": ["start", "main"], "target": ["notebook", "main"]}],
}  # fmt: skip


def notebook() -> dict:
    cells = [
        {
            "cell_type": "markdown" if text.startswith("#") else "code",
            "id": f"c{number}",
            "metadata": {},
            "source": text,
        }
        | ({} if text.startswith("#") else {"outputs": [], "execution_count": None})
        for number, text in enumerate(CELLS)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_notebook_that_failed_is_shown_at_the_cell_that_failed(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    cookies = {cookie["name"]: cookie["value"] for cookie in administrator.cookies()}  # type: ignore[typeddict-item]
    text = json.dumps(notebook()).encode()
    sent = administrator.request.put(
        f"{service.url}/api/files/content?path=night.ipynb&upload={uuid4()}&total={len(text)}",
        data=text,
        headers={"X-Csrf-Token": cookies["workflow_csrf"], "Content-Type": "application/octet-stream"},
    )
    assert sent.ok, sent.text()
    made = service.call(administrator, "POST", "/workflows", {"name": "Breaks", "document": BROKEN})["workflow"]["id"]
    window.goto(f"{service.url}/editor/{made}")
    live(window)
    canvas = Canvas(window)
    canvas.press("Run")
    expect(canvas.root.locator(".wf-node-badge[data-state=failed]")).to_have_count(1)

    execution = service.call(administrator, "GET", f"/executions?workflow={made}")["items"][0]["id"]
    window.goto(f"{service.url}/executions/{execution}")
    live(window)
    expect(window.get_by_role("link", name="night.ipynb")).to_have_attribute("download", "night.ipynb")
    accessible(window)
    window.get_by_role("link", name="Open it in the editor").click()
    live(window)
    error = canvas.panel.get_by_role("alert")
    expect(error).to_contain_text("ZeroDivisionError: division by zero (cell 4 of night.ipynb)")
    error.get_by_role("button", name="Open night.ipynb").click()
    shown = canvas.root.get_by_role("list", name="night.ipynb")
    expect(shown).to_contain_text("as far as this")
    expect(shown.locator("li[data-failed]")).to_be_in_viewport()
    expect(shown.locator("li[data-failed]")).to_contain_text("ZeroDivisionError")
    accessible(window)
