"""What happens when nodes fail: stop, go on, leave by the error port; retries come first, at the times they should."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, kinds, numbers, run
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.schedule import Began, Decision, End, FailedRun, Finished, Schedule, Start, TimeCame, WakeAt
from workflow_kernel.graph.model import Retry
from workflow_kernel.runs.outcome import ErrorInfo

START: Drawn = "flow.manual_trigger"


def failing(on_error: str, *, fails: int = 99, tries: int = 1) -> Drawn:
    return ("test.add", {"fails": fails}, {"on_error": on_error, "retry": Retry(tries=tries, wait=0.0)})


async def test_an_error_stops_the_execution_and_names_its_node() -> None:
    calls = Calls()
    workflow = draw({"start": START, "bad": failing("stop"), "a": "test.add"}, "start > bad, bad > a")
    result = await run(workflow, *numbers(2), calls=calls)
    assert result.state == "failed"
    assert calls.names() == ["bad"]
    assert result.error is not None and (result.error.node, result.error.message) == ("bad", "bad fails")
    assert result["bad"].status == "failed" and result["bad"].error == result.error
    with pytest.raises(Exception, match="Node 'bad' failed: bad fails"):
        result.raise_if_failed()


async def test_a_whole_node_that_fails_passes_its_input_on() -> None:
    workflow = draw({"start": START, "bad": failing("continue"), "a": "flow.no_op"}, "start > bad, bad > a")
    result = await run(workflow, *numbers(2))
    assert result.state == "succeeded"
    assert result["a"].json() == numbers(2)
    assert result["bad"].error is not None and result["bad"].error.message == "bad fails"


async def test_a_whole_node_that_fails_sends_its_input_by_the_error_port() -> None:
    workflow = draw(
        {"start": START, "bad": failing("branch"), "a": "flow.no_op", "b": "flow.no_op"},
        "start > bad, bad > a, bad.error > b",
    )
    result = await run(workflow, *numbers(2))
    assert result.state == "succeeded" and "a" not in result
    assert result["b"].json() == [{"n": 0, "error": "bad fails"}, {"n": 1, "error": "bad fails"}]


@pytest.mark.parametrize("input_port", ["input1", "input2"])
async def test_a_merge_that_fails_passes_on_the_input_it_has(input_port: str) -> None:
    merge: Drawn = ("flow.merge", {"mode": "sql", "query": "nonsense"}, {"on_error": "branch"})
    field = {"name": "m", "value": "={{ $('start').item.json.n }}", "type": "number"}
    workflow = draw(
        {"start": START, "merge": merge, "b": ("data.set", {"fields": [field]})},
        f"start > merge.{input_port}, merge.error > b",
    )
    result = await run(workflow, *numbers(2))
    result.raise_if_failed()
    assert [item["m"] for item in result["b"].json()] == [0, 1]


@pytest.mark.parametrize("on_error", ["stop", "continue", "branch"])
async def test_retries_come_before_what_happens_on_errors(on_error: str) -> None:
    calls = Calls()
    workflow = draw(
        {"start": START, "bad": failing(on_error, fails=2, tries=3), "a": "test.add"}, "start > bad, bad > a"
    )
    result = await run(workflow, *numbers(1), calls=calls)
    assert result.state == "succeeded"
    assert calls.names() == ["bad", "bad", "bad", "a"]
    assert result["a"].json() == [{"n": 0, "path": "/bad/a"}]
    assert result["bad"].attempts == 3 and result["bad"].error is None


async def test_items_that_fail_are_tried_again_before_they_leave_by_the_error_port() -> None:
    workflow = draw(
        {
            "start": START,
            "each": ("test.each", {}, {"on_error": "branch", "retry": Retry(tries=2, wait=0.0)}),
            "bad": "flow.no_op",
        },
        "start > each, each.error > bad",
    )
    result = await run(workflow, {"n": 1}, {"n": -1})
    assert result["each"].attempts == 2
    assert result["bad"].json() == [{"n": -1, "error": "-1 is negative"}]


@pytest.mark.parametrize("expression", ["$json.x.y", "$json.n / 0", "undefined_name"])
async def test_a_bad_expression_tells_itself_its_item_and_the_reason(expression: str) -> None:
    field = {"name": "a", "value": f"={{{{ {expression} }}}}", "type": "any"}
    workflow = draw({"start": START, "set": ("data.set", {"fields": [field]})}, "start > set")
    result = await run(workflow, *numbers(2))
    assert result.error is not None
    assert result.error.kind == "expression" and result.error.node == "set"
    assert expression in result.error.expression
    assert result.error.item == 0 and result.error.message


async def test_all_items_failing_by_their_expressions_leave_by_the_error_port_with_their_reason() -> None:
    field = {"name": "a", "value": "={{ 1 / $json.n }}", "type": "any"}
    workflow = draw(
        {"start": START, "set": ("data.set", {"fields": [field]}, {"on_error": "branch"}), "bad": "flow.no_op"},
        "start > set, set.error > bad",
    )
    result = await run(workflow, {"n": 0}, {"n": 0})
    result.raise_if_failed()
    assert len(result["bad"].json()) == 2
    assert all("Division by zero" in item["error"] for item in result["bad"].json())


async def test_a_node_is_called_once_for_a_try() -> None:
    calls = Calls()
    workflow = draw({"start": START, "good": "test.add", "bad": failing("continue")}, "start > good, good > bad")
    await run(workflow, *numbers(2), calls=calls)
    assert calls.names() == ["good", "bad"]


# Virtual time: the scheduler alone.


class Clock:
    """The scheduler and a time that tests move."""

    def __init__(self, retry: Retry) -> None:
        workflow = draw({"start": START, "a": ("test.add", {}, {"retry": retry})}, "start > a")
        self.schedule = Schedule(Plan(workflow, kinds(Calls())))
        self.now = 1000.0
        start = self._only(self.schedule.handle(Began("start"), self.now), Start)
        self.run = self._only(self.schedule.handle(Finished(start.run, [1]), self.now), Start).run

    @staticmethod
    def _only(decisions: list[Decision], kind: Any) -> Any:
        assert len(decisions) == 1 and isinstance(decisions[0], kind), decisions
        return decisions[0]

    def fail(self, error: ErrorInfo, chance: float = 0.0) -> float | None:
        """Seconds till the next try, which is started; None when the execution ends."""
        (decision,) = self.schedule.handle(FailedRun(self.run, error, chance), self.now)
        if isinstance(decision, End):
            assert decision.state == "failed" and decision.error == error
            return None
        assert isinstance(decision, WakeAt)
        wait, self.now = decision.at - self.now, decision.at
        assert self._only(self.schedule.handle(TimeCame(self.run), self.now), Start).run is self.run
        return wait


NO = ErrorInfo("no")


def waits(clock: Clock, error: ErrorInfo = NO, chance: float = 0.0) -> list[float]:
    found: list[float] = []
    while (wait := clock.fail(error, chance)) is not None:
        found.append(wait)
    return found


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (Retry(tries=1), []),
        (Retry(tries=3), [1, 1]),
        (Retry(tries=4, wait=2.0), [2, 2, 2]),
        (Retry(tries=5, wait=1.0, backoff=2.0), [1, 2, 4, 8]),
        (Retry(tries=6, wait=1.0, backoff=3.0, max_wait=10.0), [1, 3, 9, 10, 10]),
    ],
)
def test_waits_between_tries(retry: Retry, expected: list[float]) -> None:
    assert waits(Clock(retry)) == expected


def test_jitter_shortens_waits_by_chance() -> None:
    retry = Retry(tries=3, wait=10.0, jitter=0.5)
    assert waits(Clock(retry), chance=0.0) == [10, 10]
    assert waits(Clock(retry), chance=0.5) == [7.5, 7.5]


def test_a_wait_the_other_side_asks_for_is_kept() -> None:
    retry = Retry(tries=3, wait=1.0, max_wait=5.0)
    assert waits(Clock(retry), ErrorInfo("no", retry_after=60.0)) == [60, 60]
    assert waits(Clock(retry), ErrorInfo("no", retry_after=0.1)) == [1, 1]


def test_losses_are_free_three_times_and_count_apart() -> None:
    lost = ErrorInfo("lost", kind="lost")
    clock = Clock(Retry(tries=2, wait=5.0))
    assert [clock.fail(lost), clock.fail(NO), clock.fail(lost), clock.fail(lost)] == pytest.approx([0.2, 5, 0.4, 0.8])
    assert clock.run.attempt == 2
    assert clock.fail(lost) is None


def test_a_cancelled_run_is_not_tried_again() -> None:
    assert Clock(Retry(tries=9)).fail(ErrorInfo("cancelled", kind="cancelled")) is None
