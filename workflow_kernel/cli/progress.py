"""Shows a run on a terminal while it goes: the nodes as a tree, with states, counts, times, retries and waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from workflow_kernel import wire
from workflow_kernel.cli.tree import rows
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.show import duration

_MARKS = {
    "pending": ("·", "dim"),
    "skipped": ("·", "dim"),
    "succeeded": ("✓", "green"),
    "recovered": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "waiting": ("⏸", "cyan"),
    "retry": ("↻", "yellow"),
    "stopped": ("■", "yellow"),
}
_BAR = 12
_SHORTEST = 5


class _Row:
    """What is known of one node."""

    def __init__(self, name: str, indent: str, tries: int, is_disabled: bool) -> None:
        self.name = name
        self.indent = indent
        self.tries = tries
        self.is_disabled = is_disabled
        self.state = "pending"
        self.runs = 0
        self.open = 0
        self.items: dict[str, int] = {}
        self.seconds = 0.0
        self.began = 0.0
        self.until: float | None = None
        self.note = ""
        self.spinner = Spinner("dots", style="cyan")


class Progress:
    """The live tree of a run: a context manager that gives the function to tell of every event.

    Parameters
    ----------
    workflow: of the run. only: ids of the nodes that may run; None for all.
    console: where it is drawn; stderr when not given.
    """

    def __init__(self, workflow: Workflow, only: frozenset[str] | None = None, console: Console | None = None) -> None:
        self._rows = {
            node.name: _Row(node.name, indent, node.retry.tries, node.disabled) for node, indent in rows(workflow, only)
        }
        self._console = console or Console(stderr=True)
        self._title = workflow.name
        self._began = time.time()
        self._ended: float | None = None
        self._state = "running"
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=10)

    def __enter__(self) -> Callable[[wire.LiveEvent], None]:
        self._live.__enter__()
        return self.take

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = self._ended or time.time()
        for row in self._rows.values():
            row.state = _final(row)
        self._live.__exit__(kind, error, trace)

    def take(self, event: wire.LiveEvent) -> None:
        """Note an event."""
        if isinstance(event, wire.ExecutionBegan):
            self._began = event.at
            return
        if isinstance(event, wire.ExecutionOver):
            self._ended, self._state = event.at, event.state
            return
        row = self._rows[event.node]
        if isinstance(event, wire.NodeRunStarted):
            row.open += 1
            row.state, row.until = "running", None
            row.began = event.at if event.attempt == 1 else row.began or event.at
            row.note = f"try {event.attempt} of {row.tries}" if event.attempt > 1 else ""
        elif isinstance(event, wire.NodeRunEnded):
            row.open = max(0, row.open - 1)
            row.state = "recovered" if event.error else "running" if row.open else "succeeded"
            row.note = event.error.message if event.error else ""
            row.runs += 1
            row.seconds += event.seconds
            for port, count in event.items.items():
                row.items[port] = row.items.get(port, 0) + count
        elif isinstance(event, wire.NodeRunFailed):
            row.open = max(0, row.open - 1)
            row.state = "stopped" if event.error.kind == "cancelled" else "retry" if event.retry_at else "failed"
            row.until = event.retry_at
            row.note = event.error.message
            row.seconds += 0.0 if event.retry_at else max(0.0, event.at - row.began)
        elif isinstance(event, wire.NodeRunWaits):
            row.state, row.until, row.note = "waiting", event.until, event.reason
            row.open -= bool(event.reason)  # it is told that it starts once it has a place
        else:
            row.note = f"{_bar(event.fraction)} {event.fraction:.0%} {event.message}"

    def _draw(self) -> RenderableType:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, justify="right", min_width=7)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        shown, above, below = self._window()
        if above:
            table.add_row(Text(f"  ... {above} nodes above", style="dim"), "", "", "")
        now = time.time()
        for row in shown:
            table.add_row(_name(row), _counts(row), _time(row, now), _note(row, now))
        if below:
            table.add_row(Text(f"  ... {below} nodes below", style="dim"), "", "", "")
        return Group(table, self._footer(now))

    def _window(self) -> tuple[list[_Row], int, int]:
        """The rows that fit on the screen, about the one at work, and how many are left out on each side."""
        every = list(self._rows.values())
        most = max(_SHORTEST, self._console.height - 5)
        if len(every) <= most:
            return every, 0, 0
        busy = [at for at, row in enumerate(every) if row.state in ("running", "retry", "waiting", "failed")]
        done = [at for at, row in enumerate(every) if row.runs]
        at = busy[0] if busy else done[-1] if done else 0
        start = min(max(0, at - most // 2), len(every) - most)
        return every[start : start + most], start, len(every) - start - most

    def _footer(self, now: float) -> RenderableType:
        done = sum(row.runs > 0 for row in self._rows.values())
        seconds = (self._ended or now) - self._began
        text = f"{self._title} · {done} of {len(self._rows)} nodes · {duration(seconds)}"
        if self._ended is not None:
            return Text(f"  {text}", style="dim")
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_row(self._spinner, Text(f"{text} · Ctrl-C stops", style="dim"))
        return line


def _final(row: _Row) -> str:
    """What a node's state is once nothing happens any more."""
    if row.state in ("running", "waiting", "retry"):
        return "stopped"
    return "skipped" if row.state == "pending" else row.state


def _name(row: _Row) -> RenderableType:
    name = Text(row.indent, style="dim")
    if row.state == "running":
        line = Table.grid(padding=0)
        line.add_row(name, row.spinner, Text(f" {row.name}", style="bold"))
        return line
    mark, style = _MARKS[row.state]
    name.append(mark, style=style)
    name.append(f" {row.name}", style="dim" if row.state in ("pending", "skipped") else "")
    return name


def _counts(row: _Row) -> Text:
    if not row.runs:
        return Text("")
    sent = [_count(port, count, len(row.items) > 1) for port, count in row.items.items() if count]
    return Text(", ".join(sent) or "nothing", style="dim" if not sent else "")


def _count(port: str, count: int, is_named: bool) -> str:
    return f"{count:,} {port}" if is_named or port != "main" else f"{count:,}"


def _time(row: _Row, now: float) -> Text:
    if not row.began:
        return Text("")
    is_open = row.state in ("running", "retry", "waiting")
    return Text(duration(row.seconds + (now - row.began if is_open else 0.0)), style="dim")


def _note(row: _Row, now: float) -> Text:
    runs = f"{row.runs} runs  " if row.runs > 1 else ""
    if row.is_disabled:
        return Text(f"{runs}disabled", style="dim")
    if row.state == "retry" and row.until is not None:
        return Text(f"again in {duration(max(0.0, row.until - now))}: {_line(row.note)}", style="yellow")
    if row.state == "waiting":
        text = "waits to be resumed" if row.until is None else f"waits {duration(max(0.0, row.until - now))} more"
        return Text(text, style="cyan")
    if row.state == "skipped":
        return Text("not reached", style="dim")
    style = {"failed": "red", "recovered": "yellow"}.get(row.state, "dim")
    return Text(runs + _line(row.note), style=style)


def _line(text: str) -> str:
    return " ".join(text[:300].split())


def _bar(fraction: float) -> str:
    full = round(min(1.0, max(0.0, fraction)) * _BAR)
    return "━" * full + "─" * (_BAR - full)
