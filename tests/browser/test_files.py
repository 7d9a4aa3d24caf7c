"""Files that nodes read: sent by dropping them on a field, found in the picker, read by a run."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import Canvas
from tests.browser.site import Site
from tests.browser.watch import accessible, live

READ = {
    "format": "workflow/1", "name": "Reads a file",
    "nodes": {
        "start": {"name": "Start", "type": "flow.manual_trigger"},
        "read": {"name": "Read it", "type": "files.read_file", "position": [240, 0]},
    },
    "edges": [{"source": ["start", "main"], "target": ["read", "main"]}],
}  # fmt: skip

DROP = """(place, text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "dropped prices.csv", { type: "text/csv" }));
    for (const type of ["dragover", "drop"]) {
        place.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
}"""


def test_a_file_is_sent_by_dropping_it_found_and_read(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Reads a file", "document": READ})
    service.call(administrator, "POST", "/files/folders", {"path": "of the shop/2026"})
    window.goto(f"{service.url}/editor/{made['workflow']['id']}")
    live(window)
    canvas = Canvas(window)
    canvas.open("Read it")
    path = canvas.panel.get_by_role("textbox", name="Path")
    choose = canvas.panel.get_by_role("button", name="Choose Path from files")

    # Into a folder, by dropping it on the picker.
    choose.click()
    picker = canvas.root.get_by_role("dialog", name="Files")
    picker.get_by_role("button", name=re.compile("of the shop")).click()
    picker.get_by_role("button", name=re.compile("2026")).click()
    expect(picker.get_by_text("This folder is empty.")).to_be_visible()
    accessible(window)
    picker.get_by_text("drop it here").evaluate(DROP, "city,price\nOslo,3\n")
    expect(path).to_have_value("of the shop/2026/dropped prices.csv")

    # Found from anywhere by a word.
    path.fill("")
    choose.click()
    picker.get_by_role("searchbox", name="Search files").fill("PRICES shop")
    picker.get_by_role("button", name=re.compile("dropped prices.csv")).click()
    expect(path).to_have_value("of the shop/2026/dropped prices.csv")

    canvas.panel.get_by_role("button", name="Run to here").first.click()
    expect(canvas.panel.get_by_role("region", name="Output")).to_contain_text("dropped prices.csv")
