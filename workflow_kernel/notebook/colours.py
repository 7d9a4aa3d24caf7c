"""Colours of states: of the live view, and in the picture that stands in for it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

COLOURS = {
    "idle": "#8a93a3", "running": "#3b5fe0", "succeeded": "#22a35a", "failed": "#e5484d", "waiting": "#e2a00c",
}  # fmt: skip
"""Chosen to be told apart by people who do not see red and green; the name of the state is always there as well."""

_ROW = 18
_WIDTH = 140


def style() -> list[dict[str, Any]]:
    """How the live view looks."""
    return [
        {
            "selector": "node",
            "css": {
                "content": "data(name)", "background-color": "data(colour)", "shape": "round-rectangle",
                "width": "120px", "height": "38px", "color": "#ffffff", "text-valign": "center",
                "text-halign": "center", "font-size": "12px", "text-wrap": "ellipsis", "text-max-width": "108px",
            },
        },
        {"selector": "node:selected", "css": {"border-width": "3px", "border-color": "#11183a"}},
        {
            "selector": "edge",
            "css": {
                "width": "2px", "line-color": "#a9b1be", "curve-style": "bezier", "target-arrow-shape": "triangle",
                "target-arrow-color": "#a9b1be",
            },
        },
    ]  # fmt: skip


def coloured(svg: str, states: Mapping[str, str], counts: Mapping[str, int]) -> str:
    """A picture of a workflow with a legend below that tells the state of every node that ran."""
    ran = {name: state for name, state in states.items() if state != "idle"}
    if not ran:
        return svg
    head, _, rest = svg.partition(">")
    found = _box(head)
    if found is None:
        return svg
    left, top, width, height = found
    columns = max(1, int(width // _WIDTH))
    marks = []
    for position, (name, state) in enumerate(ran.items()):
        x = left + 12 + position % columns * _WIDTH
        y = top + height + 14 + position // columns * _ROW
        times = f" x{counts[name]}" if counts.get(name, 1) > 1 else ""
        words = html.escape(f"{name}: {state}{times}")
        marks.append(
            f'<circle cx="{x:g}" cy="{y - 4:g}" r="5" fill="{COLOURS[state]}"/>'
            f'<text x="{x + 10:g}" y="{y:g}" font-family="sans-serif" font-size="11" fill="#545d6b">{words}</text>'
        )
    taller = height + 12 + -(-len(ran) // columns) * _ROW
    head = head.replace(_text(found), _text((left, top, width, taller)))
    head = head.replace(f'height="{height:g}"', f'height="{taller:g}"')
    return head + ">" + rest.replace("</svg>", "".join(marks) + "</svg>")


def _box(head: str) -> tuple[float, float, float, float] | None:
    """The view box of a picture."""
    text = head.partition('viewBox="')[2].partition('"')[0]
    parts = [float(part) for part in text.split()]
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else None


def _text(box: tuple[float, float, float, float]) -> str:
    return 'viewBox="' + " ".join(f"{part:g}" for part in box) + '"'
