"""A sweep over a workflow of a service: ``client.workflow("Fit").sweep(rate=[0.1, 0.2], seed=range(10))``.

Every combination is an execution of the service: kept there, and run where its executions run, on Ray as well.
Called by ``remote``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from workflow_kernel.builder_progress import Bar
from workflow_kernel.builder_sweep import SweepTable, Told, combinations
from workflow_kernel.remote_execution import RemoteExecution


class Startable(Protocol):
    """A workflow of a service."""

    name: str

    def start(self, items: Any = None, /, *, draft: bool | None = None) -> RemoteExecution:
        """Start it with items."""
        ...


class RemoteSweep(SweepTable):
    """What a sweep gave: the executions of the service, in the order of the combinations.

    Parameters
    ----------
    fields: what each of them was given. executions: the executions, which are over.
    """

    def __init__(self, fields: Sequence[Mapping[str, Any]], executions: Sequence[RemoteExecution]) -> None:
        super().__init__(fields)
        self.executions = list(executions)
        self._known: dict[str | None, list[Told]] = {}

    def __iter__(self) -> Iterator[RemoteExecution]:
        return iter(self.executions)

    def __getitem__(self, index: int) -> RemoteExecution:
        return self.executions[index]

    def _tell(self, node: str | None) -> Sequence[Told]:
        if node not in self._known:
            self._known[node] = [_told(execution, node) for execution in self.executions]
        return self._known[node]


def sweep(workflow: Startable, values: Mapping[str, Any], *, draft: bool | None, shows_progress: bool) -> RemoteSweep:
    """Start every combination, and wait for the end of all."""
    fields = list(combinations(values))
    started = [workflow.start([given], draft=draft) for given in fields]
    with Bar(workflow.name, len(started), "execution", is_wanted=shows_progress) as bar:
        for execution in started:
            execution.wait(progress=False)
            bar.advance()
    return RemoteSweep(fields, started)


def _told(execution: RemoteExecution, node: str | None) -> Told:
    name = node if node is not None else execution.last_node
    found = next((one for one in execution.nodes() if one.name == name), None)
    first = [] if found is None or not sum(found.runs[-1]["items"]) else found.items(most=1)
    return execution.state, execution.seconds or 0.0, first[0]["json"] if first else {}
