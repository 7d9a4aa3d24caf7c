"""Waits ended from outside by the link the workflow gave away: by a call, a decision, a form; once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.engine.drawn import Drawn
from tests.services.running import eventually
from tests.services.test_triggers_forms import Browser
from tests.services.trigger_world import World, world
from workflow_kernel.base.settings import Settings
from workflow_kernel.services.executions import StartOptions

LINK: Drawn = ("data.set", {"fields": [{"name": "link", "value": "={{ $execution.resumeUrl }}"}]})
PAGE = {"Accept": "text/html"}


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[World]:
    async with world(settings) as found:
        yield found


async def waiting(service: World, wait: Drawn, edges: str = "", **nodes: Drawn) -> tuple[UUID, str]:
    """An execution that waits, and the path of the link it gave away before."""
    drawn = {"start": "flow.manual_trigger", "tell": LINK, "wait": wait, "end": "flow.no_op", **nodes}
    workflow = await service.publish(drawn, edges or "start > tell, tell > wait, wait > end")
    launched = await service.service.executions.start(service.actor, workflow, StartOptions(items=[{"n": 1}]))
    await until(service, launched.execution, "suspended")
    (item,) = await output(service, launched.execution, "tell")
    link = str(item["link"])
    assert link.startswith("http://127.0.0.1:") and f"/resume/{launched.execution}/tell/0?token=" in link
    return launched.execution, link[link.index("/resume/") :]


async def until(service: World, execution: UUID, state: str) -> None:
    async def is_so() -> bool:
        return (await service.service.executions.read(service.actor, execution)).state == state

    await eventually(is_so)


async def output(service: World, execution: UUID, node: str, port: int = 0) -> list[Mapping[str, Any]]:
    page = await service.service.executions.data(service.actor, execution, node, 0, port, 0, 10)
    return [item.json for item in page.items]


async def test_a_call_ends_a_wait_once(service: World) -> None:
    execution, link = await waiting(service, ("flow.wait", {"resume": "call"}))
    for wrong in (
        link[:-1],
        link.replace("/tell/0", "/tell/1"),
        link.partition("?")[0],
        "/resume/x",
        "/resume/a/b/c/d",
    ):
        assert (await service.client.post(wrong)).status_code == 404
    assert (await service.client.head(link)).status_code == 200
    assert (await service.client.get(link, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})).status_code == 403
    answer = await service.client.post(link)
    assert (answer.status_code, answer.json()) == (200, {"message": "The workflow goes on."})
    await until(service, execution, "succeeded")
    assert [item["n"] for item in await output(service, execution, "end")] == [1]
    assert (await service.client.post(link)).status_code == 410
    answer = await service.client.get(link, headers=PAGE)
    assert (answer.status_code, "used already" in answer.text) == (410, True)


async def test_a_call_may_go_on_in_the_place_of_the_items(service: World) -> None:
    execution, link = await waiting(service, ("flow.wait", {"resume": "call", "gives": "call"}))
    await service.client.post(f"{link}&a=1", json={"paid": True})
    await until(service, execution, "succeeded")
    (item,) = await output(service, execution, "end")
    assert (item["body"], item["query"]) == ({"paid": True}, {"a": "1"})


async def test_a_link_ends_one_wait_of_those_that_follow(service: World) -> None:
    wait: Drawn = ("flow.wait", {"resume": "call"})
    execution, link = await waiting(service, wait, "start > tell, tell > wait, wait > end, end > second", second=wait)
    await service.client.post(link)

    async def waits_again() -> bool:
        runs = await service.service.executions.node_runs(service.actor, execution)
        return any((run.node, run.state) == ("second", "suspended") for run in runs)

    await eventually(waits_again)
    assert (await service.client.post(link)).status_code == 410
    assert (await service.service.executions.read(service.actor, execution)).state in ("suspended", "running")


async def test_time_alone_ends_other_waits(service: World) -> None:
    _, link = await waiting(service, ("flow.wait", {"amount": 1, "unit": "hours"}))
    assert (await service.client.post(link)).status_code == 410


async def test_somebody_decides_on_a_page(service: World) -> None:
    page = {
        "title": "Pay <now>?",
        "text": "=Order {{ $json.n }}",
        "details": {"Total": "={{ $json.n * 10 }}"},
        "approve": "Yes",
    }
    for number, (decision, port) in enumerate((("approved", 0), ("rejected", 1))):
        edges = "start > tell, tell > wait, wait.approved > end, wait.rejected > no"
        execution, link = await waiting(service, ("flow.approval", page), edges, no="flow.no_op")
        browser = Browser(service.client, link)
        assert (await browser.open()).status_code == 200
        assert browser.text("h1") == "Pay <now>?" and browser.text(".lead") == "Order 1"
        assert [node.text() for node in browser.page.css("button")] == ["Yes", "Reject"]
        # Looking decides nothing.
        assert (await service.service.executions.read(service.actor, execution)).state == "suspended"
        assert (await service.client.post(link, data={"decision": "maybe"}, headers=PAGE)).status_code == 422
        data = {"decision": decision, "comment": f"fine {number}"}
        answer = await service.client.post(link, data=data, headers=PAGE)
        assert answer.status_code == 200 and decision in answer.text
        await until(service, execution, "succeeded")
        (item,) = await output(service, execution, "wait", port)
        assert (item["n"], item["approval"]["decision"], item["approval"]["comment"]) == (1, decision, f"fine {number}")
        assert await output(service, execution, "wait", 1 - port) == []
        assert (await service.client.post(link, data=data)).status_code == 410


async def test_a_form_in_the_middle_of_a_workflow(service: World) -> None:
    page = {
        "title": "=For {{ $json.n }}",
        "fields": [{"label": "Colour", "required": True}],
        "done": {"title": "Noted"},
    }
    execution, link = await waiting(service, ("flow.wait", {"resume": "form", "page": page}))
    browser = Browser(service.client, link)
    await browser.open()
    assert browser.text("h1") == "For 1"
    assert (await browser.send({}, headers=PAGE)).status_code == 422
    assert browser.text("#wrong-0") == "Fill in this field."
    await browser.send({0: "red"}, headers=PAGE)
    assert browser.text("h1") == "Noted"
    await until(service, execution, "succeeded")
    (item,) = await output(service, execution, "end")
    assert item["Colour"] == "red"


async def test_a_decision_expires(service: World) -> None:
    limit = {"title": "a", "limit": "interval", "amount": 0.003, "unit": "minutes"}
    execution, link = await waiting(
        service, ("flow.approval", limit), "start > tell, tell > wait, wait.expired > end"
    )  # fmt: skip
    await until(service, execution, "succeeded")
    assert [item["n"] for item in await output(service, execution, "end")] == [1]
    assert (await service.client.get(link, headers=PAGE)).status_code == 410
