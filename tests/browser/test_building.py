"""In each host: five nodes from nothing, run, an error mended, data seen, undo, saved, loaded anew, published."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import SUCCEEDED, TITLES, Canvas
from tests.browser.site import Site
from tests.browser.watch import accessible, live
from tests.hosts.jupyter import TOKEN, Lab


def test_in_the_dashboard(service: Site, window: Page) -> None:
    window.goto(f"{service.url}/workflows")
    live(window)
    window.get_by_role("button", name="New workflow").first.click()
    expect(window).to_have_url(re.compile("/editor/.{36}$"))
    live(window)
    canvas = Canvas(window)
    canvas.build()
    accessible(window)
    canvas.run_and_mend()
    canvas.undo_a_deletion()
    expect(window.get_by_text("Saved", exact=True)).to_be_visible()
    window.reload()
    canvas.see_all(5)
    canvas.publish()
    window.get_by_role("link", name="Executions").click()
    live(window)
    window.get_by_role("row").filter(has_text="New workflow").first.get_by_role("link").first.click()
    expect(window.locator("h1 + .badge")).to_have_text("Succeeded")
    expect(window.get_by_label("Node runs").get_by_role("button")).to_have_count(5)


def test_in_jupyterlab(jupyter: Lab, page: Page) -> None:
    for other in jupyter.folder.glob("untitled*.flow"):
        other.unlink()
    page.goto(f"{jupyter.url}/lab?token={TOKEN}&reset")
    page.get_by_label("Launcher").get_by_text("Workflow", exact=True).last.click()
    canvas = Canvas(page, ".jp-WorkflowPanel")
    canvas.build()
    accessible(page, ".jp-WorkflowPanel")
    canvas.run_and_mend()
    canvas.undo_a_deletion()
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    names = [node["name"] for node in jupyter.read("untitled.flow")["nodes"].values()]
    assert names == list(TITLES)
    page.goto(jupyter.page("untitled.flow"))
    canvas.see_all(5)
    canvas.publish()
    page.keyboard.press("Escape")
    page.locator("[data-id=workflow-panel]").click()
    runs = page.locator(".jp-WorkflowSidePanel")
    runs.locator("button[title='untitled: succeeded, manual']").first.click()
    shown = page.locator(".lm-DockPanel-widget:not(.lm-mod-hidden) .wf-root")
    expect(shown.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(5)


def test_in_a_cell(service: Site, administrator: BrowserContext, jupyter: Lab, page: Page) -> None:
    cells = [
        "from workflow_kernel import Workflow\nwf = Workflow('Rows')\nwf",
        "print(sorted(node.name for node in wf))",
    ]
    jupyter.notebook("rows.ipynb", *cells)
    page.goto(jupyter.page("rows.ipynb"))
    expect(page.get_by_text("| Idle")).to_be_visible()
    run_next = "void jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
    page.evaluate(run_next)
    canvas = Canvas(page, ".wf-cell")
    canvas.build()
    accessible(page, ".wf-cell")
    canvas.run_and_mend()
    canvas.undo_a_deletion()
    expect(page.locator(".wf-cell:not([data-pending])")).to_have_count(1)
    page.locator(".jp-CodeCell .jp-InputArea-editor").nth(1).click()
    page.evaluate(run_next)
    expect(page.locator(".jp-OutputArea-output", has_text=str(sorted(TITLES)))).to_be_visible()

    # Published to the service this machine runs, and what ran there is seen here.
    canvas.publish()
    found = service.call(administrator, "GET", "/workflows?text=Rows")["items"]
    made = next(one for one in found if one["name"] == "Rows")
    assert made["published_version"] == made["version"]
    ran = service.call(administrator, "POST", f"/workflows/{made['id']}/execute", {})
    canvas.press("Close")
    canvas.press("Past executions")
    canvas.root.get_by_role("button", name=re.compile("at the service")).click()
    canvas.see_all(5)
    expect(canvas.root.locator(SUCCEEDED)).to_have_count(5)
    canvas.open("No operation")
    expect(canvas.panel.get_by_role("region", name="Output")).to_contain_text("3 items")
    canvas.close()
    canvas.press("Back to the draft")
    assert service.call(administrator, "GET", f"/executions/{ran['id']}")["state"] == "succeeded"
