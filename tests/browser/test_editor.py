"""The editor in the dashboard: a workflow from nothing to a published one that ran, and what a webhook sets off."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.site import Site
from tests.browser.watch import accessible, live

NODES = ".react-flow__node-node"
ORDERS = "return [{'order': n, 'total': n * 50, 'who': who} for n, who in enumerate(['Ann', 'Bob', 'Cleo', 'Dan'])]"
HOOK = {
    "format": "workflow/1",
    "name": "Orders by webhook",
    "nodes": {
        "hook": {"name": "Order comes in", "type": "flow.webhook", "parameters": {"path": "orders-of-the-test"}},
        "greet": {
            "name": "Greet", "type": "data.set", "position": [240, 0],
            "parameters": {"fields": [{"name": "hello", "value": "={{ $json.body.who.upper() }}"}]},
        },
    },
    "edges": [{"source": ["hook", "main"], "target": ["greet", "main"]}],
}  # fmt: skip


def card(page: Page, name: str) -> Locator:
    return page.locator(NODES).filter(has=page.locator(f".wf-node-name[title='{name}']"))


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("region", name=name, exact=True)


def close(page: Page) -> None:
    page.get_by_role("button", name="Close the panel").click()
    expect(page.locator(".wf-panel")).to_have_count(0)


@pytest.fixture
def editor(service: Site, window: Page) -> Page:
    """An empty workflow, open."""
    window.set_default_timeout(PATIENCE)
    window.goto(f"{service.url}/editor")
    live(window)
    expect(window.get_by_role("heading", name="Start with what sets it off")).to_be_visible()
    return window


def add(page: Page, words: str, count: int, *, is_filled: bool = False) -> None:
    """Add a node after the selected one, by the keyboard; ``is_filled``: its panel stays open, to be filled in."""
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Search nodes").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(NODES)).to_have_count(count)
    if not is_filled and page.locator(".wf-panel").count():  # what does nothing before it is filled in opens by itself
        close(page)


def write(field: Locator, text: str) -> None:
    """Put a text into a code editor, as pasting does: brackets are not closed by themselves."""
    field.click()
    field.press("ControlOrMeta+a")
    field.page.keyboard.insert_text(text)


def test_five_nodes_from_nothing_run_are_mended_saved_and_published(service: Site, editor: Page) -> None:
    page = editor
    page.get_by_role("button", name=re.compile("Run it by hand")).click()
    for count, words in enumerate(("python", "set fields", "filter", "limit"), start=2):
        add(page, words, count)
    expect(page.locator(".react-flow__edge")).to_have_count(4)

    card(page, "Python").dblclick()
    write(page.get_by_role("textbox", name="Code"), ORDERS)
    close(page)
    card(page, "Set fields").dblclick()
    page.get_by_role("button", name=re.compile("Add field")).click()
    page.get_by_label("Name", exact=True).fill("greeting")
    pane(page, "Parameters").get_by_role("textbox", name="Value").fill("={{ 'Hello ' + $json.order }}")
    close(page)
    card(page, "Limit").dblclick()
    pane(page, "Parameters").get_by_role("spinbutton", name="Count").fill("2")
    close(page)

    # A number is no text: it fails, says where, and leads there.
    page.get_by_role("button", name="Run", exact=True).click()
    failure = page.locator(".wf-notice[data-kind=error]")
    expect(failure).to_contain_text(re.compile("Set fields.? failed"))
    failure.get_by_role("button", name="Open the node").click()
    expect(pane(page, "Output").get_by_text("Failed")).to_be_visible()
    write(pane(page, "Parameters").locator(".cm-content"), "{{ 'Hello ' + $json.who }}")
    expect(pane(page, "Parameters").get_by_text("Hello Ann", exact=True)).to_be_visible()
    close(page)
    expect(card(page, "Python").locator(".wf-node-badge")).to_have_attribute("data-state", "succeeded")

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(5)
    card(page, "Limit").dblclick()
    pane(page, "Output").get_by_role("radio", name="Table").click()
    expect(pane(page, "Output").get_by_role("gridcell", name="Hello Bob")).to_be_visible()
    expect(pane(page, "Output").get_by_text("2 items")).to_be_visible()
    accessible(page)
    close(page)

    card(page, "Limit").click()
    page.keyboard.press("Delete")
    expect(page.locator(NODES)).to_have_count(4)
    page.keyboard.press("ControlOrMeta+z")
    expect(page.locator(NODES)).to_have_count(5)
    expect(page.locator(".wf-header")).to_contain_text("Saved")
    page.reload()
    live(page)
    expect(page.locator(NODES)).to_have_count(5)

    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_label("What changed (optional)").fill("Greets two")
    page.get_by_role("button", name="Publish the draft").click()
    expect(page.get_by_text("Greets two")).to_be_visible()
    expect(page.get_by_text(re.compile("^Published, "))).to_be_visible()
    page.get_by_role("button", name="Past executions").click()
    page.get_by_role("listitem").filter(has_text="Succeeded").get_by_role("button").click()
    expect(page.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(5)
    accessible(page)
    page.get_by_role("button", name="Back to the draft").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_a_call_of_the_test_address_sets_the_draft_off(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Orders by webhook", "document": HOOK})
    window.goto(f"{service.url}/editor/{made['workflow']['id']}")
    live(window)
    window.get_by_role("button", name="Run", exact=True).click()
    waiting = window.get_by_role("dialog", name="Waiting for a call of Order comes in")
    expect(waiting.get_by_text(re.compile("^Listening for"))).to_be_visible()
    accessible(window)
    address = waiting.locator("code").first.inner_text()
    assert httpx.post(address, json={"who": "Ada"}).status_code == 200
    expect(waiting).to_have_count(0)
    expect(window.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(2)
    card(window, "Greet").dblclick()
    pane(window, "Output").get_by_role("radio", name="Schema").click()
    expect(pane(window, "Output").get_by_text("ADA", exact=True)).to_be_visible()


def test_an_item_leads_to_where_it_came_from(service: Site, administrator: BrowserContext, window: Page) -> None:
    flow = {
        "format": "workflow/1", "name": "Large ones",
        "nodes": {
            "start": {"name": "Start", "type": "flow.manual_trigger"},
            "make": {"name": "Make", "type": "code.python", "position": [240, 0], "parameters": {"code": ORDERS}},
            "large": {
                "name": "Large", "type": "data.filter", "position": [480, 0],
                "parameters": {
                    "conditions": {
                        "conditions": [{"left": "={{ $json.total }}", "operator": "number.larger", "right": 90}]
                    }
                },
            },
        },
        "edges": [
            {"source": ["start", "main"], "target": ["make", "main"]},
            {"source": ["make", "main"], "target": ["large", "main"]},
        ],
    }  # fmt: skip
    made = service.call(administrator, "POST", "/workflows", {"name": "Large ones", "document": flow})
    window.goto(f"{service.url}/editor/{made['workflow']['id']}")
    live(window)
    window.get_by_role("button", name="Run", exact=True).click()
    expect(window.locator(".wf-node-badge[data-state=succeeded]")).to_have_count(3)
    card(window, "Large").dblclick()
    pane(window, "Output").get_by_role("radio", name="Table").click()
    pane(window, "Input").get_by_role("radio", name="Schema").click()
    pane(window, "Output").get_by_role("button", name="Show where item 1 came from").click()
    expect(window.get_by_role("group", name="Item that results are shown for")).to_contain_text("3 of 4")
    expect(pane(window, "Input").get_by_text("Cleo")).to_be_visible()


def test_another_workflow_is_chosen_from_a_list(service: Site, administrator: BrowserContext, editor: Page) -> None:
    made = service.call(administrator, "POST", "/workflows", {"name": "Greets whoever comes", "document": HOOK})
    editor.get_by_role("button", name=re.compile("Run it by hand")).click()
    add(editor, "execute workflow", 2, is_filled=True)
    # What is needed is asked for at once.
    field = pane(editor, "Parameters").locator("button[aria-haspopup=listbox]")
    field.click()
    editor.get_by_role("option", name="Greets whoever comes").click()
    expect(pane(editor, "Parameters").get_by_text(re.compile("is needed"))).to_have_count(0)
    close(editor)
    expect(editor.locator(".wf-header")).to_contain_text("Saved")
    editor.reload()
    live(editor)
    card(editor, "Execute workflow").dblclick()
    expect(field).to_have_text("Greets whoever comes")
    workflow = editor.url.rsplit("/", 1)[1]
    draft = service.call(administrator, "GET", f"/workflows/{workflow}/versions/draft")["document"]
    chosen = next(node for node in draft["nodes"].values() if node["type"] == "flow.execute_workflow")
    assert chosen["parameters"] == {"workflow": made["workflow"]["id"]}


def middle(place: Locator) -> tuple[float, float]:
    """The middle of something, once it has come to rest."""
    place.hover(trial=True, force=False)
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=6)
    page.mouse.move(*end, steps=6)
    page.mouse.up()


N8N = """{"nodes": [
  {"name": "Only odd ones", "type": "n8n-nodes-base.limit", "typeVersion": 1, "position": [0, 0], "parameters": {}},
  {"name": "Pause", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [220, 0], "parameters": {}}],
  "connections": {"Only odd ones": {"main": [[{"node": "Pause", "type": "main", "index": 0}]]}}}"""


def test_what_hands_do_on_the_canvas(service: Site, administrator: BrowserContext, window: Page) -> None:
    window.set_default_timeout(PATIENCE)
    made = service.call(administrator, "POST", "/workflows", {"name": "By hand", "document": HOOK})
    window.goto(f"{service.url}/editor/{made['workflow']['id']}")
    live(window)
    edges, nodes = window.locator(".react-flow__edge"), window.locator(NODES)
    expect(nodes).to_have_count(2)

    # From the list onto the edge: it goes in between.
    window.get_by_role("button", name="Add a node", exact=True).click()
    window.get_by_role("combobox", name="Search nodes").fill("limit")
    drag(window, middle(window.get_by_role("option").first), middle(edges.first))
    expect(edges).to_have_count(2)
    expect(nodes).to_have_count(3)
    window.keyboard.press("Escape")

    # Two quick clicks on an edge ask for what goes in between, and remove nothing.
    window.mouse.dblclick(*middle(edges.first))
    window.get_by_role("combobox", name="Search nodes").fill("no operation")
    window.keyboard.press("Enter")
    expect(nodes).to_have_count(4)
    expect(edges).to_have_count(3)

    # An edge drawn to an empty place asks for what follows.
    window.keyboard.press("1")
    port = card(window, "Greet").locator(".wf-port-output")
    x, y = middle(port)
    drag(window, (x, y), (x - 20, y + 160))
    window.get_by_role("combobox", name="Search nodes").fill("sort")
    window.keyboard.press("Enter")
    expect(nodes).to_have_count(5)
    expect(edges).to_have_count(4)

    # A box around all, then group, duplicate, and back by undo.
    window.keyboard.press("Escape")
    window.get_by_role("region", name="Workflow editor").press("ControlOrMeta+a")
    window.keyboard.press("ControlOrMeta+g")
    expect(window.locator(".react-flow__node-frame")).to_have_count(1)
    window.keyboard.press("Escape")
    window.keyboard.press("ControlOrMeta+a")
    window.keyboard.press("ControlOrMeta+d")
    expect(nodes).to_have_count(10)
    for _ in range(5):
        window.keyboard.press("ControlOrMeta+z")
    expect(nodes).to_have_count(2)
    expect(edges).to_have_count(1)

    # What was copied in n8n.
    window.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true });
            document.querySelector(".wf-root").dispatchEvent(paste);
        }""",
        N8N,
    )
    expect(card(window, "Only odd ones")).to_be_visible()
    expect(edges).to_have_count(2)


