"""Executions of a service: queued or run at once, kept, waiting, stopped, repeated, taken over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import nbformat
import pytest
from sqlalchemy import text

from tests.engine.drawn import Calls, draw, numbers
from tests.servers import empty_redis
from tests.services.running import Running, crash, eventually, running
from workflow_kernel.base.errors import ConflictError, NotFoundError, TooManyError
from workflow_kernel.base.settings import Settings
from workflow_kernel.graph.model import Retry
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.executions import ExecutionFilter, StartOptions

START = {"start": "flow.manual_trigger"}
CHAIN = draw({**START, "a": "test.add", "b": "test.add"}, "start > a, a > b")
EFFECTS = draw({**START, "a": "test.effect", "b": "test.effect"}, "start > a, a > b")
GATED = draw({**START, "a": "test.effect", "gate": "test.gate", "b": "test.effect"}, "start > a, a > gate, gate > b")
WAITING = draw({**START, "a": "test.effect", "wait": "test.wait", "b": "test.add"}, "start > a, a > wait, wait > b")


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Running]:
    async with running(settings) as found:
        yield found


async def test_a_queued_execution_of_light_nodes_is_one_row(service: Running) -> None:
    execution = await service.launch(CHAIN, *numbers(3))
    row = await service.ends(execution)
    assert (row.last_node, row.owner, row.error) == ("b", None, None)
    assert row.started_at is not None and row.ended_at is not None
    assert await service.split_runs(execution) == 0
    assert [item["path"] for item in await service.output(execution, "b")] == ["/a/b"] * 3
    views = await service.executions.node_runs(SYSTEM, execution)
    assert [(view.node, view.state, view.items) for view in views] == [
        ("start", "succeeded", [3]), ("a", "succeeded", [3]), ("b", "succeeded", [3]),
    ]  # fmt: skip


async def test_an_execution_somebody_waits_for_is_durable_with_its_answer(service: Running) -> None:
    workflow = await service.keep(CHAIN)
    ended = await service.core.dispatcher.run_now(service.wish(workflow, {"n": 1}, mode="webhook"))
    assert (ended.state, ended.output.json()) == ("succeeded", [{"n": 1, "path": "/a/b"}])
    assert await service.state(ended.execution) == "succeeded"


async def test_an_intent_is_durable_before_its_effect(service: Running) -> None:
    execution = await service.launch(GATED, {"n": 1})
    await service.calls.began.wait()
    assert await service.split_runs(execution) >= 2
    service.calls.gate.set()
    await service.ends(execution)
    assert service.calls.names() == ["a", "gate", "b"]


async def test_a_failed_execution_says_why(service: Running) -> None:
    execution = await service.launch(draw({**START, "bad": ("test.add", {"fails": 9})}, "start > bad"))
    row = await service.ends(execution, "failed")
    assert row.error is not None and (row.error["message"], row.error["node"]) == ("bad fails", "bad")
    views = await service.executions.node_runs(SYSTEM, execution)
    assert [(view.node, view.state) for view in views] == [("start", "succeeded"), ("bad", "failed")]


async def test_a_workflow_that_cannot_run_fails_with_the_reason(service: Running) -> None:
    execution = await service.launch(draw({**START, "odd": "no.such_type"}, "start > odd"))
    row = await service.ends(execution, "failed")
    assert row.error is not None and "no.such_type" in row.error["message"]


async def test_who_is_told_of_failures(service: Running) -> None:
    told: list[tuple[str, str]] = []

    async def tell(row: Any, stored: Any, result: Any) -> None:
        told.append((stored.graph.name, result.error.message))

    service.core.dispatcher.on_failed.append(tell)
    bad = await service.keep(draw({**START, "bad": ("test.add", {"fails": 9})}, "start > bad", name="Bad"))
    by_hand = await service.again(bad, mode="manual")
    await service.ends(by_hand, "failed")
    await service.ends(await service.again(bad), "failed")
    await eventually(lambda: _so(told == [("Bad", "bad fails")]))


async def test_a_wait_leaves_memory_and_goes_on_by_itself(service: Running) -> None:
    until = time.time() + 2.5
    waiting = draw({**START, "a": "test.effect", "wait": ("test.wait", {"until": until}), "b": "test.add"},
                   "start > a, a > wait, wait > b")  # fmt: skip
    execution = await service.launch(waiting, {"n": 1})
    row = await service.ends(execution, "suspended")
    assert row.owner is None and row.wake_at is not None and abs(row.wake_at.timestamp() - until) < 0.1
    assert service.core.dispatcher.running == 0
    assert service.core.dispatcher.at_hand(str(execution)) is None
    await service.ends(execution)
    assert service.calls.names() == ["a", "wait", "b"]
    assert await service.output(execution, "b") == [{"n": 1, "path": "/a/wait/b"}]


async def test_a_wait_is_ended_by_a_call_with_new_items(service: Running) -> None:
    execution = await service.launch(WAITING, {"n": 1})
    await service.ends(execution, "suspended")
    await service.executions.resume(SYSTEM, execution, "wait", items=[{"approved": True}])
    await service.ends(execution)
    assert await service.output(execution, "b") == [{"approved": True, "path": "/b"}]
    with pytest.raises(ConflictError, match="Nothing waits"):
        await service.executions.resume(SYSTEM, execution, "wait")


async def test_a_wait_is_ended_while_another_branch_runs(service: Running) -> None:
    #   start -,> wait > b
    #          `> gate
    both = draw({**START, "wait": "test.wait", "gate": "test.gate", "b": "test.add"},
                "start > wait, start > gate, wait > b")  # fmt: skip
    execution = await service.launch(both, {"n": 1})
    await service.calls.began.wait()
    await eventually(lambda: _waits(service, execution))
    await service.executions.resume(SYSTEM, execution, "wait", items=[{"n": 2}])
    await eventually(lambda: _so("b" in service.calls.names()))
    assert await service.state(execution) == "running"
    service.calls.gate.set()
    await service.ends(execution)
    assert await service.output(execution, "b") == [{"n": 2, "path": "/b"}]


async def test_executions_are_cancelled_while_they_wait_and_while_they_run(service: Running) -> None:
    waiting = await service.launch(WAITING)
    await service.ends(waiting, "suspended")
    assert (await service.executions.cancel(SYSTEM, waiting)).state == "cancelled"
    running_one = await service.launch(GATED)
    await service.calls.began.wait()
    await service.executions.cancel(SYSTEM, running_one)
    await service.ends(running_one, "cancelled")
    assert service.calls.ended == ["gate"]
    with pytest.raises(ConflictError, match="is over"):
        await service.executions.cancel(SYSTEM, running_one)


async def test_a_retry_goes_on_from_the_node_that_failed(service: Running) -> None:
    flaky = draw({**START, "a": "test.effect", "b": ("test.effect", {"fails": 1})}, "start > a, a > b")
    failed = await service.launch(flaky, {"n": 1})
    await service.ends(failed, "failed")
    again = await service.executions.retry(SYSTEM, failed)
    row = await service.ends(again.execution)
    assert row.retry_of == failed and row.mode == "retry"
    assert service.calls.names() == ["a", "b", "b"]
    from_start = await service.executions.retry(SYSTEM, failed, beginning="start")
    await service.ends(from_start.execution)
    assert service.calls.names() == ["a", "b", "b", "a", "b"]


async def test_a_fork_runs_what_depends_on_the_change(service: Running) -> None:
    #   start > a > b > c
    long = draw({**START, "a": "test.effect", "b": "test.effect", "c": "test.effect"}, "start > a, a > b, b > c")
    first = await service.launch(long, {"n": 1})
    await service.ends(first)
    forked = await service.executions.fork(SYSTEM, first, replace={"b": [{"n": 5}]})
    await service.ends(forked.execution)
    assert await service.output(forked.execution, "c") == [{"n": 5, "path": "/c"}]
    assert service.calls.names() == ["a", "b", "c", "c"]
    again = await service.executions.fork(SYSTEM, first, nodes=["b"])
    await service.ends(again.execution)
    assert service.calls.names() == ["a", "b", "c", "c", "b", "c"]


async def test_running_to_a_node_uses_what_still_holds(service: Running) -> None:
    workflow = await service.keep(EFFECTS)
    first = await service.again(workflow, {"n": 1}, mode="manual")
    await service.ends(first)
    to = await service.executions.start(
        SYSTEM, workflow, StartOptions(is_manual=True, to="b", reuse=first, items=[{"n": 1}])
    )
    await service.ends(to.execution)
    assert service.calls.names() == ["a", "b", "b"]


async def test_starting_needs_a_published_version_and_the_right_to(service: Running) -> None:
    workflow = await service.keep(CHAIN)
    async with service.core.database.connection() as connection:
        await connection.execute(text("update workflow set published_version = null"))
    with pytest.raises(ConflictError, match="is not published"):
        await service.executions.start(SYSTEM, workflow, StartOptions())
    made = await service.executions.start(SYSTEM, workflow, StartOptions(is_manual=True))
    await service.ends(made.execution)
    other = Actor(id=workflow, email="x@example.com", role="editor", permissions=SYSTEM.permissions, via="session")
    with pytest.raises(NotFoundError):
        await service.executions.start(other, workflow, StartOptions(is_manual=True))
    with pytest.raises(NotFoundError):
        await service.executions.read(other, made.execution)
    assert await service.executions.find(other, ExecutionFilter()) == []


async def test_the_same_key_gives_the_same_execution(service: Running) -> None:
    workflow = await service.keep(CHAIN)
    wish = service.wish(workflow, key="order 7")
    found = await asyncio.gather(*(service.core.launcher.launch(wish) for _ in range(5)))
    assert len({launched.execution for launched in found}) == 1
    assert sorted(launched.is_new for launched in found) == [False] * 4 + [True]


async def test_lists_are_paged_and_filtered(service: Running) -> None:
    workflow = await service.keep(CHAIN)
    made = [await service.again(workflow, mode="manual" if n % 2 else "api") for n in range(5)]
    for execution in made:
        await service.ends(execution)
    page = await service.executions.find(SYSTEM, ExecutionFilter(limit=2))
    assert [view.id for view in page[:2]] == [made[4], made[3]] and len(page) == 3
    rest = await service.executions.find(SYSTEM, ExecutionFilter(after=(page[1].created_at, page[1].id), limit=5))
    assert [view.id for view in rest] == made[2::-1]
    by_hand = await service.executions.find(SYSTEM, ExecutionFilter(modes=["manual"], states=["succeeded"]))
    assert {view.id for view in by_hand} == set(made[1::2])


async def test_a_called_workflow_is_an_execution_of_its_own(service: Running) -> None:
    inner = await service.keep(draw({"go": "flow.workflow_trigger", "x": "test.effect"}, "go > x", name="Inner"))
    call = ("flow.execute_workflow", {"source": "id", "workflow": str(inner), "mode": "each"})
    execution = await service.launch(draw({**START, "call": call}, "start > call"), *numbers(2))
    await service.ends(execution)
    assert [item["n"] for item in await service.output(execution, "call")] == [0, 1]
    children = await service.executions.find(SYSTEM, ExecutionFilter(parent=execution))
    assert [(child.mode, child.state, child.workflow) for child in children] == [("workflow", "succeeded", inner)] * 2


async def test_a_full_queue_refuses_and_keeps_nothing(settings: Settings) -> None:
    async with running(settings, works=False, set={"queue_bound": 3}) as service:
        workflow = await service.keep(CHAIN)
        accepted = 0
        with pytest.raises(TooManyError) as caught:
            for _ in range(10):
                await service.again(workflow)
                accepted += 1
        assert caught.value.retry_after == 5 and 3 <= accepted <= 4
        assert len(await service.executions.find(SYSTEM, ExecutionFilter())) == accepted


async def test_what_redis_lost_is_queued_again(settings: Settings, redis_url: str) -> None:
    async with running(settings, works=False) as service:
        made = [await service.launch(CHAIN) for _ in range(5)]
    empty_redis(redis_url)
    async with running(settings) as service:
        for execution in made:
            await service.ends(execution)
    assert len(service.calls) == 10


async def test_another_runner_takes_over_and_repeats_nothing(settings: Settings) -> None:
    calls = Calls()
    first = running(settings, calls)
    service = await first.__aenter__()
    execution = await service.launch(GATED, {"n": 1})
    await calls.began.wait()
    await eventually(lambda: _has_run(service, execution, "a"))
    await crash(service.core)
    async with running(settings, calls) as other:
        calls.began.clear()
        calls.gate.set()
        row = await other.ends(execution)
        assert (row.epoch, row.losses) == (2, 1)
    assert calls.names() == ["a", "gate", "gate", "b"]
    assert len({call.token for call in calls if call.node == "gate"}) == 1


async def test_a_runner_that_was_taken_over_cannot_write(settings: Settings) -> None:
    calls = Calls()
    async with running(settings, calls) as frozen:
        execution = await frozen.launch(GATED, {"n": 1})
        await calls.began.wait()
        await eventually(lambda: _has_run(frozen, execution, "a"))
        async with frozen.core.database.connection() as connection:  # as if its lease had ended while it slept
            await connection.execute(
                text("update execution set owner = gen_random_uuid(), epoch = 7, state = 'running'")
            )
        calls.gate.set()
        await eventually(lambda: _so(frozen.core.dispatcher.running == 0))
        row = await frozen.row(execution)
        assert (row.state, row.epoch) == ("running", 7)
        assert not await _has_run(frozen, execution, "gate")
    assert "b" not in calls.names()


async def test_an_execution_that_ends_its_runners_is_given_up(settings: Settings) -> None:
    async with running(settings, works=False) as service:
        execution = await service.launch(CHAIN)
        for _ in range(4):
            async with service.core.database.connection() as connection:
                await connection.execute(text("update execution set state = 'running', owner = gen_random_uuid()"))
            await service.core.store.free_orphans()
        row = await service.row(execution)
        assert row.state == "failed" and row.error is not None and row.error["code"] == "WF772"


async def test_a_child_goes_on_with_its_parent_after_a_take_over(settings: Settings) -> None:
    calls = Calls()
    first = running(settings, calls)
    service = await first.__aenter__()
    inner = await service.keep(
        draw({"go": "flow.workflow_trigger", "x": "test.effect", "gate": "test.gate"}, "go > x, x > gate", name="Inner")
    )
    call = ("flow.execute_workflow", {"source": "id", "workflow": str(inner)})
    execution = await service.launch(draw({**START, "call": call}, "start > call"), {"n": 1})
    await calls.began.wait()
    child = (await service.executions.find(SYSTEM, ExecutionFilter(parent=execution)))[0].id
    await eventually(lambda: _has_run(service, child, "x"))
    await crash(service.core)
    async with running(settings, calls) as other:
        calls.gate.set()
        await other.ends(execution)
        assert await other.output(execution, "call") == [{"n": 1, "path": "/x/gate"}]
        children = await other.executions.find(SYSTEM, ExecutionFilter(parent=execution))
        assert [view.id for view in children] == [child]
    assert calls.names() == ["x", "gate", "gate"]


async def test_limits_of_concurrency_hold(settings: Settings) -> None:
    async with running(settings, set={"workflow_concurrency": 1}) as service:
        workflow = await service.keep(GATED)
        first = await service.again(workflow)
        await service.calls.began.wait()
        second = await service.again(workflow)
        other = await service.launch(CHAIN)
        await service.ends(other)
        assert await service.state(second) == "queued"
        service.calls.gate.set()
        await service.ends(first)
        await service.ends(second)


async def test_large_values_are_in_the_blob_store_and_come_in_pages(service: Running) -> None:
    rows = [{"n": n, "text": "x" * 100} for n in range(3000)]
    execution = await service.launch(CHAIN, *rows)
    await service.ends(execution)
    page = await service.executions.data(SYSTEM, execution, "b", 0, 0, 2995, 100)
    assert (page.count, page.start, [item.json["n"] for item in page.items]) == (
        3000,
        2995,
        [2995, 2996, 2997, 2998, 2999],
    )
    assert page.sources == [((0, n, None),) for n in range(2995, 3000)]
    row = await service.row(execution)
    assert row.runs is not None and len(row.runs) < 5000


async def test_retries_of_nodes_outlive_their_runner(settings: Settings) -> None:
    calls = Calls()
    flaky = draw({**START, "a": ("test.effect", {"fails": 2}, {"retry": Retry(tries=3, wait=0.3)})}, "start > a")
    first = running(settings, calls)
    service = await first.__aenter__()
    execution = await service.launch(flaky, {"n": 1})
    await eventually(lambda: _so(len(calls) >= 1))
    await eventually(lambda: _noted(service, execution))
    await crash(service.core)
    async with running(settings, calls) as other:
        await other.ends(execution)
    assert len(calls) == 3 and len({call.token for call in calls}) == 1


async def _noted(service: Running, execution: Any) -> bool:
    return any(run.state == "retry_wait" for run in await service.executions.node_runs(SYSTEM, execution))


async def _waits(service: Running, execution: Any) -> bool:
    return bool(await service.core.signals.waits(execution))


async def _has_run(service: Running, execution: Any, node: str) -> bool:
    views = await service.executions.node_runs(SYSTEM, execution)
    return any(view.node == node and view.state == "succeeded" for view in views)


async def _so(is_so: bool) -> bool:
    return is_so


async def test_a_runner_that_ends_gives_back_what_it_has_without_a_loss(settings: Settings) -> None:
    calls = Calls()
    async with running(settings, calls, drain=0.05) as service:
        execution = await service.launch(GATED, {"n": 1})
        await calls.began.wait()
        await eventually(lambda: _has_run(service, execution, "a"))
    calls.gate.set()
    async with running(settings, calls) as other:
        row = await other.ends(execution)
        assert row.losses == 0
    assert calls.names() == ["a", "gate", "gate", "b"]


async def test_an_execution_whose_claim_got_no_answer_waits_again(settings: Settings, redis_url: str) -> None:
    async with running(settings, works=False) as lost:
        execution = await lost.launch(CHAIN, {"n": 1})
        assert await lost.core.dispatcher._claims.claim(execution) is not None  # the answer is lost: nobody drives it
        empty_redis(redis_url)
        await eventually(lambda: lost._is(execution, "queued"))
        async with running(settings) as service:
            row = await service.ends(execution)
        assert (row.epoch, row.losses) == (2, 0)


class FullDisk:
    """A blob store whose disk is full until somebody makes room."""

    def __init__(self, blobs: Any) -> None:
        self._put = blobs.put
        self.refused = 0
        self.is_full = True
        blobs.put = self.put

    def put(self, data: bytes) -> str:
        if self.is_full:
            self.refused += 1
            raise OSError(28, "No space left on device")
        digest: str = self._put(data)
        return digest


MAKES_MUCH = draw(
    {
        **START,
        "gate": "test.gate",
        "much": ("code.python", {"code": "return [{'text': 'x' * 999} for _ in range(200)]"}),
    },
    "start > gate, gate > much",
)


async def test_an_execution_waits_for_room_on_a_full_disk(settings: Settings) -> None:
    async with running(settings, backoff=50) as service:
        execution = await service.launch(MAKES_MUCH, {"n": 1})
        disk = FullDisk(service.core.blobs)
        service.calls.gate.set()
        await eventually(lambda: _so(disk.refused >= 2))
        disk.is_full = False
        await service.ends(execution)
        assert len(await service.output(execution, "much")) == 100


async def test_an_execution_is_given_up_when_a_disk_stays_full(settings: Settings) -> None:
    async with running(settings, backoff=5) as service:
        execution = await service.launch(MAKES_MUCH, {"n": 1})
        FullDisk(service.core.blobs)
        service.calls.gate.set()
        row = await service.ends(execution, "failed")
        assert row.error is not None and row.error["code"] == "WF775" and "No space left" in row.error["message"]
        letters = await service.core.queues.dead_letters("workflow-execution")
        assert [letter.data["id"] for letter in letters] == [str(execution)]


async def test_attachments_are_found_by_their_content_alone(service: Running) -> None:
    convert = ("files.convert_to_file", {"format": "csv"})
    execution = await service.launch(draw({**START, "file": convert}, "start > file"), *numbers(3))
    await service.ends(execution)
    page = await service.executions.data(SYSTEM, execution, "file", 0, 0, 0, 10)
    assert page.items[0].binary is not None
    kept = next(iter(page.items[0].binary.values()))
    binary, data = await service.executions.attachment(SYSTEM, execution, kept.blob)
    assert (binary, data.decode("utf-8-sig").split()) == (kept, ["n", "0", "1", "2"])
    with pytest.raises(NotFoundError, match="No item"):
        await service.executions.attachment(SYSTEM, execution, "0" * 64)


async def test_the_notebook_of_a_failed_node_can_be_had(service: Running) -> None:
    cell = nbformat.v4.new_code_cell("print('on my way')\n1 / 0")
    path = service.core.environment.folder / "report.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    notebook = draw({**START, "book": ("code.run_notebook", {"path": path.name})}, "start > book")
    execution = await service.launch(notebook)
    row = await service.ends(execution, "failed")
    assert row.error is not None and "cell 1 of report.ipynb" in row.error["message"]
    digest = row.error["data"]["report"]["notebook"]["blob"]
    binary, data = await service.executions.attachment(SYSTEM, execution, digest)
    assert (binary.file_name, "on my way" in data.decode()) == ("report.ipynb", True)
