"""Bringing two edits of a workflow together: what one changed is taken, what both changed is told."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.merge import merge

BASE: dict[str, Any] = {
    "format": "workflow/1",
    "name": "Base",
    "settings": {"timezone": "UTC"},
    "nodes": {
        "a": {"name": "A", "type": "flow.manual_trigger"},
        "b": {"name": "B", "type": "data.set", "parameters": {"x": 1, "y": {"z": [1, 2]}}},
        "c": {"name": "C", "type": "data.set"},
    },
    "edges": [
        {"source": ["a", "main"], "target": ["b", "main"]},
        {"source": ["b", "main"], "target": ["c", "main"]},
    ],
}


def edited(**changes: Any) -> dict[str, Any]:
    """The base with values set at dotted paths; None takes one away."""
    made = copy.deepcopy(BASE)
    for path, value in changes.items():
        place: Any = made
        *way, last = path.split("__")
        for part in way:
            place = place.setdefault(part, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return made


def edge(source: str, target: str) -> dict[str, Any]:
    return {"source": [source, "main"], "target": [target, "main"]}


def test_changes_in_different_places_come_together() -> None:
    theirs = edited(name="Theirs", nodes__b__parameters__x=2)
    yours = edited(nodes__b__parameters__y={"z": [3]}, settings__timeout=9, nodes__d={"name": "D", "type": "data.set"})
    merged = merge(BASE, theirs, yours)
    assert merged.conflicts == ()
    assert merged.document["name"] == "Theirs" and merged.document["settings"] == {"timezone": "UTC", "timeout": 9}
    assert merged.document["nodes"]["b"]["parameters"] == {"x": 2, "y": {"z": [3]}}
    assert "d" in merged.document["nodes"] and merged.document["edges"] == BASE["edges"]


def test_the_same_change_on_both_sides_is_none() -> None:
    assert merge(BASE, edited(name="New"), edited(name="New")) == (edited(name="New"), ())


@pytest.mark.parametrize(
    ("theirs", "yours", "path"),
    [
        (edited(name="One"), edited(name="Two"), "name"),
        (edited(nodes__b__parameters__x=2), edited(nodes__b__parameters__x=3), "nodes.b.parameters.x"),
        (
            edited(nodes__b__parameters__y={"z": [1]}),
            edited(nodes__b__parameters__y={"z": [2]}),
            "nodes.b.parameters.y.z",
        ),
        (edited(nodes__c=None), edited(nodes__c__name="New"), "nodes.c"),
        (edited(nodes__c__name="New"), edited(nodes__c=None), "nodes.c"),
        (edited(nodes__d={"name": "D"}), edited(nodes__e={"name": "D"}), "nodes.d.name"),
    ],
)
def test_what_both_changed_is_told_and_nothing_is_lost(theirs: Any, yours: Any, path: str) -> None:
    merged = merge(BASE, theirs, yours)
    assert path in merged.conflicts
    if path == "nodes.c":
        assert merged.document["nodes"]["c"]["name"] == "New"
    if path == "name":
        assert merged.document["name"] == "Two"


def test_edges_are_added_and_taken_away_on_both_sides() -> None:
    theirs = edited(edges=[*BASE["edges"], edge("a", "c")])
    yours = edited(edges=[edge("a", "b")])
    merged = merge(BASE, theirs, yours)
    assert merged.conflicts == () and merged.document["edges"] == [edge("a", "b"), edge("a", "c")]


def test_an_edge_to_a_node_that_the_other_took_away_is_a_conflict() -> None:
    theirs = edited(nodes__c=None, edges=[edge("a", "b")])
    merged = merge(BASE, theirs, edited(edges=[*BASE["edges"], edge("a", "c")]))
    assert merged.conflicts == ("nodes.c",) and edge("a", "c") not in merged.document["edges"]
    assert merge(BASE, theirs, edited(name="New")).conflicts == ()


def test_whatever_is_edited_the_result_can_be_read() -> None:
    chance = random.Random(5)
    for _ in range(300):
        theirs, yours = (_scrambled(chance) for _ in range(2))
        merged = merge(BASE, theirs, yours)
        if not any(path.endswith(".name") for path in merged.conflicts):
            flow_format.from_document(merged.document)
        assert merge(BASE, BASE, yours).document == yours
        assert merge(BASE, theirs, BASE).conflicts == ()


def _scrambled(chance: random.Random) -> dict[str, Any]:
    made = copy.deepcopy(BASE)
    for _ in range(chance.randint(1, 4)):
        key = chance.choice(list("bcdef"))
        kind = chance.randrange(4)
        if kind == 0:
            made["nodes"].pop(key, None)
        elif kind == 1:
            made["nodes"].setdefault(key, {"name": f"{key} {chance.random()}", "type": "data.set"})
        elif kind == 2 and key in made["nodes"]:
            made["nodes"][key]["parameters"] = {"x": chance.randrange(5), "w": [chance.random()]}
        elif made["nodes"]:
            made["edges"].append(edge(chance.choice(list(made["nodes"])), chance.choice(list(made["nodes"]))))
    known = made["nodes"]
    made["edges"] = [
        one for one in made["edges"] if one["source"][0] in known and one["target"][0] in known
    ]  # fmt: skip
    unique = {str(one): one for one in made["edges"]}
    made["edges"] = list(unique.values())
    return made
