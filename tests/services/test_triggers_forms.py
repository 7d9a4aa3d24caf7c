"""Forms filled in over HTTP as a browser without scripts would, and test addresses that wait for one call."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.engine.drawn import Drawn
from tests.services.trigger_world import World, person, world
from workflow_kernel.base.errors import ConflictError, InvalidRequestError, NotFoundError
from workflow_kernel.base.settings import Settings

FIELDS: list[dict[str, Any]] = [
    {"label": "Your name", "required": True, "help": "As on your card."},
    {"label": "E-mail", "name": "email", "kind": "email", "required": True},
    {"label": "Age", "kind": "number"},
    {"label": "Born", "kind": "date"},
    {"label": "Size", "kind": "select", "options": ["S", "M", "<L>"]},
    {"label": "Toppings", "kind": "choices", "options": ["ham", "olives"], "multiple": True},
    {"label": "I agree", "kind": "checkbox", "required": True},
    {"label": "Photo", "kind": "file", "accept": "image/*"},
    {"label": "Secret", "kind": "password"},
    {"label": "source", "kind": "hidden", "value": "web"},
    {"label": "Notes & wishes", "kind": "textarea", "placeholder": 'say "hi"'},
]
PAGE = {"title": "Order <now>", "description": "Two\nlines", "fields": FIELDS, "button": "Order"}
GOOD = {
    0: "Ada",
    1: "ada@example.com",
    2: "36",
    3: "1815-12-10",
    4: "<L>",
    5: "olives",
    6: "on",
    8: "hush",
    10: "a\r\nb",
}


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def form(
    service: World, nodes: Mapping[str, Drawn] | None = None, edges: str = "form > end", **more: Any
) -> UUID:
    parameters = {"path": "order", "page": PAGE, **more}
    return await service.publish({"form": ("flow.form", parameters), **(nodes or {"end": "flow.no_op"})}, edges)


class Browser:
    """Opens a form and sends it."""

    def __init__(self, client: httpx.AsyncClient, path: str = "/form/order") -> None:
        self.client = client
        self.path = path
        self.page = LexborHTMLParser("")

    async def open(self, query: str = "") -> httpx.Response:
        return self._seen(await self.client.get(self.path + query))

    async def send(self, values: Mapping[int, Any], **more: Any) -> httpx.Response:
        hidden = {
            str(one.attributes["name"]): one.attributes["value"] for one in self.page.css('input[type="hidden"]')
        }  # fmt: skip
        data = {**hidden, **{f"field-{number}": value for number, value in values.items()}, **more.pop("data", {})}
        return self._seen(await self.client.post(self.path, data=data, files=more.pop("files", {"x": b""}), **more))

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if "text/html" in answer.headers.get("content-type", ""):
            self.page = LexborHTMLParser(answer.text)
        return answer

    def text(self, selector: str) -> str:
        return " ".join(" ".join(node.text().split()) for node in self.page.css(selector))


async def test_a_form_is_shown_sent_and_becomes_an_item(service: World) -> None:
    workflow = await form(service)
    browser = Browser(service.client)
    answer = await browser.open("?source=letter&Size=M&Secret=x")
    assert answer.status_code == 200
    assert browser.text("h1") == "Order <now>" and "Order &lt;now&gt;" in answer.text
    assert [node.text(strip=True).removesuffix("*").strip() for node in browser.page.css("label[for], legend")][:3] == [
        "Your name", "E-mail", "Age",
    ]  # fmt: skip
    assert browser.page.css_first("option[selected]").attributes["value"] == "M"
    assert browser.page.css_first('input[type="password"]').attributes["value"] == ""
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "unsafe-inline" not in policy
    files = {"field-7": ("../me.png", b"\x89PNG", "image/png")}
    answer = await browser.send({**GOOD, 5: ["olives", "ham"]}, files=files)
    assert (answer.status_code, browser.text("h1")) == (200, "Thank you")
    (row,) = await service.ended(workflow)
    assert (row.mode, row.state) == ("form", "succeeded")
    page = await service.service.executions.data(service.actor, row.id, "end", 0, 0, 0, 10)
    json, binary = page.items[0].json, page.items[0].binary
    assert json.pop("submittedAt") and json == {
        "Your name": "Ada", "email": "ada@example.com", "Age": 36, "Born": "1815-12-10", "Size": "<L>",
        "Toppings": ["ham", "olives"], "I agree": True, "Secret": "hush", "source": "letter", "Notes & wishes": "a\nb",
        "Photo": {"filename": "me.png", "mimetype": "image/png", "size": 4}, "formMode": "production",
    }  # fmt: skip
    assert binary is not None and binary["Photo"].file_name == "me.png"


async def test_what_is_wrong_is_shown_beside_the_field_and_nothing_is_lost(service: World) -> None:
    workflow = await form(service)
    browser = Browser(service.client)
    await browser.open()
    wrong = {1: "ada", 2: "many", 3: "soon", 4: "XL", 5: "tofu", 8: "hush", 10: "<script>kept"}
    files = {"field-7": ("me.txt", b"text", "text/plain")}
    answer = await browser.send(wrong, files=files)
    assert answer.status_code == 422
    for number, says in (
        (0, "Fill in this field."), (1, "Write an e-mail address"), (2, "Write a number."), (3, "Write a date"),
        (4, "Choose one of the options."), (5, "Choose one of the options."), (6, "Tick this box."),
        (7, "'me.txt' is not"),
    ):  # fmt: skip
        assert says in browser.text(f"#wrong-{number}")
        shown = browser.page.css_first(f"#input-{number}")
        assert shown.attributes["aria-invalid"] == "true"
        assert f"wrong-{number}" in str(shown.attributes["aria-describedby"])
        assert browser.page.css_first(f'.banner a[href="#input-{number}"]') is not None
    assert browser.text("textarea") == "<script>kept" and "<script>" not in answer.text
    assert browser.page.css_first('input[type="password"]').attributes["value"] == ""
    assert await service.executions(workflow) == []
    assert (await browser.send(GOOD)).status_code == 200
    assert len(await service.ended(workflow)) == 1


async def test_a_page_counts_once_and_only_from_here(service: World) -> None:
    workflow = await form(service)
    browser = Browser(service.client)
    await browser.open()
    opened = browser.page
    for _ in range(3):
        browser.page = opened
        assert (await browser.send(GOOD)).status_code == 200
    assert len(await service.ended(workflow)) == 1
    browser.page = opened
    assert (await browser.send(GOOD, data={"token": "x" * 32})).status_code == 403
    assert "open for too long" in browser.text(".banner")
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        forged = Browser(stranger)
        forged.page = opened
        assert (await forged.send(GOOD)).status_code == 403
        # The page that is shown then can be sent.
        assert (await forged.send(GOOD)).status_code == 200
    assert len(await service.ended(workflow, 2)) == 2


async def test_the_last_page_may_be_elsewhere_or_what_the_workflow_says(service: World) -> None:
    page = {"title": "a", "done": {"redirect": "https://example.com/thanks"}}
    await form(service, path="go", page=page)
    browser = Browser(service.client, "/form/go")
    opened = await browser.open()
    assert "form-action 'self' https://example.com" in opened.headers["content-security-policy"]
    answer = await browser.send({})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://example.com/thanks")
    said: Drawn = (
        "data.set",
        {"fields": [{"name": "title", "value": "Table for 2"}, {"name": "text", "value": "<7 pm>"}]},
    )
    await form(service, {"end": said}, path="say", page={"title": "a"}, respond="last_node")
    browser = Browser(service.client, "/form/say")
    await browser.open()
    await browser.send({})
    assert (browser.text("h1"), browser.text(".lead")) == ("Table for 2", "<7 pm>")
    await form(service, {"end": ("test.add", {"fails": 9})}, path="bad", page={"title": "a"}, respond="last_node")
    browser = Browser(service.client, "/form/bad")
    await browser.open()
    assert (await browser.send({})).status_code == 500
    assert browser.text("h1") == "Something went wrong"


async def test_forms_are_kept_for_those_who_know_the_password(service: World) -> None:
    use = await service.credential("http.basic", {"user": "ada", "password": "hush"})
    await service.publish(
        {"form": ("flow.form", {"path": "a", "page": {"title": "a"}, "auth": "basic"}, {"credentials": {"auth": use}})}
    )
    answer = await service.client.get("/form/a")
    assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic")
    assert (await service.client.get("/form/a", auth=("ada", "hush"))).status_code == 200
    assert (await service.client.get("/form/b")).status_code == 404
    assert (await service.client.put("/form/a")).status_code == 405


def hook(path: str = "try/:id", **more: Any) -> Drawn:
    return ("flow.webhook", {"path": path, "respond": "last_node", "reply": {"field": "params.id"}, **more})


async def test_a_test_address_takes_one_call_and_runs_the_draft(service: World) -> None:
    trial, actor = service.service.trial_calls, service.actor
    workflow = await service.publish({"hook": hook(), "a": "flow.no_op"}, "hook > a")
    assert (await service.client.post("/webhook-test/try/7")).status_code == 404
    found = await trial.listen(actor, workflow)
    (address,) = found.addresses
    assert (address.node, address.kind, address.path, list(address.methods)) == ("hook", "webhook", "try/:id", ["POST"])
    heard = service.service.bus.listen(found.channel, "0")
    assert (await service.client.get("/webhook-test/try/7")).status_code == 405
    answer = await service.client.post("/webhook-test/try/7", json={"a": 1})
    assert (answer.status_code, answer.json()) == (200, "7")
    (row,) = await service.ended(workflow)
    assert (row.mode, row.created_by, str(row.id)) == ("manual", actor.id, answer.headers["x-execution-id"])
    async for message in heard:
        told = msgspec.json.decode(message.data)
        if told["event"] == "webhook.called":
            break
    assert (told["execution"], told["node"], told["path"]) == (str(row.id), "hook", "/webhook-test/try/7")
    page = await service.service.executions.data(actor, row.id, "hook", 0, 0, 0, 10)
    assert page.items[0].json["executionMode"] == "test"
    assert (await service.client.post("/webhook-test/try/7")).status_code == 404


async def test_test_addresses_are_for_drafts_and_for_who_listens(service: World) -> None:
    trial, actor = service.service.trial_calls, service.actor
    workflow = await service.publish({"start": "flow.manual_trigger"})
    with pytest.raises(InvalidRequestError, match="no webhook or form"):
        await trial.listen(actor, workflow)
    document = dict((await service.service.versions.get(actor, workflow)).document)
    kind, parameters = hook()[:2]
    document["nodes"]["hook"] = {"name": "hook", "type": kind, "parameters": parameters}
    await trial.listen(actor, workflow, document=document)
    # Listening again takes the place of the first time.
    await trial.listen(actor, workflow, document=document, node="hook")
    other, project = await person(service.service, name="eve")
    stranger = World(service.service, service.client, other, project, service.calls)
    with pytest.raises(NotFoundError):
        await trial.listen(other, workflow)
    theirs = await stranger.publish({"hook": hook(methods=["POST", "PUT"])})
    with pytest.raises(ConflictError, match="waits for a call"):
        await trial.listen(other, theirs)
    await trial.stop(actor, workflow)
    await trial.listen(other, theirs)
    answers = [(await service.client.put("/webhook-test/try/1")).status_code for _ in range(2)]
    assert answers == [200, 404]


async def test_a_draft_of_a_form_is_tried_out(service: World) -> None:
    workflow = await form(service)
    await service.service.workflows.deactivate(service.actor, workflow)
    assert (await service.client.get("/form-test/order")).status_code == 404
    await service.service.trial_calls.listen(service.actor, workflow)
    browser = Browser(service.client, "/form-test/order")
    assert (await browser.open()).status_code == 200
    assert (await browser.send({})).status_code == 422
    assert (await browser.send(GOOD)).status_code == 200
    (row,) = await service.ended(workflow)
    assert row.mode == "manual"
    assert (await browser.open()).status_code == 404


def test_no_template_shows_text_unescaped_but_its_own() -> None:
    from pathlib import Path

    import workflow_kernel.api

    folder = Path(workflow_kernel.api.__file__).parent / "templates"
    raw = {found for path in folder.glob("*.html") for found in re.findall(r"\{% raw (\w+)", path.read_text())}
    assert raw == {"css", "marks", "described"}
