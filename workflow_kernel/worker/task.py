"""What a worker is handed for one attempt of one node run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from workflow_kernel.expressions.scope import Scope
from workflow_kernel.graph.model import Node
from workflow_kernel.runs.item import Batch, Items
from workflow_kernel.runs.outcome import Headway
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.node import Ports
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.parameters import Template


@runtime_checkable
class PartialScope(Protocol):
    """A scope that can be narrowed to a chunk of its items."""

    def part(self, items: Items, offset: int) -> Scope:
        """The scope with just these items, which begin at item ``offset`` of the batch."""
        ...

    def window(self, items: Items, offset: int) -> Scope:
        """The same scope, for looking at items from ``offset`` on, which are these: a chunk read already."""
        ...


class Cancellation:
    """Says whether a run was asked to stop; shared between the engine and the run's thread."""

    __slots__ = ("callbacks", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self.callbacks: list[Callable[[], None]] = []

    def set(self) -> None:
        """Ask the run to stop; wakes what waits for it."""
        if not self.is_set:
            self.is_set = True
            for callback in self.callbacks:
                callback()


class NodeTask(msgspec.Struct):
    """One attempt of one node run.

    Parameters
    ----------
    node: the placed node. template: its parameters taken apart. ports: its ports for them.
    inputs: batch per input port, in order; None where nothing came.
    scope: the data expressions see. language: of its expressions.
    run_index: how often the node ran before. state: what its last run kept.
    is_last_attempt: whether ``on_error`` applies to a failure, or another try follows.
    earlier_input: batch an earlier run got, by run index and port position.
    on_wait: told why the run waits for a place, and with an empty text once it has one; from the event loop.
    on_answer: takes what answers the caller, from any thread; None where nobody waits.
    execution: id of the execution it belongs to.
    headway: what earlier attempts did already. attempt: which one this is, losses of the system not counted.
    is_pure: whether running it twice does no harm.
    """

    node: Node
    template: Template
    ports: Ports
    inputs: Sequence[Batch | None]
    scope: Scope
    environment: Environment
    language: str = "python"
    timezone: str = "UTC"
    run_index: int = 0
    state: Mapping[str, Any] = {}
    is_last_attempt: bool = True
    earlier_input: Callable[[int, int], Batch] | None = None
    cancellation: Cancellation = msgspec.field(default_factory=Cancellation)
    on_progress: Callable[[float, str], None] | None = None
    on_wait: Callable[[str], None] | None = None
    on_answer: Callable[[Answer], None] | None = None
    execution: str = ""
    headway: Headway | None = None
    attempt: int = 1
    is_pure: bool = False

    @property
    def retries_items(self) -> bool:
        """Whether the next try is for the failed items alone, so that no effect of a good one happens twice."""
        spec = self.template.node_type.spec
        if self.is_last_attempt or self.is_pure or spec.style not in ("item", "items"):
            return False
        return all(len(batch) <= self.environment.spill_at for batch in self.inputs if batch is not None)

    @property
    def token(self) -> str:
        """The idempotency token: the same over retries and take-overs."""
        return hashlib.sha256(f"{self.execution}|{self.node.id}|{self.run_index}|0".encode()).hexdigest()