def test_data_of_a_run_fill_in_a_form_are_pinned_and_changed(
    service: Site, administrator: BrowserContext, window: Page
) -> None:
    window.set_default_timeout(PATIENCE)
    flow = {
        "format": "workflow/1", "name": "From data",
        "nodes": {
            "start": {"name": "Start", "type": "flow.manual_trigger"},
            "make": {"name": "Make", "type": "code.python", "position": [240, 0], "parameters": {"code": ORDERS}},
            "ask": {"name": "Ask", "type": "web.http_request", "position": [480, 0]},
        },
        "edges": [
            {"source": ["start", "main"], "target": ["make", "main"]},
            {"source": ["make", "main"], "target": ["ask", "main"]},
        ],
    }  # fmt: skip
    made = service.call(administrator, "POST", "/workflows", {"name": "From data", "document": flow})
    window.goto(f"{service.url}/editor/{made['workflow']['id']}")
    live(window)

    # Its output is written by hand and stands in its place.
    card(window, "Make").dblclick()
    window.get_by_role("button", name="Run to here").first.click()
    expect(pane(window, "Output").get_by_text("4 items")).to_be_visible()
    window.get_by_role("button", name="More for Output").click()
    window.get_by_role("menuitem", name="Edit data").click()
    data = window.get_by_role("dialog", name="Data of Make")
    write(data.locator(".cm-content"), '[{"who": "Eva"}]')
    data.get_by_role("button", name="Save").click()
    expect(pane(window, "Output").get_by_text("Pinned:")).to_be_visible()
    close(window)

    # A field of the data becomes an expression where it is dropped.
    card(window, "Ask").dblclick()
    pane(window, "Input").get_by_role("radio", name="Schema").click()
    pane(window, "Input").get_by_role("treeitem", name=re.compile("who")).drag_to(
        window.locator("[data-field=url] input")
    )
    expect(pane(window, "Parameters").get_by_text("Eva", exact=True)).to_be_visible()

    # A credential is made where it is needed.
    window.get_by_role("button", name="Create a credential").click()
    asked = window.get_by_role("dialog", name=re.compile("credential", re.IGNORECASE))
    expect(asked).to_be_visible()
    accessible(window)
