"""Expressions while they are written in a widget: completions and values for what the last run gave."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.expressions.completion import complete, type_of
from workflow_kernel.expressions.javascript import JavaScript
from workflow_kernel.expressions.python import Python
from workflow_kernel.expressions.scope import Evaluator, Facts, Failure, Undefined
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.notebook.data import find_run, sent
from workflow_kernel.notebook.runs import Kept
from workflow_kernel.runs.item import Item
from workflow_kernel.services.given_data import GivenScope

MOST_ITEMS = 100


class Helper:
    """Helps to write expressions. Evaluators are made when they are first needed."""

    def __init__(self) -> None:
        self._evaluators: dict[str, Evaluator] = {}

    def complete(self, place: Mapping[str, Any], kept: Kept | None, text: str, cursor: int) -> list[Any]:
        """What can be written at the cursor."""
        found = complete(_scope(place, kept), place["language"], text, cursor)
        return [msgspec.to_builtins(one) for one in found]

    def preview(self, place: Mapping[str, Any], kept: Kept | None, text: str) -> dict[str, Any]:
        """What a text gives for an item."""
        scope = _scope(place, kept)
        index = min(int(place.get("item") or 0), len(scope.items) - 1)
        ((value,),) = self._evaluator(place["language"]).evaluate([text], scope, [index])
        if isinstance(value, Failure):
            return {"ok": False, "message": value.message, "mend": value.description}
        if isinstance(value, Undefined):
            return {"ok": True, "value": None, "type": "undefined"}
        return {"ok": True, "value": msgspec.to_builtins(value, enc_hook=str), "type": type_of([value])}

    def _evaluator(self, language: str) -> Evaluator:
        if language not in self._evaluators:
            self._evaluators[language] = JavaScript() if language == "javascript" else Python()
        return self._evaluators[language]


def _scope(place: Mapping[str, Any], kept: Kept | None) -> GivenScope:
    workflow = flow_format.from_document(place["workflow"])
    node = workflow.nodes[place["node"]]
    index = int(place.get("run_index") or 0)
    given: Sequence[Item] = ()
    for edge in workflow.edges_to(node.id):
        given = _items(kept, edge.source.node, index, edge.source.port)
        if given:
            break
    facts = Facts(
        node=node.name, parameters=node.parameters, execution={"id": "preview", "mode": "test", "customData": {}},
        workflow={"id": workflow.id, "name": workflow.name, "active": False}, timezone=workflow.settings.timezone,
        now=time.time(), variables={},
    )  # fmt: skip
    return GivenScope(given or [Item({})], _earlier(workflow, kept, node.id), facts, key=str(uuid.uuid4()))


def _earlier(workflow: Workflow, kept: Kept | None, but: str) -> dict[str, Sequence[Item]]:
    """What the nodes that ran gave through their first output, by name."""
    ran = {run.node.id: run for run in kept.result.runs} if kept is not None and kept.result is not None else {}
    found: dict[str, Sequence[Item]] = {}
    for node in workflow.nodes.values():
        run = ran.get(node.id)
        if run is not None and node.id != but:
            filled = next((batch for batch in run.outputs if batch is not None and len(batch)), None)
            found[node.name] = [] if filled is None else filled.items().rows[:MOST_ITEMS]
    return found


def _items(kept: Kept | None, node: str, index: int, port: str) -> Sequence[Item]:
    result = None if kept is None else kept.result
    batch = sent(find_run(result, node, index) or find_run(result, node, 0), port)
    return [] if batch is None else batch.items().rows[:MOST_ITEMS]
