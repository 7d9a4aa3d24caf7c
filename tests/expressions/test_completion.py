"""What editors are offered while an expression is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import workflow_kernel.expressions.assets as assets
from workflow_kernel.expressions import completion_javascript
from workflow_kernel.expressions.completion import Completion, complete, describe_fields
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.runs.item import Item

ITEMS = [
    Item({"n": 1, "name": "Ada", "customer": {"city": "Paris", "zip code": 75}, "rows": [{"price": 2.5}], "_id": "x"}),
    Item({"n": "two", "late": True, "customer": {"vip": None}}),
]


class Run:
    key = "k"
    outputs = [[Item({"total": 9})]]


class Node:
    name = "Edit fields"
    parameters = {"mode": "raw"}
    runs = [Run()]
    context = {"noItemsLeft": False}
    default_output = 0


class Data:
    def __init__(self, items: list[Item] = ITEMS) -> None:
        self.items = items
        self.inputs = [items]
        self.facts = Facts(now=1.0, variables={"region": "eu"}, secrets={"vault": "hidden"})
        self.context: dict[str, Any] = {}

    def node(self, name: str) -> Node | None:
        return Node() if name == "Edit fields" else None

    def node_names(self) -> list[str]:
        return ["Edit fields", "Start"]

    def trace(self, name: str, indices: Any) -> list[Any]:
        return []


def offered(text: str, language: Any = "python", cursor: int | None = None) -> dict[str, Completion]:
    return {one.label: one for one in complete(Data(), language, text, cursor)}


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_fields_of_all_items_are_offered_after_json(language: str) -> None:
    found = offered("={{ $json.", language)
    assert {"n", "name", "customer", "rows", "late"} <= found.keys()
    assert found["name"].type == "text"
    assert found["name"].example == "Ada"
    assert found["n"].type == "number or text"
    assert found["late"].type == "boolean"


def test_nested_fields_are_offered() -> None:
    assert {"city", "zip code", "vip"} <= offered("={{ $json.customer.").keys()
    assert "price" in offered("={{ $json.rows[0].")
    assert "city" in offered('={{ $json["customer"].')


def test_what_is_typed_narrows_and_is_replaced() -> None:
    found = offered("={{ $json.na")
    assert next(iter(found)) == "name"
    assert found["name"].replace == 2


def test_a_name_that_is_no_identifier_is_written_in_brackets() -> None:
    found = offered("={{ $json.customer.z")["zip code"]
    assert found.insert == '["zip code"]'
    assert found.replace == 2


def test_python_writes_an_underscore_field_in_brackets() -> None:
    assert offered("={{ $json.")["_id"].insert == '["_id"]'
    assert offered("={{ $json.", "javascript")["_id"].insert == "_id"


def test_keys_are_offered_in_brackets() -> None:
    found = offered('={{ $json["na')
    assert list(found) == ["name"]
    assert found["name"].insert == "name"


@pytest.mark.parametrize("before", ["={{ $('", '={{ $("', "={{ $node['", "={{ 1 + $('Ed"])
def test_node_names_are_offered(before: str) -> None:
    assert "Edit fields" in offered(before)


@pytest.mark.parametrize("path", ["item.json", "first().json", "last().json", "all()[0].json"])
def test_fields_of_another_node_are_offered(path: str) -> None:
    assert offered(f"={{{{ $('Edit fields').{path}.")["total"].example == "9"


def test_the_old_way_to_another_node_is_known() -> None:
    assert "total" in offered('={{ $node["Edit fields"].json.')


def test_members_of_handles_are_offered() -> None:
    assert {"item", "first", "last", "all"} <= offered("={{ $input.").keys()
    assert {"item", "isExecuted", "itemMatching"} <= offered("={{ $('Edit fields').").keys()
    assert {"json", "binary"} <= offered("={{ $input.item.").keys()
    assert "n" in offered("={{ $input.first().json.")


def test_moments_offer_their_fields_and_methods() -> None:
    assert {"year", "isoformat", "strftime"} <= offered("={{ $now.").keys()
    assert {"year", "toFormat", "plus"} <= offered("={{ $now.", "javascript").keys()


def test_methods_by_type_are_offered_with_documentation() -> None:
    python = offered("={{ $json.name.")
    assert python["upper"].detail == "Return a copy of the string converted to uppercase."
    assert python["upper"].insert == "upper("
    javascript = offered("={{ $json.name.", "javascript")
    assert "extractEmail" in javascript
    assert "upper" not in javascript
    assert "sum" in offered("={{ $json.rows.", "javascript")


def test_names_and_functions_are_offered_at_a_free_place() -> None:
    found = offered("={{ ")
    assert {"$json", "$input", "$now", "len", "slug", "parse_date", "math"} <= found.keys()
    assert found["round"].detail == "round(value, digits=None): The number rounded to some digits after the point."
    assert "floor" in offered("={{ math.")
    assert "DateTime" in offered("={{ Da", "javascript")


def test_variables_are_offered_and_secrets_stay_hidden() -> None:
    assert offered("={{ $vars.")["region"].example == "eu"
    assert offered("={{ $secrets.")["vault"].example == "..."


@pytest.mark.parametrize(
    "text", ["=Hello ", "={{ $json.n }} and ", "={{ 'a text ", "={{ unknown.", "={{ $json.a.b.", ")."]
)
def test_nothing_is_offered_where_nothing_is_known(text: str) -> None:
    assert not offered(text)


def test_the_cursor_says_where_to_look() -> None:
    text = "={{ $json. + 1 }}"
    assert "name" in offered(text, cursor=text.index(" +"))


def test_described_fields_are_a_tree() -> None:
    fields = {field.name: field for field in describe_fields(ITEMS)}
    assert fields["customer"].type == "object"
    assert [(inner.name, inner.path) for inner in fields["customer"].fields][:1] == [("city", ("customer", "city"))]
    assert fields["rows"].fields[0].name == "price"
    assert fields["n"].count == 2


def test_described_fields_stay_small() -> None:
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"inner": deep, "text": "x" * 10_000}
    wide = {f"field{number}": number for number in range(5_000)}
    (inner, text, *_), fields = describe_fields([deep]), describe_fields([wide])
    assert len(text.example) <= 60
    assert len(inner.example) <= 60
    assert len(fields) == 300


def test_the_javascript_words_are_those_of_the_runtime() -> None:
    names = {
        "text": "string",
        "list": "array",
        "number": "number",
        "boolean": "boolean",
        "object": "object",
        "date": "date",
    }
    folder = Path(assets.__file__).parent
    source = "\n".join(path.read_text() for path in folder.glob("extensions_*.js"))
    for ours, theirs in names.items():
        body = re.search(rf"kernel\.extensions\.{theirs} = {{\n(.*?)^}};", source, re.S | re.M)
        assert body is not None
        runtime = set(re.findall(r"^  (\w+)[,:(]", body[1], re.M))
        assert set(completion_javascript.EXTENSIONS[ours]) == runtime, ours
