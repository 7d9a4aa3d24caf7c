"""A notebook whose variables are what came into a node of a past execution, and whose cell is the node's code.

``workflow executions open`` writes one, the API gives one for JupyterLab and the dashboard. What its cells call is
``remote_edge``.
"""

from __future__ import annotations

import pprint
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NODE_CELL = "edge-node"
"""Id of the cell with the node's code or parameters."""
METADATA = "workflow_edge"
"""Where the notebook's metadata tells what it is about; JupyterLab shows buttons for it."""


def edge_notebook(execution: str, node: Mapping[str, Any], inputs: Sequence[str], failure: str = "") -> dict[str, Any]:
    """The notebook.

    Parameters
    ----------
    execution: its id. node: as it stands in the workflow that ran. inputs: ports that something came in by.
    failure: why the node failed, if it did.
    """
    name, kind = str(node["name"]), str(node["type"])
    told = f", which failed: {failure}" if failure else ""
    head = f"# {name}\n\nWhat came in, the node as it ran, and the way back. Execution `{execution}`{told}."
    begin = f"from workflow_kernel.remote_edge import open_edge\n\nedge = open_edge({execution!r}, {name!r})\nedge"
    what, cells = _work(name, kind, dict(node.get("parameters") or {}), inputs)
    cells = [
        ("about", "markdown", head),
        ("begin", "code", ("%load_ext workflow_kernel\n" if kind == "code.cell" else "") + begin),
        *cells,
        ("compare", "markdown", _COMPARE),
        ("fork", "code", f"fork = edge.fork({what}).wait()\nedge.execution.compare(fork)"),
        ("back", "markdown", "Put it back: make it the next version of the workflow."),
        ("put-back", "code", f"# edge.put_back({what})"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"execution": execution, "node": name, "change": what}
    return {
        "cells": [_cell(key, cell_kind, source) for key, cell_kind, source in cells],
        "metadata": {"kernelspec": kernel, METADATA: about},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


_COMPARE = (
    "Run the execution from this node on with what stands above, and see what became different. With other data: "
    "`edge.fork(..., items=[...])`."
)


def inputs_of(document: Mapping[str, Any], node: str, ran: Iterable[str]) -> list[str]:
    """Ports of a node that lead to it from nodes that ran.

    Parameters
    ----------
    document: the workflow. node: the node's id. ran: ids of the nodes that ran.
    """
    sources = set(ran)
    edges = (edge for edge in document.get("edges", ()) if edge["target"][0] == node and edge["source"][0] in sources)
    return list(dict.fromkeys(str(edge["target"][1]) for edge in edges))


def _work(
    name: str, kind: str, parameters: dict[str, Any], inputs: Sequence[str]
) -> tuple[str, list[tuple[str, str, str]]]:
    """The cells with the input and the node, and what stands for the changed node."""
    code = str(parameters.get("code", ""))
    if kind == "code.python":
        is_all = parameters.get("mode", "all") == "all"
        body = textwrap.indent(textwrap.dedent(code).strip("\n"), "    ") or "    return items"
        argument, call = ("items", "node(items)") if is_all else ("item", "[node(item) for item in items]")
        items = ("input", "code", "items = edge.entries()\nitems[:3]")
        return "node", [items, ("node", "code", f"def node({argument}):\n{body}\n\n\n{call}")]
    if kind == "code.cell":
        variables = [port for port in inputs if port.isidentifier() and port != "main"]
        given = "\n".join(f"{variable} = edge[{variable!r}]" for variable in variables) or "# Nothing came in."
        return "edge.cell()", [("input", "code", given), ("node", "code", f"%%node {name}\n{code}")]
    source = f"parameters = {pprint.pformat(parameters, width=100, sort_dicts=False)}\nedge.run(parameters).json()"
    return "parameters", [("input", "code", "edge.items[:3]"), ("node", "code", source)]


def _cell(key: str, kind: str, source: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": f"edge-{key}", "metadata": {}, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


__all__ = ["METADATA", "NODE_CELL", "edge_notebook", "inputs_of"]
