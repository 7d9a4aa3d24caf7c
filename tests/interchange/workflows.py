"""Small workflows as n8n exports them, and running them: used by the tests of the importer."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from workflow_kernel.app.local import LocalEngine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.interchange.n8n import ImportedWorkflow, N8nImporter
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

START = {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1, "parameters": {}}


@functools.cache
def importer() -> N8nImporter:
    """One importer for all tests: it loads every node type."""
    return N8nImporter(Registry())


def placed(
    name: str, kind: str, version: float = 1, parameters: Mapping[str, Any] | None = None, **others: Any
) -> dict[str, Any]:
    """A node as n8n writes it; ``kind`` is its type in ``n8n-nodes-base``."""
    full = kind if "." in kind else f"n8n-nodes-base.{kind}"
    return {"name": name, "type": full, "typeVersion": version, "parameters": dict(parameters or {}), **others}


def exported(
    nodes: Sequence[Mapping[str, Any]], wires: Sequence[str], settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A workflow as n8n exports it.

    Parameters
    ----------
    nodes: in order, from left to right, after a manual trigger called ``Start``.
    wires: ``"A > B"``, with output and input numbers where they are not 0: ``"A 1 > B 2"``.
    settings: as n8n writes them.
    """
    every = [START, *nodes]
    connections: dict[str, Any] = {}
    for wire in wires:
        (source, output), (target, entry) = (_end(part) for part in wire.split(">"))
        outputs = connections.setdefault(source, {"main": []})["main"]
        outputs += [[] for _ in range(output + 1 - len(outputs))]
        outputs[output].append({"node": target, "type": "main", "index": entry})
    return {
        "nodes": [{**node, "position": [200 * column, 0]} for column, node in enumerate(every)],
        "connections": connections,
        "settings": {"executionOrder": "v1", **(settings or {})},
    }


def _end(part: str) -> tuple[str, int]:
    name, _, number = part.strip().rpartition(" ")
    return (name, int(number)) if name and number.isdigit() else (part.strip(), 0)


def imported(source: Mapping[str, Any]) -> ImportedWorkflow:
    """The workflow and the report on it."""
    return importer().convert(source)


async def run(source: Mapping[str, Any], *items: Mapping[str, Any]) -> ExecutionResult:
    """Import the workflow and run it by hand with these items."""
    async with LocalEngine(Registry(), Environment(MemoryBlobs())) as engine:
        given = Items.of(*(dict(item) for item in items or ({},)))
        return await engine.run(imported(source).workflow, given, is_manual=True)
