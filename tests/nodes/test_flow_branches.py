"""If, Filter and Switch."""

from __future__ import annotations

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.nodes import _branches
from workflow_kernel.nodes.flow import _switch_import
from workflow_kernel.nodes.flow.switch import Switch
from workflow_kernel.sdk import ImportedNode
from workflow_kernel.testing import run_node


def condition(left, operator, right=None, **options):
    return {"conditions": [{"left": left, "operator": operator, "right": right}], "options": options}


def run(type_name, parameters, items, **options):
    return run_node(type_name, parameters, items, language="javascript", **options)


NUMBERS = [{"n": 1}, {"n": 5}, {"n": 9}]


@pytest.mark.parametrize(
    ("type_name", "yes", "no"), [("flow.if", "true", "false"), ("data.filter", "kept", "discarded")]
)
def test_items_part_by_conditions_and_stay_linked(type_name, yes, no):
    result = run(type_name, {"conditions": condition("={{ $json.n }}", "number.larger", 4)}, NUMBERS)
    assert result.json(yes) == NUMBERS[1:] and result.json(no) == NUMBERS[:1]
    assert result.sources(yes) == [[(0, 1)], [(0, 2)]]


def test_an_item_that_cannot_be_decided_fails_alone():
    parameters = {"conditions": condition("={{ $json.n }}", "number.larger", 4, types="strict")}
    items = [{"n": "x"}, {"n": 5}]
    assert "Wrong type" in run("flow.if", parameters, items).error
    result = run("flow.if", parameters, items, on_error="branch")
    assert result.json("true") == [{"n": 5}] and result.json("false") == []
    assert result.json("error")[0]["n"] == "x"


def test_ifs_of_all_n8n_versions():
    old = {"conditions": {"number": [{"value1": "={{ $json.n }}", "operation": "larger", "value2": 4}]}}
    operator = {"type": "number", "operation": "gt"}
    new = {"conditions": {"conditions": [{"leftValue": "={{ $json.n }}", "rightValue": 4, "operator": operator}]}}
    for version, parameters in [(1, old), (2, new), (2.2, new)]:
        ours = _branches.from_n8n(ImportedNode("n8n-nodes-base.if", version, parameters)).parameters
        assert run("flow.if", ours, NUMBERS).json("true") == NUMBERS[1:]


RULES = [
    {"conditions": condition("={{ $json.n }}", "number.larger", 8), "name": "big"},
    {"conditions": condition("={{ $json.n }}", "number.larger", 4)},
]


def test_an_item_goes_to_the_first_rule_it_fulfils():
    result = run("flow.switch", {"rules": RULES, "fallback": "extra"}, NUMBERS)
    assert [result.json(port) for port in ("output1", "output2", "fallback")] == [
        [NUMBERS[2]],
        [NUMBERS[1]],
        [NUMBERS[0]],
    ]
    assert result.sources("output1") == [[(0, 2)]]


def test_an_item_may_go_to_all_rules_it_fulfils_and_the_fallback_to_one_of_them():
    result = run("flow.switch", {"rules": RULES, "all_matching": True, "fallback": "output2"}, NUMBERS)
    assert result.json("output1") == [NUMBERS[2]]
    assert result.json("output2") == NUMBERS


def test_items_without_a_rule_are_dropped():
    result = run("flow.switch", {"rules": RULES}, NUMBERS)
    assert result.names == ["output1", "output2"] and len(result.json("output1")) + len(result.json("output2")) == 2


def test_the_output_may_be_computed():
    parameters = {"mode": "expression", "number_of_outputs": 2, "output": "={{ $json.n > 4 ? 1 : 0 }}"}
    result = run("flow.switch", parameters, NUMBERS)
    assert result.json("output1") == NUMBERS[:1] and result.json("output2") == NUMBERS[1:]
    wrong = {**parameters, "output": "={{ $json.n }}"}
    with pytest.raises(NodeError, match="output 5 is not allowed"):
        run("flow.switch", wrong, NUMBERS[1:]).json()


def test_ports_follow_the_rules():
    ports = Switch.ports({"rules": RULES, "fallback": "extra", "fallback_name": "rest"})
    assert [(port.name, port.title) for port in ports.outputs] == [
        ("output1", "big"), ("output2", ""), ("fallback", "rest"),
    ]  # fmt: skip
    assert len(Switch.ports({"mode": "expression"}).outputs) == 4
    assert Switch.check({"rules": RULES, "fallback": "output3"}) == [
        "There is no output 'output3'. The outputs are output1, output2."
    ]


def test_switches_of_all_n8n_versions():
    rules = [{"operation": "larger", "value2": 8, "output": 3}, {"operation": "larger", "value2": 4, "output": 0}]
    first = {"value1": "={{ $json.n }}", "rules": {"rules": rules}, "fallbackOutput": 1}
    operator = {"type": "number", "operation": "gt"}

    def value(limit):
        return {
            "conditions": {"conditions": [{"leftValue": "={{ $json.n }}", "rightValue": limit, "operator": operator}]}
        }

    third = {"rules": {"values": [value(8), value(4)]}, "options": {"fallbackOutput": "extra"}}
    expected = {
        1: {"output4": [NUMBERS[2]], "output1": [NUMBERS[1]], "output2": [NUMBERS[0]]},
        2: {"output1": [NUMBERS[2]], "output2": [NUMBERS[0], NUMBERS[1]]},
        3.2: {"output1": [NUMBERS[2]], "output2": [NUMBERS[1]], "fallback": [NUMBERS[0]]},
    }
    for version, parameters in [(1, first), (2, first), (3.2, third)]:
        ours = _switch_import.from_n8n(ImportedNode("n8n-nodes-base.switch", version, parameters)).parameters
        result = run("flow.switch", ours, NUMBERS)
        for port, items in expected[version].items():
            assert result.json(port) == items


def test_a_filter_can_drop_what_it_does_not_keep():
    parameters = {"conditions": condition("={{ $json.n }}", "number.larger", 4), "send_discarded": False}
    result = run("data.filter", parameters, NUMBERS)
    assert result.json() == [{"n": 5}, {"n": 9}]
    assert len(result.outcome.outputs) == 1
