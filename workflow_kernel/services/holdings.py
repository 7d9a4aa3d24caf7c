"""Which executions this process has in its hands, against those that are its own by Postgres.

A claim whose answer was lost, or one that could not be given back while Postgres was away, leaves an execution that is
ours though nobody drives it. The dispatcher looks for such with each beat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from workflow_kernel.storage.executions import Due, ExecutionStore
from workflow_kernel.storage.queue_bullmq import Later

PAUSE = 1.0
"""Seconds after which an execution that is here already is looked at again."""


class Holdings:
    """The executions a runner drives.

    Parameters
    ----------
    store: where they are. runner: id of the runner.
    """

    def __init__(self, store: ExecutionStore, runner: UUID) -> None:
        self._store = store
        self._runner = runner
        self._held: set[UUID] = set()
        self._suspects: set[UUID] = set()

    @contextmanager
    def holding(self, execution: UUID) -> Iterator[None]:
        """Have an execution, from before it is claimed until nothing more is done with it.

        Raises ``Later`` when it is here already: driven twice by one runner, its fence would let both through.
        """
        if execution in self._held:
            raise Later(PAUSE)
        self._held.add(execution)
        try:
            yield
        finally:
            self._held.discard(execution)

    async def let_strays_go(self) -> list[Due]:
        """Let executions wait that were ours and not held at two looks one after another; gives them."""
        ours = await self._store.running_at(self._runner)
        strays = {found for found in ours if found not in self._held}
        sure, self._suspects = strays & self._suspects, strays
        return await self._store.let_go(self._runner, list(sure)) if sure else []
