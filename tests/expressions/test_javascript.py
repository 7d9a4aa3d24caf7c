"""Expressions in JavaScript: what they see, what they give, and what they cannot do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from workflow_kernel.expressions.javascript import JavaScript
from workflow_kernel.expressions.scope import UNDEFINED, Facts, Failure, Match, Unmatched
from workflow_kernel.runs.item import Binary, Item

NOON = 1742040000.0  # 2025-03-15T12:00:00Z


class Run:
    def __init__(self, key: str, *outputs: list[Item]) -> None:
        self.key = key
        self.outputs = outputs


class Node:
    def __init__(self, name: str, *runs: Run, output: int = 0, **parameters: Any) -> None:
        self.name = name
        self.runs = runs
        self.parameters: Mapping[str, Any] = parameters
        self.context: Mapping[str, Any] = {"noItemsLeft": False}
        self.default_output = output


class FixedScope:
    """A scope over what a test gives."""

    def __init__(self, items: list[Item], nodes: Sequence[Node] = (), **facts: Any) -> None:
        self.items = items
        self.inputs = [items]
        self.context: Mapping[str, Any] = {}
        self.facts = Facts(**{"node": "Here", "now": NOON, "timezone": "America/New_York", **facts})
        self.asked: list[str] = []
        self._nodes = {node.name: node for node in nodes}

    def node(self, name: str) -> Node | None:
        self.asked.append(name)
        return self._nodes.get(name)

    def node_names(self) -> list[str]:
        return list(self._nodes)

    def trace(self, name: str, indices: Sequence[int]) -> list[Match | Unmatched]:
        return [Unmatched("Cannot be traced") if index == 2 else Match(0, 0, index) for index in indices]


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    engine = JavaScript()
    yield engine
    engine.close()


ITEMS = [Item({"a": 1, "s": "x", "list": [3, 1, 2]}), Item({"a": 2, "s": None}), Item({"b": {"c": True}})]


def value(javascript: JavaScript, code: str, index: int = 0, **facts: Any) -> Any:
    scope = FixedScope(ITEMS, [_source(), Node("Idle")], **facts)
    return javascript.evaluate(["={{ " + code + " }}"], scope, [index])[0][0]


def _source() -> Node:
    first = Run("run-1", [Item({"n": 10}), Item({"n": 11}), Item({"n": 12})], [Item({"n": 99})])
    last = Run("run-2", [Item({"n": 20})])
    return Node("Source", first, last, colour="red", twice="={{ $json.a * 2 }}")


def test_a_batch_gives_one_column_a_text(javascript: JavaScript) -> None:
    texts = ["={{ $json.a + 1 }}", "plain", "=v{{ $json.a }}", "={{ $json.b?.c }}"]
    columns = javascript.evaluate(texts, FixedScope(ITEMS), range(3))
    assert columns[0][:2] == [2, 3]
    assert math.isnan(columns[0][2])
    assert columns[1] == ["plain"] * 3
    assert columns[2] == ["v1", "v2", "v"]
    assert columns[3] == [UNDEFINED, UNDEFINED, True]


def test_a_lone_code_keeps_its_type(javascript: JavaScript) -> None:
    assert value(javascript, "$json.list") == [3, 1, 2]
    assert value(javascript, "null") is None
    assert value(javascript, "$json.missing") is UNDEFINED
    assert value(javascript, "1 / 0") == math.inf
    assert value(javascript, "new Date(0)") == "1970-01-01T00:00:00.000Z"
    assert value(javascript, "{ a: { b: [NaN] } }") == {"a": {"b": [None]}}


def test_some_of_the_items(javascript: JavaScript) -> None:
    columns = javascript.evaluate(["={{ $json.a }} of {{ $itemIndex }}"], FixedScope(ITEMS), [1, 0])
    assert columns == [["2 of 1", "1 of 0"]]


def test_wide_items_give_the_same(javascript: JavaScript) -> None:
    items = [Item({f"f{k}": k + i for k in range(40)}) for i in range(3)]
    columns = javascript.evaluate(["={{ $json.f3 + $json['f4'] }}"], FixedScope(items), range(3))
    assert columns == [[7, 9, 11]]
    whole = javascript.evaluate(["={{ Object.keys($json).length }}"], FixedScope(items), range(3))
    assert whole == [[40, 40, 40]]


def test_a_change_made_by_one_evaluation_is_not_seen_by_the_next(javascript: JavaScript) -> None:
    scope = FixedScope(ITEMS)
    columns = javascript.evaluate(["={{ $json.list.sort() }}", "={{ $json.list }}"], scope, [0])
    assert columns == [[[1, 2, 3]], [[3, 1, 2]]]
    assert value(javascript, "(() => { $json.list.push(9); return $json.list })()") == [3, 1, 2, 9]
    assert value(javascript, "$json.list") == [3, 1, 2]


def test_odd_data_is_sent_as_far_as_json_goes(javascript: JavaScript) -> None:
    items = [Item({"big": 10**30, "text": "\ud800x", "when": {1, 2}})]
    columns = javascript.evaluate(["={{ $json.big }}", "={{ $json.text.length }}"], FixedScope(items), [0])
    assert columns == [[1e30], [2]]


def test_earlier_nodes(javascript: JavaScript) -> None:
    assert value(javascript, "$('Source').first().json.n") == 20
    assert value(javascript, "$('Source').first(0, 0).json.n") == 10
    assert value(javascript, "$('Source').all(1, 0).length") == 1
    assert value(javascript, "$('Source').item.json.n", index=1) == 11
    assert value(javascript, "$('Source').itemMatching(1).json.n") == 11
    assert value(javascript, "$('So' + 'urce').last().json.n") == 20
    assert value(javascript, "$node['Source'].json.n") == 20
    assert value(javascript, "$node.Source.runIndex") == 1
    assert value(javascript, "$items('Source', 0, 0)[2].json.n") == 12
    assert value(javascript, "$('Source').params.colour") == "red"
    assert value(javascript, "$('Source').params.twice", index=1) == 4
    assert value(javascript, "[$('Source').isExecuted, $('Idle').isExecuted]") == [True, False]


def test_only_nodes_that_are_read_are_looked_up(javascript: JavaScript) -> None:
    scope = FixedScope(ITEMS, [_source()])
    javascript.evaluate(["={{ $json.a ?? $('Source').first() }}"], scope, [0])
    assert scope.asked == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("$('Nowhere').first()", "Referenced node doesn't exist"),
        ("$('Idle').first()", "Node 'Idle' hasn't been executed"),
        ("$('Source').itemMatching(2)", "Cannot be traced"),
        ("[1, 'a'].sum()", "sum(): all array elements must be numbers"),
        ("'a'.sum()", 'sum() is only callable on type "Array"'),
        ("true.format()", 'format() is only callable on types "Date", and "Number"'),
        ("null.toInt()", "toInt can't be used on null value"),
        ("1 +", "invalid syntax"),
        ("$json.list.map", "this is a function, please add ()"),
        ("$env.HOME", "access to env vars denied"),
    ],
)
def test_a_failing_item_tells_why(javascript: JavaScript, code: str, message: str) -> None:
    failure = value(javascript, code)
    assert isinstance(failure, Failure)
    assert failure.message == message
    assert failure.expression == "={{ " + code + " }}"
    assert failure.item == 0


def test_one_item_fails_alone(javascript: JavaScript) -> None:
    column = javascript.evaluate(["={{ $json.a.isEven() }}"], FixedScope(ITEMS), range(3))[0]
    assert column[:2] == [False, True]
    assert isinstance(column[2], Failure)
    assert column[2].item == 2


def test_a_plain_error_leaves_the_value_undefined(javascript: JavaScript) -> None:
    assert value(javascript, "$json.missing.deeper") is UNDEFINED
    assert value(javascript, "unknownName") is UNDEFINED


def test_no_input_is_an_error_only_when_it_is_read(javascript: JavaScript) -> None:
    scope = FixedScope([])
    columns = javascript.evaluate(["={{ 1 + 1 }}", "={{ $json.a }}"], scope, [0])
    assert columns[0] == [2]
    assert columns[1][0].message == "Node 'Here' hasn't been executed"


def test_the_clock_is_the_scopes(javascript: JavaScript) -> None:
    assert value(javascript, "$now.toISO()") == "2025-03-15T08:00:00.000-04:00"
    assert value(javascript, "$today.toISO()") == "2025-03-15T00:00:00.000-04:00"
    assert value(javascript, "[Date.now(), new Date().getTime(), DateTime.now().toMillis()]") == [int(NOON * 1000)] * 3
    assert value(javascript, "$now.hour", timezone="Europe/Berlin") == 13


def test_facts(javascript: JavaScript) -> None:
    facts: dict[str, Any] = {
        "variables": {"v": 1},
        "environment": {"HOME": "/x"},
        "workflow": {"id": "7", "name": "W", "active": True},
        "execution": {"id": "9", "mode": "manual", "customData": {"k": "z"}},
        "previous": ("Source", 1, 2),
        "parameters": {"p": "={{ $json.a + 1 }}", "q": ["={{ 1 }}"]},
        "run_index": 3,
    }
    code = "[$vars.v, $env.HOME, $workflow.name, $execution.id, $execution.customData.get('k'), $mode, $runIndex]"
    assert value(javascript, code, **facts) == [1, "/x", "W", "9", "z", "manual", 3]
    assert value(javascript, "$prevNode", **facts) == {"name": "Source", "outputIndex": 1, "runIndex": 2}
    assert value(javascript, "$parameter", **facts) == {"p": 2, "q": [1]}


def test_attachments_are_described(javascript: JavaScript) -> None:
    item = Item({}, {"file": Binary("ab" * 32, "text/plain", "a.txt", "txt", 2048)})
    columns = javascript.evaluate(
        ["={{ $binary.file.fileName }} {{ $binary.file.fileSize }} {{ $input.item.binary.file.mimeType }}"],
        FixedScope([item]),
        [0],
    )
    assert columns == [["a.txt 2.05 kB text/plain"]]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("$json.q?.first().z ?? 'none'", "none"),
        ("[1, 2]?.last()", 2),
        ("$json.list.first()", 3),
        ("'a-b'.toSnakeCase().toTitleCase()", "A_b"),
        ("$json.list.map((x) => x.toString().toInt()).sum()", 6),
        ("Object.keys({ b: 1 }).first()", "b"),
        ("Math.round(2.5)", 3),
        ("'12345'.hash('sha256').length", 64),
        ("({ a: 1 }).keys()", ["a"]),
        ("[1, null, '', {}, [], { a: null }].compact()", [1, {}]),
        ("({ a: null, b: [], c: { d: '' }, e: 0 }).compact()", {"c": {}, "e": 0}),
        ("'i am 3.5 years. really? yes'.toSentenceCase()", "I am 3.5 Years. Really? Yes"),
        ("$jmespath({ a: [1, 2] }, 'a[1]')", 2),
        ("'Ünï'.replaceSpecialChars()", "Uni"),
        ("const x = 2; x + 1", 3),
        ("{{ }}", UNDEFINED),
    ],
)
def test_extension_functions(javascript: JavaScript, code: str, expected: Any) -> None:
    assert value(javascript, code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "({}).constructor",
        "({})['const' + 'ructor']",
        "({})[['constructor']]",
        "(() => {}).constructor('return this')()",
        "(({ constructor }) => constructor)(() => {})",
        "(() => { const { ['x']: y } = {}; return y })()",
        "$json.__proto__",
        "({ __proto__: null })",
        "class A extends Function {}",
        "import('x')",
        "(async () => { await null; while (true) {} })()",
        "with ({}) { 1 }",
        "__scope.batch",
        "arguments.callee.caller",
    ],
)
def test_ways_out_of_the_sandbox_are_refused(javascript: JavaScript, code: str) -> None:
    assert isinstance(value(javascript, code), Failure)


@pytest.mark.parametrize("name", ["process", "require", "fetch", "globalThis", "Function", "eval", "Proxy", "Reflect"])
def test_what_would_reach_outside_is_an_empty_object(javascript: JavaScript, name: str) -> None:
    assert value(javascript, name) == {}


def test_nothing_shared_can_be_changed(javascript: JavaScript) -> None:
    for code in ("Math.floor = () => 9; 1", "Object.assign(JSON, { parse: 1 })", "DateTime.now = 1", "Array.x = 1"):
        value(javascript, code)
    assert value(javascript, "[Math.floor(1.5), typeof JSON.parse, Array.x, typeof DateTime.now]") == [
        1,
        "function",
        None,
        "function",
    ]
    assert value(javascript, "$item(1).batch") is UNDEFINED


def test_an_endless_loop_is_stopped_and_harms_nothing() -> None:
    javascript = JavaScript(time_limit=0.2)
    scope = FixedScope(ITEMS)
    columns = javascript.evaluate(["={{ (() => { while (true) {} })() }}", "={{ $json.a }}"], scope, [0])
    assert columns[0][0].message == "The expression took longer than 0.2 seconds and was stopped"
    assert columns[1] == [1]
    javascript.close()


@pytest.mark.parametrize(
    "code",
    [
        "(() => { const all = []; while (true) all.push([1, 2, 3, 4]) })()",
        "new Array(2 ** 31).fill(0)",
        "'ab'.repeat(2 ** 28)",
        "(() => { const all = []; while (true) all.push(new Uint8Array(1e8)) })()",
    ],
)
def test_too_much_memory_is_stopped_and_harms_nothing(code: str) -> None:
    javascript = JavaScript(memory_limit=64 * 1024 * 1024)
    result = javascript.evaluate(["={{ " + code + " }}"], FixedScope(ITEMS), [0])[0][0]
    assert result is UNDEFINED or isinstance(result, Failure)
    assert javascript.evaluate(["={{ $json.a }}"], FixedScope(ITEMS), [0]) == [[1]]
    javascript.close()


async def test_it_works_inside_a_running_event_loop() -> None:
    javascript = JavaScript()
    assert javascript.evaluate(["={{ $json.a }}"], FixedScope(ITEMS), [0]) == [[1]]
    javascript.close()


def test_kinds_are_kept_for_tests(javascript: JavaScript) -> None:
    scope = FixedScope(ITEMS)

    def typed(code: str, path: str = "") -> dict[str, Any]:
        return javascript.evaluate_typed("={{ " + code + " }}", scope, 0, path)

    assert typed("undefined") == {"value": {"$undefined": True}}
    assert typed("NaN") == {"value": {"$number": "NaN"}}
    assert typed("new Date(0)") == {"value": {"$date": "1970-01-01T00:00:00.000Z"}}
    assert typed("$now", ".day") == {"value": 15}
    error = typed("$('Idle').item")["error"]
    assert error["name"] == "ExpressionError"
    assert "Error" in error["classes"]
