"""The same workflow on a cluster gives the same, item for item."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.engine.drawn import draw, numbers
from tests.engine.test_fuzz import random_workflow, shown
from tests.ray.conftest import Make, run_of
from tests.ray.drawn import registry
from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.cli.load import read_workflow
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items, as_items
from workflow_kernel.runs.outcome import Failed
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

EXAMPLES = Path(__file__).parents[2] / "notebooks" / "examples"


@pytest.mark.parametrize("seed", range(12))
async def test_random_graphs_give_the_same(seed: int, on_ray: Make) -> None:
    items = as_items(numbers(5))
    for order in ("canvas", "sequential"):
        workflow = random_workflow(seed, 10, order)  # type: ignore[arg-type]
        async with LocalEngine(registry(), Environment(MemoryBlobs())) as engine:
            here = await engine.run(workflow, items)
        there = await on_ray(registry()).run(workflow, items)
        assert shown(there) == shown(here)


@pytest.mark.parametrize("name", ["csv_cleanup", "survey_javascript", "sales_by_region", "dedupe_join"])
async def test_examples_give_the_same(name: str, on_ray: Make) -> None:
    workflow = read_workflow(EXAMPLES / f"{name}.flow", Registry())
    environment = local_environment(folder=EXAMPLES)
    async with LocalEngine(environment=environment) as engine:
        here = await engine.run(workflow)
    engine = on_ray()
    engine.environment.folder = EXAMPLES
    there = await engine.run(workflow)
    assert (there.state, there.output().rows) == (here.state, here.output().rows)


async def test_code_sees_earlier_nodes_and_its_output_is_kept(on_ray: Make) -> None:
    code = "import os\nprint('from python')\nos.system('echo from a shell')\nreturn [{'s': node('start').first()['n']}]"
    workflow = draw(
        {
            "start": "flow.manual_trigger",
            "a": ("code.python", {"code": code}),
            "b": ("code.javascript", {"code": "return [{json: {t: $('a').first().json.s + $('start').all().length}}]"}),
        },
        "start > a, a > b",
    )
    result = await on_ray().run(workflow, as_items(numbers(3)))
    result.raise_if_failed()
    assert result["b"].json() == [{"t": 3}]
    assert [line.text for line in run_of(result, "a").outcome.logs] == ["from python", "from a shell"]


GIVEN = [
    ["plain", "plain", "plain"], ["itself"], ["plain", "nothing", "itself"], ["nothing"], ["several", "plain"],
    ["wrapped", "wrapped"], ["named json"], ["remembers", "another", "plain"], ["table"], ["yields", "plain"],
    ["waits", "plain"], ["plain", "fails", "plain"], ["plain", "number"], ["plain", "object"],
]  # fmt: skip


async def test_a_function_for_each_item_gives_the_same_whatever_it_gives(on_ray: Make) -> None:
    there = on_ray(registry())
    async with LocalEngine(registry(), environment=local_environment()) as here:
        for kinds in GIVEN:
            items = as_items([{"n": n, "gives": kind} for n, kind in enumerate(kinds)])
            for parameters in ({}, {"base": 5}):
                workflow = draw({"start": "flow.manual_trigger", "a": ("task.various", parameters)}, "start > a")
                results = [await engine.run(workflow, items) for engine in (here, there)]
                assert [told(found) for found in results[1:]] == [told(found) for found in results[:1]], kinds


def told(result: ExecutionResult) -> Any:
    """What there is to know of a result, of the run that failed as well."""
    run = next((run for run in result.runs if run.node.name == "a"), None)
    error = result.error and (result.error.message, result.error.code, result.error.mend, result.error.item)
    lines = [] if run is None else [line.text for line in run.outcome.logs]
    return result.state, error, lines, shown(result)


async def test_the_address_that_ends_a_wait_is_known_there(on_ray: Make) -> None:
    workflow = draw(
        {
            "start": "flow.manual_trigger",
            "a": "test.address",
            "b": ("code.python", {"code": "return {'address': _execution['resumeUrl']}"}),
        },
        "start > a, a > b",
    )
    engine = on_ray(registry())
    engine.environment.resume_url = lambda execution, node, run_index: f"http://here/{node}/{run_index}"
    result = await engine.run(workflow)
    result.raise_if_failed()
    assert [result[name].json() for name in "ab"] == [
        [{"address": "http://here/a/0"}], [{"address": "http://here/b/0"}],
    ]  # fmt: skip


def chain(length: int) -> Workflow:
    names = [f"n{number}" for number in range(length)]
    return draw(
        {"start": "flow.manual_trigger", **dict.fromkeys(names, "task.light")},
        ", ".join(f"{a} > {b}" for a, b in itertools.pairwise(["start", *names])),
    )


async def test_a_chain_is_a_few_ray_tasks_and_siblings_share_some(on_ray: Make) -> None:
    engine = on_ray(registry(), worth=1.0)
    for _ in range(2):
        result = await engine.run(chain(40), Items.of({"n": 0}))
        assert result["n39"].json() == [{"n": 40}]
    before = engine.backend.tasks  # type: ignore[attr-defined]
    await engine.run(chain(40), Items.of({"n": 0}))
    assert engine.backend.tasks - before <= 4  # type: ignore[attr-defined]
    wide = draw(
        {"start": "flow.manual_trigger", **{f"n{n}": "task.light" for n in range(200)}},
        ", ".join(f"start > n{n}" for n in range(200)),
    )
    before = engine.backend.tasks  # type: ignore[attr-defined]
    result = await engine.run(wide, Items.of({"n": 0}))
    assert all(result[f"n{n}"].json() == [{"n": 1}] for n in range(200))
    assert engine.backend.tasks - before < 100  # type: ignore[attr-defined]


async def test_who_is_quick_does_not_wait_for_who_is_slow(on_ray: Make, tmp_path: Path) -> None:
    engine = on_ray(registry())
    gate, notes = tmp_path / "gate", tmp_path / "notes"

    def fan(count: int, gate: str) -> Workflow:
        names = [f"n{number}" for number in range(count)]
        kinds: dict[str, Any] = {name: ("task.gated", {"notes": str(notes)}) for name in names}
        kinds["n3"] = ("task.gated", {"gate": gate, "notes": str(notes)})
        return draw({"start": "flow.manual_trigger", **kinds}, ", ".join(f"start > {name}" for name in names))

    for _ in range(3):  # it is known as quick then
        (await engine.run(fan(20, ""))).raise_if_failed()
    notes.unlink()
    given = engine.backend.tasks  # type: ignore[attr-defined]
    ended: set[str] = set()

    def hear(event: Any) -> None:
        if type(event).__name__ == "NodeRunEnded":
            ended.add(event.node)
        if len(ended) == 100:  # the trigger and all but one
            gate.touch()

    async with asyncio.timeout(60):
        (await engine.run(fan(100, str(gate)), on_event=hear)).raise_if_failed()
    assert "n3" in ended
    assert notes.read_text() == "." * 100
    assert engine.backend.tasks - given < 20  # type: ignore[attr-defined]


async def test_many_items_are_cut_into_chunks_and_joined(on_ray: Make) -> None:
    workflow = draw({"start": "flow.manual_trigger", "a": "task.each", "b": "flow.no_op"}, "start > a, a > b")
    engine = on_ray(registry())
    rows = [{"n": n if n < 1234 else n + 1} for n in range(20_000)]
    result = await engine.run(workflow, as_items(rows))
    result.raise_if_failed()
    assert [row["n"] for row in result["b"].json()] == [row["n"] * 2 for row in rows]
    batch = run_of(result, "a").outputs[0]
    assert [batch.lineage.sources(at)[0].index for at in (0, 9, 10, 19_999)] == [0, 9, 10, 19_999]
    assert engine.backend.tasks > 2  # type: ignore[attr-defined]
    failed = await engine.run(workflow, as_items(numbers(2_000)))
    assert failed.error is not None
    assert (failed.state, failed.error.item) == ("failed", 1234)
    passed = await engine.run(
        draw({"start": "flow.manual_trigger", "a": ("task.each", {}, {"on_error": "continue"})}, "start > a"),
        as_items(numbers(2_000)),
    )
    found = passed["a"].json()
    assert len(found) == 2_000
    assert "not this one" in found[1234]["error"]


async def test_tables_and_arrays_go_by_reference(on_ray: Make) -> None:
    from ray_executor.elsewhere import Elsewhere

    engine = on_ray(registry(), worth=1.0)
    nodes: dict[str, Any] = {
        "start": "flow.manual_trigger", "t": "test.table", "g": ("task.grow", {"column": "b"}), "r": "task.array",
        "s": "task.total", "s2": "task.total",
    }  # fmt: skip
    result = await engine.run(draw(nodes, "start > t, t > g, start > r, r > s, r > s2"))
    result.raise_if_failed()
    assert isinstance(run_of(result, "g").outputs[0], Elsewhere)
    assert run_of(result, "g").outputs[0].table.column_names == ["a", "b"]  # type: ignore[attr-defined]
    assert isinstance(run_of(result, "r").outputs[0], Elsewhere)
    for name in ("s", "s2"):
        assert result[name].json() == [{"sum": 1_000_000.0, "writeable": False}]


async def test_what_cannot_travel_is_told(on_ray: Make) -> None:
    workflow = draw(
        {"start": "flow.manual_trigger", "a": ("code.python", {"code": "import threading\nreturn threading.Lock()"})},
        "start > a",
    )
    result = await on_ray().run(workflow)
    assert result.error is not None
    assert (result.error.code, result.error.node) == ("WF331", "a")


async def test_in_a_shared_service_code_runs_apart_and_outputs_are_kept(on_ray: Make) -> None:
    code = "import os\nreturn {'token': os.environ.get('RAY_AUTH_TOKEN'), 'text': 'x' * 100_000}"
    workflow = draw({"start": "flow.manual_trigger", "a": ("code.python", {"code": code})}, "start > a")
    engine = on_ray(shared=True)
    result = await engine.run(workflow)
    result.raise_if_failed()
    batch = run_of(result, "a").outputs[0]
    assert batch.kept.blob in engine.environment.blobs  # type: ignore[attr-defined]
    assert batch.items()[0].json["token"] is None


async def test_progress_is_told_while_a_node_runs(on_ray: Make) -> None:
    seen: list[Any] = []
    workflow = draw({"start": "flow.manual_trigger", "a": ("test.slow", {"seconds": 0.2})}, "start > a")
    result = await on_ray(registry()).run(workflow, on_event=seen.append)
    assert result.is_success
    assert [(e.fraction, e.message) for e in seen if type(e).__name__ == "NodeProgress"] == [(0.5, "half")]
    assert not any(isinstance(run.outcome, Failed) for run in result.runs)
