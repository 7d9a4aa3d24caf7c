"""What an execution gave, as its caller sees it: ``result["Node"].json()``."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel.base.errors import NodeError
from workflow_kernel.contracts import Blobs
from workflow_kernel.engine.activity import Run
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs import show
from workflow_kernel.runs.compare import Comparison, Side, compare
from workflow_kernel.runs.item import EMPTY, Batch, Binary, Item, Items, Table
from workflow_kernel.runs.model import ExecutionState
from workflow_kernel.runs.outcome import ErrorInfo, LogLine
from workflow_kernel.runs.tables import table_of

if TYPE_CHECKING:
    import pandas
    import pyarrow


class NodeRunResult:
    """One run of a node: its outputs by port name, times, logs, error.

    Parameters
    ----------
    run: as the engine keeps it. blobs: where the attachments of its items are.
    """

    def __init__(self, run: Run, blobs: Blobs | None = None) -> None:
        self._run = run
        self._blobs = blobs

    @property
    def index(self) -> int:
        """How often the node ran before."""
        return self._run.index

    @property
    def status(self) -> str:
        """State of the run."""
        return self._run.status

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed, or the error it went on after."""
        error: ErrorInfo | None = self._run.error
        return error

    @property
    def attempts(self) -> int:
        """How many tries it took."""
        return self._run.attempt

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, self._run.ended - self._run.started)

    @property
    def started(self) -> float:
        """When it started, seconds since the epoch."""
        return self._run.started

    @property
    def logs(self) -> Sequence[LogLine]:
        """What it logged."""
        return getattr(self._run.outcome, "logs", ())

    @property
    def ports(self) -> Sequence[str]:
        """Names of the output ports."""
        return self._run.node.output_names

    def batch(self, port: str | int = 0) -> Batch:
        """The batch sent through an output port."""
        position = self.ports.index(port) if isinstance(port, str) else port
        batch: Batch = self._run.outputs[position] if position < len(self._run.outputs) else EMPTY
        return batch

    def items(self, port: str | int = 0) -> list[Item]:
        """The items sent through an output port."""
        return self.batch(port).items().rows

    def json(self, port: str | int = 0) -> list[dict[str, Any]]:
        """The JSON of the items sent through an output port."""
        return [item.json for item in self.items(port)]

    def table(self, port: str | int = 0) -> pyarrow.Table:
        """What was sent through an output port as an Arrow table: as it is where it is one, else one row an item."""
        batch = self.batch(port)
        if isinstance(batch, Table):
            return batch.table
        return table_of(batch.items().json())

    def df(self, port: str | int = 0) -> pandas.DataFrame:
        """What was sent through an output port as a data frame: a row for each item, a column for each field."""
        import pandas  # noqa: PLC0415 - takes a while to load

        batch = self.batch(port)
        return batch.table.to_pandas() if isinstance(batch, Table) else pandas.DataFrame(batch.items().json())

    def read(self, attachment: Binary) -> bytes:
        """The bytes of an attachment of an item."""
        if self._blobs is None:
            raise NodeError("What attachments hold is not at hand.", code="WF401", mend="Run it with wf.run().")
        return self._blobs.get(attachment.blob)

    def __repr__(self) -> str:
        batch = self.batch()
        return f"{self._run.node.name!r}, run {self.index}: {self.status}, {len(batch):,} items"

    def _repr_html_(self) -> str:
        """What a notebook shows: the first items, or the error."""
        if self.error is not None and not len(self.batch()):
            return show.execution_html(self._run.node.name, self.status, self.seconds, (), error=self.error.message)
        batch = self.batch()
        first = next(batch.chunks(show.ROWS), EMPTY)  # no more than is shown is read
        shown = show.items_html([item.json for item in first], len(batch))
        return shown if self._blobs is None else shown + show.pictures_html(self._attachments(first))

    def _attachments(self, items: Items) -> list[show.Attachment]:
        return [
            show.Attachment(binary.file_name or name, binary.mime_type, binary.size, partial(self.read, binary))
            for item in items
            for name, binary in (item.binary or {}).items()
        ]


