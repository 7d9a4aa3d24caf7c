"""The one place where adapters are plugged in: backends, blob stores, worker processes, journals.

async with LocalEngine() as engine:
    result = await engine.run(workflow)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_kernel.backends.local import LocalBackend
from workflow_kernel.contracts import Blobs
from workflow_kernel.engine.cache import ResultCache
from workflow_kernel.engine.engine import Engine, FindWorkflow
from workflow_kernel.engine.journal import Journal, MemoryJournal
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import MemoryBlobs
from workflow_kernel.worker.environment import Environment

if TYPE_CHECKING:
    from workflow_kernel.backends.processes import ProcessPool


def local_environment(
    blobs: Blobs | None = None,
    *,
    folder: Path | None = None,
    is_shared: bool = False,
    hidden: tuple[Path, ...] = (),
    packages: str = "",
    **options: Any,
) -> Environment:
    """What nodes have at hand in this process, user code in worker processes beside it.

    Parameters
    ----------
    blobs: where attachments are kept; in memory when not given.
    folder: where relative file paths begin; the current folder when not given.
    is_shared: whether many users share this process; objects their code made are not opened here then.
    hidden: folders and files user code must not reach. packages: a folder with packages it finds besides.
    options: see :class:`~workflow_kernel.worker.environment.Environment`.
    """
    environment = Environment(blobs or MemoryBlobs(), folder=folder, **options)

    pools: list[ProcessPool] = []

    async def run_python(entry: str, payload: Any, **more: Any) -> Any:
        if not pools:
            from workflow_kernel.backends import processes  # noqa: PLC0415 - most workflows need no processes

            variables = {"PYTHONPATH": packages} if packages else None
            pools.append(
                processes.ProcessPool(folder=folder, trusted=not is_shared, hidden=hidden, environment=variables)
            )
            environment.on_close.append(pools[0].close)
        return await pools[0].run_python(entry, payload, **more)

    environment.run_python = run_python
    return environment


class LocalEngine(Engine):
    """An engine that runs workflows in this process.

    Parameters
    ----------
    registry: where node types are found; those installed when not given.
    environment: what nodes have at hand; :func:`local_environment` when not given.
    journal: what survives; in memory when not given.
    find_workflow: finds the workflows that nodes call.
    cache: results of nodes that ask for it; none are kept when not given.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        environment: Environment | None = None,
        journal: Journal | None = None,
        find_workflow: FindWorkflow | None = None,
        cache: ResultCache | None = None,
    ) -> None:
        super().__init__(
            registry or Registry(),
            environment or local_environment(),
            LocalBackend(),
            journal or MemoryJournal(),
            find_workflow,
            cache,
        )
