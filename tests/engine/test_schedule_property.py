"""The scheduler against a naive interpreter, on random graphs, with runs that finish in random order."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.graphs import random_plan, sizes_of
from tests.engine.reference import Ran, interpret
from workflow_kernel.engine.activity import Run
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.schedule import Began, End, Finished, Schedule, Start

SEEDS = st.integers(0, 2**31)


def schedule_runs(plan: Plan, start: str, sizes, chance: random.Random) -> list[Ran]:  # type: ignore[no-untyped-def]
    """What the scheduler runs when started runs finish in any order, sorted as if one after another."""
    schedule = Schedule(plan)
    decisions = schedule.handle(Began(start), 0.0)
    running: list[Run] = []
    done: list[Run] = []
    ended = False
    while True:
        for decision in decisions:
            if isinstance(decision, Start):
                running.append(decision.run)
            else:
                assert isinstance(decision, End)
                assert decision.state == "succeeded"
                ended = True
        if not running:
            break
        run = running.pop(chance.randrange(len(running)))
        given_sizes = sizes(run.node.id, run.index)
        run.outputs = tuple(range(n) for n in given_sizes)
        done.append(run)
        decisions = schedule.handle(Finished(run, given_sizes), 0.0)
    assert ended, "the scheduler stopped without an end"
    done.sort(key=lambda run: (run.place.level, run.place.label, run.sequence))
    return [_ran(run) for run in done]


def _ran(run: Run) -> Ran:
    inputs = tuple(None if s is None else (s[0].node.id, s[0].index, s[1]) for s in run.inputs)
    missing = len(run.node.ports.inputs) - len(inputs)
    return Ran(run.node.id, run.index, (*inputs, *(None for _ in range(missing))) if inputs else ())


def expected_runs(plan: Plan, sizes) -> list[Ran]:  # type: ignore[no-untyped-def]
    return interpret(plan, "n0", sizes)


@settings(max_examples=8000, deadline=None, database=None)
@given(seed=SEEDS, size=st.integers(2, 12), fullness=st.sampled_from([0.4, 0.6, 0.8, 1.0]))
def test_runs_come_out_as_if_one_after_another(seed: int, size: int, fullness: float) -> None:
    plan = random_plan(seed, size)
    sizes = sizes_of(seed, fullness, turns=50)
    assert schedule_runs(plan, "n0", sizes, random.Random(seed)) == expected_runs(plan, sizes)


@settings(max_examples=3000, deadline=None, database=None)
@given(seed=SEEDS, size=st.integers(2, 14), fullness=st.sampled_from([0.6, 0.9]))
@example(seed=427, size=9, fullness=0.9)  # a merge that begins to wait after another that leads to it went on late
def test_loops_end_and_give_the_same_in_any_order(seed: int, size: int, fullness: float) -> None:
    plan = random_plan(seed, size, loops=True)
    sizes = sizes_of(seed, fullness)
    expected = expected_runs(plan, sizes)
    assert schedule_runs(plan, "n0", sizes, random.Random(1)) == expected
    assert schedule_runs(plan, "n0", sizes, random.Random(2)) == expected


@settings(max_examples=1500, deadline=None, database=None)
@given(seed=SEEDS, size=st.integers(2, 12), fullness=st.sampled_from([0.5, 0.8]))
def test_sequential_order_runs_one_node_at_a_time(seed: int, size: int, fullness: float) -> None:
    plan = random_plan(seed, size, order="sequential")
    sizes = sizes_of(seed, fullness, turns=50)
    schedule = Schedule(plan)
    decisions = schedule.handle(Began("n0"), 0.0)
    order: list[Ran] = []
    while isinstance(decisions[0], Start):
        assert len(decisions) == 1
        run = decisions[0].run
        order.append(_ran(run))
        given_sizes = sizes(run.node.id, run.index)
        run.outputs = tuple(range(n) for n in given_sizes)
        decisions = schedule.handle(Finished(run, given_sizes), 0.0)
    assert order == expected_runs(plan, sizes)


@pytest.mark.parametrize("seed", range(200))
def test_breadth_first_order_ends(seed: int) -> None:
    plan = random_plan(seed, 10, order="breadth_first")
    sizes = sizes_of(seed, 0.7)
    schedule_runs(plan, "n0", sizes, random.Random(seed))
