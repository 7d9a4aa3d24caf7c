"""What Python expressions mean."""

from __future__ import annotations

import datetime as dates
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_kernel.base.errors import CancelledRunError
from workflow_kernel.expressions.functions import FUNCTIONS
from workflow_kernel.expressions.python import Python
from workflow_kernel.expressions.python_compile import references
from workflow_kernel.expressions.python_meter import Limits
from workflow_kernel.expressions.scope import Facts, Failure, Match, Unmatched
from workflow_kernel.runs.item import Binary, Item

ITEMS = [
    Item({"n": n, "name": name, "customer": {"city": "Paris"}, "rows": [{"price": 2}, {"price": n}], "gone": None})
    for n, name in enumerate(("ada", "bob", "eve"))
]


class Run:
    def __init__(self, *outputs: list[Item]) -> None:
        self.outputs = outputs
        self.key = str(id(self))


class Node:
    def __init__(self, name: str, *runs: Run) -> None:
        self.name = name
        self.runs = runs
        self.parameters = {"mode": "raw"}
        self.context = {"noItemsLeft": True}
        self.default_output = 0


class Data:
    """A scope over three items; `A` ran twice, `Idle` never."""

    def __init__(self, items: Sequence[Item] = ITEMS, **facts: Any) -> None:
        self.items = items
        self.inputs = [items, [Item({"second": True})]]
        self.facts = Facts(**{"now": 1_700_000_000.0, "timezone": "Europe/Berlin", **facts})
        self.context = {"turn": 1}
        old, new = (
            Run([Item({"v": "old"})]),
            Run([Item({"v": 10}), Item({"v": 20}), Item({"v": 30})], [Item({"v": 99})]),
        )
        self.nodes = {"A": Node("A", old, new), "Idle": Node("Idle")}
        self.traced = 0

    def node(self, name: str) -> Node | None:
        return self.nodes.get(name)

    def node_names(self) -> Sequence[str]:
        return list(self.nodes)

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        self.traced += 1
        return [Unmatched("Several items lead here.") if index == 2 else Match(1, 0, 2 - index) for index in indices]


def values(text: str, scope: Any = None, **limits: Any) -> list[Any]:
    data = scope or Data()
    return list(Python(Limits(**limits)).evaluate([text], data, range(len(data.items)))[0])


def value(code: str, scope: Any = None) -> Any:
    """The value for the second item, whose n is 1 and whose name is bob."""
    return values(f"={{{{ {code} }}}}", scope)[1]


