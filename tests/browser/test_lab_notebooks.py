"""Notebooks in JupyterLab as graphs: the graph beside a notebook, cells that depend on others, an edge put back."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_lab import command
from tests.browser.watch import accessible
from tests.hosts.jupyter import Lab

GRAPH = ".wf-cells .react-flow__node"
STALE = re.compile("Out of date")


def opened(jupyter: Lab, page: Page, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(jupyter.page(name))
    expect(page.get_by_text("| Idle")).to_be_visible()


def edit(page: Page, cell: str, source: str) -> None:
    """Put a text into a cell of the notebook that is seen."""
    page.evaluate(
        """([cell, source]) => {
            const panels = [...jupyterapp.shell.widgets("main")];
            const { content } = panels.find((one) => one.isVisible && one.content.widgets);
            content.widgets.find((one) => one.model.id === cell).model.sharedModel.setSource(source);
        }""",
        [cell, source],
    )


def run(page: Page, cell: str) -> None:
    """Run a cell of the notebook that is seen."""
    page.evaluate(
        """(cell) => {
            const panel = [...jupyterapp.shell.widgets("main")].find((one) => one.isVisible && one.content.widgets);
            panel.content.activeCellIndex = panel.content.widgets.findIndex((one) => one.model.id === cell);
            jupyterapp.shell.activateById(panel.id);
            void jupyterapp.commands.execute("notebook:run-cell");
        }""",
        cell,
    )


def node(page: Page, cell: str) -> Locator:
    return page.locator(f"{GRAPH}[data-id={cell}]")


def shown(page: Page, number: int) -> Locator:
    """What a code cell shows, by its place among them."""
    return page.locator(".jp-Notebook:visible .jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def test_the_graph_beside_a_notebook_follows_it_and_runs_it(jupyter: Lab, page: Page) -> None:
    jupyter.notebook(
        "sales.ipynb", "# Sales", "import math", "prices = [3, 4]", "total = sum(prices)\nprint('total', total)",
        "root = math.sqrt(prices[1])\nprint('root', root)", "print('all', total * root)",
    )  # fmt: skip
    opened(jupyter, page, "sales.ipynb")
    page.get_by_title("Show the graph of the cells").click()
    expect(page.locator(GRAPH)).to_have_count(6)
    expect(node(page, "c0")).to_contain_text("Sales")
    expect(page.locator(".wf-cells .react-flow__edge")).to_have_count(4)
    page.locator(".lm-DockPanel-widget:visible .jp-Toolbar").get_by_text("Imports").click()
    expect(page.locator(".wf-cells .react-flow__edge")).to_have_count(5)
    accessible(page, ".wf-cells")

    # What is chosen on one side is chosen on the other.
    node(page, "c3").click()
    expect(page.locator(".jp-Cell.jp-mod-active")).to_contain_text("total = sum(prices)")
    page.locator(".jp-CodeCell .jp-InputPrompt").nth(3).click()
    expect(node(page, "c4").locator(".wf-node")).to_have_attribute("data-selected", "true")

    command(page, "notebook:run-all-cells")
    succeeded = page.locator(f"{GRAPH} .wf-node-badge[data-state=succeeded]")
    expect(succeeded).to_have_count(5)
    edit(page, "c2", "prices = [5, 9]")
    expect(page.locator(f"{GRAPH} .wf-node-badge[data-state=stale]")).to_have_count(4)
    page.get_by_text("Run stale cells").click()
    expect(shown(page, 4)).to_have_text("all 42.0\n")
    expect(succeeded).to_have_count(5)

    # Cells that come and go, and what cannot be known.
    command(page, "notebook:insert-cell-below")
    expect(page.locator(".jp-CodeCell")).to_have_count(6)
    page.locator(".jp-CodeCell").last.locator(".cm-content").fill("exec('prices = [1]')")
    expect(page.locator(GRAPH)).to_have_count(7)
    expect(page.get_by_label(re.compile("may do anything to variables"))).to_be_visible()
    command(page, "notebook:delete-cell")
    expect(page.locator(GRAPH)).to_have_count(6)

    # As a workflow at the service: what cells show lands in them; one that fails says so.
    edit(page, "c3", "total = sum(prices) / 0")
    edit(page, "c4", "root = 7\nprint('root', root)")
    page.get_by_text("Run as a workflow").click()
    expect(page.get_by_text("ran as a workflow").first).to_be_visible()
    expect(shown(page, 3)).to_have_text("root 7\n")
    expect(shown(page, 2)).to_contain_text("ZeroDivisionError")
    expect(node(page, "c3").locator(".wf-node-badge[data-state=failed]")).to_be_visible()

    node(page, "c3").click(button="right")
    page.get_by_role("menuitem", name="Open its input in a notebook").click()
    expect(page.locator(".jp-WorkflowEdge:visible").get_by_text("Put it back")).to_be_visible()
    expect(page.locator(".jp-Notebook:visible").last).to_contain_text("prices = edge['prices']")
    page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            const { sharedModel: text } = content.widgets.find((one) => one.model.id === "edge-node").model;
            text.setSource(text.getSource().replace(/ 0$/, " len(prices)"));
        }"""
    )
    page.locator(".jp-WorkflowEdge:visible").get_by_text("Put it back").click()
    page.get_by_role("button", name="Go to the cell").click()
    active = page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
    expect(active.filter(has_text="total = sum(prices) / len(prices)")).to_have_count(1)
    command(page, "workflow:run-notebook")
    expect(shown(page, 4)).to_have_text("all 49.0\n")


