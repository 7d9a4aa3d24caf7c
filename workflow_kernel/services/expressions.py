"""Expressions while they are written: what may stand at the cursor, and what comes out for sample data.

Only the two evaluators with their limits see a person's text: nothing of it is evaluated here in any other way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from workflow_kernel.base.errors import InvalidRequestError
from workflow_kernel.base.ids import new_id
from workflow_kernel.expressions.completion import Completion, complete, type_of
from workflow_kernel.expressions.javascript import JavaScript
from workflow_kernel.expressions.python import Python
from workflow_kernel.expressions.python_meter import Limits
from workflow_kernel.expressions.scope import Evaluator, Facts, Failure, Undefined
from workflow_kernel.graph.model import Language
from workflow_kernel.runs.item import Item
from workflow_kernel.services.actor import Actor
from workflow_kernel.services.given_data import GivenScope
from workflow_kernel.services.permission import needs
from workflow_kernel.services.run_samples import RunPlace, RunSamples
from workflow_kernel.services.variables import Variables
from workflow_kernel.services.workflow_rows import WorkflowRows

MAX_TEXT = 20_000
MAX_ITEMS = 1_000
MAX_PREVIEWED = 100
MAX_VALUE = 200_000
"""Characters a value may have as JSON to be shown."""

AT_ONCE = 2


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The data an expression is written for.

    Parameters
    ----------
    items: JSON of what the node gets. nodes: what earlier nodes gave, by name.
    node, parameters: name and parameters of the node. project: whose variables are ``$vars``.
    place: where items and nodes are taken from in their stead.
    """

    items: Sequence[Mapping[str, Any]] = ()
    nodes: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    node: str = ""
    parameters: Mapping[str, Any] = {}
    language: Language = "python"
    timezone: str = "UTC"
    workflow: Mapping[str, Any] = {}
    project: UUID | None = None
    place: RunPlace | None = None


class Preview(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an expression gives for an item: a value with its type, or why there is none."""

    item: int
    ok: bool
    value: Any = None
    type: str = ""
    message: str = ""
    mend: str = ""


class Expressions:
    """Helps to write expressions.

    Parameters
    ----------
    rows: knows who may do what. variables: for ``$vars``. samples: data of executions; none when not given.
    """

    def __init__(self, rows: WorkflowRows, variables: Variables, samples: RunSamples | None = None) -> None:
        self._rows = rows
        self._variables = variables
        self._samples = samples
        self._evaluators: Mapping[Literal["python", "javascript"], Evaluator] = {
            "python": Python(Limits(steps=200_000, seconds=1.0, size=2_000_000, memory=32_000_000)),
            "javascript": JavaScript(time_limit=1.0, memory_limit=128 << 20),
        }
        self._turns = asyncio.Semaphore(AT_ONCE)

    @needs("workflow.read")
    async def complete(self, actor: Actor, sample: Sample, text: str, cursor: int | None = None) -> list[Completion]:
        """What can be written at the cursor of a parameter's text, best first."""
        scope = await self._scope(actor, sample, text)
        place = len(text) if cursor is None else max(0, min(cursor, len(text)))
        return complete(scope, sample.language, text, place)

    @needs("workflow.update")
    async def preview(
        self, actor: Actor, sample: Sample, text: str, indices: Sequence[int] | None = None
    ) -> list[Preview]:
        """What a parameter's text gives for items of the sample; the first one when no indices are given."""
        scope = await self._scope(actor, sample, text)
        count = len(scope.items)
        wanted = [index for index in dict.fromkeys([0] if indices is None else indices) if 0 <= index < count]
        if len(wanted) > MAX_PREVIEWED:
            raise InvalidRequestError(f"{len(wanted)} items are too many; {MAX_PREVIEWED} can be shown at once.")
        evaluator = self._evaluators[sample.language]
        async with self._turns:
            (column,) = await asyncio.to_thread(evaluator.evaluate, [text], scope, wanted)
        return [_preview(index, value) for index, value in zip(wanted, column, strict=True)]

    def close(self) -> None:
        """Give back what the evaluators hold."""
        for evaluator in self._evaluators.values():
            evaluator.close()

    async def _scope(self, actor: Actor, sample: Sample, text: str) -> GivenScope:
        if len(text) > MAX_TEXT:
            raise InvalidRequestError(f"The text has {len(text):,} characters; {MAX_TEXT:,} are allowed.")
        if sum(map(len, (sample.items, *sample.nodes.values()))) > MAX_ITEMS:
            raise InvalidRequestError(f"There are more than {MAX_ITEMS:,} sample items.", mend="Send fewer.")
        if sample.place is not None and self._samples is not None:
            items, nodes = await self._samples.read(actor, sample.place, text)
            sample = msgspec.structs.replace(sample, items=items, nodes=nodes)
        variables: Mapping[str, Any] = {}
        if sample.project is not None:
            await self._rows.require_project(actor, sample.project, "variable.read")
            variables = await self._variables.for_project(sample.project)
        facts = Facts(
            node=sample.node,
            parameters=sample.parameters,
            execution={"id": "preview", "mode": "test", "customData": {}},
            workflow=sample.workflow,
            timezone=sample.timezone,
            now=time.time(),
            variables=variables,
        )
        given = [Item(dict(json)) for json in sample.items] or [Item({})]
        earlier = {name: [Item(dict(json)) for json in rows] for name, rows in sample.nodes.items()}
        return GivenScope(given, earlier, facts, key=str(new_id()))


def _preview(index: int, value: Any) -> Preview:
    if isinstance(value, Failure):
        return Preview(index, False, message=value.message, mend=value.description)
    if isinstance(value, Undefined):
        return Preview(index, True, None, "undefined")
    try:
        size = len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError):
        size = MAX_VALUE + 1
    if size > MAX_VALUE:
        return Preview(index, False, message="The value is too large to be shown.")
    return Preview(index, True, value, type_of([value]))
