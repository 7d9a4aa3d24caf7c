"""``$('Node').item`` finds the item an item descends from, through every kind of node, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.drawn import Drawn, draw, numbers, run
from workflow_kernel.engine.result import ExecutionResult

LANGUAGES = pytest.mark.parametrize("language", ["python", "javascript"])
START: Drawn = "flow.manual_trigger"


def look(text: str, **fields: Any) -> Drawn:
    """Sets ``seen`` to what an expression gives."""
    field = {"name": "seen", "value": f"={{{{ {text} }}}}", "type": "any"}
    return ("data.set", {"include": "all", "fields": [field]}, fields)


def where(left: str, operator: str, right: Any) -> dict[str, Any]:
    return {"conditions": {"conditions": [{"left": f"={{{{ {left} }}}}", "operator": operator, "right": right}]}}


def seen(result: ExecutionResult, name: str = "look", run_index: int = -1) -> list[Any]:
    result.raise_if_failed()
    return [item["seen"] for item in result[name].runs[run_index].json()]


ROOTS = {"python": look("f'item {$json.n}'"), "javascript": look("`item ${$json.n}`")}
OF = "$('root').item.json.seen"


@LANGUAGES
@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (("data.filter", where("$json.n % 2", "number.equals", 1)), [1, 3]),
        (("data.sort", {"by": [{"field": "n", "order": "descending"}]}), [4, 3, 2, 1, 0]),
        (("data.limit", {"count": 2, "keep": "last"}), [3, 4]),
        (("flow.no_op", {}, {"disabled": True}), [0, 1, 2, 3, 4]),
        (("flow.no_op", {}, {"execute_once": True}), [0]),
        ("test.thread", [0, 1, 2, 3, 4]),
        ("test.each", [0, 1, 2, 3, 4]),
    ],
)
async def test_through_nodes_that_choose_and_reorder(between: Drawn, expected: list[int], language: str) -> None:
    #   start > root > between > look
    port = ".kept" if between[0] == "data.filter" else ""
    workflow = draw(
        {"start": START, "root": ROOTS[language], "between": between, "look": look(OF)},
        f"start > root, root > between, between{port} > look",
        language=language,
    )
    assert seen(await run(workflow, *numbers(5))) == [f"item {n}" for n in expected]


@LANGUAGES
async def test_through_a_merge_of_two_ways(language: str) -> None:
    #              ,true> a -----,
    #   root > odd<               >merge > look
    #              `false> back -'
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "odd": ("flow.if", where("$json.n % 2", "number.equals", 1)),
            "a": ("flow.no_op", {}),
            "back": ("data.sort", {"by": [{"field": "n", "order": "descending"}]}),
            "merge": "flow.merge",
            "look": look(OF),
        },
        "start > root, root > odd, odd.true > a, odd.false > back, a > merge.input1, back > merge.input2, merge > look",
        language=language,
    )
    assert seen(await run(workflow, *numbers(5))) == [f"item {n}" for n in (1, 3, 4, 2, 0)]


@LANGUAGES
async def test_a_merge_that_one_way_never_reaches(language: str) -> None:
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "none": ("data.limit", {"count": 0}),
            "merge": "flow.merge",
            "look": look(OF),
        },
        "start > root, root > none, none > merge.input1, root > merge.input2, merge > look",
        language=language,
    )
    assert seen(await run(workflow, *numbers(2))) == ["item 0", "item 1"]


@LANGUAGES
async def test_an_aggregate_of_several_items_says_that_it_cannot_tell(language: str) -> None:
    workflow = draw(
        {"start": START, "root": ROOTS[language], "all": ("data.aggregate", {"mode": "items"}), "look": look(OF)},
        "start > root, root > all, all > look",
        language=language,
    )
    assert seen(await run(workflow, *numbers(1))) == ["item 0"]
    result = await run(workflow, *numbers(2))
    assert result.error is not None
    assert "Several items of node 'root' led to this item" in result.error.message


@LANGUAGES
async def test_through_the_error_port(language: str) -> None:
    #   root > each -main> good
    #               `error> bad
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "each": ("test.each", {}, {"on_error": "branch"}),
            "good": look(OF),
            "bad": look(OF),
        },
        "start > root, root > each, each > good, each.error > bad",
        language=language,
    )
    result = await run(workflow, {"n": 1}, {"n": -2}, {"n": 3}, {"n": -4})
    assert seen(result, "good") == ["item 1", "item 3"]
    assert seen(result, "bad") == ["item -2", "item -4"]


@LANGUAGES
async def test_through_errors_that_go_on(language: str) -> None:
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "each": ("test.each", {}, {"on_error": "continue"}),
            "look": look(OF),
        },
        "start > root, root > each, each > look",
        language=language,
    )
    result = await run(workflow, {"n": 1}, {"n": -2}, {"n": 3})
    assert seen(result) == ["item 1", "item -2", "item 3"]
    assert result["each"].json() == [{"n": 2}, {"error": "-2 is negative"}, {"n": 6}]


@LANGUAGES
async def test_inside_a_loop_at_every_turn_and_after_it(language: str) -> None:
    #   start > root > loop -loop> look > loop
    #                       -done> after
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "loop": ("flow.loop", {"batch_size": 2}),
            "look": look(OF),
            "after": look("$('root').item.json.seen"),
        },
        "start > root, root > loop, loop.loop > look, look > loop, loop.done > after",
        language=language,
    )
    result = await run(workflow, *numbers(5))
    assert [seen(result, "look", index) for index in range(3)] == [
        ["item 0", "item 1"],
        ["item 2", "item 3"],
        ["item 4"],
    ]
    assert seen(result, "after") == [f"item {n}" for n in range(5)]


@LANGUAGES
async def test_inside_a_loop_an_earlier_node_of_the_same_turn_is_meant(language: str) -> None:
    #   start > loop -loop> first > look > loop
    text = "f'turn {$runIndex}'" if language == "python" else "`turn ${$runIndex}`"
    workflow = draw(
        {"start": START, "loop": "flow.loop", "first": look(text), "look": look("$('first').item.json.seen")},
        "start > loop, loop.loop > first, first > look, look > loop",
        language=language,
    )
    result = await run(workflow, *numbers(3))
    assert [seen(result, "look", index) for index in range(3)] == [["turn 0"], ["turn 1"], ["turn 2"]]


@LANGUAGES
async def test_inside_and_after_nested_loops(language: str) -> None:
    #   root > outer -loop> inner -loop> look > inner
    #                       inner -done> outer           outer -done> after
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "outer": ("flow.loop", {"batch_size": 2}),
            "inner": "flow.loop",
            "look": look(OF),
            "after": look(OF),
        },
        "start > root, root > outer, outer.loop > inner, inner.loop > look, look > inner, inner.done > outer,"
        "outer.done > after",
        language=language,
    )
    result = await run(workflow, *numbers(5))
    assert [seen(result, "look", index) for index in range(5)] == [[f"item {n}"] for n in range(5)]
    assert seen(result, "after") == [f"item {n}" for n in range(5)]


@LANGUAGES
async def test_no_way_between_two_nodes_is_told(language: str) -> None:
    #   start > other        start > look
    workflow = draw(
        {"start": START, "other": ROOTS[language], "look": look("$('other').item.json.seen")},
        "start > other, start > look",
        language=language,
    )
    result = await run(workflow, *numbers(2))
    assert result.error is not None
    assert "No path leads from node 'other' to this item" in result.error.message
    assert result.error.node == "look"


@LANGUAGES
async def test_pinned_items_stand_for_those_that_came_in(language: str) -> None:
    workflow = draw(
        {
            "start": START,
            "root": ROOTS[language],
            "pin": ("flow.no_op", {}, {"pin": {"main": [{"p": 0}, {"p": 1}]}}),
            "look": look(OF),
        },
        "start > root, root > pin, pin > look",
        language=language,
    )
    assert seen(await run(workflow, *numbers(3), is_manual=True)) == ["item 0", "item 1"]
