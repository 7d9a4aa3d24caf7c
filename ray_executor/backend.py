"""The Ray backend: computes node runs on a cluster. Made by ``entry`` for the engine of a dispatcher or of one command.

Ray is given no more than twice what fits, so that what waits, waits here, where it can be taken back and ordered.
Everything happens in the event loop's thread; Ray's reports are brought there.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any

import ray

from ray_executor import worker
from ray_executor.chunks import Chunks, is_divisible
from ray_executor.cluster import Cluster
from ray_executor.costs import UNKNOWN, Costs, items_of
from ray_executor.losses import look_into
from ray_executor.memo import Memo
from ray_executor.messages import RunKey, SentBundle, SentEnvironment, SentOutcome
from ray_executor.news import News
from ray_executor.outcomes import unpack_outcome
from ray_executor.placement import SLOW, WORTH_IT, Machines, Shape, goes_away
from ray_executor.plain import pack_plain, unpack_plain
from ray_executor.reasons import Reasons
from ray_executor.references import fetch
from ray_executor.report import state_of
from ray_executor.sender import Sender
from ray_executor.units import Bundle, Unit, Waiting
from ray_executor.warmth import Warmth
from workflow_kernel.backends.local import PATIENCE, LocalBackend
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.contracts import Blobs, Capacity, ClusterState
from workflow_kernel.graph.model import Node
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.worker import failure
from workflow_kernel.worker.backend import GoOn, Key
from workflow_kernel.worker.task import NodeTask

BUNDLE = 0.1
"""Seconds a Ray task of small runs should take: it costs 1.5 ms itself."""

LEAST = 0.01
AHEAD = 200
"""Nodes a worker may go on with."""

LOOK_EVERY = 5.0
"""Seconds after which machines are counted anew, while something runs."""

Report = Callable[[Key, Outcome], None]

_numbers = itertools.count(1)


class RayBackend:
    """Runs nodes on a cluster, quick ones here.

    Parameters
    ----------
    cluster: to run on; opened already, closed with the backend.
    environment: what nodes have at hand on workers. blobs: the same store, here.
    worth: seconds a quick node must need to be sent to the cluster.
    """

    def __init__(self, cluster: Cluster, environment: SentEnvironment, blobs: Blobs, worth: float = WORTH_IT) -> None:
        self._cluster = cluster
        self._environment = environment
        self._blobs = blobs
        self._local = LocalBackend()
        self._function = ray.remote(max_retries=0, num_returns=1 + worker.REFERENCES)(worker.perform)
        self._by_shape: dict[Shape, Any] = {}
        self._shapes: Memo[Node, Shape] = Memo(Shape.of)
        self._news = News(cluster, self._task_of, self._part)
        self._worth = worth
        self._machines = Machines(cluster.states())
        self._looked_at = time.monotonic()
        self.tenure = cluster.tenure
        self._costs = Costs()
        self._sender = Sender()
        self._names = os.urandom(8)
        self._waiting: dict[Shape, Waiting] = {}
        self._flying: dict[Shape, int] = {}
        self._reasons = Reasons(self._waiting, lambda: self._machines, self._pump)
        self._bundles: dict[Any, Bundle] = {}
        self._open: dict[RunKey, tuple[NodeTask, Key, Report]] = {}
        self._own: dict[Key, RunKey] = {}
        self._stopped: set[RunKey] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_due = False
        self._changed = asyncio.Event()
        self._chores: set[asyncio.Task[None]] = set()
        self._warmth = Warmth(self._give_nothing, lambda: not self._bundles)
        self.tasks = 0
        """Ray tasks given so far."""

    def submit(self, key: Key, task: NodeTask, done: Report, go_on: GoOn | None = None) -> Outcome | None:
        """See the contract."""
        if not goes_away(task, self._costs, self._worth):
            began = time.perf_counter()
            outcome = self._local.submit(key, task, done, go_on)
            if outcome is not None:
                self._costs.of(task).note(time.perf_counter() - began, items_of(task))
            return outcome
        shape = self._shapes(task.node)
        try:
            self._machines.slots(shape)
        except WorkflowError as error:
            return failure.recover(task, failure.describe_error(error, task.node.name))
        self._start()
        key = self._open_run(key, task, done)
        cost = self._costs.of(task)
        estimate = cost.estimate(items_of(task))
        if is_divisible(task) and go_on is None and (estimate is None or estimate > 2 * BUNDLE):
            chunks = Chunks(key, task, shape, cost, BUNDLE, self._enqueue, partial(self._end, key))
            chunks.begin(self._machines.slots(shape))
            return None
        ahead = () if go_on is None or (estimate or 0.0) > SLOW else self._ahead(go_on, shape)
        self._enqueue([Unit(key, task, shape, cost, partial(self._one_done, key, go_on), ahead=ahead)])
        return None

    def cancel(self, key: Key) -> None:
        """See the contract."""
        if key not in self._own:
            self._local.cancel(key)
            return
        key = self._own[key]
        task, _, _ = self._open[key]
        task.cancellation.set()
        self._stopped.add(key)
        for waiting in self._waiting.values():
            for unit in waiting.remove(key):
                self._report_soon(unit, failure.cancelled(task))
        flying = [ref for ref, bundle in self._bundles.items() if any(unit.key == key for unit in bundle.units)]
        if flying and self._loop is not None:
            self._news.board.stop.remote([key])
            self._loop.call_later(self._environment.grace + 2.0, self._force, key)

    def keep_warm(self) -> None:
        """Get a worker ready for each slot, and keep it."""
        self._loop = self._loop or asyncio.get_running_loop()
        self._warmth.begin()

    def capacity(self) -> Capacity:
        """See the contract."""
        with contextlib.suppress(WorkflowError):
            return Capacity(self._machines.slots(Shape()), len(self._open))
        return Capacity(0, len(self._open))

    def report(self) -> ClusterState:
        """See the contract."""
        self._look_at_machines(1.0)
        return state_of(self._cluster.address, self._machines, self._waiting, self._flying, self._bundles.values())

    async def ended(self, keys: Iterable[Key]) -> None:
        """See the contract."""
        keys = list(keys)
        await self._local.ended(keys)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE + self._environment.grace):
                while any(key in self._own for key in keys):
                    self._changed.clear()
                    await self._changed.wait()

    async def close(self) -> None:
        """See the contract."""
        for key in list(self._own):
            self.cancel(key)
        await self.ended(list(self._own))
        await self._local.close()
        self._reasons.close()
        await self._warmth.end()
        await self._news.end()
        await asyncio.to_thread(self._cluster.close)

    # Runs on their way out.

    def _open_run(self, key: Key, task: NodeTask, done: Report) -> RunKey:
        """A run's key among workers: never used again, as those of an execution that begins anew are."""
        own = (key[0], next(_numbers))
        self._own[key] = own
        self._open[own] = (task, key, done)
        return own

    def _price(self, unit: Unit) -> float | None:
        """Seconds a unit will take, with what follows it; None where its code never ran."""
        first = unit.cost.estimate(unit.items)
        if first is None or not unit.ahead:
            return first
        return first + sum(self._estimate(following) or UNKNOWN for following in unit.ahead)

    def _estimate(self, task: NodeTask) -> float | None:
        return self._costs.of(task).estimate(items_of(task))

    def _ahead(self, go_on: GoOn, shape: Shape) -> list[NodeTask]:
        """What a worker may go on with: for the same kind of place, and not slow."""
        found: list[NodeTask] = []
        for following in go_on.ahead(AHEAD):
            if self._shapes(following.node) != shape or (self._estimate(following) or 0.0) > SLOW:
                break
            found.append(following)
        return found

    def _enqueue(self, units: Sequence[Unit]) -> None:
        for unit in units:
            waiting = self._waiting.get(unit.shape)
            if waiting is None:
                waiting = self._waiting[unit.shape] = Waiting(self._price)
            waiting.add(unit)
            waiting.gathered += unit.cost.estimate(unit.items) or UNKNOWN
            if waiting.gathered >= LEAST:
                self._send_early(waiting, unit.shape)
        if not self._is_due and self._loop is not None:
            self._is_due = True
            self._loop.call_soon(self._pump)

    def _send_early(self, waiting: Waiting, shape: Shape) -> None:
        """Let workers begin with what has come so far, while more of it is being made here."""
        waiting.gathered = 0.0
        with contextlib.suppress(WorkflowError):  # told when all has come
            slots = self._machines.slots(shape)
            if self._flying.get(shape, 0) < waiting.room(slots):
                self._send(waiting.take(LEAST, BUNDLE, slots), shape)

    def _pump(self) -> None:
        """Give Ray as much as it may have."""
        self._is_due = False
        self._look_at_machines()
        for shape, waiting in self._waiting.items():
            try:
                slots = self._machines.slots(shape)
            except WorkflowError as error:  # the machine that had it is gone
                while waiting:
                    for unit in waiting.take(0.0, 0.0, 1):
                        info = failure.describe_error(error, unit.task.node.name)
                        self._report_soon(unit, failure.recover(unit.task, info))
                continue
            waiting.gathered = 0.0
            while waiting and self._flying.get(shape, 0) < waiting.room(slots):
                self._send(waiting.take(LEAST, BUNDLE, slots), shape)
            if waiting and self._loop is not None:
                self._reasons.watch(self._loop)

    def _send(self, units: list[Unit], shape: Shape) -> None:
        arguments: list[Any] = []
        packed, sent = [], []
        for unit in units:
            try:
                packed.append(self._sender.pack(unit.key, unit.task, unit.ahead, arguments, unit.part))
                sent.append(unit)
            except Exception as error:  # code or data that cannot leave this process
                info = failure.describe_error(error, unit.task.node.name)
                self._report_soon(unit, failure.recover(unit.task, info))
        if not sent:
            return
        function = self._by_shape.get(shape)
        if function is None:
            function = self._by_shape[shape] = self._function.options(**shape.options)
        name = self._names + next(_numbers).to_bytes(8)
        bundle = SentBundle(self._environment, pack_plain(packed), self._news.box, BUNDLE, shape.packages, name)
        answer, *references = function.remote(bundle, *arguments)
        self._reasons.sent(sent)
        self.tasks += 1
        self._bundles[answer] = Bundle(name, sent, shape, tuple(references))
        self._flying[shape] = self._flying.get(shape, 0) + 1
        assert self._loop is not None
        answer.future().add_done_callback(partial(self._arrived, self._loop, answer))

    def _arrived(self, loop: asyncio.AbstractEventLoop, answer: Any, future: Any) -> None:
        """In Ray's thread: a bundle is over."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._take_in, answer, future)

    # Outcomes.

    def _take_in(self, answer: Any, future: Any) -> None:
        bundle = self._bundles.pop(answer)
        self._flying[bundle.shape] -= 1
        error = future.exception()
        if error is None:
            outcomes: list[list[SentOutcome]] = unpack_plain(future.result())
            self._take_back(bundle, len(outcomes))
            for position, sent in enumerate(outcomes):
                if position not in bundle.told:
                    self._take_one(bundle, bundle.units[position], sent)
        else:
            self._begin(self._lost(bundle, error), "a Ray task was lost")
        if self._waiting:
            self._enqueue([])

    def _take_one(self, bundle: Bundle, unit: Unit, sent: Sequence[SentOutcome]) -> None:
        unit.cost.note(sent[0].seconds, unit.items)
        for task, outcome in zip(unit.ahead, sent[1:], strict=False):
            self._costs.of(task).note(outcome.seconds, items_of(task))
        outcomes = [unpack_outcome(found, bundle.references, self._blobs, fetch) for found in sent]
        self._report(unit, outcomes, sum(found.seconds for found in sent))

    def _part(self, name: bytes, first: int, done: bytes) -> None:
        """A run of a bundle takes long: those before it are done, those behind it are given back."""
        bundle = next((found for found in self._bundles.values() if found.name == name), None)
        if bundle is None:  # its end was told before
            return
        self._take_back(bundle, first)
        for position, sent in unpack_plain(done).items():
            bundle.told.add(position)
            self._take_one(bundle, bundle.units[position], sent)

    def _take_back(self, bundle: Bundle, first: int) -> None:
        """Give runs again that were not begun."""
        rest, bundle.units = bundle.units[first:], bundle.units[:first]
        for unit in rest:
            unit.is_alone = unit.cost.each is None  # it may be slow as well
            if unit.key in self._stopped:
                self._report_soon(unit, failure.cancelled(unit.task))
            else:
                self._enqueue([unit])

    async def _lost(self, bundle: Bundle, error: BaseException) -> None:
        """Ray gives no outcomes: a process or a machine is gone, or something of ours went wrong."""
        again, over = await look_into(bundle, error, self._news.board, self._stopped)
        for unit, outcome in over:
            self._report(unit, [outcome], 0.0)
        if again:
            self._enqueue(again)

    def _report(self, unit: Unit, outcomes: Sequence[Outcome], seconds: float) -> None:
        unit.report(unit, outcomes, seconds)

    def _report_soon(self, unit: Unit, outcome: Outcome) -> None:
        """Nobody is told while he asks."""
        assert self._loop is not None
        self._loop.call_soon(self._report, unit, [outcome], 0.0)

    def _one_done(
        self, key: RunKey, go_on: GoOn | None, unit: Unit, outcomes: Sequence[Outcome], seconds: float
    ) -> None:
        """A whole run is over, with what was done ahead of it."""
        for outcome in outcomes:
            if go_on is None or go_on(outcome) is None:
                break
        self._end(key, outcomes[0])

    def _end(self, key: RunKey, outcome: Outcome) -> None:
        found = self._open.pop(key, None)
        if found is None:
            return
        task, known_as, done = found
        del self._own[known_as]
        if key in self._stopped:
            self._stopped.discard(key)
            outcome = failure.cancelled(task)  # whatever it gave meanwhile
        self._changed.set()
        done(known_as, outcome)

    # The cluster.

    def _give_nothing(self) -> list[Any]:
        nothing = SentBundle(self._environment, pack_plain([]), self._news.box)
        return [self._function.remote(nothing)[0] for _ in range(self._machines.slots(Shape()))]

    def _start(self) -> None:
        """Take note of the loop, at the first run."""
        if not self._news.is_heard:
            self._loop = asyncio.get_running_loop()
            self._news.begin(self._loop)

    def _task_of(self, key: RunKey) -> NodeTask | None:
        found = self._open.get(key)
        return None if found is None else found[0]

    def _force(self, key: RunKey) -> None:
        """A run that was to stop still goes on: end its worker."""
        if key not in self._open:
            return
        for answer, bundle in self._bundles.items():
            if any(unit.key == key for unit in bundle.units):
                ray.cancel(answer, force=True)

    def _look_at_machines(self, every: float = LOOK_EVERY) -> None:
        now = time.monotonic()
        if now - self._looked_at > every and self._loop is not None:
            self._looked_at = now
            self._begin(self._count(), "counts machines")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside: the loop itself would not keep it from being collected."""
        assert self._loop is not None
        chore = self._loop.create_task(work, name=name)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _count(self) -> None:
        with contextlib.suppress(Exception):  # the head is away for a while
            self._machines = Machines(await asyncio.to_thread(self._cluster.states), self._machines)
            self._enqueue(())
