"""A service from Python: workflows are kept and run, executions tell what their nodes sent."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest

from tests.api.whole import Whole
from workflow_kernel import Workflow
from workflow_kernel.base.errors import NodeError, NotFoundError
from workflow_kernel.remote import Service


def orders() -> Workflow:
    wf = Workflow("Orders")
    start = wf.node("flow.manual_trigger", "Start")
    total = wf.node("data.set", "Total", fields=[{"name": "total", "value": "={{ $json.price * 2 }}"}])
    start >> total >> wf.node("data.filter", "Large", conditions={
        "conditions": [{"left": "={{ $json.total }}", "operator": "number.larger", "right": 10}]
    })  # fmt: skip
    return wf


@pytest.fixture
async def service(whole: Whole) -> AsyncIterator[Service]:
    with Service(whole.server.url, (await whole.enter()).access_token) as found:
        yield found


async def test_a_workflow_is_kept_run_and_looked_into(service: Service) -> None:
    def cell() -> None:
        kept = service.save(orders(), publish=True)
        assert repr(kept) == "RemoteWorkflow('Orders', version 1)"
        assert "data:image/svg+xml" in kept._repr_html_()
        execution = service.workflow("Orders").run([{"price": 1}, {"price": 7}])
        assert execution.state == "succeeded"
        assert execution["Total"].json() == [{"price": 1, "total": 2}, {"price": 7, "total": 14}]
        assert execution["Total"].df()["total"].tolist() == [2, 14]
        assert execution["Large"].table().to_pylist() == [{"price": 7, "total": 14}]
        assert [node.name for node in execution.nodes()] == ["Start", "Total", "Large"]
        assert "Large" in execution._repr_html_()
        assert "data:image/svg+xml" in execution._repr_html_()
        assert repr(execution).startswith(f"Execution {execution.id}: succeeded in ")
        assert "14" in execution["Total"]._repr_html_()
        with pytest.raises(KeyError, match="'Totall' did not run"):
            execution["Totall"]
        assert [one.id for one in kept.executions()] == [execution.id]
        assert execution.id in service.executions()._repr_html_()

    await asyncio.to_thread(cell)


async def test_pictures_that_are_attached_are_shown(service: Service) -> None:
    def cell() -> None:
        wf = Workflow("Pictures")
        code = "return [{'json': {}, 'binary': {'plot': attach(b'<svg/>', name='plot.svg')}}]"
        wf.node("flow.manual_trigger", "Start") >> wf.node("code.python", "Draw", code=code)
        node = service.save(wf).run([{}])["Draw"]
        assert node.read(node.items()[0]["binary"]["plot"]) == b"<svg/>"
        assert f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}" in node._repr_html_()

    await asyncio.to_thread(cell)


async def test_a_sweep_runs_on_the_service(service: Service) -> None:
    def cell() -> None:
        kept = service.save(orders(), publish=True)
        found = kept.sweep(price=[2, 7, 9], shop=["a", "b"], progress=False)
        assert repr(found) == "Sweep of 6 executions, 6 succeeded"
        assert [(row["price"], row["shop"], row["total"]) for row in found.rows("Total")] == [
            (2, "a", 4), (2, "b", 4), (7, "a", 14), (7, "b", 14), (9, "a", 18), (9, "b", 18),
        ]  # fmt: skip
        assert found.best("total", node="Total")["price"] == 9
        assert found.plot("total", x="price", node="Total").chart.lines[0].name == "shop a"
        assert sorted(one.id for one in kept.executions()) == sorted(one.id for one in found)
        assert found[5]["Large"].json() == [{"price": 9, "shop": "b", "total": 18}]
        assert found.rows()[0]["state"] == "succeeded", "its last node sent nothing"

    await asyncio.to_thread(cell)


async def test_saving_again_is_a_new_version_of_it(service: Service) -> None:
    def cell() -> None:
        first = service.save(orders())
        wf = orders()
        wf["Total"].set(fields=[{"name": "total", "value": "={{ $json.price * 3 }}"}])
        second = service.save(wf)
        assert (second.id, second.version) == (first.id, 2)
        assert second.run(price=5)["Total"].json() == [{"price": 5, "total": 15}]  # nothing is published: the draft

    await asyncio.to_thread(cell)


async def test_an_execution_can_be_awaited_and_forked_with_other_data(service: Service) -> None:
    kept = await asyncio.to_thread(service.save, orders())
    started = await asyncio.to_thread(kept.start, {"price": 1})
    execution = await started
    assert execution.state == "succeeded"
    fork = await asyncio.to_thread(execution.fork, replace={"Start": [{"price": 50}]})
    await fork
    assert await asyncio.to_thread(lambda: fork["Large"].json()) == [{"price": 50, "total": 100}]
    found = await asyncio.to_thread(lambda: execution.compare(fork))
    assert [(one.name, one.counts, one.changed, one.added) for one in found] == [
        ("Start", (1, None), 0, 0), ("Total", (1, 1), 1, 0), ("Large", (0, 1), 0, 1),
    ]  # fmt: skip


async def test_what_failed_says_why_and_what_is_not_there_what_is(service: Service) -> None:
    def cell() -> None:
        wf = Workflow("Wrong")
        wf.node("flow.manual_trigger", "Start") >> wf.node("flow.stop_and_error", "Stop", message="No stock left")
        execution = service.save(wf).run()
        assert execution.state == "failed"
        with pytest.raises(NodeError, match="Node 'Stop' failed: No stock left"):
            execution.raise_if_failed()
        assert "No stock left" in execution._repr_html_()
        with pytest.raises(NotFoundError, match="no workflow 'Wrongg'"):
            service.workflow("Wrongg")

    await asyncio.to_thread(cell)
