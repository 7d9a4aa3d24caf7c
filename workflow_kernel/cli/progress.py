"""Shows a run on a terminal: the nodes with their states, counts and times, then what came out."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from workflow_kernel import wire
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow

_MARKS = {
    "pending": ("·", "dim"),
    "succeeded": ("✓", "green"),
    "recovered": ("!", "yellow"),
    "failed": ("✗", "red"),
    "waiting": ("…", "cyan"),
    "retry": ("↻", "yellow"),
}
MOST_ROWS = 40


class _Row:
    """What is known of one node."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "pending"
        self.runs = 0
        self.items: dict[str, int] = {}
        self.seconds = 0.0
        self.began = 0.0
        self.note = ""


class Progress:
    """The live table of a run; a context manager whose ``take`` is told of every event."""

    def __init__(self, workflow: Workflow, only: frozenset[str] | None) -> None:
        nodes = [node for node in workflow.nodes.values() if only is None or node.id in only]
        nodes.sort(key=lambda node: (node.position[0], node.position[1]))
        self._rows = {node.name: _Row(node.name) for node in nodes}
        self._live = Live(get_renderable=self._draw, console=Console(stderr=True), refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def take(self, event: wire.LiveEvent) -> None:
        """Note an event."""
        if isinstance(event, wire.ExecutionBegan | wire.ExecutionOver):
            return
        row = self._rows[event.node]
        if isinstance(event, wire.NodeRunStarted):
            row.state, row.began, row.note = "running", event.at, ""
        elif isinstance(event, wire.NodeRunEnded):
            row.state = "recovered" if event.error else "succeeded"
            row.note = event.error.message if event.error else ""
            row.runs += 1
            row.seconds += event.seconds
            for port, count in event.items.items():
                row.items[port] = row.items.get(port, 0) + count
        elif isinstance(event, wire.NodeRunFailed):
            row.state = "retry" if event.retry_at else "failed"
            row.note = event.error.message
        elif isinstance(event, wire.NodeRunWaits):
            row.state = "waiting"
        else:
            row.note = f"{event.fraction:.0%} {event.message}"

    def _draw(self) -> Group:
        table = Table.grid(padding=(0, 2))
        rows = list(self._rows.values())
        for row in rows[:MOST_ROWS]:
            table.add_row(_mark(row), row.name, _counts(row), _time(row), Text(row.note[:100], style="dim"))
        more = [Text(f"... and {len(rows) - MOST_ROWS} more nodes", style="dim")] if len(rows) > MOST_ROWS else []
        return Group(table, *more)


def _mark(row: _Row) -> Text | Spinner:
    if row.state == "running":
        return Spinner("dots")
    mark, style = _MARKS[row.state]
    return Text(mark, style=style)


def _counts(row: _Row) -> Text:
    if not row.runs:
        return Text("")
    sent = [f"{count}" if port == "main" else f"{port} {count}" for port, count in row.items.items() if count]
    runs = f" ({row.runs} runs)" if row.runs > 1 else ""
    return Text((", ".join(sent) or "nothing") + runs, style="dim")


def _time(row: _Row) -> Text:
    seconds = row.seconds + (time.time() - row.began if row.state == "running" else 0.0)
    return (
        Text(f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s", style="dim") if row.began else Text("")
    )


def show_result(result: ExecutionResult) -> None:
    """Print how the run ended and its output."""
    console = Console()
    notes = Console(stderr=True)
    if result.error is not None:
        place = f"Node '{result.error.node}'" if result.error.node else "The workflow"
        notes.print(Text(f"{place} failed: {result.error.message}", style="red"))
        for extra in (result.error.description, result.error.mend):
            if extra:
                notes.print(Text(extra[:600], style="dim"))
        return
    if result.state != "succeeded":
        notes.print(Text(f"The run was {result.state.replace('_', ' ')}.", style="yellow"))
        return
    rows = result.output().json()
    notes.print(Text(f"{len(rows)} items in {result.seconds:.2f} s", style="green"))
    if rows:
        console.print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for row in rows[:20] for name in row))[:8]
    table = Table(show_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="ellipsis", max_width=40)
    for row in rows[:20]:
        table.add_row(*(_cell(row.get(name)) for name in names))
    if len(rows) > 20:
        table.caption = f"and {len(rows) - 20} more"
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
