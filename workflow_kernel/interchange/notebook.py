"""Notebooks as workflows and back: cells are nodes, variables are edges, Markdown becomes notes.

``workflow from-notebook``, ``to-notebook`` and ``run x.ipynb`` call this. The way back loses nothing: what a notebook
has besides the sources of its cells stays in the node the workflow begins with, and what a workflow has besides cells
goes into the notebook's metadata, under ``workflow`` (see ``notebook_extras``).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workflow_kernel.base.errors import Problem
from workflow_kernel.cells.any_order import AnyOrder
from workflow_kernel.cells.graph import CellGraph
from workflow_kernel.cells.graph import Edge as CellEdge
from workflow_kernel.graph import arrange
from workflow_kernel.graph.model import MAIN, Edge, End, Node, Note, Workflow
from workflow_kernel.graph.names import free_id, free_name
from workflow_kernel.graph.topology import back_edges, levels
from workflow_kernel.interchange.notebook_extras import apply_extras, extras_of
from workflow_kernel.worker.cell_ports import RANDOM_STATES, after_port, variable_port

CELL = "code.cell"
START = "code.notebook"
START_ID = "notebook"

_NEW = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
}
"""A notebook of which nothing is known yet."""

_REASONS = {
    "history": "it uses '{text}', which only a kernel has that ran all cells before",
    "state": "it changes '{text}' for the whole process, in a way that cannot be repeated in another",
}
"""Marks of cells that cannot run apart from the others."""

_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_NOTE_SIZE = (280.0, 160.0)


def from_notebook(document: Mapping[str, Any], name: str, *, any_order: bool = False) -> Workflow:
    """The workflow of a notebook, see ``notebook_file.read`` for its form.

    Parameters
    ----------
    document: the notebook. name: of the workflow.
    any_order: whether a cell may use what one below it defines, as in the Workflow kernel; else from top to bottom.
    """
    document = copy.deepcopy(document)
    metadata = document.get("metadata")
    extras = metadata.pop("workflow", None) if isinstance(metadata, dict) else None
    plain = _plain(dict(document), name, any_order=any_order)
    return apply_extras(plain, extras) if isinstance(extras, dict) else plain


def to_notebook(workflow: Workflow) -> dict[str, Any]:
    """The notebook of a workflow whose nodes are cells."""
    document = _document(workflow)
    plain = _plain(copy.deepcopy(document), workflow.name)
    extras = extras_of(workflow, plain)
    if extras:
        document.setdefault("metadata", {})["workflow"] = extras
    return document


def cell_graph(document: Mapping[str, Any]) -> CellGraph:
    """The graph of a notebook's cells, by the ids their nodes have."""
    graph = CellGraph()
    ids = _ids(document["cells"])
    graph.update((key, cell["source"]) for key, cell in zip(ids, document["cells"], strict=True) if _is_code(cell))
    return graph


def cell_ids(document: Mapping[str, Any]) -> list[str]:
    """The ids of a notebook's cells as nodes and notes have them, in order."""
    return _ids(document["cells"])


def defined_below(document: Mapping[str, Any]) -> list[Problem]:
    """What cells use that only a later one defines: from top to bottom it is not there yet."""
    graph = cell_graph(document)
    facts = list(graph)
    names = {node.id: node.name for node in _plain(copy.deepcopy(dict(document)), "").nodes.values()}
    found = []
    for place, cell in enumerate(facts):
        for name in cell.unknown:
            makers = (other for other in facts[place + 1 :] if name in other.gives and name not in other.uses)
            if (later := next(makers, None)) is not None:
                message = f"It uses '{name}', which '{names[later.id]}' defines below it."
                mend = "Move that cell up, or run the notebook with --any-order."
                found.append(Problem("WF839", message, mend, names[cell.id]))
    return found


