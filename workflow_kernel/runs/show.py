"""Executions and items as text and as HTML that fits the notebook around it, light or dark.

Results of runs here and views of executions of a service show themselves by it; the command line says times by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

ROWS, COLUMNS, CHARACTERS = 20, 12, 80
"""Of items shown: at most; more of them nobody reads in a cell."""

COLOURS = {
    "succeeded": "#1a8a4c", "failed": "#d13b40", "timed_out": "#d13b40", "cancelled": "#8a6d00", "running": "#3b5fe0",
    "suspended": "#8a6d00", "queued": "#667085", "skipped": "#667085",
}  # fmt: skip

_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"
_FAINT = "color:var(--jp-content-font-color2,inherit);opacity:.75"


class Row(NamedTuple):
    """A node's part in an execution.

    Parameters
    ----------
    name: of the node. state: of its last run. runs: how many. items: sent by the last one, all outputs together.
    seconds: all runs took together. error: of the last run; empty where it succeeded.
    """

    name: str
    state: str
    runs: int
    items: int
    seconds: float
    error: str = ""


def execution_text(title: str, state: str, seconds: float | None, rows: Sequence[Row]) -> str:
    """An execution in a line."""
    took = "" if seconds is None else f" in {duration(seconds)}"
    return f"{title}: {state.replace('_', ' ')}{took}, {_count(len(rows), 'node')}"


def execution_html(
    title: str, state: str, seconds: float | None, rows: Sequence[Row], *, error: str = "", link: str = ""
) -> str:
    """An execution as a table of its nodes.

    Parameters
    ----------
    title: of the workflow. state: of the execution. seconds: it took; None where it has not begun.
    error: why it failed. link: to its page.
    """
    took = "" if seconds is None else f" <span style='{_FAINT}'>{duration(seconds)}</span>"
    shown = f"<a href='{escape(link, quote=True)}' target='_blank'>{escape(title)}</a>" if link else escape(title)
    body = [
        (escape(row.name) + (f" x{row.runs}" if row.runs > 1 else ""), badge(row.state), f"{row.items:,}",
         duration(row.seconds), escape(clip(row.error)))
        for row in rows
    ]  # fmt: skip
    columns = ["Node", "State", "Items", "Time", "Error"] if any(row.error for row in rows) else [
        "Node", "State", "Items", "Time",
    ]  # fmt: skip
    told = f"<div style='color:{COLOURS['failed']}'>{escape(error)}</div>" if error else ""
    return f"<div><b>{shown}</b> {badge(state)}{took}{told}{_table(columns, body)}</div>"


def items_html(items: Sequence[Mapping[str, Any]], count: int) -> str:
    """The first items of a batch, a column for each field."""
    if not items:
        return f"<div style='{_FAINT}'>No items.</div>"
    fields = list(dict.fromkeys(field for item in items[:ROWS] for field in item))
    body = [[escape(clip(value_text(item.get(field, "")))) for field in fields[:COLUMNS]] for item in items[:ROWS]]
    more = []
    if count > min(len(items), ROWS):
        more.append(f"{_count(count, 'item')} in all")
    if len(fields) > COLUMNS:
        more.append(f"{len(fields)} fields")
    told = f"<div style='{_FAINT}'>{', '.join(more)}</div>" if more else ""
    return f"<div>{_table([escape(str(field)) for field in fields[:COLUMNS]], body)}{told}</div>"


def badge(state: str) -> str:
    """A state, coloured."""
    return f"<span style='color:{COLOURS.get(state, COLOURS['queued'])}'>● {escape(state.replace('_', ' '))}</span>"


def list_html(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    return _table([escape(name) for name in columns], [[escape(clip(text)) for text in row] for row in rows])


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def value_text(value: Any) -> str:
    """A value of an item."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def clip(text: str, most: int = CHARACTERS) -> str:
    """A text, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th style='{_CELL}'>{name}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td style='{_CELL}'>{cell}</td>" for cell in row[: len(columns)]) + "</tr>" for row in rows
    )
    return f"<table style='margin:4px 0'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
