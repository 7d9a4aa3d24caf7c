"""Edits: each can be undone, and none changes the workflow it is applied to."""

from __future__ import annotations

from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.graph.workflows import ID, JSON, NAME, POINT, PORT, SETTINGS, TEXT, nodes, workflows
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.expressions.rename import rename_node
from workflow_kernel.graph import change as changes
from workflow_kernel.graph.change import UNSET, Change, apply, invert
from workflow_kernel.graph.diff import diff, to_text
from workflow_kernel.graph.format import write
from workflow_kernel.graph.model import Edge, End, Group, Node, Note, Workflow

PATH = st.lists(NAME | st.integers(0, 2), max_size=3).map(tuple)
ANY_CHANGE: st.SearchStrategy[Change] = st.one_of(
    ID.flatmap(nodes).map(changes.AddNode),
    st.builds(changes.RemoveNode, ID),
    st.builds(changes.Connect, st.builds(Edge, st.builds(End, ID, PORT), st.builds(End, ID, PORT))),
    st.builds(changes.MoveNode, ID, POINT),
    st.builds(changes.RenameNode, ID, NAME),
    st.builds(changes.SetParameter, ID, PATH, JSON | st.just(UNSET)),
    st.builds(changes.SetNodeField, ID, st.just("notes"), TEXT),
    st.builds(changes.SetSettings, SETTINGS),
    st.builds(changes.SetDetail, st.just("name"), NAME),
    st.builds(changes.PutNote, st.builds(Note, ID, TEXT)),
    st.builds(changes.RemoveNote, ID),
    st.builds(changes.PutGroup, st.builds(Group, ID, TEXT)),
    st.builds(changes.RemoveGroup, ID),
)


def fitting(workflow: Workflow, data: st.DataObject) -> Change:
    """A change that mostly fits: ids of the workflow stand for ids made up."""
    change = data.draw(ANY_CHANGE)
    known: dict[str, Any] = {"note": workflow.notes, "group": workflow.groups, "node": workflow.nodes}
    for name, parts in known.items():
        if isinstance(getattr(change, name, None), str) and parts:
            change = msgspec.structs.replace(change, **{name: data.draw(st.sampled_from(list(parts)))})
    if isinstance(change, changes.SetParameter) and data.draw(st.booleans()):
        paths = list(_paths(workflow.nodes[change.node].parameters)) if change.node in workflow.nodes else []
        if paths:
            change = msgspec.structs.replace(change, path=data.draw(st.sampled_from(paths)))
    if workflow.edges and data.draw(st.integers(0, 5)) == 0:
        return changes.Disconnect(data.draw(st.sampled_from(workflow.edges)))
    return change


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in parts:
        yield from _paths(child, (*path, key))


@hypothesis.given(workflows(), st.data())
@hypothesis.settings(max_examples=300, deadline=None)
def test_undoing_a_change_gives_the_workflow_before(workflow: Workflow, data: st.DataObject) -> None:
    before = write(workflow)
    done: list[Change] = []
    now = workflow
    for _ in range(data.draw(st.integers(1, 4))):
        change = fitting(now, data)
        try:
            after = apply(now, change)
        except WorkflowError as error:
            assert error.code == "WF250"
            continue
        undo = invert(now, change)
        assert apply(after, undo) == now
        done.append(change)
        now = after
    whole = changes.Changes(tuple(done))
    assert apply(workflow, whole) == now
    assert apply(now, invert(workflow, whole)) == workflow
    assert write(workflow) == before
    assert diff(workflow, now).is_empty == (diff(now, workflow).is_empty)


def test_a_removed_node_comes_back_in_its_place_with_its_edges() -> None:
    workflow = Workflow(
        "W",
        {key: Node(key, key.upper(), "flow.no_op") for key in "abc"},
        (Edge(End("a"), End("b")), Edge(End("a"), End("c")), Edge(End("b"), End("c"))),
        groups={"g": Group("g", "G", ("a", "b"))},
    )
    change = changes.RemoveNode("b")
    after = apply(workflow, change)
    assert list(after.nodes) == ["a", "c"] and after.groups["g"].nodes == ("a",) and len(after.edges) == 1
    assert write(apply(after, invert(workflow, change))) == write(workflow)


