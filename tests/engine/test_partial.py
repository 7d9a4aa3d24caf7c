"""Partial runs do again only what is stale; cached results stand for equal runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engine.drawn import Calls, Drawn, draw, engine_for, numbers
from workflow_kernel.engine.cache import FolderCache
from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.runs.item import Items, Object
from workflow_kernel.runs.stale import stale_nodes

START: Drawn = "flow.manual_trigger"
#   start > a > b > c > d        start > side
NODES: dict[str, Drawn] = {
    "start": START, "a": "test.add", "b": "test.add", "c": "test.add", "d": "test.add", "side": "test.add",
}  # fmt: skip
EDGES = "start > a, a > b, b > c, c > d, start > side"
BEFORE = draw(NODES, EDGES)


def change(workflow: Workflow, node_id: str, /, **fields: Any) -> Workflow:
    node = msgspec.structs.replace(workflow.nodes[node_id], **fields)
    return msgspec.structs.replace(workflow, nodes={**workflow.nodes, node_id: node})


def without(workflow: Workflow, name: str) -> Workflow:
    return msgspec.structs.replace(
        workflow,
        nodes={key: node for key, node in workflow.nodes.items() if key != name},
        edges=tuple(edge for edge in workflow.edges if name not in (edge.source.node, edge.target.node)),
    )


def with_edge(workflow: Workflow, source: str, target: str) -> Workflow:
    return msgspec.structs.replace(workflow, edges=(*workflow.edges, Edge(End(source), End(target))))


def inserted() -> Workflow:
    """b > new > c"""
    edges = tuple(edge for edge in BEFORE.edges if edge.source.node != "b")
    made = msgspec.structs.replace(BEFORE, nodes={**BEFORE.nodes, "new": Node("new", "new", "flow.no_op")}, edges=edges)
    return with_edge(with_edge(made, "b", "new"), "new", "c")


@pytest.mark.parametrize(
    ("now", "stale"),
    [
        (BEFORE, set()),
        (change(BEFORE, "b", parameters={"fails": 0}), {"b", "c", "d"}),
        (with_edge(BEFORE, "a", "c"), {"c", "d"}),
        (with_edge(without(BEFORE, "b"), "a", "c"), {"c", "d"}),
        (inserted(), {"new", "c", "d"}),
        (change(BEFORE, "c", disabled=True), {"c", "d"}),
        (change(BEFORE, "b", pin={"main": [{}]}), {"b", "c", "d"}),
        (change(BEFORE, "b", name="B"), {"b", "c", "d"}),
        (change(BEFORE, "b", notes="better"), set()),
        (change(BEFORE, "side", position=(1.0, 500.0)), set()),
    ],
)
def test_what_a_change_makes_stale(now: Workflow, stale: set[str]) -> None:
    assert stale_nodes(BEFORE, now) == stale


def test_a_change_in_a_loop_makes_all_of_it_stale() -> None:
    #   start > loop -loop> a > b > loop ;  loop -done> end
    looped = draw(
        {"start": START, "loop": "flow.loop", "a": "test.add", "b": "test.add", "end": "test.add"},
        "start > loop, loop.loop > a, a > b, b > loop, loop.done > end",
    )
    assert stale_nodes(looped, change(looped, "b", parameters={"fails": 0})) == {"loop", "a", "b", "end"}


async def run_to(now: Workflow, target: str, before: Workflow = BEFORE) -> tuple[list[str], Mapping[str, Any]]:
    calls = Calls()
    async with engine_for(calls) as engine:
        previous = await engine.run(before, Items.of(*numbers(1)), is_manual=True)
        calls.clear()
        result = await engine.run_to(now, target, previous=previous, before=before, items=Items.of(*numbers(1)))
    result.raise_if_failed()
    return calls.names(), {name: result[name].json() for name in result.names()}


async def test_running_to_a_node_runs_it_alone_when_nothing_is_stale() -> None:
    called, given = await run_to(BEFORE, "c")
    assert called == ["c"]
    assert given["c"] == [{"n": 0, "path": "/a/b/c"}]
    assert "d" not in given and "side" not in given


async def test_running_to_a_node_runs_what_is_stale_before_it() -> None:
    called, _ = await run_to(change(BEFORE, "b", parameters={"fails": 0}), "d")
    assert called == ["b", "c", "d"]


async def test_running_to_a_new_node_uses_what_is_there() -> None:
    called, given = await run_to(inserted(), "c")
    assert called == ["c"]
    assert given["new"] == [{"n": 0, "path": "/a/b"}]


async def test_running_to_a_node_in_a_loop_gives_what_a_whole_run_gives() -> None:
    looped = draw(
        {"start": START, "loop": "flow.loop", "a": "test.add", "b": "test.add", "end": "test.add"},
        "start > loop, loop.loop > a, a > b, b > loop, loop.done > end",
    )
    changed = change(looped, "a", parameters={"fails": 0})
    called, given = await run_to(changed, "end", looped)
    assert called == ["a", "b", "end"]
    assert given["end"] == [{"n": 0, "path": "/a/b/end"}]


CACHED = {"cache": True}


def entries(folder: Path) -> int:
    return len(list(folder.iterdir()))


async def runs(workflow: Workflow, folder: Path, *given: Any) -> list[list[str]]:
    """The nodes called in each of some executions that share a cache."""
    found: list[list[str]] = []
    for batch in given:
        calls = Calls()
        async with engine_for(calls, cache=FolderCache(folder)) as engine:
            result = await engine.run(workflow, batch if not isinstance(batch, list) else Items.of(*batch))
            result.raise_if_failed()
        found.append(calls.names())
    return found


async def test_an_equal_run_is_not_computed_again(tmp_path: Path) -> None:
    workflow = draw({"start": START, "a": ("test.add", {}, CACHED), "b": "test.add"}, "start > a, a > b")
    assert await runs(workflow, tmp_path, numbers(2), numbers(2), numbers(3)) == [["a", "b"], ["b"], ["a", "b"]]


async def test_links_survive_the_cache(tmp_path: Path) -> None:
    field = {"name": "n", "value": "={{ $('start').item.json.n }}", "type": "number"}
    workflow = draw(
        {
            "start": START,
            "sort": ("data.sort", {"by": [{"field": "n", "order": "descending"}]}, CACHED),
            "look": ("data.set", {"fields": [field]}),
        },
        "start > sort, sort > look",
    )
    for _ in range(2):
        async with engine_for(cache=FolderCache(tmp_path)) as engine:
            result = await engine.run(workflow, Items.of(*numbers(3)))
        assert result["look"].json() == [{"n": 2}, {"n": 1}, {"n": 0}]
    assert entries(tmp_path) == 1, "both runs used one entry"


async def test_a_cached_result_is_found_though_its_items_are_reordered(tmp_path: Path) -> None:
    workflow = draw(
        {"start": START, "a": ("data.limit", {"count": 1, "keep": "last"}, CACHED), "b": "test.add"}, "start > a, a > b"
    )
    cache = Counting(FolderCache(tmp_path))
    async with engine_for(cache=cache) as engine:
        for _ in range(2):
            assert (await engine.run(workflow, Items.of(*numbers(3))))["a"].json() == [{"n": 2}]
    assert (cache.found, cache.kept) == (1, 1)


class Counting:
    """A cache that counts."""

    def __init__(self, cache: FolderCache) -> None:
        self._cache = cache
        self.found = self.kept = 0

    def get(self, key: str) -> Any:
        found = self._cache.get(key)
        self.found += found is not None
        return found

    def put(self, key: str, outputs: Any) -> None:
        self.kept += 1
        self._cache.put(key, outputs)


async def test_what_cannot_be_cached_is_computed(tmp_path: Path) -> None:
    for drawn in (
        ("test.effect", {}, CACHED),
        ("test.add", {"fails": "={{ 0 * $now.year }}"}, CACHED),
        ("test.add", {"fails": "={{ 0 * $('start').first().json.n }}"}, CACHED),
    ):
        workflow = draw({"start": START, "a": drawn}, "start > a")
        assert await runs(workflow, tmp_path, numbers(1), numbers(1)) == [["a"], ["a"]]


async def test_an_object_passes_a_node_with_a_cache(tmp_path: Path) -> None:
    model = object()
    workflow = draw({"start": START, "a": ("flow.no_op", {}, CACHED)}, "start > a")
    assert await runs(workflow, tmp_path, Object(model), Object(model)) == [[], []]
    assert entries(tmp_path) == 0


async def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.write_text("in the way")
    workflow = draw({"start": START, "a": ("test.add", {}, CACHED)}, "start > a")
    assert await runs(workflow, folder, numbers(1), numbers(1)) == [["a"], ["a"]]


async def test_an_object_a_node_gives_is_not_cached(tmp_path: Path) -> None:
    workflow = draw({"start": START, "a": ("test.object", {}, CACHED)}, "start > a")
    assert await runs(workflow, tmp_path, numbers(1), numbers(1)) == [["a"], ["a"]]