def _plain(document: dict[str, Any], name: str, *, any_order: bool = False) -> Workflow:
    """The workflow that a notebook makes by itself."""
    cells = document.pop("cells")
    ids, has_ids = _ids(cells), _has_ids(document)
    graph = CellGraph()
    graph.update(_in_order(cells, ids, any_order=any_order))
    notes: dict[str, Note] = {}
    nodes: dict[str, Node] = {}
    about: dict[str, Any] = {}
    taken: set[str] = {"Notebook"}
    for index, (key, cell) in enumerate(zip(ids, cells, strict=True)):
        kept = {field: value for field, value in cell.items() if field != "source" or cell["cell_type"] == "raw"}
        if kept.get("id") == key:
            del kept["id"]
        elif has_ids and "id" not in kept:
            kept["id"] = None
        about[key] = kept
        if cell["cell_type"] == "markdown":
            notes[key] = Note(key, cell["source"], (-340.0, index * 180.0), _NOTE_SIZE)
        elif _is_code(cell):
            title = free_name(cell_title(cell["source"], len(nodes) + 1), taken)
            taken.add(title)
            nodes[key] = _node(key, title, cell, graph)
    start = Node(START_ID, "Notebook", START, parameters={"document": {**document, "order": list(ids), "cells": about}})
    edges = tuple(_edges(graph, nodes))
    return _placed(Workflow(name, {START_ID: start, **_with_settings(nodes, graph)}, edges, notes=notes))


def _in_order(cells: list[Any], ids: list[str], *, any_order: bool) -> list[tuple[str, str]]:
    """The code cells in the order in which they are taken to run."""
    code = [(key, cell["source"]) for key, cell in zip(ids, cells, strict=True) if _is_code(cell)]
    if not any_order:
        return code
    order = AnyOrder()
    order.update(code)
    return order.sources()


def refusals(workflow: Workflow) -> list[Problem]:
    """Why cells of a workflow cannot run apart from each other; none where all can."""
    cells = [node for node in workflow.nodes.values() if node.type == CELL]
    graph = CellGraph()
    graph.update((node.id, str(node.parameters.get("code", ""))) for node in cells)
    return [
        Problem(
            "WF802",
            f"The cell cannot run apart from the others: {_REASONS[mark.kind].format(text=mark.text)}.",
            "Change it, or run the notebook with --in-order.",
            workflow.nodes[facts.id].name,
            f"parameters.code, line {mark.line}",
        )
        for facts in graph
        for mark in facts.marks
        if mark.kind in _REASONS
    ]


def _has_ids(document: Mapping[str, Any]) -> bool:
    """Whether cells of a notebook have ids, by its format."""
    return (document.get("nbformat", 4), document.get("nbformat_minor", 0)) >= (4, 5)


def _is_code(cell: Mapping[str, Any]) -> bool:
    return bool(cell["cell_type"] == "code")


