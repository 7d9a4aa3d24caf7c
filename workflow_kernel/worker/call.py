"""Calls a node for one attempt of one run and tells the outcome.

``run`` is the async way for every node, ``run_now`` the quick way for nodes that neither wait nor block. Both give an
:class:`~workflow_kernel.runs.outcome.Outcome` and never raise for what a node does.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from types import CoroutineType
from typing import Any

from workflow_kernel.expressions.scope import Scope
from workflow_kernel.graph.model import ERROR_PORT
from workflow_kernel.runs.item import EMPTY, Batch, Item, Items, Table, as_item
from workflow_kernel.runs.lineage import Lineage, Source
from workflow_kernel.runs.outcome import Done, Failed, Headway, Outcome, Suspended
from workflow_kernel.runs.tables import table_of
from workflow_kernel.sdk.node import Suspend
from workflow_kernel.worker import failure
from workflow_kernel.worker.context import RunContext
from workflow_kernel.worker.output import PortWriter, as_batch, join_ordered, link, split_ports
from workflow_kernel.worker.parameters import Resolved, as_error
from workflow_kernel.worker.quick import Called, run_quick, settled
from workflow_kernel.worker.redact import RunRedactor
from workflow_kernel.worker.task import NodeTask, PartialScope


async def run(task: NodeTask) -> Outcome:
    """One attempt of one node run, for any node."""
    call = Call(task)
    try:
        for piece in call.pieces():
            result = piece.invoke()
            if type(result) is CoroutineType or inspect.isawaitable(result):
                result = await result
            if isinstance(result, AsyncIterator):
                async for part in result:
                    call.take(piece, part)
            else:
                call.take_all(piece, result)
        return call.done()
    except (Exception, SystemExit) as error:  # the boundary between user code and the engine
        return call.failed(error)


def run_now(task: NodeTask) -> Outcome:
    """One attempt of one node run, for nodes whose ``run`` is a plain function."""
    return _run_now(task, None)


def run_at_once(task: NodeTask) -> Outcome:
    """One attempt of one node run, for asynchronous nodes that wait for nothing here: no event loop is needed."""
    return _run_now(task, settled)


def _run_now(task: NodeTask, settle: Callable[[Any], Any] | None) -> Outcome:
    quick = run_quick(task, settle)
    if isinstance(quick, Done):
        return quick
    call = Call(task)
    try:
        if quick is not None:
            call.go_on(quick)
        else:
            for piece in call.pieces():
                result = piece.invoke()
                call.take_all(piece, result if settle is None else settle(result))
        return call.done()
    except (Exception, SystemExit) as error:  # the boundary between user code and the engine
        return call.failed(error)


class Piece:
    """One call of a node's run: the whole batch, a chunk of it, or one item."""

    __slots__ = ("call", "ctx", "data", "kept", "offset", "place", "resolved")

    def __init__(
        self, call: Call, data: Any, resolved: Resolved, scope: Scope, offset: int, kept: list[int] | None
    ) -> None:
        self.call = call
        self.data = data
        self.resolved = resolved
        self.offset = offset
        self.kept = kept
        # No method of this piece, which has the context: what goes round stays until Python looks for such circles.
        self.place = partial(_place, kept, offset)
        """Where an item of this piece stands in the whole batch."""
        self.ctx = call.context(resolved, scope)
        self.ctx.places = self.place

    def invoke(self) -> Any:
        """Call the node; gives its result, an awaitable or an iterator."""
        style = self.call.spec.style
        if style == "item":
            return self._each_async() if self.call.spec.is_async else self._each()
        instance: Any = self.resolved.first()
        if style == "none":
            return instance.run(self.ctx)
        return instance.run(self.data, self.ctx)

    def _each(self) -> Items:
        rows: list[Item] = []
        sources: list[int] = []
        resolved, ctx = self.resolved, self.ctx
        constant: Any = resolved.template.constant() if resolved.template.is_constant else None
        for index, item in enumerate(self.data.rows):
            try:
                instance: Any = constant or resolved.at(index)
                self._add(instance.run(item, ctx), index, rows, sources)
            except Exception as error:
                ctx.fail(index, error)
        return self._linked(rows, sources)

    async def _each_async(self) -> Items:
        rows: list[Item] = []
        sources: list[int] = []
        for index, item in enumerate(self.data.rows):
            try:
                instance: Any = self.resolved.at(index)
                self._add(await instance.run(item, self.ctx), index, rows, sources)
            except Exception as error:
                self.ctx.fail(index, error)
        return self._linked(rows, sources)

    @staticmethod
    def _add(result: Any, index: int, rows: list[Item], sources: list[int]) -> None:
        if result is None:
            return
        if isinstance(result, Item | Mapping):
            rows.append(as_item(result))
            sources.append(index)
            return
        for entry in result:
            rows.append(as_item(entry))
            sources.append(index)

    def _linked(self, rows: list[Item], sources: list[int]) -> Items:
        if len(rows) == len(self.data) and not self.ctx.failures and sources == list(range(len(rows))):
            return Items(rows, Lineage.same())
        return Items(rows, Lineage.one(sources))