def failure(code: str, scope: Any = None) -> Failure:
    found = value(code, scope)
    assert isinstance(found, Failure), found
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=plain text", "plain text"),
        ("=", ""),
        ("={{ $json.n }}", 1),
        ("={{ $json.n }}!", "1!"),
        ("=a {{ $json.n }} b {{ $json.name }}", "a 1 b bob"),
        ("=x{{ None }}y", "xy"),
        ("=x{{ True }}y", "xtruey"),
        ('=x{{ {"a": [1]} }}y', 'x{"a":[1]}y'),
        ('={{ {"a": {"b": 1}} }}', {"a": {"b": 1}}),
        ('={{ {"a": {"b": {"c": 1}}}}}', {"a": {"b": {"c": 1}}}),
        ('={{ "}}" }}', "}}"),
        ("={{ '''a }} ' b''' }}", "a }} ' b"),
        ('={{ f"{$json.n}}}" }}', "1}"),
        ('={{ f"{{{$json.n}}}" }}', "{1}"),
        ("={{ f\"{$json['name']:>5}|{$json.n:0{1 + 1}d}\" }}", "  bob|01"),
        ("={{ r'\\d' }}", "\\d"),
        ("={{ 7 // 2 }}", 3),
        ("={{ $json.n # the count }}", 1),
        ("={{\n  $json.n\n  + 1  # more\n}}", 2),
        ("={{ '$json' }}", "$json"),
        ("={{ f'$json {$json.n}' }}", "$json 1"),
        ("=\\{{ x }}", "{{ x }}"),
    ],
)
def test_a_template_gives(text: str, expected: Any) -> None:
    assert values(text)[1] == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("$json.customer.city", "Paris"),
        ("$json['customer']['city']", "Paris"),
        ("$json.missing", None),
        ("$json.customer.missing", None),
        ("$json.get('missing', 5)", 5),
        ("$json.rows[-1].price", 1),
        ("$json.rows[0:1]", [{"price": 2}]),
        ("$json.name[::-1]", "bob"[::-1]),
        ("$itemIndex", 1),
        ("$runIndex", 0),
        ("$input.item.json.n", 1),
        ("$input.first().json.n", 0),
        ("$input.last().json.n", 2),
        ("len($input.all())", 3),
        ("$input.all(1)[0].json.second", True),
        ("[i.json.n for i in $input.all()]", [0, 1, 2]),
        ("$input.context.turn", 1),
        ("$('A').item.json.v", 20),
        ("$('A').first().json.v", 10),
        ("$('A').last().json.v", 30),
        ("$('A').first(1).json.v", 99),
        ("$('A').first(0, 0).json.v", "old"),
        ("len($('A').all())", 3),
        ("$('A').itemMatching(0).json.v", 30),
        ("$('A').isExecuted", True),
        ("$('Idle').isExecuted", False),
        ("$('A').params.mode", "raw"),
        ("$('A').context.noItemsLeft", True),
        ('$node["A"].json.v', 20),
        ("$if($json.n > 0, 'yes', 1 / 0)", "yes"),
        ("$ifEmpty($json.gone, 'x')", "x"),
        ("$ifEmpty($json.n, 'x')", 1),
        ("$min(3, 1, 2) + $max([3, 1])", 4),
        ("$jmespath($json, 'rows[?price > `1`].price')", [2]),
        ("$now.year", 2023),
        ("$now.hour", 23),
        ("$today", "2023-11-14T00:00:00+01:00"),
        ("($now + timedelta(days=1)).isoformat()", "2023-11-15T23:13:20+01:00"),
        ("$now.astimezone('UTC').hour", 22),
        ("$prevNode.name", None),
    ],
)
def test_names_give(code: str, expected: Any) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1 if $json.n == 1 else 2", 1),
        ("0 < $json.n < 2", True),
        ("not $json.n or $json.gone", None),
        ("$json.n in [1, 2] and 'ob' in $json.name", True),
        ("'zz' not in $json.name", True),
        ("sum(r.price for r in $json.rows)", 3),
        ("any(r.price > 1 for r in $json.rows)", True),
        ("[a * b for a in [1, 2] for b in [3, 4] if a + b > 4]", [4, 6, 8]),
        ("{k: v for k, v in $json.customer.items()}", {"city": "Paris"}),
        ("sorted({x % 2 for x in range(5)})", [0, 1]),
        ("{**$json.customer, 'n': $json.n}", {"city": "Paris", "n": 1}),
        ("[*[1], *(2, 3)]", [1, 2, 3]),
        ("sorted($json.rows, key=lambda row: row.price)[0].price", 1),
        ("sorted(['b', 'A'], key=str.lower)", ["A", "b"]),
        ("max(['a', 'bbb'], key=len)", "bbb"),
        ("', '.join(str(x) for x in [1, 2])", "1, 2"),
        ("$json.name.upper().replace('B', 'x').center(5, '-')", "-xOx-"),
        ("'a,b'.split(',')", ["a", "b"]),
        ("list(zip([1, 2], 'ab'))", [[1, "a"], [2, "b"]]),
        ("[i for i, x in enumerate('ab')]", [0, 1]),
        ("isinstance($json.n, (int, float)) and not isinstance($json.n, str)", True),
        ("divmod(7, 2) + (pow(2, 3),)", [3, 1, 8]),
        ("round(2.567, 1) + abs(-1) + math.floor(2.5)", 2.6 + 1 + 2),
        ("json.loads('[1]') + [json.dumps({'a': 'é'})]", [1, '{"a": "é"}']),
        ("re.sub(r'(b)(o)', r'\\2\\1', $json.name)", "obb"),
        ("re.search(r'o(?P<rest>.)', $json.name).group('rest')", "b"),
        ("re.findall('b', $json.name, re.I | re.M)", ["b", "b"]),
        ("re.split(r',\\s*', 'a, b')", ["a", "b"]),
        ("bool(re.fullmatch('a|b+', 'bb'))", True),
        ("1 << 4 | 3 & 2 ^ 1", 1 << 4 | 3 & 2 ^ 1),
        ("{1, 2} - {2}", [1]),
        ("date(2026, 1, 31)", "2026-01-31"),
        ("datetime(2026, 1, 31, 12, tzinfo='Europe/Berlin').isoformat()", "2026-01-31T12:00:00+01:00"),
        ("datetime.strptime('31.01.2026', '%d.%m.%Y').month", 1),
        ("(date(2026, 3, 1) - date(2026, 2, 1)).days", 28),
        ("-7 // 2, -7 % 3, ~5", [-4, 2, -6]),
        ("str(None) + str(True) + repr('a')", "NoneTrue'a'"),
        ("f'{$json}'[:8]", "{'n': 1,"),
        ("[x for x in [3] if x]", [3]),
        ("'ß'.upper()", "SS"),
        ("$json.rows is None", False),
    ],
)
def test_language_gives(code: str, expected: Any) -> None:
    assert value(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("slug('Größe & Höhe')", "grosse-hohe"),
        ("hash_text('a', 'md5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("base64_decode(base64_encode('é'))", "é"),
        ("url_decode(url_encode('a b/é'))", "a b/é"),
        ("strip_tags('<b>x</b>')", "x"),
        ("truncate('abcdef', 5)", "ab..."),
        ("words('a-b c')", ["a", "b", "c"]),
        ("parse_date('2026-01-31').isoformat()", "2026-01-31T00:00:00+00:00"),
        ("parse_date('January 5, 2026 3pm').hour", 15),
        ("parse_date(1700000000000).year", 2023),
        ("format_date('2026-01-31', '%d.%m.')", "31.01."),
        ("format_date(add_time('2026-01-31', 1, 'day'))", "2026-02-01"),
        ("date_difference('2026-01-01', '2026-01-02', 'hours')", 24),
        ("unique([1, 2, 1])", [1, 2]),
        ("group_by([1, 2, 3], key=lambda x: x % 2)", {"1": [1, 3], "0": [2]}),
        ("flatten([[1], [2, 3], 4])", [1, 2, 3, 4]),
        ("chunks([1, 2, 3], 2)", [[1, 2], [3]]),
        ("average([1, 2])", 1.5),
    ],
)
def test_own_functions_give(code: str, expected: Any) -> None:
    assert value(code) == expected


