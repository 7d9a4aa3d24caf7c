"""The worker's side: the one function Ray calls. Runs node runs by ``workflow_kernel.worker`` as it is.

Ray's plain tasks run in a process's main thread, one at a time: what a run prints is caught at the descriptors, and
signals can stop it. What goes wrong inside a run is an outcome; only the loss of the process is an error of Ray's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ray_executor.errors import OutcomeUnsendableError
from ray_executor.here import Here
from ray_executor.messages import Parcel, SentBundle, SentHeadway, SentNode, SentOutcome, SentTask
from ray_executor.outcomes import Shelf, pack_outcome
from ray_executor.packages import provide
from ray_executor.parcels import size_of, unwrap
from ray_executor.plain import pack_all, unpack_plain
from ray_executor.references import fetch
from ray_executor.rest import Rest
from ray_executor.scopes import rebuild
from ray_executor.whereabouts import LONG, with_place
from workflow_kernel.runs.item import EMPTY, Batch
from workflow_kernel.runs.outcome import Done, Failed, Headway, Outcome
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.worker import failure
from workflow_kernel.worker.task import NodeTask

REFERENCES = 2
"""Lists of large data a bundle gives beside its outcomes: of last runs, and of those before them."""

LARGE = 8 << 20
"""Bytes that are worth staying with."""

AT_HAND = 20
"""How many times the budget a worker may use up to stay with large data."""


def perform(bundle: SentBundle, *arguments: Any) -> tuple[Any, ...]:
    """Run a bundle; gives the outcomes of its tasks as one pickle, then lists of large data."""
    here = Here.of(bundle.environment, provide(bundle.packages))
    here.stops.listen(bundle.box.board)
    before = Shelf(1)
    last = Shelf(0, beside=before)
    outcomes: list[list[SentOutcome]] = []
    tasks = unpack_plain(bundle.tasks)

    def part(first: int) -> None:
        done = {at: found for at, found in enumerate(outcomes[: first - 1]) if _is_at_hand(found)}
        here.tell_parted(bundle.box, (bundle.name, first, pack_all(done)))

    rest, opened = Rest(len(tasks), part), Opened(here, arguments)
    with here.bundle(bundle.name, rest):
        for position, task in enumerate(tasks):
            if not rest.begins(position):
                break
            here.began(position)
            outcomes.append(Work(here, task, opened, bundle).run(last, before))
    here.tell(bundle.box)
    return pack_all(outcomes), last.given(), before.given()


def _is_at_hand(outcomes: Sequence[SentOutcome]) -> bool:
    """Whether all data is in the outcomes themselves."""
    return all(parcel.argument is None for found in outcomes for parcel in found.outputs)


class Opened:
    """Opens what a bundle's runs get: siblings get the same, as they do at home."""

    def __init__(self, here: Here, arguments: tuple[Any, ...]) -> None:
        self._blobs = here.blobs
        self._arguments = arguments
        self._parcel: Parcel | None = None
        self._batch: Batch = EMPTY

    def __call__(self, parcel: Parcel) -> Batch:
        if parcel is not self._parcel:
            self._batch = unwrap(parcel, self._blobs, self._arguments, fetch)
            self._parcel = parcel
        return self._batch


class Work:
    """One task of a bundle: a run and what follows it in the same place."""

    def __init__(self, here: Here, sent: SentTask, opened: Opened, bundle: SentBundle) -> None:
        self._here = here
        self._sent = sent
        self._open = opened
        self._bundle = bundle
        self._is_durable = bundle.environment.is_durable

    def run(self, last: Shelf, before: Shelf) -> list[SentOutcome]:
        """Run it; gives the outcome of each run there was."""
        began = time.monotonic()
        if not self._sent.ahead:
            outcome = self._one(self._sent.node, None)
            return [self._pack(outcome, time.monotonic() - began, last)]
        pending: list[tuple[Outcome, float]] = []
        for number, node in enumerate((self._sent.node, *self._sent.ahead)):
            if number and not _goes_on(pending[-1][0], time.monotonic() - began, self._bundle.budget):
                break
            started = time.monotonic()
            outcome = self._one(node, pending[-1][0] if pending else None)
            pending.append((outcome, time.monotonic() - started))
        final = len(pending) - 1
        return [
            self._pack(outcome, seconds, last if position == final else before)
            for position, (outcome, seconds) in enumerate(pending)
        ]

    def _pack(self, outcome: Outcome, seconds: float, shelf: Shelf) -> SentOutcome:
        if seconds >= LONG or type(outcome) is Failed:
            outcome = with_place(outcome, seconds)
        try:
            return pack_outcome(outcome, seconds, shelf, self._here.blobs if self._is_durable else None)
        except Exception as error:  # whatever an object's own code raises while it is pickled
            name = self._sent.node.node.name
            told = OutcomeUnsendableError(
                f"What the node gave cannot leave its process: {error}", mend="Return the data it is made of."
            )
            return SentOutcome(Failed(failure.describe_error(told, name)), seconds)

    def _one(self, node: SentNode, earlier: Outcome | None) -> Outcome:
        key = self._sent.key
        try:
            task = self._task(node, earlier)
        except Exception as error:  # code that cannot be loaded here, data that is gone
            return Failed(failure.describe_error(error, node.node.name))
        if self._here.stops.is_asked(key):
            return failure.cancelled(task)
        return self._here.run(key, task, self._bundle.environment.grace)

    def _task(self, sent: SentNode, earlier: Outcome | None) -> NodeTask:
        own = self._sent
        if isinstance(earlier, Done):
            inputs: list[Batch | None] = [earlier.outputs[0]]
            scope = rebuild(sent, None, inputs, self._open)
        else:
            inputs = [None if parcel is None else self._open(parcel) for parcel in own.inputs]
            scope = rebuild(sent, own.scope, inputs, self._open)
            if own.offset and inputs and inputs[0] is not None:
                scope = scope.part(inputs[0].items(), own.offset)
        return NodeTask(
            node=sent.node,
            template=self._here.template(self._here.types.find(sent.node_type), sent.node.parameters),
            ports=sent.ports,
            inputs=inputs,
            scope=scope,
            environment=self._here.environment_of(own.secrets, own.setting.variables),
            language=own.setting.language,
            timezone=own.setting.timezone,
            run_index=sent.facts.run_index,
            state=sent.state,
            is_last_attempt=own.is_last_attempt,
            on_progress=self._progress if own.setting.tells and earlier is None else None,
            on_answer=self._answer if own.setting.answers else None,
            execution=own.key[0],
            headway=None if own.headway is None or earlier is not None else self._headway(own.headway),
            attempt=own.attempt,
            is_pure=own.is_pure,
        )

    def _headway(self, sent: SentHeadway) -> Headway:
        return Headway(tuple(self._open(parcel) for parcel in sent.outputs), sent.remaining)

    def _progress(self, fraction: float, message: str) -> None:
        self._here.say(self._bundle.box, (self._sent.key, "progress", fraction, message), is_urgent=False)

    def _answer(self, answer: Answer) -> None:
        self._here.say(self._bundle.box, (self._sent.key, "answer", answer), is_urgent=True)


def _goes_on(outcome: Outcome, spent: float, budget: float) -> bool:
    """Whether a worker goes on with the next node: all went well, and there is time left.

    Where much data would have to travel there is more of it.
    """
    if not isinstance(outcome, Done) or outcome.recovered is not None or not len(outcome.outputs[0]):
        return False
    return spent < budget or (spent < AT_HAND * budget and size_of(outcome.outputs[0]) >= LARGE)