def _place(kept: list[int] | None, offset: int, index: int) -> int:
    return (kept[index] if kept is not None else index) + offset


class Call:
    """One attempt of one node run in the making."""

    def __init__(self, task: NodeTask) -> None:
        self.task = task
        self.spec = task.template.node_type.spec
        self.names = [port.name for port in task.ports.outputs]
        environment = task.environment
        self._writers = {
            name: PortWriter(environment.blobs, environment.spill_at, environment.chunk) for name in self.names
        }
        self._failures: dict[int, tuple[Item, Exception]] = {}
        self._ctx: RunContext | None = None
        self._suspend: Suspend | None = None
        self._inputs: list[Batch | None] = list(task.inputs)
        self._state: dict[str, Any] = dict(task.state)
        self._hide = RunRedactor(task) if task.node.credentials else None

    def context(self, resolved: Resolved, scope: Scope) -> RunContext:
        """The context of a piece; logs, state and annotations go on from the piece before."""
        ctx = RunContext(self.task, resolved, scope)
        if self._ctx is not None:
            ctx._log, ctx.state, ctx.annotations = self._ctx.log, self._ctx.state, self._ctx.annotations
        self._ctx = ctx
        return ctx

    def pieces(self) -> Iterator[Piece]:
        """The calls this run makes of its node."""
        batch = self._first_input()
        if self.spec.style == "none" or batch is None:
            yield self._piece(None, 1, self.task.scope, 0)
        elif self.spec.style in ("item", "items"):
            yield from self._item_pieces(batch)
        elif self.spec.style == "inputs":
            ports = self.task.ports.inputs
            named = {
                port.name: (entry.items() if entry is not None else EMPTY)
                for port, entry in zip(ports, self._inputs, strict=False)
            }
            yield self._piece(named, max(1, *(len(b) for b in named.values())), self.task.scope, 0)
        elif self.spec.style == "table":
            yield self._piece(as_table(batch), max(1, len(batch)), self.task.scope, 0)
        elif self.spec.style == "chunks":
            yield self._piece(batch.chunks(), 1, self.task.scope, 0)
        else:
            yield self._piece(batch, max(1, len(batch)), self.task.scope, 0)

    def go_on(self, called: Called) -> None:
        """Take what the short way got when it called the node."""
        self._ctx = called.ctx
        if called.error is not None:
            raise called.error
        piece = self._piece(called.data, max(1, len(called.data)), self.task.scope, 0)
        piece.ctx = self._ctx = called.ctx
        self.take_all(piece, called.result)

    def take_all(self, piece: Piece, result: Any) -> None:
        """Take what a call gave, be it one result or a generator of them."""
        if isinstance(result, Iterator):
            for part in result:
                self.take(piece, part)
        else:
            self.take(piece, result)

    def take(self, piece: Piece, result: Any) -> None:
        """Take one result of a call."""
        if isinstance(result, Suspend):
            self._suspend = result
            return
        inputs: Sequence[Batch | None] = [piece.data] if isinstance(piece.data, Items) else self._inputs
        for name, value in split_ports(result, self.names).items():
            batch = link(as_batch(value, node=self.task.node.name), inputs)
            if self._hide is not None:
                batch = self._hide.batch(batch)
            if piece.kept is not None:
                batch = Items(batch.items().rows, _widen(batch.lineage, len(batch), piece.kept))
            self._writers[name].add(batch, piece.offset)
        if not piece.ctx.failures:
            return
        rows = piece.data.items().rows if isinstance(piece.data, Batch) else piece.data
        for index, error in piece.ctx.failures.items():
            self._failures[piece.place(index)] = (rows[index], error)
        piece.ctx.failures = {}

    def done(self) -> Outcome:
        """The outcome, once every call was made."""
        if self._hide is None:
            return self._done()
        is_unseen = bool(self._failures) or self._suspend is not None  # what calls gave was looked through already
        return self._hide.outcome(self._done(), outputs=is_unseen)

    def failed(self, error: Exception | SystemExit) -> Outcome:
        """The outcome of an error: a failure, or the input going on where ``on_error`` says so."""
        outcome = self._failed(error)
        return outcome if self._hide is None else self._hide.outcome(outcome, outputs=True)

    def _done(self) -> Outcome:
        ctx = self._ctx
        lines = ctx.lines if ctx else ()
        if self._suspend is not None:
            outputs = self._suspended_outputs(self._suspend.outputs)
            page = self._suspend.page
            return Suspended(self._suspend.until, outputs, lines, None if page is None else dict(page))
        outputs = tuple(self._writers[name].finish() for name in self.names)
        node = self.task.node
        if self.task.headway is not None:
            outputs = tuple(map(join_ordered, self.task.headway.outputs, outputs))
        if self._failures and self.task.retries_items:
            order = sorted(self._failures)
            error = failure.describe_error(self._failures[order[0]][1], node.name)
            return Failed(error, lines, Headway(outputs, tuple(order)))
        recovered = None
        if node.on_error == "branch":
            outputs = (*outputs, EMPTY)
        if self._failures:
            recovered = failure.describe_error(self._failures[min(self._failures)][1], node.name)
            outputs = self._with_failures(outputs)
        if node.always_output and outputs and not any(len(batch) for batch in outputs):
            outputs = (Items([Item({})], Lineage.one([0])), *outputs[1:])
        state = ctx.state if ctx and ctx.state else None
        return Done(outputs, state, lines, recovered, ctx.annotations or None if ctx else None)

    def _failed(self, error: Exception | SystemExit) -> Outcome:
        info = failure.describe_error(error, self.task.node.name)
        lines = self._ctx.lines if self._ctx else ()
        if self.task.headway is not None and failure.goes_on(self.task, info) and isinstance(error, Exception):
            rows = (self._first_input() or EMPTY).items().rows
            self._failures = {index: (rows[index], error) for index in self.task.headway.remaining}
            return self.done()
        return failure.recover(self.task, info, lines)

    def _first_input(self) -> Batch | None:
        if self.task.node.execute_once:
            self._inputs = [None if batch is None else _first_item(batch) for batch in self._inputs]
        return next((batch for batch in self._inputs if batch is not None), None)

    def _item_pieces(self, batch: Batch) -> Iterator[Piece]:
        names = None if self.spec.style == "item" else self.spec.per_item
        can_chunk = self.spec.style == "item" or self.spec.chunked
        scope = self.task.scope
        if not (can_chunk and len(batch) > self.task.environment.spill_at):
            yield from self._filtered(batch.items(), scope, 0, names)
            return
        offset = 0
        for chunk in batch.chunks(self.task.environment.chunk):
            window = scope.window(chunk, offset) if isinstance(scope, PartialScope) else scope
            yield from self._filtered(chunk, window, offset, names)
            offset += len(chunk)

    def _filtered(self, items: Items, scope: Scope, offset: int, names: tuple[str, ...] | None) -> Iterator[Piece]:
        """The call for the items whose expressions did not fail; none when all did."""
        resolved = Resolved(self.task.template, scope, self._evaluator(), len(items), offset)
        failures = {} if self.task.template.is_constant or names == () else resolved.evaluate(names)
        kept: list[int] | None = None
        if self.task.headway is not None:
            kept = [index for index in self.task.headway.remaining if index not in failures]
            failures = {index: found for index, found in failures.items() if index in self.task.headway.remaining}
        if failures:
            first = min(failures)
            if self.task.node.on_error == "stop" or not self.task.is_last_attempt:
                raise as_error(failures[first])
            for index, found in failures.items():
                self._failures[offset + index] = (items[index], as_error(found))
            if kept is None:
                kept = [index for index in range(len(items)) if index not in failures]
        if kept is not None:
            items = Items([items[index] for index in kept])
            resolved.keep(kept)
        if kept is None or kept:
            yield Piece(self, items, resolved, scope, offset, kept)

    def _piece(self, data: Any, count: int, scope: Scope, offset: int) -> Piece:
        resolved = Resolved(self.task.template, scope, self._evaluator(), count)
        if self.spec.per_item and not self.task.template.is_constant:
            failures = resolved.evaluate(self.spec.per_item)
            if failures:
                raise as_error(failures[min(failures)])
        return Piece(self, data, resolved, scope, offset, None)

    def _evaluator(self) -> Any:
        if self.task.template.is_constant:
            return None
        return self.task.environment.evaluator(self.task.language)

    def _suspended_outputs(self, outputs: Any) -> tuple[Batch, ...]:
        if outputs is None:
            first = self._first_input() or EMPTY
            return (first, *(EMPTY for _ in self.names[1:]))
        named = split_ports(outputs, self.names)
        return tuple(link(as_batch(named.get(name), node=self.task.node.name), self._inputs) for name in self.names)

    def _with_failures(self, outputs: tuple[Batch, ...]) -> tuple[Batch, ...]:
        order = sorted(self._failures)
        if self.task.node.on_error == "branch":
            rows = [
                Item({**item.json, "error": failure.message_of(error)}, item.binary)
                for item, error in (self._failures[index] for index in order)
            ]
            return (*outputs[:-1], Items(rows, Lineage.one(order)))
        failed = {index: Item({"error": failure.message_of(self._failures[index][1])}) for index in order}
        return (_weave(outputs[0], failed), *outputs[1:])


