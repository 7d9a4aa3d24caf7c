"""Starts one execution for a key, however often a call or message with it comes, and remembers its answer."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec

from workflow_kernel.base.errors import TooManyError
from workflow_kernel.base.ids import new_id
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.services.dispatcher import Dispatcher
from workflow_kernel.services.launch import Ended, Launch, OnAnswer, new_row
from workflow_kernel.services.launcher import Launcher
from workflow_kernel.storage import deliveries as queries
from workflow_kernel.storage.database import Database
from workflow_kernel.storage.deliveries import Known
from workflow_kernel.storage.executions import Due, ExecutionStore
from workflow_kernel.storage.packing import pack_items

INLINE = 1 << 18
"""Bytes of an answer that are kept in the row; larger ones go to the blob store."""

_answers = msgspec.msgpack.Decoder(Answer)


class Key(NamedTuple):
    """What makes a delivery the same as another: whose key it is, the key, and how many seconds it is known."""

    source: str
    key: str
    seconds: float


class Deliveries:
    """Starts executions once.

    Parameters
    ----------
    database: where keys are. store: where executions are. launcher, dispatcher: queue and run them.
    """

    def __init__(self, database: Database, store: ExecutionStore, launcher: Launcher, dispatcher: Dispatcher) -> None:
        self._database = database
        self._store = store
        self._launcher = launcher
        self._dispatcher = dispatcher
        self.blobs = dispatcher.blobs

    async def launch(self, launch: Launch, key: Key) -> UUID | Known:
        """Queue an execution, durable on return; gives its id, or what is known of the first with the key."""
        made = await self._accept(launch, key, None, new_id())
        if isinstance(made, Known):
            return made
        await self._launcher.enqueue([Due(made, launch.mode, launch.priority, 0)])
        return made

    async def begin(self, launch: Launch, key: Key) -> UUID | Known:
        """Keep an execution as one that runs here; ``run`` must follow."""
        return await self._accept(launch, key, self._dispatcher.runner, new_id())

    async def run(self, launch: Launch, execution: UUID, on_answer: OnAnswer | None = None) -> Ended:
        """Run what ``begin`` kept. Raises ``TooManyError`` where it cannot be at once; it is queued then."""
        try:
            return await self._dispatcher.run_now(launch, on_answer, id=execution, is_kept=True)
        except TooManyError:
            await self._store.give_back(self._dispatcher.runner, execution, 1)
            await self._launcher.enqueue([Due(execution, launch.mode, launch.priority, 1)])
            raise

    async def keep_answer(self, key: Key, execution: UUID, answer: Answer) -> None:
        """Remember what the sender was answered."""
        if len(answer.body) > INLINE:
            answer = msgspec.structs.replace(answer, body=b"", blob=self.blobs.put(answer.body))
        await queries.keep_answer(self._database, key.source, key.key, execution, msgspec.msgpack.encode(answer))

    async def _accept(self, launch: Launch, key: Key, runner: UUID | None, id: UUID) -> UUID | Known:
        packed = None if launch.items is None else pack_items(launch.items, self.blobs)
        row = new_row(launch, packed, id)
        known = await queries.accept(self._database, key.source, key.key, key.seconds, row, runner)
        return id if known is None else known


def answer_of(known: Known) -> Answer | None:
    """What the sender of the first delivery was answered; None where that is not known."""
    return None if known.answer is None else _answers.decode(known.answer)
