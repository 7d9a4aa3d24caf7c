"""Decides where node runs go: which leave this process, and what they ask of a machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ray_executor.costs import Costs, items_of
from ray_executor.errors import ImpossibleResourcesError
from ray_executor.packages import PACKAGES, folder_of
from workflow_kernel.contracts import Machine
from workflow_kernel.graph.model import Node, Resources
from workflow_kernel.worker.task import NodeTask

WORTH_IT = 0.02
"""Seconds a quick node must need to be sent away."""

SLOW = 1.0
"""Seconds from which a node goes alone, whatever follows it."""

AWAITED = 120.0
"""Seconds for which a machine that is gone is waited for, and the first one of a cluster that has none."""

_NOTHING = Resources()
_SHAPES = 0.25
"""Numbers of processors are rounded up to quarters: each shape costs Ray several milliseconds once."""


class Shape(NamedTuple):
    """What a run asks of a machine, as Ray takes it; ``custom`` by name, ``packages`` as pip names them."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 0
    custom: tuple[tuple[str, float], ...] = ()
    packages: tuple[str, ...] = ()
    is_spread: bool = False

    @classmethod
    def of(cls, node: Node) -> Shape:
        """The shape of a node's resources; one processor where it says nothing, none where others do its work."""
        resources, default = node.resources, 0.0 if node.type.startswith("ray.") else 1.0
        cpus = default if resources.cpus is None else math.ceil(resources.cpus / _SHAPES) * _SHAPES
        memory = 0 if resources.memory is None else -(-resources.memory // (1 << 26)) * (1 << 26)
        return cls(
            cpus,
            resources.gpus or 0.0,
            memory,
            tuple(sorted(resources.custom.items())),
            tuple(sorted(set(resources.packages))),
            resources.placement == "spread",
        )

    @property
    def needs(self) -> dict[str, float]:
        """By Ray's names."""
        found = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory), **dict(self.custom)}
        return {name: amount for name, amount in found.items() if amount}

    def __str__(self) -> str:
        words = [_shown(name, amount) for name, amount in self.needs.items()]
        words += [f"packages {', '.join(self.packages)}"] if self.packages else []
        return ", ".join(words) or "nothing"

    @property
    def options(self) -> dict[str, Any]:
        """As options of a remote function."""
        more: dict[str, Any] = {"resources": dict(self.custom)} if self.custom else {}
        if self.memory:
            more["memory"] = self.memory
        if self.packages:
            # Workers of their own, which find the packages there.
            more["runtime_env"] = {"env_vars": {PACKAGES: folder_of(self.packages).name}}
        if self.is_spread:
            more["scheduling_strategy"] = "SPREAD"
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, **more}


class Machines:
    """What the machines of a cluster have.

    Parameters
    ----------
    found: each of them. before: what was known before; a machine that is gone may come back. clock: gives seconds.
    """

    def __init__(
        self, found: Sequence[Machine], before: Machines | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.states = found
        self._found = [machine.total for machine in found]
        self._slots: dict[Shape, int] = {}
        self._clock = clock
        self._began_at: float = clock() if before is None else before._began_at
        self._seen: dict[tuple[tuple[str, float], ...], float] = {} if before is None else before._seen
        """Kinds of machines, and when one was seen."""
        for machine in self._found:
            self._seen[tuple(sorted((name, amount) for name, amount in machine.items() if _is_named(name)))] = clock()

    def slots(self, shape: Shape) -> int:
        """How many runs of a shape fit at once; 0 where a machine for it is gone, or the first one is yet to come.

        Raises ``ImpossibleResourcesError`` where there is none to wait for.
        """
        known = self._slots.get(shape)
        if known is not None:
            return known
        fits = sum(_fits(shape, machine) for machine in self._found)
        if fits:
            self._slots[shape] = fits
        elif not self._is_awaited(shape):
            raise ImpossibleResourcesError(
                f"No machine of the cluster has {shape}. The machines have: {self}.",
                mend="Ask for less in the node's resources, or add a machine that has it.",
            )
        return fits

    def _is_awaited(self, shape: Shape) -> bool:
        since = self._clock() - AWAITED
        if all(dict(kind).get("CPU", 0.0) == 0 for kind in self._seen):  # the head alone
            return self._began_at > since
        return any(seen > since and _fits(shape, dict(kind)) for kind, seen in self._seen.items())

    def __str__(self) -> str:
        kinds: dict[str, int] = {}
        for machine in self._found:
            text = ", ".join(_shown(name, amount) for name, amount in sorted(machine.items()) if _is_named(name))
            kinds[text] = kinds.get(text, 0) + 1
        return "; ".join(f"{count} with {text}" for text, count in kinds.items()) or "none"


def _fits(shape: Shape, machine: Mapping[str, float]) -> int:
    """How many runs of a shape fit on a machine; many where nothing is asked."""
    needs = shape.needs.items()
    return min((int(machine.get(name, 0.0) / amount + 1e-9) for name, amount in needs), default=1_000)


def _is_named(name: str) -> bool:
    return not name.startswith(("node:", "object_store_memory"))


def _shown(name: str, amount: float) -> str:
    if name == "memory":
        return f"memory {amount / (1 << 20):,.0f} MB"
    return f"{name} {amount:g}"


def goes_away(task: NodeTask, costs: Costs, worth: float = WORTH_IT) -> bool:
    """Whether a run leaves this process.

    Code of users does, and what blocks; nodes that only wait, for an answer of the network or a time, stay on the event
    loop. Quick nodes are sent where they turn out to need ``worth`` seconds.
    """
    spec, resources = task.template.node_type.spec, task.node.resources
    if spec.is_trigger or spec.is_loop or (spec.is_async and spec.where != "process"):
        return False
    if spec.family == "files" and resources == _NOTHING:
        return False  # its files are here
    if spec.where == "inline":
        return resources != _NOTHING or (costs.of(task).estimate(items_of(task)) or 0.0) >= worth
    if spec.where == "thread":
        estimate = costs.of(task).estimate(items_of(task))
        return estimate is None or estimate >= worth / 4 or resources != _NOTHING
    return True
