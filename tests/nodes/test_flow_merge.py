"""Merge."""

from __future__ import annotations

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.flow._merge_import import from_n8n
from workflow_kernel.nodes.flow.merge import Merge
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node

ONE = [{"id": 1, "v": "a", "o": {"x": 1}}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}]
TWO = [{"id": 2, "v": "B", "t": 1}, {"id": 1, "v": "A", "o": {"y": 2}}, {"id": 4, "v": "D"}]
ID = [{"field1": "id", "field2": "id"}]


def by_fields(**parameters):
    return run_node("flow.merge", {"mode": "by_fields", "fields": ID, **parameters}, ONE, TWO)


def imported(version, parameters, *inputs):
    ours = from_n8n(ImportedNode("n8n-nodes-base.merge", version, parameters)).parameters
    return run_node("flow.merge", ours, *inputs, language="javascript")


def test_inputs_are_appended_in_order_and_linked():
    result = run_node("flow.merge", {"number_of_inputs": 3}, [{"a": 1}], [], [{"a": 2}, {"a": 3}])
    assert result.json() == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert result.sources() == [[(0, 0)], [(2, 0)], [(2, 1)]]


def test_matches_are_merged_deeply_and_linked_to_both():
    result = by_fields()
    assert result.json() == [{"id": 1, "v": "A", "o": {"x": 1, "y": 2}}, {"id": 2, "v": "B", "t": 1}]
    assert result.sources() == [[(0, 0), (1, 1)], [(0, 1), (1, 0)]]
    assert by_fields(nested="shallow").json()[0] == {"id": 1, "v": "A", "o": {"y": 2}}
    assert ONE[0] == {"id": 1, "v": "a", "o": {"x": 1}}


def test_what_is_kept():
    assert [item["id"] for item in by_fields(keep="everything").json()] == [1, 2, 3, 4]
    assert [item["id"] for item in by_fields(keep="enrich_input2").json()] == [2, 1, 4]
    enriched = by_fields(keep="enrich_input2", order="matches_first").json()
    assert [(item["id"], item["v"]) for item in enriched] == [(1, "a"), (2, "b"), (4, "D")]
    assert by_fields(keep="non_matches").json() == [
        {"id": 3, "v": "c", "_source": "input1"}, {"id": 4, "v": "D", "_source": "input2"},
    ]  # fmt: skip
    assert by_fields(keep="non_matches", output_from="input2").json() == [TWO[2]]
    assert by_fields(output_from="input1").json() == ONE[:2]
    assert by_fields(output_from="input2").json() == TWO[:2]
    assert by_fields(output_from="input2").sources() == [[(1, 0)], [(1, 1)]]


def test_clashes():
    assert by_fields(clash="prefer_input", preferred_input=1).json()[1] == {"id": 2, "v": "b", "t": 1}
    assert by_fields(clash="suffix").json()[1] == {"id_1": 2, "v_1": "b", "id_2": 2, "v_2": "B", "t_2": 1}
    one, two = [{"id": 1, "a": "", "b": 1}], [{"id": 1, "a": 2, "b": None}]
    parameters = {"mode": "by_fields", "fields": ID, "fill_empty": True}
    assert run_node("flow.merge", parameters, one, two).json() == [{"id": 1, "a": 2, "b": 1}]


def test_all_or_first_matches_and_fuzzy_ones():
    twice = [{"id": "1", "n": 1}, {"id": 1, "n": 2}, {"id": 1, "n": 3}]

    def numbers(**parameters):
        result = run_node("flow.merge", {"mode": "by_fields", "fields": ID, **parameters}, [{"id": 1}], twice)
        return [item["n"] for item in result.json()]

    assert numbers() == [2, 3]
    assert numbers(matches="first") == [2]
    assert numbers(compare="fuzzy") == [1, 2, 3]
    assert numbers(compare="text", matches="last") == [3]


def test_a_field_nobody_has_is_an_error():
    pair = [{"field1": "id", "field2": "nope"}]
    with pytest.raises(NodeError, match="'nope' is not present in any of items in 'Input 2'"):
        by_fields(fields=pair).json()
    assert by_fields(fields=pair, require_fields=False).json() == []
    with pytest.raises(NodeError, match="at least one pair"):
        by_fields(fields=[]).json()


def test_by_position_and_combinations():
    one, two = [{"a": 1}, {"a": 2}, {"a": 3}], [{"b": 1}]
    assert run_node("flow.merge", {"mode": "by_position"}, one, two).json() == [{"a": 1, "b": 1}]
    kept = run_node("flow.merge", {"mode": "by_position", "unpaired": "keep"}, two, one)
    assert kept.json() == [{"b": 1, "a": 1}, {"a": 2}, {"a": 3}]
    assert kept.sources()[1] == [(1, 1)]
    assert run_node("flow.merge", {"mode": "by_position", "unpaired": "input1"}, two, one).json() == [{"b": 1, "a": 1}]
    combined = run_node("flow.merge", {"mode": "combinations"}, one, [{"b": 1}, {"b": 2}])
    assert combined.json()[:3] == [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}]
    assert combined.sources()[2] == [(0, 1), (1, 0)]


