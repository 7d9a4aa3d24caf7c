"""Pictures of JupyterLab and of a notebook for the docs: ``python -m tests.browser.lab_pictures``."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium
from tests.browser.pictures import FOLDER, save
from tests.hosts.jupyter import Lab, lab

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


if __name__ == "__main__":
    main()