def test_every_function_is_documented() -> None:
    for name, function in FUNCTIONS.items():
        assert function.__doc__, name
        assert "\n" not in function.__doc__.strip(), name


def test_an_attachment_is_described() -> None:
    data = Data([Item({}, {"data": Binary("hash", "text/csv", "a.csv", "csv", 5)})] * 2)
    assert value("$binary.data.mimeType", data) == "text/csv"
    assert value("$binary.data.fileSize", data) == 5
    assert value("$binary.other", data) is None


def test_facts_are_seen() -> None:
    data = Data(
        previous=("Start", 1, 2), variables={"a": 1}, environment={"PATH": "/"}, secrets={"v": {"k": "s"}}, run_index=4
    )
    assert value("$prevNode", data) == {"name": "Start", "outputIndex": 1, "runIndex": 2}
    assert value("[$vars.a, $env.PATH, $secrets.v.k, $runIndex]", data) == [1, "/", "s", 4]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("$json.gone.city", "`$json.gone` is None, so it has no field 'city'."),
        ("$json.customer.street.number", "`$json.customer.street` is None, so it has no field 'number'."),
        ("$json['nam']", "`$json` has no field 'nam'."),
        ("$json.gone['x']", "`$json.gone` is None, so ['x'] cannot be read from it."),
        ("$json.gone.upper()", "`$json.gone` is None, so upper() cannot be called on it."),
        ("$json.rows[9]", "`$json.rows` has 2 elements; there is none at [9]."),
        ("$json.rows.price", "`$json.rows` is a list; it has no field 'price'."),
        ("$json.name.length", "`$json.name` is a text (str); it has no field 'length'."),
        ("$json.name + $json.n", "'+' does not work between a text (str) and a whole number (int)."),
        ("$json.gone + 1", "'+' does not work between None and a number. (in `$json.gone + 1`)"),
        ("$json.n + 'x'", "'+' does not work between a number and a text. (in `$json.n + 'x'`)"),
        ("$json.gone > 1", "'>' does not work between None and a number. (in `$json.gone > 1`)"),
        ("-$json.gone", "'-' does not work on None. (in `-$json.gone`)"),
        ("$json.n / 0", "Division by zero. (in `$json.n / 0`)"),
        ("[x for x in $json.gone]", "`$json.gone` is None, so there is nothing to loop over."),
        ("{[]: 1}", "A list cannot be a key, nor stand in a set."),
        ("int('x')", "The text 'x' is not a whole number. (in `int('x')`)"),
        ("$('B')", "There is no node 'B' before this one. (in `$('B')`)"),
        ("$('Idle').first()", "Node 'Idle' has not run, so it has no data. (in `$('Idle').first()`)"),
        ("$env.X", "$env is off here."),
        ("nam", "There is no name 'nam'. (column 5)"),
        ("$jsn.a", "There is no name '$jsn'. (column 5)"),
        ("1 + lambda x: x", "This is not a Python expression: invalid syntax"),
        ("import os", "'import' starts a statement; only an expression is allowed. (column 5)"),
        ("$json.a === 1", "This is not a Python expression: invalid syntax. (column 15)"),
        ("$json._id", "Names that start with '_' are not available: '._id'. (column 5)"),
        ("(1", "'(' is never closed. (column 8)"),
        ("len()", "len() missing 1 required positional argument: 'value'. (in `len()`)"),
    ],
)
def test_a_failure_says_what_is_wrong(code: str, message: str) -> None:
    found = failure(code)
    assert found.message.startswith(message)
    assert found.expression == f"={{{{ {code} }}}}"
    assert found.item == 1


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("$json['nam']", "Did you mean 'name'?"),
        ("$json['zzz']", "It has: n, name, customer, rows, gone."),
        ("$json._id", '["_id"]'),
        ("$json.a === 1", "=="),
        ("$json.a && 1", "'and'"),
        ("$json.a ? 1 : 2", "a if condition else b"),
        ("x = 1", "compare with =="),
        ("$json.name.trim()", "strip()"),
        ("'{}'.format(1)", "f-string"),
        ("null", "None"),
        ("$jsn", "$json"),
        ("$('a').first()", "'A'"),
        ("json.n", "$json"),
    ],
)
def test_a_failure_says_what_to_write(code: str, advice: str) -> None:
    found = failure(code)
    assert advice in found.description or advice in found.message