def test_sql_keeps_the_order_of_the_items_and_their_values():
    query = "SELECT * FROM input1 LEFT JOIN input2 ON input1.id = input2.id"
    rows = run_node("flow.merge", {"mode": "sql", "query": query}, ONE, TWO).json()
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert rows[0]["o"] == {"y": 2}
    grouped = "SELECT v, count(*) AS n FROM input1 GROUP BY v"
    assert run_node("flow.merge", {"mode": "sql", "query": grouped}, ONE, []).json()[2] == {"v": "c", "n": 1}


def test_sql_sees_the_items_alone():
    query = "SELECT * FROM read_text('/etc/hostname')"
    assert "disabled" in run_node("flow.merge", {"mode": "sql", "query": query}, ONE, TWO).error
    wrong = {"mode": "sql", "query": "SELECT nope FROM input1"}
    assert "nope" in run_node("flow.merge", wrong, ONE, TWO).error
    assert run_node("flow.merge", {**wrong, "lenient": True}, ONE, TWO).json() == [{}, {}, {}]


def test_choosing_a_branch():
    result = run_node("flow.merge", {"mode": "choose_branch", "output": "input2"}, ONE, TWO)
    assert result.json() == TWO and result.sources()[0] == [(1, 0)]
    empty = run_node("flow.merge", {"mode": "choose_branch", "output": "empty"}, [{"a": 1}], [{"b": 1}])
    assert empty.json() == [{}] and empty.sources() == [[(0, 0), (1, 0)]]
    assert Merge.ports({"mode": "choose_branch", "number_of_inputs": 3}).required == "all"
    assert Merge.ports({"mode": "append"}).required == "any"
    assert [port.name for port in Merge.ports({"number_of_inputs": 3}).inputs] == ["input1", "input2", "input3"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"mode": "mergeByIndex"}, [{"id": 1, "w": 9}, {"id": 2}]),
        ({"mode": "mergeByIndex", "join": "inner"}, [{"id": 1, "w": 9}]),
        ({"mode": "passThrough", "output": "input2"}, [{"id": "1", "w": 9}]),
        ({"mode": "wait"}, [{}]),
        ({"mode": "keepKeyMatches", "propertyName1": "id", "propertyName2": "id"}, [{"id": 1}]),
        ({"mode": "removeKeyMatches", "propertyName1": "id", "propertyName2": "id"}, [{"id": 2}]),
        ({"mode": "mergeByKey", "propertyName1": "id", "propertyName2": "id"}, [{"id": 1, "w": 9}, {"id": 2}]),
    ],
)
def test_the_first_n8n_version(parameters, expected):
    two = [{"id": "1", "w": 9}]
    if parameters["mode"] == "mergeByIndex":
        two = [{"w": 9}]
    assert imported(1, parameters, [{"id": 1}, {"id": 2}], two).json() == expected


def test_overwriting_in_the_first_n8n_version():
    parameters = {"mode": "mergeByKey", "propertyName1": "k", "propertyName2": "key"}
    one, two = [{"k": 1, "a": "", "b": 1}, {"a": 0}], [{"key": 1, "a": 5, "b": 6, "c": 7}]
    assert imported(1, parameters, one, two).json() == [{"k": 1, "a": 5, "b": 6, "c": 7}]
    blank = imported(1, {**parameters, "overwrite": "blank"}, one, two)
    assert blank.json() == [{"k": 1, "a": 5, "b": 1, "c": 7}]
    undefined = imported(1, {**parameters, "overwrite": "undefined"}, one, two)
    assert undefined.json() == [{"k": 1, "a": "", "b": 1, "c": 7}]


def test_later_n8n_versions():
    combine = {"mode": "combine", "fieldsToMatchString": "id", "joinMode": "enrichInput1"}
    assert [item["id"] for item in imported(3.2, combine, ONE[::-1], TWO).json()] == [2, 1, 3]
    position = {"mode": "combine", "combineBy": "combineByPosition", "numberInputs": 3}
    assert imported(3, position, [{"a": 1}], [{"a": 2}], [{"a": 3, "b": 1}]).json() == [{"a": 3, "b": 1}]
    assert imported(3, position, [{"a": 1}], [], []).json() == []
    old = {"mode": "combine", "combinationMode": "mergeByPosition"}
    assert imported(2.1, old, [{"a": 1}], []).json() == [{"a": 1}]
    chosen = {"mode": "chooseBranch", "useDataOfInput": "2", "numberInputs": 3}
    assert imported(3, chosen, [{"a": 1}], [{"a": 2}], [{"a": 3}]).json() == [{"a": 2}]
    sql = {
        "mode": "combineBySql",
        "query": 'SELECT * FROM input1 LEFT JOIN input2 ON input1.id = input2.id WHERE input1.`v` = "x"',
    }
    assert imported(3, sql, ONE, TWO).json() == [{"success": True}]
    assert imported(3.2, sql, ONE, TWO).json() == []
