"""Results in a notebook of JupyterLab: a plot of a sweep by Bokeh, the graph of an execution."""

from __future__ import annotations

import os

from playwright.sync_api import Page, expect

from tests.browser.test_lab import command
from tests.hosts.jupyter import Lab

SWEEP = """from workflow_kernel import Workflow
wf = Workflow('Score')
start = wf.node('flow.manual_trigger', 'Start')
start >> wf.node('data.set', 'Score', fields=[{'name': 'score', 'value': '={{ $json.lr * 10 - $json.depth }}'}])
sweep = wf.sweep(lr=[0.1, 0.5, 1.0], depth=[1, 2], progress=False)
sweep.plot('score')"""


def test_a_sweep_is_plotted_by_bokeh_that_comes_from_the_kernel(jupyter: Lab, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    jupyter.notebook("sweep.ipynb", SWEEP, "sweep.plot('score', x='depth')", "sweep[0]")
    page.goto(jupyter.page("sweep.ipynb"))
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(3)
    expect(page.get_by_text("| Idle")).to_be_visible()
    for count in (1, 2):
        command(page, "notebook:run-cell-and-select-next")
        expect(page.locator(".jp-OutputArea .bk-Figure")).to_have_count(count)
    expect(page.locator(".jp-OutputArea .bk-Canvas canvas").first).to_be_visible()
    command(page, "notebook:run-cell-and-select-next")
    graph = page.locator(".jp-OutputArea img[alt=Score]")
    expect(graph).to_be_visible()
    assert graph.evaluate("image => image.naturalWidth") > 100
    server = "/".join(jupyter.url.split("/")[:3])
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == [], "nothing from elsewhere"
    if picture := os.environ.get("PICTURE"):
        page.screenshot(path=picture)
