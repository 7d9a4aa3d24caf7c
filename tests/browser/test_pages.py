"""Every page of the dashboard: shown, alive, accessible, within the window on a desk and on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.site import Site
from tests.browser.watch import Watch, accessible, live

PAGES = {
    "/": "Overview", "/workflows": "Workflows", "/templates": "Templates", "/executions": "Executions",
    "/triggers": "Triggers", "/credentials": "Credentials", "/variables": "Variables", "/projects": "Projects",
    "/cluster": "Cluster", "/queues": "Queues", "/users": "People", "/roles": "Roles", "/audit": "Audit trail",
    "/profile": None,
    "/profile/security": None, "/profile/keys": None, "/profile/sessions": None,
}  # fmt: skip
PASSWORD = "seven brown otters juggle"
FORMS = ("/sign-in", "/forgot-password", "/reset-password?token=x", "/register", "/accept-invitation?token=x")


def test_who_is_new_is_taught_how_to_begin(service: Site, browser: Browser, administrator: BrowserContext) -> None:
    body = {"email": "nora@example.com", "name": "Nora New", "role": "editor", "password": PASSWORD}
    service.call(administrator, "POST", "/users", body)
    context = browser.new_context()
    answer = context.request.post(
        f"{service.url}/api/auth/login", data={"email": body["email"], "password": PASSWORD, "kind": "session"}
    )
    assert answer.ok
    page = context.new_page()
    watch = Watch(page, service.url)
    page.goto(service.url)
    live(page)
    expect(page.get_by_role("heading", name="Welcome to Workflow")).to_be_visible()
    expect(page.get_by_text("Begin with a template")).to_be_visible()
    page.get_by_role("button", name=re.compile("Import one")).click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()
    accessible(page)
    context.close()
    watch.check()


@pytest.fixture(scope="package")
def execution(service: Site, administrator: BrowserContext) -> str:
    """An execution of a workflow made from a template, which is over."""
    templates = service.call(administrator, "GET", "/templates")["items"]
    chosen = next(one for one in templates if "Bring two sources" in one["name"])
    made = service.call(administrator, "POST", f"/templates/{chosen['id']}/workflows", {})
    workflow = made.get("workflow", made)["id"]
    started = service.call(administrator, "POST", f"/workflows/{workflow}/execute", {"manual": True})
    page = administrator.new_page()
    page.goto(f"{service.url}/executions/{started['id']}")
    expect(page.locator("h1 + .badge")).to_have_text("Succeeded")
    page.close()
    return str(started["id"])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_and_accessible(service: Site, window: Page, execution: str, path: str) -> None:
    window.goto(service.url + path)
    live(window)
    if PAGES[path]:
        expect(window.get_by_role("heading", name=PAGES[path], level=1)).to_be_visible()
        expect(window.locator(".side a[aria-current=page]")).to_have_count(1)
    accessible(window)
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_pages_fit_a_phone_in_the_dark(service: Site, browser: Browser, administrator: BrowserContext) -> None:
    state = administrator.storage_state()
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", storage_state=state)
    page = context.new_page()
    watch = Watch(page, service.url)
    page.goto(service.url)
    live(page)
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("link", name="Executions")).to_be_visible()
    for path in PAGES:
        page.goto(service.url + path)
        live(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    accessible(page)
    context.close()
    watch.check()


@pytest.mark.parametrize("path", FORMS)
def test_a_page_for_strangers_is_plain_and_accessible(service: Site, browser: Browser, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(page, service.url)
    page.goto(service.url + path)
    page.wait_for_selector("body[data-ready]")
    assert "bokeh" not in page.content().lower()
    accessible(page)
    context.close()
    watch.check()


def test_an_address_that_is_none_says_so(service: Site, administrator: BrowserContext) -> None:
    page = administrator.new_page()
    watch = Watch(page, service.url, allowed=(404,))
    page.goto(f"{service.url}/executions/{uuid4()}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("no such")
    page.goto(f"{service.url}/nowhere")
    expect(page.get_by_role("heading", level=1)).to_contain_text("no such page")
    page.close()
    watch.check()


def test_an_execution_shows_its_timeline_and_data(service: Site, window: Page, execution: str) -> None:
    window.goto(f"{service.url}/executions/{execution}")
    live(window)
    expect(window.locator("[data-chart='0'] canvas").first).to_be_visible()
    runs = window.get_by_label("Node runs")
    runs.get_by_role("button").last.click()
    expect(window.get_by_role("region", name="Items")).to_be_visible()
    with window.expect_download() as found:
        window.get_by_role("link", name="Notebook").click()
    assert "open_edge" in Path(found.value.path()).read_text()
    window.get_by_role("tab", name="Workflow").click()
    expect(window.get_by_alt_text("The workflow as it ran")).to_be_visible()
    accessible(window)


def test_every_dialog_opens_and_is_accessible(service: Site, window: Page, execution: str) -> None:
    dialog = window.locator("#dialog")
    for path in (*PAGES, f"/executions/{execution}"):
        window.goto(service.url + path)
        live(window)
        asked = "[data-do^='ask'], [data-do='look'][data-value]"
        names = window.locator(f"#page :is({asked})").evaluate_all(
            "found => [...new Set(found.map((one) => one.dataset.do))]"
        )
        for name in names:
            window.locator(f"#page [data-do='{name}']").first.dispatch_event("click")
            expect(dialog, f"{path} {name}").to_have_attribute("open", "")
            expect(dialog.get_by_role("heading").first).to_be_visible()
            accessible(window, "#dialog")
            window.keyboard.press("Escape")
            expect(dialog).not_to_have_attribute("open", "")