def _ids(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """An id for each cell: its own where it has one that no other has."""
    found: list[str] = []
    taken = {START_ID}
    for index, cell in enumerate(cells):
        own = cell.get("id")
        wanted = own if isinstance(own, str) and _ID.match(own) else f"cell_{index + 1}"
        found.append(free_id(wanted[:58], taken) if wanted in taken else wanted)
        taken.add(found[-1])
    return found


def cell_title(source: str, number: int) -> str:
    """What a cell is called: its first comment, or its first line."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    text = first.lstrip("#").strip() or first
    return f"{number} {text[:40]}".strip()


def _node(key: str, title: str, cell: Mapping[str, Any], graph: CellGraph) -> Node:
    tags = cell.get("metadata", {}).get("tags", ()) if isinstance(cell.get("metadata"), dict) else ()
    parameters: dict[str, Any] = {"code": cell["source"], **derived(key, graph)}
    if isinstance(tags, list) and "raises-exception" in tags:
        parameters["may_fail"] = True
    return Node(key, title, CELL, parameters=parameters)


def derived(key: str, graph: CellGraph) -> dict[str, Any]:
    """The parameters of a cell that its graph tells."""
    into = graph.edges_to(key)
    takes = sorted({_carried(edge) for edge in into} - {""})
    gives = sorted({_carried(edge) for edge in graph.edges() if edge.source == key} - {""})
    after = sorted(
        {edge.source for edge in into if not _carried(edge)} - {edge.source for edge in into if _carried(edge)}
    )
    found: dict[str, Any] = {"takes": takes, "gives": gives}
    return found | ({"after": after} if after else {})


def _carried(edge: CellEdge) -> str:
    """The variable an edge carries; empty for one that only keeps the order."""
    if edge.kind == "order":
        return RANDOM_STATES.get(edge.name, "")
    return "" if edge.name == "*" else edge.name


def _edges(graph: CellGraph, nodes: Mapping[str, Node]) -> Iterator[Edge]:
    """Edges of a workflow for those of its cells; a cell that needs no other hangs on the start."""
    for key in nodes:
        into = graph.edges_to(key)
        if not into:
            yield Edge(End(START_ID), End(key))
        carrying = sorted({(edge.source, _carried(edge)) for edge in into if _carried(edge)})
        for source, name in carrying:
            yield Edge(End(source, variable_port(name)), End(key, variable_port(name)))
        for source in nodes[key].parameters.get("after", ()):
            yield Edge(End(source), End(key, after_port(source)))


def _with_settings(nodes: Mapping[str, Node], graph: CellGraph) -> dict[str, Node]:
    """Cells know what earlier ones set for the whole process."""
    found: dict[str, Node] = {}
    origins: dict[str, str] = {}
    statements: list[str] = []
    for facts in graph:
        node = nodes[facts.id]
        if statements:
            node = Node(node.id, node.name, node.type, parameters={**node.parameters, "settings": list(statements)})
        found[facts.id] = node
        origins |= facts.imports
        statements += [_complete(statement, origins) for statement in facts.settings]
    return found


def _complete(statement: str, origins: Mapping[str, str]) -> str:
    """A statement with the imports it needs."""
    lines = []
    for name in sorted(set(re.findall(r"[A-Za-z_]\w*", statement)) & origins.keys()):
        head, _, tail = origins[name].rpartition(".")
        line = f"from {head} import {tail} as {name}" if head else f"import {tail} as {name}"
        lines.append(line)
    return "\n".join([*lines, statement])


def _placed(workflow: Workflow) -> Workflow:
    places = arrange.positions(workflow, {})
    nodes = {
        key: Node(node.id, node.name, node.type, parameters=node.parameters, position=places[key])
        for key, node in workflow.nodes.items()
    }
    return Workflow(workflow.name, nodes, workflow.edges, notes=workflow.notes)


def _document(workflow: Workflow) -> dict[str, Any]:
    """The notebook without what it has of a workflow."""
    start = next((node for node in workflow.nodes.values() if node.type == START), None)
    kept = dict(start.parameters.get("document") or {}) if start is not None else {}
    order, about = list(kept.pop("order", ())), dict(kept.pop("cells", {}))
    kept = kept or copy.deepcopy(_NEW)
    found = {key: _cell(workflow, key, about.get(key)) for key in _order(workflow, order)}
    cells = {key: cell for key, cell in found.items() if cell is not None}
    for key, cell in cells.items():
        if _has_ids(kept) and cell.setdefault("id", key) is None:
            del cell["id"]
    if _ids(cells.values()) != list(cells):
        # A cell is new or gone: ids keep the others what they were.
        kept["nbformat_minor"] = max(5, kept.get("nbformat_minor", 0))
        for key, cell in cells.items():
            cell["id"] = key
    return {**copy.deepcopy(kept), "cells": list(cells.values())}


def _cell(workflow: Workflow, key: str, about: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A cell of the notebook; None when it is gone from the workflow."""
    node, note = workflow.nodes.get(key), workflow.notes.get(key)
    if node is not None and node.type == CELL:
        kept = dict(about or {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []})
        return {**copy.deepcopy(kept), "source": str(node.parameters.get("code", ""))}
    if note is not None:
        return {**copy.deepcopy(dict(about or {"cell_type": "markdown", "metadata": {}})), "source": note.text}
    if about is not None and about.get("cell_type") not in ("code", "markdown"):
        return copy.deepcopy(dict(about))
    return None


def _order(workflow: Workflow, order: list[str]) -> list[str]:
    """All cells in order: those of the notebook as they were, new ones behind the last cell they need."""
    found = list(dict.fromkeys(order))
    known = set(found)
    level = levels(workflow, frozenset(back_edges(workflow)))
    added = [node for key, node in workflow.nodes.items() if node.type == CELL and key not in known]
    for node in sorted(added, key=lambda node: (level[node.id], node.position[1], node.position[0])):
        before = [found.index(edge.source.node) for edge in workflow.edges_to(node.id) if edge.source.node in found]
        after = [found.index(edge.target.node) for edge in workflow.edges_from(node.id) if edge.target.node in found]
        place = max(before) + 1 if before else min(after) if after else len(found)
        found.insert(place, node.id)
    return [*found, *(key for key in workflow.notes if key not in known)]


__all__ = [
    "CELL", "MAIN", "START", "cell_graph", "cell_ids", "cell_title", "from_notebook", "refusals", "to_notebook",
]  # fmt: skip
