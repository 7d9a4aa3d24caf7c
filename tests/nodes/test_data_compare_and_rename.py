"""Compare datasets and Rename keys."""

from __future__ import annotations

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes.data.compare_datasets import CompareDatasets
from workflow_kernel.nodes.data.rename_keys import RenameKeys
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node

A = [{"id": 1, "v": 1}, {"id": 2, "v": 2}, {"id": 3, "v": 3}]
B = [{"id": 2, "v": 2}, {"id": 3, "v": 4}, {"id": 4, "v": 4}]
ID = [{"field_a": "id", "field_b": "id"}]


def compare(a=A, b=B, **parameters):
    return run_node("data.compare_datasets", {"fields": ID, **parameters}, a, b)


def imported(version, parameters, a=A, b=B):
    convert = CompareDatasets.spec.imports["n8n-nodes-base.compareDatasets"]
    pairs = {"mergeByFields": {"values": [{"field1": "id", "field2": "id"}]}}
    ours = convert(ImportedNode("n8n-nodes-base.compareDatasets", version, {**pairs, **parameters})).parameters
    return run_node("data.compare_datasets", ours, a, b)


def test_items_part_by_where_they_are():
    result = compare()
    assert result.json("in_a_only") == [A[0]] and result.json("in_b_only") == [B[2]]
    assert result.json("same") == [A[1]]
    assert result.json("different") == [
        {"keys": {"id": 3}, "same": {"id": 3}, "different": {"v": {"inputA": 3, "inputB": 4}}}
    ]
    assert result.sources("different") == [[(0, 2), (1, 1)]] and result.sources("in_b_only") == [[(1, 2)]]


def test_what_is_sent_of_different_items():
    assert compare(when_different="prefer_a").json("different") == [A[2]]
    assert compare(when_different="prefer_b").json("different") == [B[1]]
    mixed = compare(when_different="mix", prefer="b", except_fields="v")
    assert mixed.json("different") == [{"id": 3, "v": 3}]


def test_fields_may_be_skipped():
    assert compare(skip_fields="v").json("same") == A[1:]
    a, b = [{"id": 1, "o": {"x": 1, "y": 1}, "z": 1}], [{"id": 1, "o": {"x": 2, "y": 1}, "z": 2}]
    assert compare(a, b, skip_fields=["o.x", "z"]).json("same") == a
    report = compare(a, b, skip_fields=["o.x"]).json("different")[0]
    assert report["skipped"] == {"o": {"inputA": {"x": 1}, "inputB": {"x": 2}}}
    with pytest.raises(NodeError, match="contains dot"):
        compare(a, b, skip_fields=["o.x"], dot_notation=False).json()


def test_several_matches_and_fuzzy_ones():
    a, b = [{"id": 1, "v": 1}], [{"id": "1", "v": "1"}, {"id": 1, "v": 2}, {"id": 1, "v": 1}]
    assert len(compare(a, b).json("different")) == 1 and len(compare(a, b).json("in_b_only")) == 2
    every = compare(a, b, matches="all")
    assert every.json("same") == a and len(every.json("different")) == 1
    assert compare(a, b, compare="fuzzy").json("same") == a
    assert compare(a, b, compare="fuzzy", when_different="prefer_b").json("same") == b[:1]


def test_an_empty_input_is_no_error():
    assert compare([], B).json("in_b_only") == B
    with pytest.raises(NodeError, match="in 'Input A'"):
        compare([{"x": 1}], B).json()


def test_comparing_in_n8n_versions():
    assert imported(1, {}).json("different") == [B[1]]
    first = imported(1, {"resolve": "includeBoth"}, [{"id": 1, "v": 0}], [{"id": 1, "v": 5}])
    assert first.json("different")[0]["different"] == {"v": {"input1": None, "input2": 5}}
    assert imported(2.3, {}).json("different")[0]["different"] == {"v": {"inputA": 3, "inputB": 4}}
    assert imported(2.3, {}, [{"x": 1}], B).json("in_a_only") == [{"x": 1}]


def rename(item, **parameters):
    return run_node("data.rename_keys", parameters, [item]).json()[0]


def test_fields_get_other_names():
    keys = [{"from": "a", "to": "b"}, {"from": "o.x", "to": "x"}, {"from": "none", "to": "y"}]
    assert rename({"a": 1, "o": {"x": 2, "z": 3}}, keys=keys) == {"b": 1, "x": 2, "o": {"z": 3}}
    assert rename({"a": 1}, keys=[{"from": "a", "to": "n.a"}]) == {"n": {"a": 1}}


def test_fields_get_other_names_by_patterns():
    item = {"old_a": 1, "Old_b": [{"old_c": {"old_d": 1}}]}
    pattern = {"pattern": "^old_(.)", "replacement": "$1$$"}
    assert rename(item, patterns=[pattern]) == {"a$": 1, "Old_b": [{"c$": {"d$": 1}}]}
    top = {**pattern, "ignore_case": True, "depth": 0}
    assert rename(item, patterns=[top]) == {"a$": 1, "b$": [{"old_c": {"old_d": 1}}]}
    assert item == {"old_a": 1, "Old_b": [{"old_c": {"old_d": 1}}]}
    with pytest.raises(NodeError, match="not a regular expression"):
        rename(item, patterns=[{"pattern": "("}])


def test_renaming_is_imported():
    convert = RenameKeys.spec.imports["n8n-nodes-base.renameKeys"]
    replacements = [{"searchRegex": "x", "replaceRegex": "y", "options": {"depth": 1, "caseInsensitive": True}}]
    parameters = {
        "keys": {"key": [{"currentKey": "a", "newKey": "b"}]},
        "additionalOptions": {"regexReplacement": {"replacements": replacements}},
    }
    ours = convert(ImportedNode("n8n-nodes-base.renameKeys", 1, parameters)).parameters
    assert rename({"a": {"X": {"x": 1}}}, **ours) == {"b": {"y": {"x": 1}}}
