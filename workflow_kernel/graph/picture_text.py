"""A workflow as lines for a terminal: a node a line, with rails for the edges as in a history of commits.

● Start   flow.manual_trigger
│
● Paid   data.filter
├─╮
● │ Report   data.aggregate   from Paid.kept
  │
  ● Log   data.limit   from Paid.discarded
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workflow_kernel.graph.model import MAIN, Edge, Node, Workflow
from workflow_kernel.graph.topology import back_edges, forward_edges

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_SIGNS = {
    0: " ", _UP: "╵", _DOWN: "╷", _UP | _DOWN: "│", _LEFT | _RIGHT: "─", _LEFT: "╴", _RIGHT: "╶",
    _UP | _RIGHT: "╰", _UP | _LEFT: "╯", _DOWN | _RIGHT: "╭", _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤", _LEFT | _RIGHT | _DOWN: "┬", _LEFT | _RIGHT | _UP: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}  # fmt: skip
_LONGEST_NAME = 60


def to_text(workflow: Workflow) -> str:
    """The workflow as lines.

    Each node follows all that lead to it. What comes from or goes to a port other than *main* is told behind the node,
    as are edges that lead back to an earlier node. A disabled node is a ring.
    """
    back = frozenset(back_edges(workflow))
    forward = forward_edges(workflow, back)
    incoming: dict[str, list[Edge]] = {}
    outgoing: dict[str, list[str]] = {}
    for edge in forward:
        incoming.setdefault(edge.target.node, []).append(edge)
        following = outgoing.setdefault(edge.source.node, [])
        if edge.target.node not in following:
            following.append(edge.target.node)
    returning: dict[str, list[Edge]] = {}
    for edge in back:
        returning.setdefault(edge.source.node, []).append(edge)
    rails = _Rails()
    lines: list[str] = []
    for node_id in _order(workflow, outgoing):
        node = workflow.nodes[node_id]
        lines.extend(rails.lead_to(node_id))
        told = [_label(node), *_remarks(workflow, incoming.get(node_id, ()), sorted(returning.get(node_id, ())))]
        lines.append(f"{rails.mark('○' if node.disabled else '●')} {'   '.join(told)}")
        lines.extend(rails.lead_on(outgoing.get(node_id, ())))
    return "\n".join(line.rstrip() for line in lines)


class _Rails:
    """The rails between two lines, each with the node it leads to; None where there is none."""

    def __init__(self) -> None:
        self.lanes: list[str | None] = []
        self.at = 0
        self._is_joined = False
        """Whether the last line joined rails, so that none is needed between it and the next node."""

    def lead_to(self, node: str) -> Iterator[str]:
        """Lines that join the rails that lead to a node."""
        arriving = [index for index, lane in enumerate(self.lanes) if lane == node]
        if not arriving:
            if any(self.lanes) and not self._is_joined:
                yield self._plain()
            self.at = self._free()
            self.lanes[self.at] = node
            return
        if len(arriving) > 1:
            yield self._joined(arriving, is_opening=False)
            for index in arriving[1:]:
                self.lanes[index] = None
        elif self.lanes and not self._is_joined:
            yield self._plain()
        self.at = arriving[0]

    def mark(self, sign: str) -> str:
        """The rails beside a node, and the node on its own."""
        return " ".join(
            sign if index == self.at else ("│" if lane is not None else " ") for index, lane in enumerate(self.lanes)
        )

    def lead_on(self, targets: Sequence[str]) -> Iterator[str]:
        """Lines that open the rails to the nodes that follow."""
        self.lanes[self.at] = targets[0] if targets else None
        self._is_joined = len(targets) > 1
        opened = [self.at]
        for target in targets[1:]:
            index = self._free(self.at + 1)
            self.lanes[index] = target
            opened.append(index)
        if len(opened) > 1:
            yield self._joined(opened, is_opening=True)
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()

    def _free(self, start: int = 0) -> int:
        for index in range(start, len(self.lanes)):
            if self.lanes[index] is None:
                return index
        self.lanes.append(None)
        return len(self.lanes) - 1

    def _plain(self) -> str:
        return " ".join("│" if lane is not None else " " for lane in self.lanes)

    def _joined(self, indices: list[int], *, is_opening: bool) -> str:
        """A line that connects some rails: those but the first begin or end here."""
        first, last = indices[0], indices[-1]
        line: list[str] = []
        for index, lane in enumerate(self.lanes):
            bits = _UP | _DOWN if lane is not None else 0
            if index in indices[1:]:
                bits = _DOWN if is_opening else _UP
            if first < index <= last:
                bits |= _LEFT
            if first <= index < last:
                bits |= _RIGHT
            line += [_SIGNS[bits], "─" if first <= index < last else " "]
        return "".join(line)


def _order(workflow: Workflow, outgoing: dict[str, list[str]]) -> list[str]:
    """Nodes after all that lead to them, chains together."""
    missing = dict.fromkeys(workflow.nodes, 0)
    for targets in outgoing.values():
        for target in targets:
            missing[target] += 1
    ready = [node for node in workflow.nodes if not missing[node]]
    ready.reverse()
    order: list[str] = []
    while ready:
        node = ready.pop()
        order.append(node)
        freed = []
        for target in outgoing.get(node, ()):
            missing[target] -= 1
            if not missing[target]:
                freed.append(target)
        ready.extend(reversed(freed))
    return order


def _label(node: Node) -> str:
    return f"{_name(node)}   {node.type}" + (" (disabled)" if node.disabled else "")


def _name(node: Node) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in node.name).split())
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _remarks(workflow: Workflow, arriving: Sequence[Edge], returning: Sequence[Edge]) -> Iterator[str]:
    sources = []
    for edge in arriving:
        if edge.source.port != MAIN or edge.target.port != MAIN:
            port = "" if edge.source.port == MAIN else f".{edge.source.port}"
            place = "" if edge.target.port == MAIN else f"{edge.target.port}: "
            sources.append(f"{place}{_name(workflow.nodes[edge.source.node])}{port}")
    if sources:
        yield "from " + ", ".join(sources)
    if returning:
        targets = []
        for edge in returning:
            port = "" if edge.source.port == MAIN else f" ({edge.source.port})"
            targets.append(_name(workflow.nodes[edge.target.node]) + port)
        yield "↺ back to " + ", ".join(targets)
