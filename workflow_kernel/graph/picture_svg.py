"""A workflow as an SVG that stands by itself: light or dark as its viewer is, no font or script from elsewhere.

Nodes stand where they are on the canvas; where titles would overlap there, they are arranged anew.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from workflow_kernel.graph import arrange
from workflow_kernel.graph.model import ERROR_PORT, MAIN, Node, Workflow

_HEAD = 46.0
_ROW = 20.0
_GAP = 90.0
_MARGIN = 30.0
_STYLE = """
.back{fill:#fff}.node{fill:#f7f8fa;stroke:#c6ccd6}.title{fill:#1b1f27;font:600 13px system-ui,sans-serif}
.type,.port{fill:#667085;font:11px system-ui,sans-serif}.edge{fill:none;stroke:#8a94a6;stroke-width:1.6}
.failed{stroke:#c4453a}.dot{fill:#8a94a6}.off{opacity:.5;stroke-dasharray:4 3}.note{fill:#fdf3c7}
.text{fill:#4a4220;font:12px system-ui,sans-serif}.group{fill:none;stroke:#9aa4b5;stroke-dasharray:6 4}
@media(prefers-color-scheme:dark){.back{fill:#14171c}.node{fill:#21262e;stroke:#475063}.title{fill:#eef1f6}
.type,.port{fill:#98a2b3}.edge{stroke:#77839a}.failed{stroke:#e8766b}.dot{fill:#77839a}.note{fill:#3d3720}
.text{fill:#e9dfb2}.group{stroke:#5a6478}}
.said{font:11px system-ui,sans-serif}
""".replace("\n", "")


class Mark(NamedTuple):
    """What a picture tells of a node's part in an execution: a colour, and words in place of the node's type."""

    colour: str
    words: str


class Box(NamedTuple):
    """A node as drawn: its place, its size, its ports in order from the top."""

    x: float
    y: float
    width: float
    height: float
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    is_labelled: bool
    """Whether it has rows with the names of its ports."""

    def input_at(self, port: str) -> tuple[float, float]:
        """Where edges to an input port end."""
        return (self.x, self._height_of(self.inputs, port))

    def output_at(self, port: str) -> tuple[float, float]:
        """Where edges from an output port begin."""
        return (self.x + self.width, self._height_of(self.outputs, port))

    def _height_of(self, ports: tuple[str, ...], port: str) -> float:
        if not self.is_labelled:
            return self.y + self.height / 2
        return self.y + _HEAD + _ROW * (ports.index(port) + 0.5)


def to_svg(workflow: Workflow, marks: Mapping[str, Mark] | None = None) -> str:
    """The workflow as an SVG document.

    Parameters
    ----------
    workflow: as it is drawn. marks: what is told of nodes that ran, by id of the node.
    """
    boxes, is_moved = _boxes(workflow)
    notes = [] if is_moved else list(workflow.notes.values())
    corners = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes.values()]
    corners += [(*note.position, note.position[0] + note.size[0], note.position[1] + note.size[1]) for note in notes]
    corners = corners or [(0.0, 0.0, 200.0, 60.0)]
    loops = 60.0 if any(_is_back(boxes, edge.source.node, edge.target.node) for edge in workflow.edges) else 0.0
    left, top = min(c[0] for c in corners) - _MARGIN, min(c[1] for c in corners) - _MARGIN - 10
    width = max(c[2] for c in corners) + _MARGIN + loops / 2 - left
    height = max(c[3] for c in corners) + _MARGIN + loops - top
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{_text(workflow.name, is_attribute=True)}">',
        f"<title>{_text(workflow.name)}</title><style>{_STYLE}</style>",
        f'<rect class="back" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"/>',
    ]
    for note in notes:
        parts.extend(_note(note.text, (*note.position, *note.size)))
    parts.extend(_groups(workflow, boxes))
    parts.extend(_edges(workflow, boxes))
    for node_id, box in boxes.items():
        parts.extend(_node(workflow.nodes[node_id], box, (marks or {}).get(node_id)))
    return "\n".join([*parts, "</svg>", ""])


def _boxes(workflow: Workflow) -> tuple[dict[str, Box], bool]:
    """Boxes of all nodes, and whether they were arranged anew."""
    inputs: dict[str, dict[str, None]] = {node: {} for node in workflow.nodes}
    outputs: dict[str, dict[str, None]] = {node: {} for node in workflow.nodes}
    for edge in workflow.edges:
        if edge.source.node in outputs and edge.target.node in inputs:
            outputs[edge.source.node][edge.source.port] = None
            inputs[edge.target.node][edge.target.port] = None
    boxes = {
        node.id: _box(node, tuple(inputs[node.id]), tuple(sorted(outputs[node.id], key=ERROR_PORT.__eq__)))
        for node in workflow.nodes.values()
    }
    if not _overlap(boxes):
        return boxes, False
    cells = arrange.grid(workflow)
    widths: dict[int, float] = {}
    heights: dict[int, float] = {}
    for node_id, (column, row) in cells.items():
        widths[column] = max(widths.get(column, 0.0), boxes[node_id].width)
        heights[row] = max(heights.get(row, 0.0), boxes[node_id].height)
    lefts, tops = _starts(widths, _GAP), _starts(heights, 36.0)
    return {node: boxes[node]._replace(x=lefts[x], y=tops[y]) for node, (x, y) in cells.items()}, True


def _starts(sizes: Mapping[int, float], gap: float) -> dict[int, float]:
    starts: dict[int, float] = {}
    total = 0.0
    for index in sorted(sizes):
        starts[index] = total
        total += sizes[index] + gap
    return starts


def _box(node: Node, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Box:
    is_labelled = len(inputs) > 1 or len(outputs) > 1 or any(port != MAIN for port in (*inputs, *outputs))
    rows = max(len(inputs), len(outputs)) if is_labelled else 0
    ports = max((_width(i, 6.4) for i in inputs), default=0) + max((_width(o, 6.4) for o in outputs), default=0)
    width = max(130.0, _width(node.name, 8.0) + 28, _width(node.type, 6.4) + 28, (ports + 48) if is_labelled else 0)
    return Box(*node.position, width, _HEAD + rows * _ROW + (6 if rows else 0), inputs, outputs, is_labelled)


def _width(text: str, size: float) -> float:
    """About how wide a text is; wide East Asian signs count twice. Rather too wide than cut off."""
    return sum(size * 1.75 if unicodedata.east_asian_width(sign) in "WF" else size for sign in _clean(text))


def _overlap(boxes: Mapping[str, Box]) -> bool:
    """Whether two boxes touch, or stand so close side by side that an edge between them is not seen."""
    ordered = sorted(boxes.values(), key=lambda box: box.y)
    for index, box in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if other.y > box.y + box.height + 12:
                break
            if other.x < box.x + box.width + 24 and box.x < other.x + other.width + 24:
                return True
    return False


def _edges(workflow: Workflow, boxes: Mapping[str, Box]) -> Iterator[str]:
    for edge in workflow.edges:
        if edge.source.node not in boxes or edge.target.node not in boxes:
            continue
        x1, y1 = boxes[edge.source.node].output_at(edge.source.port)
        x2, y2 = boxes[edge.target.node].input_at(edge.target.port)
        if _is_back(boxes, edge.source.node, edge.target.node):
            ends = (boxes[edge.source.node], boxes[edge.target.node])
            low = max((b.y + b.height for b in boxes.values() if _is_between(b, *ends)), default=max(y1, y2)) + 34
            path = (
                f"M{x1:g} {y1:g}C{x1 + 55:g} {y1:g} {x1 + 55:g} {low:g} {x1:g} {low:g}"
                f"L{x2:g} {low:g}C{x2 - 55:g} {low:g} {x2 - 55:g} {y2:g} {x2:g} {y2:g}"
            )
        else:
            bend = max(40.0, (x2 - x1) / 2)
            path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
        kind = "edge failed" if edge.source.port == ERROR_PORT else "edge"
        yield f'<path class="{kind}" d="{path}"/>'


def _is_back(boxes: Mapping[str, Box], source: str, target: str) -> bool:
    if source not in boxes or target not in boxes:
        return False
    return boxes[target].x < boxes[source].x + boxes[source].width


def _is_between(box: Box, source: Box, target: Box) -> bool:
    """Whether a box stands in the way of an edge that leads back below."""
    return box.x < source.x + source.width + 1 and box.x + box.width > target.x - 1


def _node(node: Node, box: Box, mark: Mark | None) -> Iterator[str]:
    off = " off" if node.disabled else ""
    edge = f' style="stroke:{mark.colour};stroke-width:2"' if mark else ""
    yield f"<g><title>{_text(node.name)} ({_text(node.type)})</title>"
    size = f'width="{box.width:g}" height="{box.height:g}"'
    yield f'<rect class="node{off}" x="{box.x:g}" y="{box.y:g}" {size} rx="8"{edge}/>'
    yield f'<text class="title" x="{box.x + 14:g}" y="{box.y + 20:g}">{_text(node.name)}</text>'
    below = f'x="{box.x + 14:g}" y="{box.y + 36:g}"'
    if mark is None:
        yield f'<text class="type" {below}>{_text(node.type)}</text>'
    else:
        yield f'<text class="said" fill="{mark.colour}" {below}>{_text(mark.words)}</text>'
    for ports, place, shift, anchor in (
        (box.inputs, box.input_at, 9, "start"),
        (box.outputs, box.output_at, -9, "end"),
    ):
        for port in ports:
            x, y = place(port)
            yield f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="3.5"/>'
            if box.is_labelled:
                label = f'x="{x + shift:g}" y="{y + 4:g}" text-anchor="{anchor}"'
                yield f'<text class="port" {label}>{_text(port)}</text>'
    yield "</g>"


def _groups(workflow: Workflow, boxes: Mapping[str, Box]) -> Iterator[str]:
    for group in workflow.groups.values():
        members = [boxes[node] for node in group.nodes if node in boxes]
        if members:
            left, top = min(box.x for box in members) - 14, min(box.y for box in members) - 14
            right = max(box.x + box.width for box in members) + 14
            low = max(box.y + box.height for box in members) + 14
            size = f'width="{right - left:g}" height="{low - top:g}"'
            yield f'<rect class="group" x="{left:g}" y="{top:g}" {size} rx="12"/>'
            yield f'<text class="type" x="{left + 6:g}" y="{top - 5:g}">{_text(group.title)}</text>'


def _note(text: str, place: tuple[float, float, float, float]) -> Iterator[str]:
    x, y, width, height = place
    yield f'<rect class="note" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"/>'
    for index, line in enumerate(_wrapped(text, max(1.0, width - 20), 6.6)[: max(1, int((height - 10) // 16))]):
        yield f'<text class="text" x="{x + 10:g}" y="{y + 20 + 16 * index:g}">{_text(line)}</text>'


def _wrapped(text: str, width: float, size: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if line and _width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _clean(text: str) -> str:
    """A text without the signs that XML does not allow."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _text(text: str, *, is_attribute: bool = False) -> str:
    return escape(_clean(text), quote=is_attribute)
