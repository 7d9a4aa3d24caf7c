"""What a Jupyter server asks about notebooks: the graph of an open one, and one as a workflow. Needs no service."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.base.errors import InvalidWorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.interchange import notebook, notebook_file
from workflow_kernel.interchange.cell_view import Cell, CellView

_MOST_KEPT = 32


class Told(msgspec.Struct, frozen=True):
    """A cell as a page tells of it.

    Parameters
    ----------
    id, kind: of the cell. source: its text; None where it is as it was told before.
    """

    id: str
    kind: str
    source: str | None = None


class Looking(msgspec.Struct, frozen=True):
    """A question for the graph of a notebook that is open.

    Parameters
    ----------
    key: of the page's view of the notebook, the same in each question. cells: all of them, in order.
    any_order: whether the Workflow kernel runs them.
    """

    key: str
    cells: tuple[Told, ...]
    any_order: bool = False


class Views:
    """The graphs of the notebooks that are open; those not asked for the longest are forgotten."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[CellView, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def look(self, asked: Looking) -> dict[str, Any]:
        """The graph (see ``CellView.look``), or ``missing``: the cells whose texts have to be told."""
        with self._lock:
            view, texts = self._kept.pop(asked.key) if asked.key in self._kept else (CellView(), {})
            self._kept[asked.key] = (view, texts)
            for old in list(self._kept)[:-_MOST_KEPT]:
                del self._kept[old]
            missing = [cell.id for cell in asked.cells if cell.source is None and cell.id not in texts]
            if missing:
                return {"missing": missing}
            sources = {cell.id: texts[cell.id] if cell.source is None else cell.source for cell in asked.cells}
            texts.clear()
            texts.update(sources)
            cells = [Cell(cell.id, _kind(cell.kind), sources[cell.id]) for cell in asked.cells]
            return view.look(cells, any_order=asked.any_order)


def _kind(kind: str) -> Any:
    return kind if kind in ("code", "markdown") else "raw"


def flow_text(document: Mapping[str, Any], name: str) -> str:
    """A notebook as the text of a ``.flow`` file. Raises ``WorkflowError`` when it is none."""
    return flow_format.write(notebook.from_notebook(notebook_file.normal(document, name), name))


def for_running(document: Mapping[str, Any], name: str, folder: str = "", kept_in: str = "") -> dict[str, Any]:
    """A notebook as the document of a workflow to run.

    Parameters
    ----------
    document, name: of the notebook. folder: where its cells run, as an absolute path. kept_in: where results of
    cells are kept, as an absolute path; nowhere when empty.

    Raises ``InvalidWorkflowError`` with every reason why its cells cannot run apart from each other.
    """
    workflow = notebook.from_notebook(notebook_file.normal(document, name), name)
    problems = notebook.refusals(workflow)
    if problems:
        raise InvalidWorkflowError(problems, "The notebook")
    made = flow_format.to_document(workflow)
    there = f"import os\nos.chdir({folder!r})"
    for node in made["nodes"].values():
        if node["type"] == notebook.CELL:
            parameters: dict[str, Any] = node["parameters"]
            settings: Sequence[str] = parameters.get("settings", ())
            parameters |= {"settings": [there, *settings] if folder else list(settings), "kept_in": kept_in}
    return made


__all__ = ["Looking", "Views", "flow_text", "for_running"]