def output_names(task: NodeTask) -> list[str]:
    """The output ports of the run, the error port last where failures leave by it."""
    names = [port.name for port in task.ports.outputs]
    return [*names, ERROR_PORT] if task.node.on_error == "branch" else names


def as_table(batch: Batch) -> Table:
    """A batch as an Arrow table."""
    if isinstance(batch, Table):
        return batch
    return Table(table_of(batch.items().json()), Lineage.same())


def _first_item(batch: Batch) -> Batch:
    return Items(next(batch.chunks(1)).rows) if len(batch) > 1 else batch


def _widen(lineage: Lineage, length: int, kept: list[int]) -> Lineage:
    if lineage.kind == "same" and lineage.port == 0:
        return Lineage.one(kept[:length])
    return Lineage.many(
        [
            source if source.run is not None else source._replace(index=kept[source.index])
            for source in lineage.sources(i)
        ]
        for i in range(length)
    )


def _weave(batch: Batch, failed: Mapping[int, Item]) -> Items:
    """The batch with an item for each failure, in the order of the input items."""
    rows: list[Item] = []
    sources: list[Sequence[tuple[int, int] | Source]] = []
    waiting = sorted(failed)
    for index, item in enumerate(batch.items()):
        own = batch.lineage.sources(index)
        while waiting and own and waiting[0] < own[0].index:
            at = waiting.pop(0)
            rows.append(failed[at])
            sources.append([(0, at)])
        rows.append(item)
        sources.append(own)
    for at in waiting:
        rows.append(failed[at])
        sources.append([(0, at)])
    return Items(rows, Lineage.many(sources))
