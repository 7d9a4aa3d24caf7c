"""One service and one browser for all tests here; each test has a window that must stay without any fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.site import Site, site
from tests.browser.watch import LabWatch, Watch
from tests.hosts.jupyter import Lab, lab


@pytest.fixture(scope="package")
def service() -> Iterator[Site]:
    """A running service."""
    with site() as found:
        yield found


PATIENCE = 60_000
"""Milliseconds a page has to become what is expected, on a machine with much else to do."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(scope="package")
def administrator(service: Site, browser: Browser) -> Iterator[BrowserContext]:
    """The first administrator, signed in by the link that the service prints."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(service.link)
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="package")
def jupyter(service: Site, administrator: BrowserContext) -> Iterator[Lab]:
    """A running JupyterLab with our extensions; its service joins the servers of the other one.

    The link that lets the first person in counts until somebody has been in, so it is used before.
    """
    with lab(WORKFLOW_DATA_FOLDER=service.folder) as found:
        yield found


@pytest.fixture
def page(jupyter: Lab, browser: Browser) -> Iterator[Page]:
    """A window for JupyterLab, watched."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE)
    found = context.new_page()
    # A save that comes too late is answered 409, and brought together with what is there.
    watch = LabWatch(found, jupyter.url.removesuffix("/user/ann"), allowed=(409,))
    yield found
    context.close()
    watch.check()


@pytest.fixture
def window(service: Site, administrator: BrowserContext) -> Iterator[Page]:
    """A window of the administrator, watched: no console error, no failed request, no request to another host."""
    page = administrator.new_page()
    watch = Watch(page, service.url)
    yield page
    page.close()
    watch.check()
