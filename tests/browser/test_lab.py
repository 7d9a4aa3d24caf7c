"""JupyterLab in a real browser: a workflow from nothing to a saved file that ran, and the editor below a cell."""

from __future__ import annotations

import json

import nbformat
from playwright.sync_api import Page, expect

from tests.browser.watch import accessible
from tests.hosts.jupyter import Lab

NODE = ".wf-root .react-flow__node"
GREET = {
    "format": "workflow/1", "name": "Greet",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "greet": {
            "name": "Greet", "type": "data.set", "position": [280, 0],
            "parameters": {"fields": [{"name": "greeting", "value": "Hello"}]},
        },
    },
    "edges": [{"source": ["start", "main"], "target": ["greet", "main"]}],
}  # fmt: skip


def command(page: Page, name: str) -> None:
    """Run a command of JupyterLab."""
    page.evaluate("name => void jupyterapp.commands.execute(name)", name)


def is_dirty(page: Page, *, wanted: bool) -> None:
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(1 if wanted else 0)


def test_a_file_is_edited_run_saved_and_opened_again(jupyter: Lab, page: Page) -> None:
    jupyter.write("greet.flow", GREET)
    page.goto(jupyter.page("greet.flow"))
    expect(page.locator(NODE)).to_have_count(2)
    expect(page.locator(".jp-WorkflowPanel .wf-root")).to_contain_text("Manual trigger")
    is_dirty(page, wanted=False)

    # A node more, by the keyboard; its edge comes by itself.
    page.locator(NODE, has_text="Greet").click()
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Search nodes").fill("limit")
    page.keyboard.press("Enter")
    expect(page.locator(NODE)).to_have_count(3)
    is_dirty(page, wanted=True)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Show everything").click()  # what is out of sight is not drawn
    expect(page.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(3)

    page.locator(NODE, has_text="Greet").dblclick()
    expect(page.locator(".jp-WorkflowPanel .wf-panel")).to_contain_text("Hello")
    page.keyboard.press("Escape")
    expect(page.locator(".jp-WorkflowPanel .wf-panel")).to_have_count(0)

    page.keyboard.press("Control+s")
    is_dirty(page, wanted=False)
    saved = jupyter.read("greet.flow")
    assert [node["type"] for node in saved["nodes"].values()] == ["flow.manual_trigger", "data.set", "data.limit"]
    assert len(saved["edges"]) == 2 and len(saved["id"]) == 36

    page.keyboard.press("Control+z")
    expect(page.locator(NODE)).to_have_count(2)
    is_dirty(page, wanted=True)
    page.keyboard.press("Control+s")
    is_dirty(page, wanted=False)
    assert len(jupyter.read("greet.flow")["nodes"]) == 2

    page.goto(jupyter.page("greet.flow"))
    expect(page.locator(NODE)).to_have_count(2)
    accessible(page, ".jp-WorkflowPanel")

    # Somebody else changed the file: it is merged in when JupyterLab reads it again.
    jupyter.write("greet.flow", saved)
    command(page, "docmanager:reload")
    expect(page.locator(NODE)).to_have_count(3)

    page.locator("[data-id=workflow-panel]").click()
    panel = page.locator(".jp-WorkflowSidePanel")
    expect(panel.get_by_role("img", name="succeeded").first).to_be_visible()
    panel.get_by_role("button", name="Greet").last.click()
    expect(page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab")).to_have_count(2)


def test_a_new_workflow_and_a_file_that_is_none(jupyter: Lab, page: Page) -> None:
    jupyter.write("odd.flow", "{")
    page.goto(jupyter.page("odd.flow"))
    expect(page.get_by_role("alert").filter(has_text="holds no workflow")).to_be_visible()
    command(page, "workflow:create")
    expect(page.locator(".jp-WorkflowPanel:visible .wf-root")).to_have_count(1)
    assert (jupyter.folder / "odd.flow").read_text() == "{"


def test_the_editor_below_a_cell_and_python_change_the_same_workflow(jupyter: Lab, page: Page) -> None:
    cells = [
        "from workflow_kernel import Workflow\nwf = Workflow('Orders')\n"
        "start = wf.node('flow.manual_trigger', 'Start')\n"
        "greet = wf.node('data.set', 'Greet', fields=[{'name': 'greeting', 'value': 'Hello'}])\n"
        "start >> greet\nwf",
        "greet >> wf.node('data.limit', 'Limit', count=3)\nwf.run()['Greet'].json()",
        "print([node.name for node in wf])",
        "wf.graph()",
    ]
    jupyter.notebook("orders.ipynb", *cells)
    page.goto(jupyter.page("orders.ipynb"))
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(4)
    expect(page.get_by_text("| Idle")).to_be_visible()
    run_next = "notebook:run-cell-and-select-next"
    command(page, run_next)
    expect(page.locator(NODE)).to_have_count(2)

    command(page, run_next)
    expect(page.locator(".jp-OutputArea-output", has_text="[{'greeting': 'Hello'}]")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator(NODE)).to_have_count(3)
    expect(page.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(3)

    page.locator(NODE, has_text="Limit").click()
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(4)  # keys stay in the editor
    page.locator(NODE, has_text="Limit").click()
    page.keyboard.press("Delete")
    expect(page.locator(NODE)).to_have_count(2)
    expect(page.locator(".wf-cell:not([data-pending])")).to_have_count(1)
    page.locator(".jp-CodeCell .jp-InputArea-editor").nth(2).click()
    command(page, run_next)
    expect(page.locator(".jp-OutputArea-output", has_text="['Start', 'Greet']")).to_be_visible()
    command(page, run_next)
    expect(
        page.locator(".jp-OutputArea .cytoscape-widget canvas, .jp-OutputArea .custom-widget canvas").first
    ).to_be_visible()
    command(page, "docmanager:save")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    outputs = json.dumps(nbformat.read(jupyter.folder / "orders.ipynb", 4).cells[0]["outputs"])
    assert "image/svg+xml" in outputs, "an export shows the picture"