def test_a_removed_parameter_comes_back_in_its_place() -> None:
    node = Node("a", "A", "t", parameters={"x": {"first": 1, "second": 2, "third": 3}})
    workflow = Workflow("W", {"a": node})
    change = changes.SetParameter("a", ("x", "second"))
    after = apply(workflow, change)
    assert after.nodes["a"].parameters == {"x": {"first": 1, "third": 3}}
    assert write(apply(after, invert(workflow, change))) == write(workflow)


def test_a_change_that_does_not_fit_is_refused_with_a_mend() -> None:
    workflow = Workflow("W", {"start": Node("start", "Start", "t", parameters={"a": 1})})
    for change in (
        changes.RemoveNode("strat"),
        changes.AddNode(workflow.nodes["start"]),
        changes.Connect(Edge(End("start"), End("x"))),
        changes.Disconnect(Edge(End("start"), End("x"))),
        changes.SetParameter("start", ("a", "b"), 1),
        changes.RemoveNote("n"),
    ):
        with pytest.raises(WorkflowError) as caught:
            apply(workflow, change)
        assert caught.value.code == "WF250" and caught.value.mend


def test_changes_travel_as_json() -> None:
    change: Change = changes.Changes((changes.MoveNode("a", (1.0, 2.0)), changes.SetParameter("a", ("x", 0), [1])))
    assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change
    removal: Change = changes.SetParameter("a", ("x",))
    assert msgspec.json.decode(msgspec.json.encode(removal), type=Change) == removal


def test_renaming_a_node_rewrites_what_names_it_and_can_be_undone() -> None:
    parameters = {
        "a": "={{ $('Orders').first().json.x + $node[\"Orders\"].json.y }}",
        "b": ["plain $('Orders')", {"c": "=Hello {{ $('Orders').item.json.name }}"}],
        "code": "return $('Orders').all()",
    }
    workflow = Workflow(
        "W", {"o": Node("o", "Orders", "t"), "x": Node("x", "X", "code.javascript", parameters=parameters)}
    )
    change = rename_node(workflow, "o", "Paid 'orders'", lambda node: ("code",) if node.type.startswith("code") else ())
    after = apply(workflow, change)
    assert after.nodes["o"].name == "Paid 'orders'"
    assert after.nodes["x"].parameters == {
        "a": "={{ $('Paid \\'orders\\'').first().json.x + $node[\"Paid 'orders'\"].json.y }}",
        "b": ["plain $('Orders')", {"c": "=Hello {{ $('Paid \\'orders\\'').item.json.name }}"}],
        "code": "return $('Paid \\'orders\\'').all()",
    }
    assert apply(after, invert(workflow, change)) == workflow


def test_a_difference_reads_well() -> None:
    before = Workflow(
        "W",
        {
            "a": Node("a", "A", "flow.manual_trigger"),
            "b": Node("b", "B", "data.limit", parameters={"count": 1}),
            "c": Node("c", "C", "flow.no_op"),
            "d": Node("d", "D", "flow.no_op"),
        },
        (Edge(End("a"), End("b")), Edge(End("b"), End("c"))),
    )
    after = Workflow(
        "W2",
        {
            "a": Node("a", "A", "flow.manual_trigger", position=(5.0, 0.0)),
            "b": Node("b", "Few", "data.limit", parameters={"count": 2, "keep": "last"}),
            "d": Node("d", "D", "flow.no_op"),
            "e": Node("e", "E", "data.filter"),
        },
        (Edge(End("a"), End("b")), Edge(End("e", "kept"), End("d"))),
    )
    assert to_text(diff(before, after)).splitlines() == [
        "~ name: 'W' > 'W2'",
        "- node 'C' (flow.no_op)",
        "+ node 'E' (data.filter)",
        "~ node 'A' moved",
        "~ node 'Few' (was 'B')",
        "    parameters.count: 1 > 2",
        "    parameters.keep: + 'last'",
        "- edge 'B' > 'C'",
        "+ edge 'E'.kept > 'D'",
    ]
    assert to_text(diff(before, before)) == ""
