"""Pictures of the dashboard for README and docs: ``python -m tests.browser.pictures``, or ``make pictures``.

Starts a service of its own, fills it with examples, and writes every page, light and dark, wide and on a phone.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import chromium
from tests.browser.site import Site, site
from tests.browser.watch import live

FOLDER = Path(__file__).parent.parent.parent / "docs" / "images"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = {
    "overview": "/", "workflows": "/workflows", "templates": "/templates", "executions": "/executions",
    "execution": "/executions/{execution}", "failure": "/executions/{failure}", "triggers": "/triggers",
    "credentials": "/credentials", "variables": "/variables", "projects": "/projects", "queues": "/queues",
    "people": "/users", "roles": "/roles", "audit": "/audit", "security": "/profile/security",
    "editor": "/editor/{workflow}",
}  # fmt: skip
COLOURS = 240
"""Of a picture: as many as nobody misses, so that it stays small."""
ON_A_PHONE = ("overview", "workflows", "executions", "execution")


def main(folder: Path = FOLDER) -> None:
    """Write all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with site() as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.ARGUMENTS))
        context = browser.new_context(viewport=WIDE)
        _shoot(context, f"{service.url}/sign-in", folder / "sign-in.png")
        page = context.new_page()
        page.goto(service.link)
        live(page)
        save(page, folder / "welcome.png")
        ids = _examples(service, context)
        state = context.storage_state()
        for name, path in PAGES.items():
            url = service.url + path.format(**ids)
            _shoot(context, url, folder / f"{name}.png")
            _apart(browser, state, url, folder / f"{name}-dark.png", viewport=WIDE, color_scheme="dark")
            if name in ON_A_PHONE:
                _apart(browser, state, url, folder / f"{name}-phone.png", viewport=PHONE)
        browser.close()


def _apart(browser: Browser, state: object, url: str, path: Path, **options: object) -> None:
    context = browser.new_context(storage_state=state, **options)  # type: ignore[arg-type]
    _shoot(context, url, path)
    context.close()


def _shoot(context: BrowserContext, url: str, path: Path) -> None:
    page = context.new_page()
    page.goto(url)
    if "sign-in" not in url:
        live(page)
    page.wait_for_load_state("networkidle")
    if "/editor/" in url:
        page.locator(".react-flow__node").first.wait_for()
    page.wait_for_timeout(800)  # Charts and the editor draw themselves.
    save(page, path)
    page.close()


def save(page: Page, path: Path) -> None:
    """Write a picture of a page, small."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _examples(service: Site, context: BrowserContext) -> dict[str, str]:
    """Workflows, executions and so on, as after some days of work."""
    found: dict[str, str] = {}
    for template in service.call(context, "GET", "/templates")["items"]:
        made = service.call(context, "POST", f"/templates/{template['id']}/workflows", {})
        workflow = made.get("workflow", made)["id"]
        runs = [service.call(context, "POST", f"/workflows/{workflow}/execute", {"manual": True}) for _ in range(4)]
        is_shown = "two sources" in template["name"]
        if is_shown or "workflow" not in found:
            found |= {"workflow": workflow, "execution": runs[-1]["id"]}
        if "fails" in template["name"]:
            found["failure"] = runs[-1]["id"]
        if "digest" in template["name"]:
            service.call(context, "POST", f"/workflows/{workflow}/publish", {})
    people = (("ada@example.com", "Ada Lovelace", "editor"), ("grace@example.com", "Grace Hopper", "operator"))
    for email, name, role in people:
        service.call(context, "POST", "/users", {"email": email, "name": name, "role": role})
    values = {"user": "shop", "password": "a secret of the shop"}
    service.call(context, "POST", "/credentials", {"name": "Shop", "type": "http.basic", "values": values})
    for key, value in (("region", "north"), ("api_url", "https://api.example.com"), ("batch_size", "100")):
        service.call(context, "POST", "/variables", {"key": key, "value": value})
    service.call(context, "POST", "/projects", {"name": "Growth team"})
    return found


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
