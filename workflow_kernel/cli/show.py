"""Shows how a run ended on a terminal: its output as a table, or the error with its place and mend."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.runs.item import Item
from workflow_kernel.runs.outcome import ErrorInfo

MOST_ROWS = 20
MOST_COLUMNS = 8
MOST_LINES = 200
_MOST_TEXT = 1_500


def show_result(result: ExecutionResult, console: Console | None = None, notes: Console | None = None) -> None:
    """Print how the run ended and its output."""
    notes = notes or Console(stderr=True)
    if result.error is not None and result.state == "failed":
        show_error(result.error, notes)
    elif result.state != "succeeded":
        notes.print(Text(f"The run was {result.state.replace('_', ' ')}.", style="yellow"))
    else:
        _show_output(result.output().rows, console or Console())


def show_error(error: ErrorInfo, console: Console) -> None:
    """Print an error: the node, what is wrong, the item, the mend."""
    place = f"Node '{error.node}' failed" if error.node else "The workflow failed"
    if error.item is not None:
        place += f" at item {error.item}"
    console.print(Text(f"{place}: {error.message[:_MOST_TEXT]}", style="bold red"))
    if error.expression:
        console.print(Text(f"  {error.expression[:_MOST_TEXT]}"))
    if error.description:
        console.print(Text(_indented(error.description[:_MOST_TEXT]), style="dim"))
    if error.mend:
        console.print(Text(_indented(error.mend[:_MOST_TEXT]), style="cyan"))
    console.print(Text(f"  {error.code}", style="dim"))


def show_logs(result: ExecutionResult, console: Console | None = None) -> None:
    """Print what nodes logged, run by run."""
    console = console or Console(stderr=True)
    for run in result.runs:
        lines = getattr(run.outcome, "logs", ())
        if not lines:
            continue
        number = f", run {run.index + 1}" if run.index else ""
        console.print(Text(f"{run.node.name}{number}", style="bold"))
        for line in lines[:MOST_LINES]:
            at = datetime.fromtimestamp(line.at).astimezone().strftime("%H:%M:%S")
            style = {"error": "red", "warning": "yellow"}.get(line.level, "")
            console.print(Text(f"  {at} ", style="dim").append(line.text[:_MOST_TEXT], style=style))
        if len(lines) > MOST_LINES:
            console.print(Text(f"  ... and {len(lines) - MOST_LINES} more lines", style="dim"))


def _show_output(items: list[Item], console: Console) -> None:
    if not items:
        console.print(Text("No items came out.", style="dim"))
        return
    names = list(dict.fromkeys(name for item in items[:MOST_ROWS] for name in item.json))
    files = any(item.binary for item in items[:MOST_ROWS])
    table = Table(show_edge=False, header_style="bold", pad_edge=False)
    for name in names[:MOST_COLUMNS]:
        table.add_column(Text(name), overflow="ellipsis", max_width=60)
    if files:
        table.add_column(Text("attachments", style="italic"))
    for item in items[:MOST_ROWS]:
        cells = [_cell(item.json.get(name)) for name in names[:MOST_COLUMNS]]
        table.add_row(*cells, *([_attachments(item)] if files else []))
    if names or files:
        console.print(table)
    more = [f"{len(items)} items" if len(items) != 1 else "1 item"]
    if len(items) > MOST_ROWS:
        more.append(f"the first {MOST_ROWS} are shown")
    if len(names) > MOST_COLUMNS:
        more.append(f"fields left out: {', '.join(names[MOST_COLUMNS:])[:200]}")
    console.print(Text("; ".join(more), style="dim"))


def _cell(value: Any) -> Text:
    """A value as text; a Text, for brackets in data are no markup."""
    if value is None:
        return Text("")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = text if len(text) <= 500 else text[:497] + "..."
    return Text(shown, justify="right" if type(value) in (int, float) else "left")


def _attachments(item: Item) -> Text:
    return Text(", ".join(binary.file_name or name for name, binary in (item.binary or {}).items()))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[:12])