def test_cells_of_the_workflow_kernel_run_and_go_with_those_they_depend_on(jupyter: Lab, page: Page) -> None:
    jupyter.notebook(
        "live.ipynb", "print('late', y)", "y = x * 2\nprint('y', y)", "x = 1", "print('apart')", kernel="workflow"
    )
    opened(jupyter, page, "live.ipynb")
    mode = page.get_by_label("Cells that depend on others")
    expect(mode).to_have_value("lazy")
    run(page, "c0")
    expect(shown(page, 0)).to_have_text("late 2\n")
    expect(shown(page, 1)).to_have_text("y 2\n")  # it ran first, and shows so in its own place
    stale = page.locator(".jp-Notebook .jp-WorkflowMark")
    expect(stale).to_have_count(0)

    edit(page, "c2", "x = 10")
    run(page, "c2")
    expect(stale).to_have_count(2)
    command(page, "workflow:run-stale")
    expect(shown(page, 0)).to_have_text("late 20\n")
    expect(stale).to_have_count(0)

    mode.select_option("automatic")
    edit(page, "c2", "x = 4")
    run(page, "c2")
    expect(shown(page, 0)).to_have_text("late 8\n")
    expect(shown(page, 1)).to_have_text("y 8\n")
    expect(shown(page, 3)).to_have_count(0)

    # A name that two cells define is explained; a cell that is deleted takes its variables along.
    edit(page, "c3", "x = 100")
    expect(page.locator(".jp-WorkflowTwice").first).to_contain_text("is also defined by")
    edit(page, "c3", "'y' in dir(), 'x' in dir()")
    expect(page.locator(".jp-WorkflowTwice")).to_have_count(0)
    run(page, "c3")
    expect(shown(page, 3)).to_have_text("(True, True)")
    page.locator(".jp-CodeCell .jp-InputPrompt").nth(2).click()
    command(page, "notebook:delete-cell")
    expect(stale).to_have_count(2)
    run(page, "c3")
    expect(shown(page, 2)).to_have_text("(True, False)")
    command(page, "docmanager:save")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    assert jupyter.read("live.ipynb")["metadata"]["workflow_kernel"]["mode"] == "automatic"


def orders() -> dict[str, Any]:
    """Rows, a node that divides by what may be zero, and what follows."""
    code = {
        "rows": "return [{'price': 5, 'part': 4}, {'price': 9, 'part': 0}]",
        "ratio": "for item in items:\n    item['ratio'] = 1 / item['part']\nreturn items",
    }
    nodes = {"start": {"name": "Start", "type": "flow.manual_trigger"}} | {
        key: {"name": key.title(), "type": "code.python", "position": [240 * at, 0], "parameters": {"code": text}}
        for at, (key, text) in enumerate(code.items(), 1)
    }
    edges = [
        {"source": [one, "main"], "target": [other, "main"]} for one, other in zip(nodes, [*nodes][1:], strict=False)
    ]
    return {"format": "workflow/1", "name": "Orders", "nodes": nodes, "edges": edges}


def test_an_edge_of_a_failed_execution_is_mended_in_a_notebook_and_put_back(jupyter: Lab, page: Page) -> None:
    jupyter.write("orders.flow", orders())
    page.goto(jupyter.page("orders.flow"))
    expect(page.get_by_text("Manual trigger").first).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    ratio = page.locator(".jp-WorkflowPanel .react-flow__node[data-id=ratio]")
    expect(ratio.locator(".wf-node-badge[data-state=failed]")).to_be_visible()
    ratio.click(button="right")
    page.get_by_role("menuitem", name="Open its input in a notebook").click()
    expect(page.get_by_text("| Idle")).to_be_visible()
    expect(page.locator(".jp-Notebook")).to_contain_text("which failed: ZeroDivisionError")

    work = "for item in items:\n        item['ratio'] = item['part'] and 1 / item['part']"
    edit(page, "edge-node", f"def node(items):\n    {work}\n    return items\n\n\nnode(items)")
    page.locator(".jp-WorkflowEdge").get_by_text("Fork and compare").click()
    comparison = page.locator(".jp-Notebook .jp-OutputArea-output table").last
    expect(comparison).to_contain_text("Ratio")
    expect(comparison).to_contain_text("failed → succeeded")
    page.locator(".jp-WorkflowEdge").get_by_text("Put it back").click()
    expect(page.get_by_text("is put back: version 2").first).to_be_visible()
    page.get_by_role("button", name="Open the workflow").click()
    expect(ratio).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(ratio.locator(".wf-node-badge[data-state=succeeded]")).to_be_visible()
    command(page, "docmanager:save")
    expect(page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)
    assert "item['part'] and" in jupyter.read("orders.flow")["nodes"]["ratio"]["parameters"]["code"]
