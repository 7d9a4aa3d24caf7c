"""The graph of a notebook that is open, as a page shows it beside the notebook: kept up to date as cells are edited.

The Jupyter extension calls it by ``app.notebooks``. Cells that are empty are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from workflow_kernel.base.errors import Problem
from workflow_kernel.cells.any_order import AnyOrder
from workflow_kernel.cells.events import Mark
from workflow_kernel.cells.graph import BARRIERS, CellFacts, CellGraph
from workflow_kernel.graph.names import free_name
from workflow_kernel.interchange.notebook import cell_title

ANYTHING = "(anything)"
"""The port of edges of which nobody knows what they carry."""


class Cell(msgspec.Struct, frozen=True):
    """A cell as it stands in the notebook.

    Parameters
    ----------
    id: of it. kind: of the cell. source: its text.
    """

    id: str
    kind: Literal["code", "markdown", "raw"]
    source: str


class CellView:
    """The graph of one notebook."""

    def __init__(self) -> None:
        self._graph = CellGraph()
        self._any_order = AnyOrder()

    def look(self, cells: Iterable[Cell], *, any_order: bool) -> dict[str, Any]:
        """The graph, as JSON; ``any_order`` as the Workflow kernel runs cells, else top to bottom.

        Gives ``cells`` in the order in which they run, each with its name, what it uses and gives, and what is to be
        said of it; ``edges``; ``notes`` with the cell each stands above.
        """
        cells = [cell for cell in cells if cell.source.strip()]
        code = [(cell.id, cell.source) for cell in cells if cell.kind == "code"]
        if any_order:
            self._any_order.update(code)
            self._graph.update(self._any_order.sources())
        else:
            self._graph.update(code)
        names = _names(code)
        edges = [_edge(edge, self._graph) for edge in self._graph.edges()]
        sure = {(edge["source"], edge["target"]) for edge in edges if edge["kind"] != "doubt"}
        edges = [one for one in edges if one["kind"] != "doubt" or (one["source"], one["target"]) not in sure]
        problems = _problems(self._graph, names, any_order=any_order)
        return {
            "cells": [_shown(facts, names, problems.get(facts.id, [])) for facts in self._graph],
            "edges": list({tuple(edge.values()): edge for edge in edges}.values()),
            "notes": list(_notes(cells)),
        }


def _names(code: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What cells are called, as nodes of a workflow are."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, (cell, source) in enumerate(code, 1):
        names[cell] = free_name(cell_title(source, number), taken)
        taken.add(names[cell])
    return names


def _edge(edge: Any, graph: CellGraph) -> dict[str, Any]:
    kind, port = edge.kind, edge.name
    if kind == "order":
        port = f"({edge.name})"
    elif kind == "doubt":
        port = ANYTHING
    elif edge.name in graph[edge.source].imports:
        kind = "import"
    return {"source": edge.source, "target": edge.target, "port": port, "kind": kind}


def _shown(facts: CellFacts, names: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    return {
        "id": facts.id,
        "name": names[facts.id],
        "uses": list(facts.uses),
        "gives": list(facts.gives),
        "is_unsure": facts.is_barrier,
        "problems": [{"code": one.code, "message": one.message, "mend": one.mend} for one in problems],
    }


def _notes(cells: Iterable[Cell]) -> Iterable[dict[str, Any]]:
    """Markdown cells, each with the code cell it stands above."""
    waiting: list[dict[str, Any]] = []
    for cell in cells:
        if cell.kind == "markdown":
            waiting.append({"id": cell.id, "text": cell.source, "above": None})
        elif cell.kind == "code":
            yield from (note | {"above": cell.id} for note in waiting)
            waiting = []
    yield from waiting


def _problems(graph: CellGraph, names: Mapping[str, str], *, any_order: bool) -> dict[str, list[Problem]]:
    """What is to be said of cells, by their ids."""
    found: dict[str, list[Problem]] = {}
    for facts in graph:
        about = found.setdefault(facts.id, [])
        about += [_doubt(mark) for mark in facts.marks]
        about += [
            Problem(
                "WF822",
                f"No cell {'here' if any_order else 'above'} defines '{name}'.",
                "Define it, or run the cell that does first.",
            )
            for name in facts.unknown
        ]
    for name, cells in _twice(graph).items():
        for cell in cells:
            others = " and ".join(f"'{names[other]}'" for other in cells if other != cell)
            what = "Cells that use it get what ran last" if any_order else "Cells use the last one above them"
            mend = f"{what}. Give it another name, or put it into one cell."
            found[cell].append(Problem("WF821", f"'{name}' is also defined by {others}.", mend))
    return found


def _doubt(mark: Mark) -> Problem:
    is_barrier = mark.kind in BARRIERS
    effect = "Cells before and after it are taken to depend on it." if is_barrier else ""
    return Problem("WF820", f"Line {mark.line}: '{mark.text}' {WORDS[mark.kind]}.", effect)


WORDS = {
    "syntax": "is no Python",
    "star_import": "takes names nobody knows",
    "dynamic": "may do anything to variables",
    "magic": "is a magic of which nothing is known",
    "history": "needs what earlier cells showed",
    "state": "changes the whole process",
}
"""Why it cannot be known what a cell does, by the kinds of marks."""


def _twice(graph: CellGraph) -> dict[str, list[str]]:
    """Names that several cells define and others use > those cells; but for imports and names that begin with _."""
    used = {edge.name for facts in graph for edge in facts.edges if edge.kind == "value"}
    found: dict[str, list[str]] = {}
    for facts in graph:
        for name in facts.gives:
            if name in used and name not in facts.uses and name not in facts.imports and name[0] != "_":
                found.setdefault(name, []).append(facts.id)
    return {name: cells for name, cells in found.items() if len(cells) > 1}


__all__ = ["ANYTHING", "WORDS", "Cell", "CellView"]
