"""How a cluster is, in words for people: what it has, what waits and why, what runs. The backend's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ray_executor.placement import Machines, Shape
from ray_executor.units import Unit, Waiting
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.contracts import ClusterState, FragmentState, Place

MOST = 50
"""Fragments that are told of, and names of nodes of each."""


class Running(Protocol):
    """What a worker does."""

    units: list[Unit]
    shape: Shape
    since: float


def state_of(
    address: str | None,
    machines: Machines,
    waiting: Mapping[Shape, Waiting],
    given: Mapping[Shape, int],
    running: Iterable[Running],
) -> ClusterState:
    """The state.

    Parameters
    ----------
    waiting: by what is asked. given: bundles Ray has, by the same.
    """
    shapes = dict.fromkeys((*waiting, *given))
    places = [_place(shape, machines, waiting.get(shape), given.get(shape, 0)) for shape in shapes]
    fragments = sorted((_fragment(found) for found in running), key=lambda found: found.since)
    return ClusterState(
        address or "on this machine",
        list(machines.states),
        [place for place in places if place.given or any(place.waiting.values())],
        fragments[:MOST],
    )


def _place(shape: Shape, machines: Machines, waiting: Waiting | None, given: int) -> Place:
    counts = {} if waiting is None else waiting.counts()
    try:
        slots, why = machines.slots(shape), ""
    except WorkflowError as error:
        return Place(str(shape), 0, given, counts, error.message)
    if not slots:
        why = f"No machine has {shape} at this moment; one that had, or the first one, is waited for."
    elif any(counts.values()):
        behind = "its priority and its turn among users and executions"
        taken = "The only slot is" if slots == 1 else f"All {slots} slots are"
        why = f"{taken} taken; who is next is told by {behind}."
    return Place(str(shape), slots, given, counts, why)


def _fragment(found: Running) -> FragmentState:
    nodes: dict[str, Any] = {}
    for unit in found.units:
        nodes |= dict.fromkeys((unit.task.node.name, *(task.node.name for task in unit.ahead)))
    executions = dict.fromkeys(unit.key[0] for unit in found.units)
    return FragmentState(list(nodes)[:MOST], list(executions)[:MOST], found.since)