def test_a_syntax_error_points_at_its_place_in_the_whole_text() -> None:
    text = "=ä {{ $json.n }} and {{ 1 + * 2 }}"
    found = values(text)[0]
    column = text.index("*") + 1
    assert f"(column {column})" in found.message
    picture = found.description.splitlines()
    assert picture[-1].index("^") == picture[-2].index("*")


def test_a_place_in_a_mixed_text_is_told() -> None:
    found = values("=é {{ $json.name }} {{\n 'ü' and\n $json.n / 0 }}")[0]
    assert found.message == "Division by zero. (in `$json.n / 0`)"


def test_one_failing_item_leaves_the_others() -> None:
    column = values("={{ 6 / $json.n }}")
    assert isinstance(column[0], Failure)
    assert column[0].item == 0
    assert column[1:] == [6, 3]


def test_only_the_asked_items_are_evaluated_and_named() -> None:
    columns = Python().evaluate(["={{ $json.n }}", "={{ 1 / ($json.n - 2) }}", "={{ $itemIndex }}"], Data(), [2, 0])
    assert columns[0] == [2, 0]
    assert columns[1][0].item == 2
    assert columns[2] == [2, 0]


def test_no_items_give_empty_columns() -> None:
    assert Python().evaluate(["={{ 1 }}", "=a"], Data(), []) == [[], []]


