"""Where node runs are computed: the contract between the engine and its backends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from workflow_kernel.contracts import Capacity, ClusterState, Tenure
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker.task import NodeTask


class GoOn(Protocol):
    """How a worker goes on after a run, in the same place."""

    def __call__(self, outcome: Outcome) -> NodeTask | None:
        """Told an outcome, gives the run to go on with; None when there is none."""
        ...

    def ahead(self, most: int) -> Sequence[NodeTask]:
        """What would follow if all goes well, without its inputs: for workers that cannot ask after each run."""
        ...


Key = tuple[str, int]
"""An attempt of a node run: the execution and a number."""


class Backend(Protocol):
    """Computes node runs: in this process, in worker processes, or on a cluster."""

    @property
    def tenure(self) -> Tenure | None:
        """The hold of this process on a cluster; None where it has none."""
        ...

    def submit(
        self, key: Key, task: NodeTask, done: Callable[[Key, Outcome], None], go_on: GoOn | None = None
    ) -> Outcome | None:
        """Start a run, or a fragment that begins with it.

        Parameters
        ----------
        key: names the attempt, for ``cancel`` and ``done``.
        task: what to run.
        done: called once, from the event loop, with the outcome of the first run.
        go_on: asked after each run for the next one of the fragment, where the runs happen.

        Returns
        -------
        The outcome where it is known at once (``done`` is not called then), else None.
        """
        ...

    def cancel(self, key: Key) -> None:
        """Ask a run to stop; it still reports an outcome."""
        ...

    async def ended(self, keys: Iterable[Key]) -> None:
        """Return when none of these runs goes on any more; soon after each was asked to stop."""
        ...

    def capacity(self) -> Capacity:
        """How many runs it can take at once, and how many it has."""
        ...

    def report(self) -> ClusterState | None:
        """How the cluster is it runs on, for people; None where there is none."""
        ...

    async def close(self) -> None:
        """Stop everything that runs and release what is held."""
        ...
