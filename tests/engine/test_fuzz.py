"""Random workflows of real nodes: the same in every order of running, and whenever the process ends in between."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.drawn import Calls, Drawn, draw, kinds, numbers
from tests.engine.test_resume import ID, DeadlyJournal, Killed, durable
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.journal import Journal, MemoryJournal
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Order, Retry, Workflow
from workflow_kernel.runs.item import Items
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

SEEDS = st.integers(0, 2**31)
PORTS = {"flow.if": ("true", "false"), "data.filter": ("kept", "discarded"), "flow.loop": ("done",)}


def random_node(chance: random.Random, number: int) -> Drawn:
    """A node of some kind with parameters of some kind, anywhere."""
    fields: dict[str, Any] = {"position": (float(chance.randrange(4)), float(chance.randrange(4)))}
    left = chance.choice(["={{ $json.n % 2 }}", "={{ $json.n }}", "={{ $runIndex }}"])
    condition = {"left": left, "operator": chance.choice(["number.equals", "number.larger"]), "right": 1}
    value = chance.choice([f"={{{{ $json.n + {number} }}}}", "={{ $json.n * 2 }}", "={{ $('start').item.json.n }}"])
    field = {"name": "n", "value": value, "type": "number"}
    if chance.random() < 0.1:
        fields["always_output"] = True
    if chance.random() < 0.1:
        fields["disabled"] = True
    if chance.random() < 0.1:
        fields["execute_once"] = True
    retry = {**fields, "retry": Retry(tries=3, wait=0.0)}
    return chance.choice(
        [
            ("data.set", {"include": "all", "fields": [field]}, fields),
            ("flow.if", {"conditions": {"conditions": [condition]}}, fields),
            ("data.filter", {"conditions": {"conditions": [condition]}}, fields),
            ("data.limit", {"count": chance.randrange(4), "keep": chance.choice(["first", "last"])}, fields),
            ("data.sort", {"by": [{"field": "n", "order": "descending"}]}, {**fields, "on_error": "continue"}),
            ("flow.merge", {"mode": chance.choice(["append", "by_position"])}, fields),
            ("test.add", {"fails": chance.randrange(2)}, retry),
            ("test.later", {}, fields),
            ("test.effect", {"fails": chance.randrange(2)}, retry),
        ]
    )  # type: ignore[return-value]


def random_workflow(seed: int, size: int, order: Order) -> Workflow:
    """Nodes that each follow some earlier ones."""
    chance = random.Random(seed)
    nodes: dict[str, Drawn] = {"start": "flow.manual_trigger"}
    edges: list[str] = []
    for number in range(size):
        drawn = random_node(chance, number)
        inputs = (".input1", ".input2") if drawn[0] == "flow.merge" else ("",)
        for port in inputs:
            for _ in range(chance.choice([1, 1, 2])):
                source = chance.choice(list(nodes))
                kind = nodes[source][0] if isinstance(nodes[source], tuple) else ""
                output = "." + chance.choice(PORTS[kind]) if kind in PORTS else ""
                edges.append(f"{source}{output} > n{number}{port}")
        nodes[f"n{number}"] = drawn
    return draw(nodes, ", ".join(dict.fromkeys(edges)), order=order)


def shown(result: ExecutionResult) -> dict[str, Any]:
    """What a result is, however its runs overlapped."""
    runs = {
        (run.node.name, run.index): [
            [(item.json, batch.lineage.sources(at)) for at, item in enumerate(batch.items())] for batch in run.outputs
        ]
        for run in result.runs
        if run.status == "succeeded"
    }
    if result.state != "succeeded":
        # Which branches were done when another failed is a matter of time.
        return {"state": result.state}
    return {"state": result.state, "runs": runs, "output": result.output().json()}


async def run(workflow: Workflow, calls: Calls, journal: Journal | None = None) -> ExecutionResult:
    async with LocalEngine(kinds(calls), Environment(MemoryBlobs()), journal) as engine:
        return await asyncio.wait_for(engine.run(workflow, Items.of(*numbers(3)), execution=ID), 20)


@settings(max_examples=400, deadline=None, database=None)
@given(seed=SEEDS, size=st.integers(2, 9))
def test_running_at_the_same_time_gives_the_same_as_one_after_another(seed: int, size: int) -> None:
    together = asyncio.run(run(random_workflow(seed, size, "canvas"), Calls()))
    apart = asyncio.run(run(random_workflow(seed, size, "sequential"), Calls()))
    assert shown(together) == shown(apart)


@settings(max_examples=150, deadline=None, database=None)
@given(seed=SEEDS, size=st.integers(2, 8), place=st.floats(0, 1), keeps=st.booleans())
def test_a_process_that_ends_anywhere_changes_nothing(seed: int, size: int, place: float, keeps: bool) -> None:
    async def check() -> None:
        workflow = random_workflow(seed, size, "canvas")
        whole, undisturbed = MemoryJournal(), Calls()
        expected = shown(await run(workflow, undisturbed, whole))
        entries = len(whole.load(ID))
        calls, journal = Calls(), DeadlyJournal(1 + round(place * (entries - 1)), keeps=keeps)
        try:
            await run(workflow, calls, journal)
        except Killed:
            before, done = len(calls), durable(journal)
            assert shown(await run(workflow, calls, journal.kept)) == expected
            assert not [call for call in calls[before:] if call[:2] in done]
            assert set(calls) >= set(undisturbed) or expected["state"] != "succeeded"

    asyncio.run(check())
