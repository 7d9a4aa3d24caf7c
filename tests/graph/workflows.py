"""Workflows made up by hypothesis: any shape that a file can hold, valid or not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from workflow_kernel.graph.model import (
    CredentialUse,
    Edge,
    End,
    Group,
    Node,
    Note,
    Resources,
    Retry,
    Settings,
    Workflow,
)

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NAME = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
ID = st.text("abcXYZ019_-", min_size=1, max_size=4)
NUMBER = st.floats(allow_nan=False, allow_infinity=False, width=32)
SECONDS = st.floats(0, 1e6, allow_nan=False) | st.integers(0, 10**6).map(float)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
POINT = st.tuples(NUMBER, NUMBER)
TYPE = st.sampled_from(("data.limit", "data.filter", "flow.merge", "flow.loop", "flow.manual_trigger", "gone.away"))
PORT = st.sampled_from(("main", "kept", "discarded", "loop", "done", "input2", "error", "odd port"))


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def nodes(node_id: str) -> st.SearchStrategy[Node]:
    return st.builds(
        Node,
        id=st.just(node_id),
        name=NAME,
        type=TYPE,
        version=st.sampled_from((1, 1, 1, 2)),
        parameters=st.dictionaries(NAME, JSON, max_size=3),
        position=POINT,
        on_error=st.sampled_from(("stop", "continue", "branch")),
        retry=st.just(Retry()) | st.builds(Retry, tries=st.integers(1, 9), wait=SECONDS, jitter=st.floats(0, 1)),
        timeout=optional(SECONDS),
        resources=st.just(Resources())
        | st.builds(
            Resources, cpus=optional(SECONDS), memory=optional(st.integers(0, 2**40)), custom=st.just({"a": 1.5})
        ),
        cache=st.booleans(),
        disabled=st.booleans(),
        always_output=st.booleans(),
        execute_once=st.booleans(),
        notes=TEXT,
        credentials=st.dictionaries(NAME, st.builds(CredentialUse, id=NAME, name=TEXT), max_size=2),
        pin=optional(st.dictionaries(PORT, st.lists(st.dictionaries(TEXT, JSON, max_size=2), max_size=2), max_size=2)),
    )


SETTINGS = st.builds(
    Settings,
    order=st.sampled_from(("canvas", "sequential", "breadth_first")),
    language=st.sampled_from(("python", "javascript")),
    timezone=NAME,
    timeout=optional(SECONDS),
    error_workflow=optional(TEXT),
    callers=st.sampled_from(("any", "none", "same_owner")) | st.lists(TEXT, max_size=2),
    loop_limit=st.integers(0, 10**6),
)


@st.composite
def workflows(draw: st.DrawFn, *, most: int = 5) -> Workflow:
    ids = draw(st.lists(ID, unique=True, max_size=most))
    made = {node_id: draw(nodes(node_id)) for node_id in ids}
    names: set[str] = set()
    for key, node in list(made.items()):
        if node.name in names:
            made[key] = Node(**{f: getattr(node, f) for f in Node.__struct_fields__} | {"name": f"{node.name} {key}"})
        names.add(made[key].name)
    edges: list[Edge] = []
    if ids:
        end = st.builds(End, st.sampled_from(ids), PORT)
        edges = draw(st.lists(st.builds(Edge, end, end), unique=True, max_size=6))
    note_ids = draw(st.lists(ID, unique=True, max_size=2))
    notes = {
        key: draw(st.builds(Note, id=st.just(key), text=TEXT, position=POINT, size=POINT, color=TEXT))
        for key in note_ids
    }
    groups = {
        key: Group(key, draw(TEXT), tuple(draw(st.lists(st.sampled_from(ids), unique=True))) if ids else ())
        for key in draw(st.lists(ID, unique=True, max_size=2))
    }
    return Workflow(
        draw(NAME), made, tuple(edges), draw(SETTINGS), draw(TEXT), draw(TEXT), tuple(draw(st.lists(TEXT, max_size=2))),
        notes, groups,
    )  # fmt: skip
