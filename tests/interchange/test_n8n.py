"""Importing workflows of n8n: nodes, wires, settings, the report, and that they run as they did there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interchange.workflows import START, exported, imported, placed, run
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.model import Retry

LARGER = {
    "conditions": {
        "options": {"caseSensitive": True, "leftValue": "", "typeValidation": "strict", "version": 2},
        "combinator": "and",
        "conditions": [
            {"leftValue": "={{ $json.n }}", "rightValue": 1, "operator": {"type": "number", "operation": "gt"}}
        ],
    },
    "options": {},
}


def edges(source: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """Every edge of the imported workflow, by the names of its nodes and ports."""
    workflow = imported(source).workflow
    names = {node.id: node.name for node in workflow.nodes.values()}
    return {
        (names[edge.source.node], edge.source.port, names[edge.target.node], edge.target.port)
        for edge in workflow.edges
    }


def settings_of(**settings: Any) -> Any:
    return imported({**exported([], []), "settings": settings}).workflow.settings


def node_of(**fields: Any) -> Any:
    workflow = imported(exported([placed("Node", "noOp", **fields)], ["Start > Node"])).workflow
    return next(node for node in workflow.nodes.values() if node.name == "Node")


def test_what_is_no_workflow_is_told() -> None:
    for source in ({}, {"nodes": {}}, {"nodes": [{"type": "x"}]}):
        with pytest.raises(WorkflowError, match=r"not a (workflow|node)"):
            imported(source)


def test_wires_and_positions_are_kept() -> None:
    source = exported([placed("If", "if", 2.2, LARGER), placed("Merge", "merge", 3)], ["Start > If", "If > Merge"])
    source["connections"]["If"]["main"].append([{"node": "Merge", "type": "main", "index": 1}])
    assert edges(source) == {
        ("Start", "main", "If", "main"),
        ("If", "true", "Merge", "input1"),
        ("If", "false", "Merge", "input2"),
    }
    assert {node.position for node in imported(source).workflow.nodes.values()} == {(0, 0), (200, 0), (400, 0)}


@pytest.mark.parametrize(
    ("node", "output"),
    [
        (placed("Node", "set", 3.4), 1),
        (placed("Node", "filter", 2.2, LARGER), 1),
        (placed("Node", "removeDuplicates", 2), 1),
        (placed("Node", "removeDuplicates", 2, {"operation": "removeItemsSeenInPreviousExecutions"}), 2),
        (placed("Node", "if", 2.2, LARGER), 2),
        (placed("Node", "splitInBatches", 1), 1),
        (placed("Node", "splitInBatches", 3), 2),
        (placed("Node", "switch", 3.2, {"rules": {"values": [LARGER]}, "options": {"fallbackOutput": "extra"}}), 2),
        (placed("Node", "stopAndError", 1), 0),
    ],
)
def test_the_error_output_comes_after_the_others(node: dict[str, Any], output: int) -> None:
    wires = ["Start > Node", f"Node {output} > End"]
    source = exported([{**node, "onError": "continueErrorOutput"}, placed("End", "noOp")], wires)
    assert ("Node", "error", "End", "main") in edges(source)


def test_wires_that_lead_nowhere_are_reported() -> None:
    source = exported([placed("A", "noOp")], ["Start > A", "A 1 > A", "A > Gone", "A > A 3"])
    report = imported(source)
    assert len(report.workflow.edges) == 1
    assert [warning.split(";")[0] for warning in report.warnings] == [
        "An edge from node 'A' leads to a node that is not there: 'Gone'.",
        "Node 'A' has no input 3",
        "Node 'A' has no output 1",
    ]


def test_what_has_no_node_type_becomes_a_placeholder() -> None:
    source = exported([placed("Odd", "odd", 2, {"a": 1}), placed("End", "noOp")], ["Start > Odd", "Odd 3 > End"])
    report = imported(source)
    assert not report.is_complete
    odd = next(node for node in report.nodes if node.name == "Odd")
    assert not odd.is_covered and "n8n-nodes-base.odd" in odd.warnings[0]
    placeholder = next(node for node in report.workflow.nodes.values() if node.name == "Odd")
    assert placeholder.parameters["original"]["parameters"] == {"a": 1}
    assert ("Odd", "output4", "End", "main") in edges(source)


async def test_a_placeholder_fails_when_it_is_run_and_passes_when_disabled() -> None:
    wires = ["Start > Odd", "Odd > End"]
    failed = await run(exported([placed("Odd", "odd"), placed("End", "noOp")], wires))
    assert failed.error is not None and failed.error.code == "WF345"
    passed = await run(exported([placed("Odd", "odd", disabled=True), placed("End", "noOp")], wires), {"a": 1})
    assert passed["End"].json() == [{"a": 1}]


def test_settings() -> None:
    assert settings_of().order == "breadth_first"
    assert settings_of(executionOrder="v1").order == "canvas"
    assert settings_of(timezone="Europe/Berlin").timezone == "Europe/Berlin"
    assert settings_of(timezone="DEFAULT").timezone == settings_of().timezone == "America/New_York"
    assert (settings_of(executionTimeout=60).timeout, settings_of(executionTimeout=-1).timeout) == (60, None)
    assert settings_of(errorWorkflow="abc").error_workflow == "abc"
    assert settings_of().language == "javascript"


def test_settings_of_nodes() -> None:
    assert [
        node_of(**fields).on_error
        for fields in (
            {},
            {"continueOnFail": True},
            {"onError": "continueRegularOutput"},
            {"onError": "continueErrorOutput"},
            {"onError": "stopWorkflow", "continueOnFail": True},
        )
    ] == ["stop", "continue", "continue", "branch", "stop"]
    assert node_of(retryOnFail=True).retry == Retry(tries=3, wait=1.0)
    assert node_of(retryOnFail=True, maxTries=9, waitBetweenTries=200).retry == Retry(tries=5, wait=0.2)
    assert node_of(maxTries=4).retry == Retry()
    node = node_of(disabled=True, alwaysOutputData=True, executeOnce=True, notes="why")
    assert (node.disabled, node.always_output, node.execute_once, node.notes) == (True, True, True, "why")


def test_sticky_notes_tags_and_pins() -> None:
    source = exported([placed("Note", "stickyNote", 1, {"content": "hi"}), placed("A", "noOp")], ["Start > A"])
    workflow = imported({**source, "tags": [{"name": "x"}, "y", " "], "pinData": {"A": [{"json": {"a": 1}}]}}).workflow
    assert [note.text for note in workflow.notes.values()] == ["hi"]
    assert workflow.tags == ("x", "y")
    assert next(node.pin for node in workflow.nodes.values() if node.name == "A") == {"main": [{"json": {"a": 1}}]}


def test_the_report_has_our_ports_in_the_order_of_its_outputs() -> None:
    nodes = [
        placed("One", "splitInBatches", 1),
        placed("Two", "splitInBatches", 2),
        placed("Three", "splitInBatches", 3),
    ]
    report = {node.name: node.outputs for node in imported(exported(nodes, [])).nodes}
    assert (report["One"], report["Two"], report["Three"]) == (("loop",), ("loop", "done"), ("done", "loop"))


async def test_a_filter_that_always_outputs_sends_an_empty_item_when_it_keeps_none() -> None:
    source = exported(
        [placed("Filter", "filter", 2.2, LARGER, alwaysOutputData=True), placed("End", "noOp")],
        ["Start > Filter", "Filter > End"],
    )
    assert (await run(source, {"n": 1}))["End"].json() == [{}]
    assert (await run(source, {"n": 1}, {"n": 2}))["End"].json() == [{"n": 2}]


@pytest.mark.parametrize("goes_on", [{"continueOnFail": True}, {"onError": "continueErrorOutput"}])
async def test_an_item_whose_conditions_cannot_be_decided_counts_as_not_fulfilling_them(
    goes_on: dict[str, Any],
) -> None:
    nodes = [placed("If", "if", 2.2, LARGER, **goes_on), placed("Filter", "filter", 2.2, LARGER, **goes_on)]
    source = exported(nodes, ["Start > If", "Start > Filter"])
    result = await run(source, {"n": 2}, {"n": "x"})
    assert (result["If"].json("true"), result["If"].json("false")) == ([{"n": 2}], [{"n": "x"}])
    assert result["Filter"].json() == [{"n": 2}]


async def test_conditions_that_cannot_be_decided_stop_the_workflow() -> None:
    result = await run(exported([placed("If", "if", 2.2, LARGER)], ["Start > If"]), {"n": "x"})
    assert result.error is not None
    assert result.error.message == "Wrong type: 'x' is a string but was expecting a number [condition 0, item 0]"


async def test_a_manual_run_repeats_the_items_of_a_set_as_often_as_asked() -> None:
    parameters = {"mode": "raw", "jsonOutput": '{"a": 1}', "duplicateItem": True, "duplicateCount": 2, "options": {}}
    result = await run(exported([placed("Set", "set", 3.4, parameters)], ["Start > Set"]))
    assert result["Set"].json() == [{"a": 1}] * 3


async def test_expressions_in_a_query_count_though_the_field_is_plain_text() -> None:
    parameters = {"mode": "combineBySql", "query": "SELECT n FROM input1 WHERE n > {{ 1 + 1 }}", "options": {}}
    source = exported([placed("Merge", "merge", 3.2, parameters)], ["Start > Merge", "Start > Merge 1"])
    assert (await run(source, {"n": 2}, {"n": 3}))["Merge"].json() == [{"n": 3}]


async def test_a_disabled_node_passes_its_first_input_on() -> None:
    nodes = [placed("If", "if", 1, disabled=True), placed("Yes", "noOp"), placed("No", "noOp")]
    result = await run(exported(nodes, ["Start > If", "If > Yes", "If 1 > No"]), {"a": 1})
    assert result["Yes"].json() == [{"a": 1}] and "No" not in result


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("={{ 2 }}", 2),
        ("={{-1.5}}", -1.5),
        ("={{ true }}", True),
        ("={{ 'a b' }}", "a b"),
        ('={{ "" }}', ""),
        ("={{ '=1' }}", "={{ '=1' }}"),
        ("={{ 'a' + 'b' }}", "={{ 'a' + 'b' }}"),
        ("= {{ 2 }}", "= {{ 2 }}"),
        ("={{ 2 }}{{ 3 }}", "={{ 2 }}{{ 3 }}"),
        ("={{ 12345678901234567890 }}", "={{ 12345678901234567890 }}"),
    ],
)
def test_expressions_that_are_constants_are_read_as_such(written: str, read: object) -> None:
    workflow = imported(exported([placed("Limit", "limit", 1, {"maxItems": written})], [])).workflow
    assert next(node for node in workflow.nodes.values() if node.name == "Limit").parameters["count"] == read


async def test_fields_of_a_set_may_be_computed_as_a_whole() -> None:
    given = "={{ ({assignments: [{name: 'a', type: 'number', value: $json.n}]}) }}"
    parameters = {"assignments": given, "options": {}}
    result = await run(exported([placed("Set", "set", 3.4, parameters)], ["Start > Set"]), {"n": 1}, {"n": 2})
    assert result["Set"].json() == [{"a": 1}, {"a": 2}]


def test_the_start_is_a_trigger() -> None:
    assert [node.source for node in imported(exported([], [])).nodes] == [START["type"]]
