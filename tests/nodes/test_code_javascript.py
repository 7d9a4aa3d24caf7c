"""The JavaScript node: results, lineage, errors, and what n8n's code nodes become."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.code.javascript import JavaScript
from workflow_kernel.runs.item import Item, Items
from workflow_kernel.sdk import Imported, ImportedNode
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.testing import NodeResult, run_node

NUMBERS = [{"n": 1}, {"n": 2}, {"n": 3}]


def run(code: str, given: Any = NUMBERS, mode: str = "all", *, legacy: bool = False, **options: Any) -> NodeResult:
    return run_node("code.javascript", {"code": code, "mode": mode, "item_is_json": legacy}, given, **options)


def each(code: str, given: Any = NUMBERS, **options: Any) -> NodeResult:
    return run(code, given, "each", **options)


def convert(type_name: str, version: float = 1, **parameters: Any) -> Imported:
    name = f"n8n-nodes-base.{type_name}"
    return JavaScript.spec.imports[name](ImportedNode(name, version, parameters))


def test_items_can_be_changed_and_given_back() -> None:
    result = run("for (const item of $input.all()) item.json.m = item.json.n * 2; return $input.all();")
    assert result.json() == [{"n": 1, "m": 2}, {"n": 2, "m": 4}, {"n": 3, "m": 6}]
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 2)]]


def test_objects_are_wrapped_and_one_object_is_one_item() -> None:
    assert run("return [{a: 1}, {a: 2}]").json() == [{"a": 1}, {"a": 2}]
    assert run("return {sum: items.reduce((sum, item) => sum + item.json.n, 0)}").json() == [{"sum": 6}]
    assert run("return []").json() == []


def test_data_with_keys_of_items() -> None:
    assert run("return [{error: 'no'}]").json() == [{"error": "no"}]
    assert run("return {error: 'no', code: 1}").json() == [{"error": "no", "code": 1}]
    assert each("return {error: 'no', code: $json.n}", NUMBERS[:1]).json() == [{"error": "no", "code": 1}]
    with pytest.raises(NodeError, match="Unknown top-level item key: code"):
        run("return [{error: 'no', code: 1}]").batch()


def test_paired_item_says_where_an_item_comes_from() -> None:
    result = run("return [{json: {}, pairedItem: 2}, {json: {}, pairedItem: [0, {item: 1}]}]")
    assert result.sources() == [[(0, 2)], [(0, 0), (0, 1)]]
    moved = run("return $input.all().map((item) => { item.pairedItem = 0; return item; })")
    assert moved.sources() == [[(0, 0)]] * 3


def test_each_item_by_itself() -> None:
    result = each("return $json.n === 2 ? null : {...$json, at: $itemIndex};")
    assert result.json() == [{"n": 1, "at": 0}, {"n": 3, "at": 2}]
    assert result.sources() == [[(0, 0)], [(0, 2)]]


def test_await_works_and_console_writes_to_the_log() -> None:
    result = each("console.log('at', $json.n); return {n: await Promise.resolve($json.n)};")
    assert result.json() == NUMBERS
    assert result.log == ["at 1", "at 2", "at 3"]


def test_attachments_are_kept_and_made() -> None:
    blobs = MemoryBlobs()
    data = base64.b64encode(b"hello").decode()
    made = run(
        f"return [{{json: {{}}, binary: {{data: {{data: '{data}', mimeType: 'text/plain', fileName: 'a.txt'}}}}}}]",
        blobs=blobs,
    ).items()[0]
    binary = (made.binary or {})["data"]
    assert blobs.get(binary.blob) == b"hello"
    assert (binary.mime_type, binary.file_name, binary.file_extension) == ("text/plain", "a.txt", "txt")
    given = Items([Item({"n": 1}, {"data": binary})])
    assert run("return $input.all()", given, blobs=blobs).items() == given.rows
    assert each("return {n: 2}", given, blobs=blobs).items() == [Item({"n": 2})]


def test_the_older_item_function_keeps_attachments() -> None:
    result = each("item.m = item.n + 1; return item;", legacy=True)
    assert result.json() == [{"n": 1, "m": 2}, {"n": 2, "m": 3}, {"n": 3, "m": 4}]
    with pytest.raises(NodeError, match=r"^Code doesn't return an object \[item 0\]$"):
        each("item.m = 1;", legacy=True).batch()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "^Code doesn't return items properly$"),
        ("return [{json: {}, other: 1}]", r"^Unknown top-level item key: other \[item 0\]$"),
        ("return [{json: {}}, {error: 1}]", "Some of the objects"),
        ("return [{json: 'text'}]", r"^A 'json' property isn't an object \[item 0\]$"),
        ("return [{json: {}, binary: {data: 1}}]", "attachment 'data' has no data"),
        ("throw new Error('no good')", r"^no good \[line 1\]$"),
        ("const a = 1;\nreturn a.b.c;", r"\[line 2\]"),
    ],
)
def test_errors_say_what_is_wrong(code: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        run(code).batch()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("", "nothing"),
        ("return 5", "the number 5"),
        ("return ['a']", "the text 'a'"),
        ("return [null]", "nothing"),
        ("return [[{}]]", "an array"),
    ],
)
def test_what_is_no_item_is_named(code: str, found: str) -> None:
    with pytest.raises(NodeError, match=r"^Code doesn't return items properly$") as raised:
        run(code).batch()
    assert f"there is {found}" in raised.value.description


def test_each_returns_one_object() -> None:
    with pytest.raises(NodeError, match=r"^Code doesn't return a single object \[item 0\]$"):
        each("return [{}]").batch()


def test_on_error_continue() -> None:
    assert each("if ($json.n === 2) throw new Error('no'); return $json;", on_error="continue").json() == [
        {"n": 1},
        {"error": "no [line 1, for item 1]"},
        {"n": 3},
    ]
    assert run("throw new Error('no')", on_error="continue").json() == [{"error": "no [line 1]"}]


def test_failing_items_leave_by_the_error_port() -> None:
    result = each("if ($json.n === 2) throw new Error('no'); return $json;", on_error="branch")
    assert result.json() == [{"n": 1}, {"n": 3}]
    assert result.json("error") == [{"n": 2, "error": "no [line 1, for item 1]"}]


def test_static_data_is_kept_for_the_next_run() -> None:
    code = "const kept = $getWorkflowStaticData('node'); kept.runs = (kept.runs ?? 0) + 1; return {runs: kept.runs};"
    first = run(code)
    assert first.json() == [{"runs": 1}]
    assert run(code, state=first.state).json() == [{"runs": 2}]


def test_import_of_code() -> None:
    assert convert("code", 2, jsCode="return []").parameters == {"code": "return []", "mode": "all"}
    assert convert("code", mode="runOnceForEachItem", jsCode="return {}").parameters["mode"] == "each"
    python = convert("code", 2, language="pythonNative", pythonCode="return _items")
    assert (python.type, python.parameters) == ("code.python", {"code": "return _items", "mode": "all"})
    assert run(convert("code").parameters["code"]).json()[0] == {"n": 1, "myNewField": 1}
    assert each(convert("code", mode="runOnceForEachItem").parameters["code"]).json()[0]["myNewField"] == 1


def test_import_of_functions() -> None:
    assert run(convert("function").parameters["code"]).json()[0] == {"n": 1, "myNewField": 1}
    item = convert("functionItem", functionCode="item.m = 1; return item;")
    assert item.parameters == {"code": "item.m = 1; return item;", "mode": "each", "item_is_json": True}


def test_import_warns_of_what_is_not_there() -> None:
    code = "const x = require('lodash'); const c = require('crypto'); await this.helpers.httpRequest({});"
    warnings = convert("code", jsCode=code).warnings
    assert len(warnings) == 2
    assert "lodash" in warnings[1]
    assert "crypto" not in warnings[1]
