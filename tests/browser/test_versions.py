"""Two versions on the canvas: what came, what changed and how, what is gone; an earlier one looked at as it was."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import Canvas
from tests.browser.site import Site
from tests.browser.watch import accessible, live

FIRST: dict[str, Any] = {
    "format": "workflow/1", "name": "Compared",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "few": {"name": "A few", "type": "data.limit", "position": [240, 0], "parameters": {"count": 10}},
        "gone": {"name": "Gone", "type": "flow.no_op", "position": [480, 0]},
    },
    "edges": [
        {"source": ["start", "main"], "target": ["few", "main"]},
        {"source": ["few", "main"], "target": ["gone", "main"]},
    ],
}  # fmt: skip
SECOND: dict[str, Any] = {
    **FIRST,
    "nodes": {
        **{name: node for name, node in FIRST["nodes"].items() if name != "gone"},
        "few": {**FIRST["nodes"]["few"], "parameters": {"count": 3}},
        "sorted": {"name": "In order", "type": "flow.no_op", "position": [480, 160]},
    },
    "edges": FIRST["edges"][:1],
}


def test_what_differs_is_seen_on_the_canvas_and_field_by_field(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Compared", "document": FIRST})["workflow"]
    path = f"/workflows/{made['id']}/versions"
    service.call(administrator, "PATCH", f"{path}/{made['version']}", {"name": "The first"})
    service.call(
        administrator, "POST", path, {"document": SECOND, "made_from": made["version"], "name": "The second"}
    )  # fmt: skip
    window.goto(f"{service.url}/editor/{made['id']}")
    live(window)
    canvas = Canvas(window)
    canvas.press("Publish")
    drawer = canvas.root.locator(".wf-drawer")
    canvas.press("Compare The first with the draft")
    differences = drawer.get_by_role("list", name="Differences")
    expect(differences.get_by_role("listitem")).to_have_count(3)
    expect(canvas.root.get_by_role("group", name="Comparison")).to_contain_text("1 added1 changed1 removed1 connection")
    accessible(window)

    differences.get_by_role("button", name="A few").click()
    changed = canvas.root.get_by_role("region", name="What changed of A few")
    expect(changed.get_by_role("row", name="Count")).to_contain_text("103")
    canvas.press("Removed: Gone")
    expect(canvas.root.get_by_role("region", name="What changed of Gone")).to_be_visible()

    # Two earlier versions: the later one is on the canvas, and nothing can be edited.
    canvas.press("More on The second")
    canvas.root.get_by_role("menuitem", name="Compare with The first").click()
    expect(canvas.root.get_by_role("group", name="Version", exact=True)).to_contain_text("The second")
    canvas.press("Back to the draft")
    expect(canvas.root.get_by_role("group", name="Comparison")).to_have_count(0)
    canvas.press("More on The first")
    canvas.root.get_by_role("menuitem", name="Look at it").click()
    expect(canvas.root.locator(".react-flow__node:has-text('Gone')")).to_be_visible()
    canvas.root.get_by_role("group", name="Version", exact=True).get_by_role("button", name="Restore").click()
    expect(canvas.root.get_by_text("Saved", exact=True)).to_be_visible()
    nodes = service.call(administrator, "GET", f"{path}/draft")["document"]["nodes"].values()
    assert {node["name"] for node in nodes} == {"Start", "A few", "Gone"}
