"""JupyterLab where no service is configured and none runs: it starts one for its user, and all of it is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import SUCCEEDED, Canvas
from tests.browser.conftest import PATIENCE
from tests.browser.test_lab import GREET
from tests.browser.watch import LabWatch
from tests.hosts.jupyter import Lab, lab


@pytest.fixture
def alone(browser: Browser) -> Iterator[tuple[Lab, Page]]:
    """A JupyterLab with a folder of its own for everything, and a window of it."""
    with lab() as found:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        # While the service starts, what asks for it is told to ask again.
        watch = LabWatch(page, found.url.removesuffix("/user/ann"), allowed=(503,))
        yield found, page
        context.close()
        watch.check()


def test_a_file_is_run_published_and_its_execution_seen(alone: tuple[Lab, Page]) -> None:
    jupyter, page = alone
    jupyter.write("greet.flow", GREET)
    page.goto(jupyter.page("greet.flow"))
    canvas = Canvas(page, ".jp-WorkflowPanel")
    expect(canvas.nodes).to_have_count(2)
    canvas.press("Run")
    expect(canvas.root.locator(SUCCEEDED)).to_have_count(2)
    canvas.open("Greet")
    expect(canvas.panel.get_by_role("region", name="Output")).to_contain_text("Hello")
    canvas.close()
    canvas.publish()
    canvas.press("Close")
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    assert len(jupyter.read("greet.flow")["id"]) == 36, "the file knows its workflow at the service"

    page.locator("[data-id=workflow-panel]").click()
    panel = page.locator(".jp-WorkflowSidePanel")
    expect(panel.get_by_role("button", name="Greet").first).to_be_visible()
    panel.locator("button[title='Greet: succeeded, manual']").first.click()
    shown = page.locator(".lm-DockPanel-widget:not(.lm-mod-hidden) .wf-root")
    expect(shown.get_by_role("group", name="Past execution")).to_contain_text("succeeded")
    expect(shown.locator(SUCCEEDED)).to_have_count(2)

    # From there to the workflow itself, with this execution on the canvas.
    shown.get_by_role("button", name="Open the workflow").click()
    expect(page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current")).to_contain_text("greet.flow")
    shown.get_by_role("button", name="Copy to draft").click()
    expect(shown.get_by_text("The draft is now the workflow of that execution")).to_be_visible()
