"""What people do in the dashboard: sign in, run, make, be refused, be told of what happens elsewhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.site import Site
from tests.browser.watch import Watch, accessible, live

PASSWORD = "seven brown otters juggle"


@pytest.fixture(scope="package")
def viewer(service: Site, administrator: BrowserContext) -> str:
    """The address of somebody who may only read."""
    body = {"email": "vera@example.com", "name": "Vera Viewer", "role": "viewer", "password": PASSWORD}
    return str(service.call(administrator, "POST", "/users", body)["email"])


@pytest.fixture(scope="package")
def workflow(service: Site, administrator: BrowserContext) -> str:
    """A workflow that runs."""
    templates = service.call(administrator, "GET", "/templates")["items"]
    chosen = next(one for one in templates if "batches" in one["name"])
    made = service.call(administrator, "POST", f"/templates/{chosen['id']}/workflows", {"name": "In batches"})
    return str(made.get("workflow", made)["id"])


def _sign_in(page: Page, service: Site, email: str, password: str) -> None:
    page.goto(f"{service.url}/executions")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/executions$"))
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_may_only_read_signs_in_and_sees_nothing_of_administrators(
    service: Site, browser: Browser, viewer: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(page, service.url, allowed=(401, 404))
    _sign_in(page, service, viewer, "not this one")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    expect(page.get_by_role("button", name="New workflow")).to_have_count(0)
    page.goto(f"{service.url}/audit")
    expect(page.get_by_role("heading", level=1)).to_contain_text("You may not see this page")
    context.close()
    watch.check()


def test_what_a_button_may_not_is_refused_by_the_service(service: Site, browser: Browser, viewer: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    _sign_in(page, service, viewer, PASSWORD)
    live(page)
    page.evaluate("document.querySelector('#page').innerHTML = '<button data-do=\"new-workflow\">Try</button>'")
    page.get_by_role("button", name="Try").click()
    expect(page.locator(".toast.bad")).to_be_visible()
    context.close()


def test_a_workflow_is_run_and_its_execution_ends_before_ones_eyes(service: Site, window: Page, workflow: str) -> None:
    window.goto(f"{service.url}/workflows?text=In%20batches")
    live(window)
    window.get_by_role("article").get_by_role("button", name="Run").click()
    expect(window.get_by_role("heading", name="In batches", level=1)).to_be_visible()
    expect(window.locator("h1 + .badge")).to_have_text("Succeeded")
    expect(window).to_have_url(re.compile("/executions/"))
    window.go_back()
    expect(window.get_by_role("heading", name="Workflows", level=1)).to_be_visible()


def test_the_list_of_executions_grows_by_itself(
    service: Site, window: Page, administrator: BrowserContext, workflow: str
) -> None:
    window.goto(f"{service.url}/executions?workflow={workflow}")
    live(window)
    before = window.locator("tbody tr").count()
    service.call(administrator, "POST", f"/workflows/{workflow}/execute", {"manual": True})
    expect(window.locator("tbody tr")).to_have_count(before + 1)


def test_a_workflow_is_described_published_and_deleted(
    service: Site, window: Page, administrator: BrowserContext
) -> None:
    templates = service.call(administrator, "GET", "/templates")["items"]
    chosen = next(one for one in templates if "batches" in one["name"])
    service.call(administrator, "POST", f"/templates/{chosen['id']}/workflows", {"name": "For a while"})
    window.goto(f"{service.url}/workflows?text=For%20a%20while")
    live(window)
    window.get_by_label("More about For a while").click()
    window.get_by_role("button", name="Name, tags, folder").click()
    window.get_by_label("Tags", exact=True).fill("tidy, small")
    accessible(window)
    window.get_by_role("button", name="Save").click()
    expect(window.locator(".tag", has_text="tidy")).to_be_visible()
    window.get_by_role("switch").click()
    expect(window.get_by_role("switch")).to_be_checked()
    window.get_by_label("More about For a while").click()
    window.get_by_role("button", name="Delete", exact=True).click()
    expect(window.get_by_role("heading", name="Nothing fits")).to_be_visible()


def test_a_form_says_what_is_wrong_where_it_is(service: Site, window: Page) -> None:
    window.goto(f"{service.url}/variables")
    live(window)
    window.get_by_role("button", name="New variable").first.click()
    window.get_by_label("Key").fill("no key")
    window.get_by_role("button", name="Save").click()
    expect(window.locator("dialog .wrong")).to_be_visible()
    window.get_by_label("Key").fill("region")
    window.get_by_label("Value").fill("north")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_text("$vars.region")).to_be_visible()


def test_a_credential_is_made_by_the_form_of_its_type(service: Site, window: Page) -> None:
    window.goto(f"{service.url}/credentials")
    live(window)
    window.get_by_role("button", name="New credential").first.click()
    window.get_by_role("button", name="User and password", exact=True).click()
    window.get_by_label("Name", exact=True).fill("Of the shop")
    window.locator("dialog input[name^='values.']").first.fill("shop")
    window.locator("dialog input[type=password]").first.fill("very secret words")
    accessible(window)
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_text("Of the shop").first).to_be_visible()
    assert "very secret words" not in window.content()


def test_signing_out_elsewhere_ends_the_page(service: Site, browser: Browser, viewer: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    _sign_in(page, service, viewer, PASSWORD)
    live(page)
    service.call(context, "POST", "/auth/logout-everywhere")
    # The page may have noticed by itself, and gone, before anybody presses anything.
    page.evaluate("document.querySelector('.side a[data-place=workflows]')?.click()")
    expect(page).to_have_url(re.compile("/sign-in"))
    context.close()


def test_a_second_factor_is_set_up_and_asked_for(service: Site, browser: Browser, viewer: str) -> None:
    import pyotp

    context = browser.new_context()
    page = context.new_page()
    _sign_in(page, service, viewer, PASSWORD)
    live(page)
    page.goto(f"{service.url}/profile/security")
    live(page)
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator("dialog code").inner_text()
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator("dialog pre").inner_text().split()
    page.get_by_role("button", name="I have kept them").click()
    context.clear_cookies()
    _sign_in(page, service, viewer, PASSWORD)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Executions", level=1)).to_be_visible()
    context.close()


def test_the_editor_opens_a_workflow_and_leads_back(service: Site, window: Page, workflow: str) -> None:
    window.goto(f"{service.url}/editor/{workflow}")
    live(window)
    expect(window.get_by_text("Ten at a time").first).to_be_visible()
    window.wait_for_load_state("networkidle")
    window.get_by_role("link", name="Workflows", exact=True).click()
    expect(window.get_by_role("heading", name="Workflows", level=1)).to_be_visible()