def test_an_unmatched_item_says_why() -> None:
    column = values("={{ $('A').item.json.v }}")
    assert column[:2] == [30, 20]
    assert column[2].message.startswith("Several items lead here.")


def test_the_origin_of_items_is_asked_for_once_a_batch() -> None:
    data = Data()
    values("={{ $('A').item.json.v }}", data)
    assert data.traced == 1


def test_what_is_the_same_for_all_items_is_computed_once() -> None:
    items = [Item({"n": n}) for n in range(3_000)]
    column = values("={{ $json.n / sum(i.json.n for i in $input.all()) }}", Data(items), seconds=5.0)
    assert sum(column) == pytest.approx(1)


def test_a_part_that_is_never_reached_never_fails() -> None:
    assert value("$json.n or $('B').first()") == 1


def test_the_whole_batch_has_a_time_limit() -> None:
    items = [Item({"n": n}) for n in range(2_000)]
    column = values("={{ [x * $json.n for x in range(20000)][0] }}", Data(items), seconds=0.05)
    assert column[0] == 0
    assert "takes longer than 0.05 s" in column[-1].message


def test_the_results_of_a_batch_have_a_memory_limit() -> None:
    items = [Item({"n": n}) for n in range(300)]
    column = values("={{ 'a' * 100000 + str($json.n) }}", Data(items), memory=5_000_000)
    assert isinstance(column[0], str)
    assert "take more than 5,000,000 bytes" in column[-1].message


def test_steps_are_counted_for_each_item_alone() -> None:
    column = values("={{ len([x for x in range(800)]) + $json.n }}", steps=2_000)
    assert column == [800, 801, 802]


def test_cancelling_is_not_swallowed() -> None:
    class Cancelled(Data):
        def node(self, name: str) -> Node | None:
            raise CancelledRunError("stop")

    with pytest.raises(CancelledRunError):
        values("={{ $('A').first() }}", Cancelled())


def test_values_that_json_cannot_hold_come_out_plain() -> None:
    when = dates.datetime(2026, 1, 1, tzinfo=dates.UTC)
    data = Data([Item({"at": when, "deep": {"at": [when]}})] * 2)
    assert value("$json.at", data) == "2026-01-01T00:00:00+00:00"
    assert value("{'a': $json.at, 'b': (1, {2})}", data) == {"a": "2026-01-01T00:00:00+00:00", "b": [1, [2]]}
    assert value("timedelta(minutes=1)") == 60


def test_a_text_can_be_checked_without_data() -> None:
    assert Python().check("={{ $json.n }}") is None
    found = Python().check("={{ $json. }}")
    assert found is not None
    assert "invalid syntax" in found.message


def test_the_nodes_a_text_names_are_found() -> None:
    text = """={{ f"{$('A').item.json.v}" + $node['B'].json.x }} {{ '$("C")' }}"""
    assert set(references(text).names) == {"A", "B"}
    assert references("={{ $($json.name).first() }}") == ((), True)
    assert references("={{ $( }}") == ((), False)


_NUMBERS = st.integers(-1_000, 1_000).map(str)
_TEXTS = st.text("abc é'\"\\", max_size=5).map(repr)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "//", "%", "/", "==", "!=", "<", ">=", "and", "or", "&", "|", "^"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda one: f"(-{one})"),
        inner.map(lambda one: f"(not {one})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}][1]"),
        inner.map(lambda one: f"str({one})"),
        inner.map(lambda one: f"f'{{{one}}}'" if not set(one) & set("'\"\\") else one),
    )


@settings(max_examples=400, deadline=None)
@given(st.recursive(st.one_of(_NUMBERS, _TEXTS), _combined, max_leaves=8))
def test_arithmetic_agrees_with_python(code: str) -> None:
    if "' %" in code or '" %' in code:
        return
    try:
        expected: Any = eval(code, {"__builtins__": {"str": str}})
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        expected = Failure
    found = value(code)
    if expected is Failure:
        assert isinstance(found, Failure)
    elif isinstance(found, Failure):
        assert "'%' on a text" in found.message
    else:
        assert type(found) is type(expected)
        assert found == expected
