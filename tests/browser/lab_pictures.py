"""Pictures of JupyterLab and of a notebook for the docs: ``python -m tests.browser.lab_pictures``."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium
from tests.browser.pictures import FOLDER, save
from tests.hosts.jupyter import Lab, lab

EDGE = ("for item in items:", "    item['share'] = item['price'] / item['parts']", "return items")
GRAPH = (
    "# Sales of a year", "import csv\nfrom collections import Counter",
    "rows = [{'shop': 'ABC'[n % 3], 'price': 9 + n % 7, 'count': n % 5} for n in range(400)]",
    "# Cleaning", "clean = [row for row in rows if row['count']]\nlen(rows), len(clean)",
    "def revenue(row):\n    return row['price'] * row['count'] * (1 - discount)", "discount = 0.05",
    "# Numbers",
    "by_shop = Counter()\nfor row in clean:\n    by_shop[row['shop']] += revenue(row)\nby_shop.most_common(1)",
    "mean = sum(map(revenue, clean)) / len(clean)\nround(mean, 2)", "print('best', max(by_shop), round(mean, 1))",
)  # fmt: skip
EXAMPLE = Path(__file__).parents[2] / "notebooks" / "examples"
THEMES = {"": "JupyterLab Light", "-dark": "JupyterLab Dark"}
CELLS = (
    "from workflow_kernel import Workflow\n\nwf = Workflow('Orders')\nstart = wf.node('flow.manual_trigger', 'Start')\n"
    "greet = wf.node('data.set', 'Greet', fields=[{'name': 'greeting', 'value': 'Hello'}])\n"
    "start >> greet >> wf.node('data.limit', 'First three', count=3)\nwf",
    "wf.run().output().json()",
)


def main(folder: Path = FOLDER) -> None:
    """Write them, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    with lab() as jupyter, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGUMENTS))
        page = browser.new_context(viewport={"width": 1400, "height": 860}).new_page()
        page.set_default_timeout(60_000)
        _example(jupyter)
        for suffix, theme in THEMES.items():
            _file(page, jupyter, theme)
            save(page, folder / f"jupyterlab{suffix}.png")
            _notebook(page, jupyter, theme)
            save(page, folder / f"notebook{suffix}.png")
            _graph(page, jupyter, theme)
            save(page, folder / f"notebook-graph{suffix}.png")
            _edge(page, jupyter, theme)
            save(page, folder / f"notebook-edge{suffix}.png")
        browser.close()


def _example(jupyter: Lab) -> None:
    jupyter.write("csv_cleanup.flow", (EXAMPLE / "csv_cleanup.flow").read_text())
    (jupyter.folder / "data").mkdir()
    for path in (EXAMPLE / "data").iterdir():
        if path.is_file():
            (jupyter.folder / "data" / path.name).write_bytes(path.read_bytes())
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, jupyter.folder / "orders.ipynb")
    jupyter.notebook("sales.ipynb", *GRAPH, kernel="workflow")
    code = {"rows": "return [{'price': 5, 'parts': 4}, {'price': 9, 'parts': 0}]", "share": "\n".join(EDGE)}
    nodes = {
        key: {"name": key.title(), "type": "code.python", "position": [240 * at, 0], "parameters": {"code": text}}
        for at, (key, text) in enumerate(code.items(), 1)
    }
    start = {"start": {"name": "Start", "type": "flow.manual_trigger"}}
    edges = [
        {"source": [one, "main"], "target": [other, "main"]} for one, other in (("start", "rows"), ("rows", "share"))
    ]
    document = {"format": "workflow/1", "name": "Shares", "nodes": start | nodes, "edges": edges}
    jupyter.write("shares.flow", document)


def _open(page: Page, address: str, theme: str) -> None:
    page.goto(address)
    page.wait_for_selector(".jp-DirListing-item")
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)


def _file(page: Page, jupyter: Lab, theme: str) -> None:
    _open(page, jupyter.page("csv_cleanup.flow"), theme)
    page.wait_for_selector(".wf-root .react-flow__node")
    page.get_by_text("Loading").first.wait_for(state="hidden")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator(".wf-root .react-flow__node").nth(3).click()
    page.locator("[data-id=workflow-panel]").click()
    page.get_by_title("Property Inspector").click()
    page.locator(".jp-WorkflowList-dot").first.wait_for()
    page.get_by_label("Show everything").click()
    page.get_by_role("button", name=re.compile("set it to 100 %")).click()
    page.locator(".wf-node-badge[data-state=succeeded]").first.wait_for()
    page.wait_for_timeout(800)  # It eases there.


def _notebook(page: Page, jupyter: Lab, theme: str) -> None:
    _open(page, jupyter.page("orders.ipynb"), theme)
    page.get_by_text("| Idle").wait_for()
    for _ in CELLS:
        page.evaluate("void jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    page.locator(".wf-node-badge[data-state=succeeded]").nth(2).wait_for()
    page.get_by_text("Manual trigger").wait_for()


def _graph(page: Page, jupyter: Lab, theme: str) -> None:
    _open(page, jupyter.page("sales.ipynb"), theme)
    page.get_by_text("| Idle").wait_for()
    page.get_by_label("Cells that depend on others").wait_for()
    page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    page.get_by_title("Show the graph of the cells").click()
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".wf-cells .wf-node-badge[data-state=succeeded]").nth(7).wait_for()
    page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            content.activeCellIndex = content.widgets.findIndex((one) => one.model.id === "c6");
            content.activeCell.model.sharedModel.setSource("discount = 0.2");
            void jupyterapp.commands.execute("notebook:run-cell");
        }"""
    )
    page.locator(".jp-WorkflowMark").nth(1).wait_for()
    page.locator(".wf-cells .wf-node-badge[data-state=stale]").first.wait_for()
    page.wait_for_timeout(800)  # It eases there.


def _edge(page: Page, jupyter: Lab, theme: str) -> None:
    for old in jupyter.folder.glob("Share*.ipynb"):
        old.unlink()
    _open(page, jupyter.page("shares.flow"), theme)
    page.get_by_text("Manual trigger").first.wait_for()
    page.get_by_role("button", name="Run", exact=True).click()
    node = page.locator(".jp-WorkflowPanel .react-flow__node[data-id=share]")
    node.locator(".wf-node-badge[data-state=failed]").wait_for()
    node.click(button="right")
    page.get_by_role("menuitem", name="Open its input in a notebook").click()
    page.get_by_text("| Idle").wait_for()
    page.evaluate(
        """() => {
            const { sharedModel: text } = jupyterapp.shell.currentWidget.content.widgets[3].model;
            text.setSource(text.getSource().replace("item['price'] /", "item['parts'] and item['price'] /"));
        }"""
    )
    page.locator(".jp-WorkflowEdge").get_by_text("Fork and compare").click()
    compared = page.locator(".jp-OutputArea-output table").last
    compared.get_by_text("failed → succeeded").wait_for()
    compared.get_by_text("Share").scroll_into_view_if_needed()


if __name__ == "__main__":
    main()
