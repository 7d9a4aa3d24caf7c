"""The Python node: names, results, lineage, errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars
import pyarrow
import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Item, Items, Object, Table
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

NUMBERS = [{"n": 1}, {"n": 2}, {"n": 3}]


def run(code: str, given: Any = NUMBERS, mode: str = "all", **options: Any) -> NodeResult:
    return run_node("code.python", {"code": code, "mode": mode}, given, **options)


def each(code: str, given: Any = NUMBERS, **options: Any) -> NodeResult:
    return run(code, given, "each", **options)


def test_items_can_be_changed_and_given_back() -> None:
    result = run("for item in items:\n    item['double'] = item.json.n * 2\nreturn items")
    assert result.json() == [{"n": 1, "double": 2}, {"n": 2, "double": 4}, {"n": 3, "double": 6}]
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 2)]]


def test_given_back_items_are_known_in_any_order() -> None:
    result = run("return [items[2], items[0].json]")
    assert result.json() == [{"n": 3}, {"n": 1}]
    assert result.sources() == [[(0, 2)], [(0, 0)]]


def test_as_many_new_items_are_linked_by_position_and_others_to_all() -> None:
    assert run("return [{'m': 1} for item in items]").sources() == [[(0, 0)], [(0, 1)], [(0, 2)]]
    result = run("return {'total': sum(item['n'] for item in items)}")
    assert result.json() == [{"total": 6}]
    assert result.sources() == [[(0, 0), (0, 1), (0, 2)]]


def test_paired_item_says_where_an_item_comes_from() -> None:
    code = "return [{'json': {}, 'pairedItem': 2}, {'json': {}, 'pairedItem': [{'item': 0}, {'item': 1}]}]"
    assert run(code).sources() == [[(0, 2)], [(0, 0), (0, 1)]]


def test_each_item_by_itself() -> None:
    result = each("if item['n'] == 2:\n    return None\nreturn {**item, 'at': index}")
    assert result.json() == [{"n": 1, "at": 0}, {"n": 3, "at": 2}]
    assert result.sources() == [[(0, 0)], [(0, 2)]]


def test_one_item_may_become_several() -> None:
    result = each("return [{'of': item['n']}] * item['n']", NUMBERS[:2])
    assert result.json() == [{"of": 1}, {"of": 2}, {"of": 2}]
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 1)]]


def test_code_is_the_body_of_a_function() -> None:
    code = "import math\n\ndef area(r):\n    return math.floor(r * r * math.pi)\n\nitems = items[:1]\nreturn area(2)"
    assert run(code).json() == [{"value": 12}]


def test_await_works_and_yield_gives_items() -> None:
    assert run("import asyncio\nawait asyncio.sleep(0)\nreturn {'done': True}").json() == [{"done": True}]
    assert run("for item in items:\n    yield {'m': item['n']}").json() == [{"m": 1}, {"m": 2}, {"m": 3}]
    assert each("import asyncio\nreturn await asyncio.sleep(0, {'a': 1})").json() == [{"a": 1}] * 3


def test_n8n_names() -> None:
    assert run("for item in _input.all():\n    item.json.seen = True\nreturn _input.all()").json()[2]["seen"] is True
    assert run("return _items[1]['json']").json() == [{"n": 2}]
    assert each("return {'m': _json['n'] + _input.item.json.n + _item['json']['n']}").json()[0] == {"m": 3}


def test_nothing_returned_is_no_items() -> None:
    assert run("x = 1").json() == []
    assert run("return []").json() == []


def test_what_it_prints_goes_to_the_log() -> None:
    assert run("print('one')\nprint('two', len(items))\nreturn None").log == ["one", "two 3"]


def test_values_of_libraries_become_json() -> None:
    code = (
        "import datetime, decimal, numpy\n"
        "return {'day': datetime.date(2024, 2, 29), 'array': numpy.arange(2), 'number': numpy.float32(0.5),\n"
        "        'money': decimal.Decimal('1.10'), 'set': {1}, 'nothing': float('nan'), 'large': 10**30}"
    )
    assert run(code).json() == [
        {
            "day": "2024-02-29", "array": [0, 1], "number": 0.5, "money": 1.1, "set": [1], "nothing": None,
            "large": 10**30,
        }
    ]  # fmt: skip


def test_a_data_frame_becomes_a_table() -> None:
    batch = run("import polars\nreturn polars.DataFrame({'a': [1, 2]})").batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pylist() == [{"a": 1}, {"a": 2}]


def test_a_table_stays_one() -> None:
    given = Table(polars.DataFrame({"n": [1, 2, 3]}).to_arrow())
    batch = run("return table.slice(1)", given).batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pydict() == {"n": [2, 3]}
    assert run("return [item['n'] for item in items][0]", given).json() == [{"value": 1}]
    assert run("return {'columns': table.column_names}").json() == [{"columns": ["n"]}]


def test_any_object_goes_from_node_to_node() -> None:
    made = run("class Model:\n    def predict(self, x):\n        return x + 1\nreturn Model()").batch()
    assert isinstance(made, Object)
    assert made.items().rows[0].json["type"].endswith("Model")
    assert run("return {'y': value.predict(41)}", made).json() == [{"y": 42}]
    assert run("return value.sum()", Object(pyarrow.array([1, 2, 3]))).batch()


def test_an_object_with_more_than_json_in_it_is_an_object() -> None:
    made = run("return {'call': len, 'name': 'length'}").batch()
    assert isinstance(made, Object)
    assert made.value["call"]("abc") == 3


def test_attachments_are_read_and_made() -> None:
    blobs = MemoryBlobs()
    result = run(
        "made = attach(b'a,b', name='new.csv')\n"
        "return {'json': {'text': read_binary({'binary': {'data': made}}).decode()}, 'binary': {'data': made}}",
        blobs=blobs,
    )
    binary = (result.items()[0].binary or {})["data"]
    assert (binary.file_name, binary.mime_type, binary.size) == ("new.csv", "text/csv", 3)
    given = Items([Item({}, {"data": binary})])
    assert run("return {'size': len(read_binary(items[0]))}", given, blobs=blobs).json() == [{"size": 3}]
    kept = run("items[0]['seen'] = 1\nreturn items", given, blobs=blobs).items()[0]
    assert kept.binary == {"data": binary}
    with pytest.raises(NodeError, match="no attachment 'other'; it has data"):
        run("read_binary(items[0], 'other')", given, blobs=blobs).batch()


def test_a_module_beside_the_workflow_is_imported(tmp_path: Path) -> None:
    (tmp_path / "beside_it.py").write_text("answer = 42\n")
    assert run("import beside_it\nreturn {'a': beside_it.answer}", folder=tmp_path).json() == [{"a": 42}]


def test_the_clock_is_the_runs() -> None:
    result = run("return {'now': now.isoformat()}", now=0.0, timezone="America/New_York")
    assert result.json() == [{"now": "1969-12-31T19:00:00-05:00"}]


def test_an_error_names_the_line_and_shows_the_code() -> None:
    with pytest.raises(NodeError) as caught:
        run("def half(x):\n    return x / 0\n\nreturn half(1)").batch()
    assert caught.value.message == "ZeroDivisionError: division by zero (line 2)"
    assert "return half(1)" in caught.value.description
    assert "child" not in caught.value.description


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return (", r"SyntaxError: '\(' was never closed \(line 1\)"),
        ("return item", r"NameError: name 'item' is not defined \(line 1\)"),
        ("return items[0]['m']", r"KeyError: .*there is no 'm'; the item has n"),
        ("return items[0].json.m", r"AttributeError: there is no 'm'"),
        ("return [{'a': 1}, 2]", "a list with a value of type int"),
        ("return [{'a': {'b': [object()]}}]", r"Item 0: 'a\.b\.0' is of type object"),
        ("return node('Nobody').first()", "There is no node 'Nobody' before this one"),
        ("raise SystemExit", "ended its process"),
    ],
)
def test_errors_say_what_is_wrong(code: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        run(code).batch()


def test_failing_items_leave_by_the_error_port() -> None:
    result = each("return {'r': 1 / (item['n'] - 2)}", on_error="branch")
    assert result.json() == [{"r": -1.0}, {"r": 1.0}]
    assert result.json("error") == [{"n": 2, "error": "ZeroDivisionError: division by zero (line 1)"}]
    assert result.sources("error") == [[(0, 1)]]


def test_failing_rows_of_a_table_leave_by_the_error_port() -> None:
    given = Table(polars.DataFrame({"n": [1, 2]}).to_arrow())
    result = each("return {'r': 1 / (item['n'] - 2)}", given, on_error="branch")
    assert result.json() == [{"r": -1.0}]
    assert result.json("error")[0]["n"] == 2


def test_failing_items_go_on_in_their_place() -> None:
    result = each("return {'r': 1 / (item['n'] - 2)}", on_error="continue")
    assert result.json()[1] == {"error": "ZeroDivisionError: division by zero (line 1)"}


def test_code_is_checked_without_running_it() -> None:
    from workflow_kernel.nodes.code.python import Python

    assert Python.check({"code": "return 1"}) == []
    assert "line 2" in Python.check({"code": "x = 1\nreturn ("})[0]
