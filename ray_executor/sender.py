"""Makes what a worker is sent of a node run. Large data is given to Ray once, however many runs get it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec
import ray

from ray_executor.elsewhere import Elsewhere
from ray_executor.messages import Parcel, RunKey, SentHeadway, SentNode, SentSetting, SentTask
from ray_executor.parcels import wrap
from ray_executor.scopes import Scopes
from ray_executor.types import SentTypes
from workflow_kernel.engine.scope import RunScope
from workflow_kernel.expressions.scope import Facts
from workflow_kernel.runs.item import Batch, Items
from workflow_kernel.worker.task import NodeTask

HELD = 256
"""Large batches of this process that Ray keeps for runs to come."""


class Sender:
    """Packs node runs for workers."""

    def __init__(self) -> None:
        self._types = SentTypes()
        self._scopes = Scopes(self._wrap)
        self._held: OrderedDict[int, tuple[Batch, Parcel]] = OrderedDict()
        self._last: tuple[Batch, Parcel] | None = None
        self._setting = SentSetting("", "", {}, tells=False, answers=False)

    def pack(
        self,
        key: RunKey,
        task: NodeTask,
        ahead: Sequence[NodeTask],
        arguments: list[Any],
        part: tuple[int, Items] | None = None,
    ) -> SentTask:
        """A run as it travels; what it needs of Ray is added to ``arguments``.

        Parameters
        ----------
        ahead: what may follow it. part: the items it gets of its batch, and how many come before them.
        """
        scope = task.scope
        assert isinstance(scope, RunScope)
        batches = task.inputs if part is None else (part[1], *task.inputs[1:])
        inputs = [None if batch is None else _as_argument(self._wrap(batch), arguments) for batch in batches]
        headway = task.headway
        return SentTask(
            key=key,
            node=self._node(task),
            inputs=inputs,
            setting=self._setting_of(task),
            is_last_attempt=task.is_last_attempt,
            attempt=task.attempt,
            is_pure=task.is_pure,
            scope=self._scopes.pack(scope),
            headway=None
            if headway is None
            else SentHeadway([self._wrap(batch) for batch in headway.outputs], headway.remaining),
            offset=0 if part is None else part[0],
            secrets=_secrets(task) if task.node.credentials else None,
            ahead=[self._node(following) for following in ahead] if ahead else (),
        )

    def _setting_of(self, task: NodeTask) -> SentSetting:
        """The last one again where it is the same, so that it is pickled once for siblings."""
        setting = SentSetting(
            task.language, task.timezone, task.environment.variables, task.on_progress is not None,
            task.on_answer is not None,
        )  # fmt: skip
        if setting != self._setting:
            self._setting = setting
        return self._setting

    def _node(self, task: NodeTask) -> SentNode:
        facts = task.scope.facts if task.scope.facts is not None else Facts()
        return SentNode(task.node, self._types.pack(task.template.node_type), task.ports, facts, task.state)

    def _wrap(self, batch: Batch) -> Parcel:
        """A batch as it travels; large data by reference."""
        if isinstance(batch, Elsewhere):
            return msgspec.structs.replace(batch.parcel)
        if self._last is not None and self._last[0] is batch:
            return self._last[1]  # siblings get the same
        held = self._held.get(id(batch))
        if held is not None and held[0] is batch:
            self._held.move_to_end(id(batch))
            return msgspec.structs.replace(held[1])
        parcel = wrap(batch, _put)
        if parcel.reference is not None:
            self._held[id(batch)] = (batch, parcel)
            if len(self._held) > HELD:
                self._held.popitem(last=False)
            return msgspec.structs.replace(parcel)
        self._last = (batch, parcel)
        return parcel


def _secrets(task: NodeTask) -> dict[str, dict[str, Any]]:
    """Those the node uses."""
    known = task.environment.credentials
    return {use.id: dict(known[use.id]) for use in task.node.credentials.values() if use.id in known}


def _put(data: Any) -> tuple[int | None, Any, int]:
    return None, ray.put([data]), 0


def _as_argument(parcel: Parcel, arguments: list[Any]) -> Parcel:
    """Large inputs are arguments, so that Ray brings them, or the run to them, before it starts."""
    if parcel.reference is not None:
        if parcel.reference not in arguments:
            arguments.append(parcel.reference)
        parcel.argument, parcel.reference = arguments.index(parcel.reference), None
    return parcel


def forget_lost(task: NodeTask) -> None:
    """A run was lost with data it was given: from now on that is read from its durable copy, where there is one."""
    batches: Sequence[Any] = task.inputs
    for batch in batches:
        if isinstance(batch, Elsewhere) and batch.kept is not None:
            batch.lose()
