"""Code nodes in JavaScript: what code sees, what comes back, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.expressions.test_javascript import FixedScope, Node, Run
from workflow_kernel.base.errors import NodeError, NodeTimeoutError
from workflow_kernel.expressions.javascript_code import CodeResult, JavaScriptCode
from workflow_kernel.expressions.scope import Failure
from workflow_kernel.runs.item import Item

ITEMS = [Item({"a": 0}), Item({"a": 1}), Item({"a": 2})]


@pytest.fixture(scope="module")
def runner() -> Iterator[JavaScriptCode]:
    runner = JavaScriptCode()
    yield runner
    runner.close()


def run(runner: JavaScriptCode, code: str, *, each: bool = False, timeout: float = 10, **options: Any) -> CodeResult:
    source = Node("Source", Run("source-1", [Item({"n": 10}), Item({"n": 11}), Item({"n": 12})]))
    scope = FixedScope(ITEMS, [source], workflow={"id": "1"})
    return runner.run_code(code, scope, each_item=each, timeout=timeout, **options)


def test_code_for_all_items(runner: JavaScriptCode) -> None:
    result = run(
        runner, "console.log('n', items.length); return $input.all().map(i => ({ json: { b: i.json.a * 2 } }))"
    )
    assert result.value == [{"json": {"b": 0}}, {"json": {"b": 2}}, {"json": {"b": 4}}]
    assert result.sources == [None, None, None]
    assert result.logs == ["n 3"]


def test_returned_input_items_are_recognised(runner: JavaScriptCode) -> None:
    assert run(runner, "return items.filter(i => i.json.a !== 1)").sources == [0, 2]
    assert run(runner, "return items.map(i => i.json).reverse()").sources == [2, 1, 0]
    spread = run(runner, "return items.slice(1).map(i => ({ ...i, json: {} }))")
    assert [item["pairedItem"] for item in spread.value] == [{"item": 1}, {"item": 2}]


def test_code_for_each_item(runner: JavaScriptCode) -> None:
    result = run(runner, "item.json.z = $json.a + $itemIndex; return item", each=True)
    assert [item["json"]["z"] for item in result.value] == [0, 2, 4]
    assert result.sources == [0, 1, 2]


def test_the_older_item_function_sees_plain_json(runner: JavaScriptCode) -> None:
    assert run(runner, "item.z = 1; return item", each=True, legacy=True).value[1] == {"a": 1, "z": 1}


def test_earlier_nodes_and_helpers(runner: JavaScriptCode) -> None:
    assert run(runner, "return $('Source').all().map(i => i.json.n)").value == [10, 11, 12]
    assert run(runner, "return $itemIndex < 2 ? $('Source').item.json.n : 0", each=True).value == [10, 11, 0]
    code = """
        const { DateTime: D } = require('luxon');
        return [D.now().toISO(), new Date().toISOString(), Buffer.from('hé').toString('base64'),
                new URL('/x?q=1', 'https://a.b/c/d').href, $jmespath({ a: 1 }, 'a'), $now.year]
    """
    assert run(runner, code).value == [
        "2025-03-15T08:00:00.000-04:00",
        "2025-03-15T12:00:00.000Z",
        "aMOp",
        "https://a.b/x?q=1",
        1,
        2025,
    ]


def test_parameters_that_are_expressions_are_evaluated(runner: JavaScriptCode) -> None:
    scope = FixedScope(ITEMS, parameters={"limit": "={{ $json.a + 5 }}"})
    result = runner.run_code("return $parameter.limit", scope, each_item=True, timeout=10)
    assert result.value == [5, 6, 7]


def test_code_may_wait(runner: JavaScriptCode) -> None:
    code = "const t = Date.now(); await new Promise(r => setTimeout(r, 20)); return Date.now() - t"
    assert run(runner, code).value == 20


def test_static_data_is_given_back(runner: JavaScriptCode) -> None:
    code = "const s = $getWorkflowStaticData('global'); s.count = (s.count ?? 0) + 1; return []"
    assert run(runner, code, static_data={"global": {"count": 4}}).static_data["global"] == {"count": 5}


def test_runs_do_not_see_each_others_changes_to_data(runner: JavaScriptCode) -> None:
    code = "const n = $('Source').first().json; n.n += 1; items[0].json.a += 1; return [n.n, items[0].json.a]"
    assert [run(runner, code).value for _ in range(2)] == [[11, 1], [11, 1]]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("const x = 1;\nconst y = null;\nreturn y.foo", "Cannot read properties of null (reading 'foo') [line 3]"),
        ("throw new Error('bad')", "bad [line 1]"),
        ("require('fs')", "Cannot find module 'fs' [line 1]"),
        ("return $('Nowhere').all()", "Referenced node doesn't exist [line 1]"),
        ("throw 'text'", "text"),
    ],
)
def test_errors_carry_message_and_line(runner: JavaScriptCode, code: str, message: str) -> None:
    with pytest.raises(NodeError) as caught:
        run(runner, code)
    assert caught.value.message == message


def test_a_syntax_error_names_its_line(runner: JavaScriptCode) -> None:
    with pytest.raises(NodeError, match=r"\[line 2\]"):
        run(runner, "const x = 1;\nreturn (")


def test_a_failing_item_stops_or_stands_for_itself(runner: JavaScriptCode) -> None:
    code = "if ($json.a === 1) throw new Error('bad'); return {}"
    with pytest.raises(NodeError) as caught:
        run(runner, code, each=True)
    assert caught.value.item == 1
    assert caught.value.message == "bad [line 1, for item 1]"
    result = run(runner, code, each=True, stop_at_failure=False)
    assert result.value[0] == result.value[2] == {}
    assert isinstance(result.value[1], Failure)


@pytest.mark.parametrize("code", ["while (true) {}", "await null; while (true) {}", "await new Promise(() => {})"])
def test_code_that_never_ends_is_stopped(runner: JavaScriptCode, code: str) -> None:
    with pytest.raises(NodeTimeoutError):
        run(runner, code, timeout=0.2)
    assert run(runner, "return 1").value == 1


def test_changed_built_ins_stay_with_the_code_that_changed_them(runner: JavaScriptCode) -> None:
    assert run(runner, "Array.prototype.mine = () => 5; leak = 1; return [].mine()").value == 5
    assert run(runner, "return [typeof [].mine, typeof leak]").value == ["undefined", "undefined"]
