"""Takes on executions that wait, over a connection of its own: the one statement between a queue and a start.

The dispatcher calls it. Through the pool and the object mapping the same statement takes five times as long.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from workflow_kernel.base.batcher import Batcher
from workflow_kernel.base.errors import UnavailableError
from workflow_kernel.storage.database import reason
from workflow_kernel.storage.tables import Execution

# Its commit does not wait for the disk: should a crash of Postgres undo it, the execution waits again, and what is
# journalled later makes it durable.
_CLAIM = """
update execution set owner = %s, epoch = epoch + 1, state = 'running', wake_at = null, resume_asked = false
where id = any(%s) and state = 'queued' and (select set_config('synchronous_commit', 'off', true)) is not null
returning *
"""


_AS_EXECUTION = class_row(cast("type[Execution]", SimpleNamespace))
"""Its columns by name; a mapped object costs as much as the rest of the claim."""


class Claims:
    """Claims executions for a runner.

    Parameters
    ----------
    url: of the database. runner: who takes them on. timeout: seconds to wait for a connection.
    """

    def __init__(self, url: str, runner: UUID, *, timeout: float = 5.0) -> None:
        self._url = url
        self._runner = runner
        self._timeout = max(1, round(timeout))
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._connecting = asyncio.Lock()
        self._batcher: Batcher[UUID, Execution | None] = Batcher(self._claim)

    async def claim(self, execution: UUID) -> Execution | None:
        """Take on an execution that waits; None when somebody else has taken it, or it is over.

        Raises ``UnavailableError`` when Postgres does not answer: whether it is ours now is not known then.
        """
        return await self._batcher.call(execution)

    async def _claim(self, ids: Sequence[UUID]) -> list[Execution | None]:
        try:
            connection = await self._connected()
            async with connection.cursor(row_factory=_AS_EXECUTION) as cursor:
                await cursor.execute(_CLAIM, [self._runner, list(ids)])
                found = {row.id: row for row in await cursor.fetchall()}
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            await self.close()
            raise UnavailableError(
                f"Postgres does not answer: {reason(error)}.", mend="Check that it runs; it is waited for."
            ) from None
        return [found.get(wanted) for wanted in ids]

    async def close(self) -> None:
        """Close the connection; the next call opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=self._timeout, application_name="workflow claims"
                )
            return self._connection
