"""Run one node type by itself, for the tests of node authors.

result = run_node("data.limit", {"count": 2}, [{"n": 1}, {"n": 2}, {"n": 3}])
assert result.json() == [{"n": 1}, {"n": 2}]
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow_kernel.backends.processes import ProcessPool
from workflow_kernel.base.errors import NodeError
from workflow_kernel.contracts import Blobs
from workflow_kernel.expressions.scope import Facts, Match, NodeView, Unmatched
from workflow_kernel.graph.model import CredentialUse, Node, OnError
from workflow_kernel.runs.item import Batch, Item, Items, as_items
from workflow_kernel.runs.outcome import Done, Failed, Outcome, Suspended
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker import call
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.parameters import Template
from workflow_kernel.worker.task import NodeTask


class LoneScope:
    """The scope of a node that stands alone: its input and nothing before it."""

    def __init__(self, inputs: Sequence[Sequence[Item]], facts: Facts) -> None:
        self.inputs = inputs
        self.items: Sequence[Item] = inputs[0] if inputs else [Item({})]
        self.facts = facts
        self.context: Mapping[str, Any] = {}

    def node(self, name: str) -> NodeView | None:
        """There is no other node."""
        return None

    def node_names(self) -> Sequence[str]:
        """There is no other node."""
        return ()

    def trace(self, name: str, indices: Sequence[int]) -> Sequence[Match | Unmatched]:
        """There is no other node."""
        return [Unmatched(f"There is no node '{name}'.") for _ in indices]


class NodeResult:
    """What a node run gave: outputs by port, the error if it failed, the log, what it answered the caller with."""

    def __init__(self, outcome: Outcome, names: Sequence[str], blobs: Blobs, answers: Sequence[Answer] = ()) -> None:
        self.outcome = outcome
        self.answers = answers
        self.names = names
        self.blobs = blobs

    def batch(self, port: str | int = 0) -> Batch:
        """The batch of an output port. Raises ``NodeError`` when the run failed."""
        if isinstance(self.outcome, Failed):
            error = self.outcome.error
            raise NodeError(
                error.message, description=error.description, item=error.item, code=error.code, data=error.data
            )
        return self.outcome.outputs[self.names.index(port) if isinstance(port, str) else port]

    def items(self, port: str | int = 0) -> list[Item]:
        """The items of an output port."""
        return self.batch(port).items().rows

    def json(self, port: str | int = 0) -> list[dict[str, Any]]:
        """The JSON of an output port's items."""
        return [item.json for item in self.items(port)]

    def sources(self, port: str | int = 0) -> list[list[tuple[int, int]]]:
        """For each output item the (input port position, index) it came from."""
        batch = self.batch(port)
        return [[(s.port, s.index) for s in batch.lineage.sources(i)] for i in range(len(batch))]

    @property
    def state(self) -> dict[str, Any]:
        """What the run kept for the node's next run."""
        return (self.outcome.state or {}) if isinstance(self.outcome, Done) else {}

    @property
    def suspended_until(self) -> float | None:
        """Until when the node waits, if it does."""
        return self.outcome.until if isinstance(self.outcome, Suspended) else None

    @property
    def error(self) -> str:
        """The message of the failure, or of the error it went on after; empty when all went well."""
        if isinstance(self.outcome, Failed):
            return self.outcome.error.message
        recovered = self.outcome.recovered if isinstance(self.outcome, Done) else None
        return recovered.message if recovered else ""

    @property
    def log(self) -> list[str]:
        """The lines it logged."""
        return [line.text for line in self.outcome.logs]


async def run_node_async(
    type_name: str,
    parameters: Mapping[str, Any] | None = None,
    *inputs: Batch | Sequence[Item | Mapping[str, Any]] | None,
    version: int | None = None,
    language: str = "python",
    on_error: OnError = "stop",
    timezone: str = "UTC",
    now: float | None = None,
    folder: Path | None = None,
    credentials: Mapping[str, Mapping[str, Any]] | None = None,
    state: Mapping[str, Any] | None = None,
    run_index: int = 0,
    execute_once: bool = False,
    blobs: Blobs | None = None,
    environment: Environment | None = None,
    is_awaited: bool = True,
) -> NodeResult:
    """Run a node once over the given input batches (one per input port); see :class:`NodeResult`.

    ``is_awaited``: whether somebody waits for an answer of the execution.
    """
    answers: list[Answer] = []
    node_type = Registry().find(type_name, version)
    given = parameters or {}
    batches = [b if b is None or isinstance(b, Batch) else as_items(b) for b in inputs]
    if not batches and not node_type.spec.is_trigger:
        batches = [Items([Item({})])]
    moment = time.time() if now is None else now
    env = environment or _environment(blobs or MemoryBlobs(), folder, credentials or {}, moment)
    facts = Facts(node="Node", parameters=given, timezone=timezone, now=env.clock(), run_index=run_index)
    scope = LoneScope([b.items() if b is not None else [] for b in batches], facts)
    task = NodeTask(
        node=Node(
            "n", "Node", type_name, on_error=on_error, execute_once=execute_once,
            credentials={slot: CredentialUse(slot, slot) for slot in (credentials or {})},
        ),
        template=Template(node_type, given),
        ports=node_type.ports(given),
        inputs=batches,
        scope=scope,
        environment=env,
        is_pure=node_type.spec.is_pure,
        language=language,
        timezone=timezone,
        run_index=run_index,
        execution="test",
        state=state or {},
        on_answer=answers.append if is_awaited else None,
    )  # fmt: skip
    try:
        outcome = await call.run(task)
    finally:
        if environment is None:
            await env.close()
    return NodeResult(outcome, call.output_names(task), env.blobs, answers)


def run_node(type_name: str, parameters: Mapping[str, Any] | None = None, *inputs: Any, **options: Any) -> NodeResult:
    """The same as :func:`run_node_async`, for tests without an event loop."""
    return asyncio.run(run_node_async(type_name, parameters, *inputs, **options))


def _environment(
    blobs: Blobs, folder: Path | None, credentials: Mapping[str, Mapping[str, Any]], moment: float
) -> Environment:
    pool = ProcessPool(1, folder=folder, grace=1.0)
    made = Environment(
        blobs,
        folder=folder,
        credentials=credentials,
        clock=lambda: moment,
        run_python=pool.run_python,
        allow_code_here=True,
    )
    made.on_close.append(pool.close)
    return made
