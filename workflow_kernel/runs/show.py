"""Executions and items as text and as HTML that fits the notebook around it, light or dark.

Results of runs here and views of executions of a service show themselves by it; the command line says times by it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.picture_svg import Mark, to_svg

ROWS, COLUMNS, CHARACTERS = 20, 12, 80
"""Of items shown: at most; more of them nobody reads in a cell."""

COLOURS = {
    "succeeded": "#1a8a4c", "failed": "#d13b40", "timed_out": "#d13b40", "cancelled": "#8a6d00", "running": "#3b5fe0",
    "suspended": "#8a6d00", "queued": "#667085", "skipped": "#667085",
}  # fmt: skip

MOST_NODES = 60
"""Of a workflow that is drawn; more of them nobody can tell apart in a cell."""

MOST_PICTURES, MOST_BYTES = 4, 1 << 20
"""Attachments that are shown: how many, and how large each."""

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


class Attachment(NamedTuple):
    """An attachment of an item: its name, its type, its size in bytes, and what reads it."""

    name: str
    kind: str
    size: int
    read: Callable[[], bytes]


def execution_text(title: str, state: str, seconds: float | None, rows: Sequence[Row]) -> str:
    """An execution in a line."""
    took = "" if seconds is None else f" in {duration(seconds)}"
    return f"{title}: {state.replace('_', ' ')}{took}, {counted(len(rows), 'node')}"


def execution_html(
    title: str,
    state: str,
    seconds: float | None,
    rows: Sequence[Row],
    *,
    error: str = "",
    link: str = "",
    workflow: Workflow | None = None,
) -> str:
    """An execution as a table of its nodes.

    Parameters
    ----------
    title: of the workflow. state: of the execution. seconds: it took; None where it has not begun.
    error: why it failed. link: to its page. workflow: that ran, for a picture of it.
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
    drawn = "" if workflow is None else workflow_html(workflow, rows)
    return f"<div><b>{shown}</b> {badge(state)}{took}{told}{drawn}{_table(columns, body)}</div>"


def workflow_html(workflow: Workflow, rows: Sequence[Row] = ()) -> str:
    """A picture of a workflow, with what came of its nodes; empty where it has too many of them."""
    if not 0 < len(workflow.nodes) <= MOST_NODES:
        return ""
    known = {row.name: row for row in rows}
    marks = {node.id: _mark(known[node.name]) for node in workflow.nodes.values() if node.name in known}
    # A picture of its own, as the styles in it would hold for the whole page.
    return _image("image/svg+xml", to_svg(workflow, marks).encode(), workflow.name)


def pictures_html(attachments: Iterable[Attachment]) -> str:
    """The first attachments that are pictures; no more than these are read."""
    pictures = [found for found in attachments if found.kind.startswith("image/") and found.size <= MOST_BYTES]
    return "".join(_image(found.kind, found.read(), found.name) for found in pictures[:MOST_PICTURES])


def _mark(row: Row) -> Mark:
    times = f", x{row.runs}" if row.runs > 1 else ""
    words = counted(row.items, "item") if row.state == "succeeded" else row.state.replace("_", " ")
    return Mark(COLOURS.get(row.state, COLOURS["queued"]), f"● {words}{times}")


def _image(kind: str, data: bytes, name: str) -> str:
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return f'<div><img alt="{escape(name, quote=True)}" style="max-width:100%" src="{source}"></div>'


def items_html(items: Sequence[Mapping[str, Any]], count: int) -> str:
    """The first items of a batch, a column for each field; of a notebook's cell, what it showed."""
    if len(items) == 1 and _is_cell(items[0]):
        return "".join(_output_html(output) for output in items[0]["outputs"])
    if not items:
        return f"<div style='{_FAINT}'>No items.</div>"
    fields = list(dict.fromkeys(field for item in items[:ROWS] for field in item))
    body = [[escape(clip(value_text(item.get(field, "")))) for field in fields[:COLUMNS]] for item in items[:ROWS]]
    more = []
    if count > min(len(items), ROWS):
        more.append(f"{counted(count, 'item')} in all")
    if len(fields) > COLUMNS:
        more.append(f"{len(fields)} fields")
    told = f"<div style='{_FAINT}'>{', '.join(more)}</div>" if more else ""
    return f"<div>{_table([escape(str(field)) for field in fields[:COLUMNS]], body)}{told}</div>"


def _is_cell(item: Mapping[str, Any]) -> bool:
    """Whether an item tells what a notebook's cell showed."""
    found = item.get("outputs")
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(output, dict) and "output_type" in output for output in found)
    )


def _output_html(output: Mapping[str, Any]) -> str:
    """Pictures and text of an output. HTML in it may be of anybody's making, and is not shown as such."""
    data = output.get("data")
    kept = data if isinstance(data, dict) else {}
    for kind in ("image/png", "image/jpeg"):
        if isinstance(kept.get(kind), str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", kept[kind]):
            return f'<div><img style="max-width:100%" src="data:{kind};base64,{"".join(kept[kind].split())}"></div>'
    text = kept.get("text/plain") or output.get("text") or output.get("evalue") or ""
    return f"<pre>{escape(text if isinstance(text, str) else ''.join(map(str, text)))}</pre>"


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


def counted(number: int, name: str) -> str:
    """A number of things: ``1 item``, ``2 items``."""
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"