class NodeResult(NodeRunResult):
    """A node's part in an execution: its last run, and all of them."""

    def __init__(self, runs: Sequence[Run], blobs: Blobs | None = None) -> None:
        super().__init__(runs[-1], blobs)
        self.runs = [NodeRunResult(run, blobs) for run in runs]


class ExecutionResult(msgspec.Struct):
    """What an execution gave.

    Parameters
    ----------
    id: of the execution. state: how it ended. error: why it failed.
    runs: every node run, in the order in which they were done.
    last: the run whose output is the execution's output.
    annotations: what nodes kept with the execution.
    wake_at: when a suspended execution goes on by itself, seconds since the epoch.
    workflow: that ran. blobs: where the attachments of its items are.
    """

    id: str
    state: ExecutionState
    error: ErrorInfo | None
    runs: Sequence[Run]
    started: float
    ended: float
    last: Run | None = None
    annotations: Mapping[str, Any] = {}
    wake_at: float | None = None
    workflow: Workflow | None = None
    blobs: Any = None

    @property
    def is_success(self) -> bool:
        """Whether it ended well."""
        return self.state == "succeeded"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.started

    def __await__(self) -> Generator[Any, None, ExecutionResult]:
        """Itself: what waits for an execution of a service reads the same here."""
        yield from ()
        return self

    def __getitem__(self, name: str) -> NodeResult:
        runs = [run for run in self.runs if run.node.name == name]
        if not runs:
            raise KeyError(f"Node '{name}' did not run.")
        return NodeResult(sorted(runs, key=lambda run: run.index), self.blobs)

    def __contains__(self, name: str) -> bool:
        return any(run.node.name == name for run in self.runs)

    def names(self) -> list[str]:
        """The nodes that ran, each once, in the order of their first run."""
        return list(dict.fromkeys(run.node.name for run in self.runs))

    def output(self) -> Items:
        """The output of the node that was done last: the execution's own output."""
        if self.last is None:
            return EMPTY
        filled = next((batch for batch in self.last.outputs if len(batch)), EMPTY)
        items: Items = filled.items()
        return items

    def rows(self) -> list[show.Row]:
        """Each node's part in it, in the order of their first runs."""
        found = []
        for name in self.names():
            node = self[name]
            sent = sum(len(node.batch(port)) for port in range(len(node.ports)))
            seconds = sum(run.seconds for run in node.runs)
            error = node.error.message if node.error is not None else ""
            found.append(show.Row(name, _shown_state(node.status), len(node.runs), sent, seconds, error))
        return found

    def sides(self) -> dict[str, Side]:
        """What a comparison looks at, by name of the node."""
        nodes = {name: self[name] for name in self.names()}
        return {
            name: Side(_shown_state(node.status), sum(run.seconds for run in node.runs), node.json())
            for name, node in nodes.items()
        }

    def compare(self, other: ExecutionResult) -> Comparison:
        """How another execution differs from this one, node by node."""
        return compare(self.sides(), other.sides())

    def __repr__(self) -> str:
        return show.execution_text("Execution", self.state, self.seconds, self.rows())

    def _repr_html_(self) -> str:
        """What a notebook shows: the nodes with their states, counts and times."""
        told = "" if self.error is None else self.error.message
        title = "Execution" if self.workflow is None else self.workflow.name
        return show.execution_html(title, self.state, self.seconds, self.rows(), error=told, workflow=self.workflow)

    def raise_if_failed(self) -> None:
        """Raise the error of an execution that did not succeed."""
        if self.error is not None:
            place = f"Node '{self.error.node}' failed: " if self.error.node else ""
            raise NodeError(
                place + self.error.message,
                description=self.error.description,
                code=self.error.code,
                mend=self.error.mend,
            )
        if self.state != "succeeded":
            raise NodeError(f"The execution was {self.state.replace('_', ' ')}.", code="WF322")


def _shown_state(status: str) -> str:
    return "succeeded" if status == "durable" else status
