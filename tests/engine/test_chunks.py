"""Batches too large for memory: worked on chunk by chunk, with the same results as in one piece."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.drawn import Calls, Drawn, draw, kinds, numbers
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.output import SpilledItems

COUNT = 23
LARGE = 1_000_000


async def run_with(workflow: Workflow, items: list[dict[str, Any]], spill_at: int) -> ExecutionResult:
    environment = Environment(MemoryBlobs(), spill_at=spill_at, chunk=4)
    async with LocalEngine(kinds(Calls()), environment) as engine:
        return await engine.run(workflow, Items.of(*items))


def all_json(result: ExecutionResult) -> dict[str, Any]:
    return {run.node.name: [(batch.items().json(), sources(batch)) for batch in run.outputs] for run in result.runs}


def sources(batch: Any) -> list[list[tuple[int, int]]]:
    return [[(source.port, source.index) for source in batch.lineage.sources(index)] for index in range(len(batch))]


def setting(language: str, **values: str) -> Drawn:
    fields = [{"name": name, "value": f"={{{{ {text} }}}}", "type": "any"} for name, text in values.items()]
    return ("data.set", {"include": "all", "fields": fields})


MAKE: Drawn = ("data.debug_data", {"action": "sequence", "count": COUNT})
ODD: Drawn = (
    "data.filter",
    {"conditions": {"conditions": [{"left": "={{ $json.index % 2 }}", "operator": "number.equals", "right": 1}]}},
)


def chain(language: str) -> Workflow:
    """start > make > set > odd > set: the last looks back over the filter, and at all that came in."""
    return draw(
        {
            "start": "flow.manual_trigger",
            "make": MAKE,
            "first": setting(language, at="$itemIndex", n="$json.index * 10"),
            "odd": ODD,
            "last": setting(
                language,
                place="$itemIndex",
                made="$('make').item.json.index",
                count="$input.all().length" if language == "javascript" else "len($input.all())",
                top="$input.first().json.n",
            ),
        },
        "start > make, make > first, first > odd, odd.kept > last",
        language=language,
    )


@pytest.mark.parametrize("language", ["python", "javascript"])
async def test_a_chain_over_chunks_gives_the_same_as_in_memory(language: str) -> None:
    workflow = chain(language)
    whole = await run_with(workflow, [{}], LARGE)
    whole.raise_if_failed()
    spilled = await run_with(workflow, [{}], 3)
    spilled.raise_if_failed()
    assert isinstance(spilled["first"].batch(), SpilledItems)
    assert isinstance(spilled["odd"].batch(), SpilledItems)
    assert all_json(spilled) == all_json(whole)
    assert [item["made"] for item in spilled["last"].json()] == [item["index"] for item in whole["odd"].json()]
    assert spilled["last"].json()[-1]["place"] == COUNT // 2 - 1
    assert {item["count"] for item in spilled["last"].json()} == {COUNT // 2}


@pytest.mark.parametrize("on_error", ["continue", "branch"])
@pytest.mark.parametrize("text", ["$json.n / ($json.n - 5)", "$json.n / 0", "$json.n"])
async def test_items_that_fail_by_expression_are_told_apart_over_chunks(on_error: str, text: str) -> None:
    #   start > each -main> good
    #                `error> bad
    workflow = draw(
        {
            "start": "flow.manual_trigger",
            "make": setting("python", n="$json.n - 1"),
            "each": ("test.each", {"offset": f"={{{{ {text} }}}}"}, {"on_error": on_error}),
            "set": ("data.set", setting("python", m=text)[1], {"on_error": on_error}),
        },
        "start > make, make > each, make > set",
    )
    whole = await run_with(workflow, numbers(COUNT), LARGE)
    spilled = await run_with(workflow, numbers(COUNT), 3)
    assert whole.state == "succeeded"
    assert all_json(spilled) == all_json(whole)
    for name in ("each", "set"):
        assert spilled[name].error == whole[name].error


@pytest.mark.parametrize("spill_at", [LARGE, 3])
async def test_the_failing_item_is_named_by_its_place_in_the_batch(spill_at: int) -> None:
    workflow = draw(
        {"start": "flow.manual_trigger", "all": setting("python", n="$json.n"), "each": "test.each"},
        "start > all, all > each",
    )
    items = [*numbers(10), {"n": -1}]
    result = await run_with(workflow, items, spill_at)
    assert result.error is not None
    assert (result.error.message, result.error.item) == ("-1 is negative", 10)
