"""The light view of runs of a workflow: its graph with states as colours, and the data of a node by a click.

It is made of ipycytoscape and ipywidgets alone; where widgets cannot be, as in an exported notebook, it is a picture.
"""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING, Any

import ipycytoscape
import ipywidgets
import msgspec

from workflow_kernel import wire
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import picture
from workflow_kernel.graph.model import Workflow as Graph
from workflow_kernel.notebook.colours import COLOURS, coloured, style

if TYPE_CHECKING:
    from workflow_kernel.builder import Workflow
    from workflow_kernel.builder_run import OnEvent

MOST_ROWS = 20


class RunView:
    """See the module.

    Parameters
    ----------
    workflow: being built.
    """

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._shown: ipywidgets.Widget | None = None
        self._cytoscape: Any = None
        self._details: Any = None
        self._graph = workflow.build()
        self._states: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._result: ExecutionResult | None = None

    def begin(self, execution: str, workflow: Graph) -> OnEvent:
        """Follow an execution."""
        self._states, self._counts, self._result = {}, {}, None
        self._draw(workflow)
        return self._take

    def end(self, result: ExecutionResult) -> None:
        """Keep what it gave."""
        self._result = result
        counts = Counter(run.node.name for run in result.runs)
        self._counts = dict(counts)
        for run in result.runs:
            self._states[run.node.name] = "failed" if run.status == "failed" else "succeeded"
        self._paint()

    def states(self) -> dict[str, str]:
        """What is shown of each node, by name."""
        return {node.name: self._states.get(node.name, "idle") for node in self._graph.nodes.values()}

    def text(self) -> str:
        """The view as text."""
        lines = [f"{name}: {state}" for name, state in self.states().items()]
        return "\n".join([f"Workflow '{self._graph.name}'", *lines])

    def details(self, name: str) -> str:
        """What is known of a node, as HTML: its state and the first items it sent."""
        state = self.states().get(name, "idle")
        rows = ""
        if self._result is not None and name in self._result:
            ran = self._result[name]
            for port in ran.ports:
                items = ran.items(port)
                found = "".join(f"<tr><td><code>{_line(item.json)}</code></td></tr>" for item in items[:MOST_ROWS])
                more = f"<tr><td>... {len(items) - MOST_ROWS:,} more</td></tr>" if len(items) > MOST_ROWS else ""
                title = f"{html.escape(port)}: {len(items):,} {'item' if len(items) == 1 else 'items'}"
                rows += f"<table><thead><tr><th>{title}</th></tr></thead><tbody>{found}{more}</tbody></table>"
            if ran.error is not None:
                rows = f"<p>{html.escape(ran.error.message)}</p>{rows}"
        return f"<h4>{html.escape(name)} <small>{html.escape(state)}</small></h4>{rows or '<p>No data yet.</p>'}"

    def widget(self) -> Any:
        """The view as a widget."""
        if self._shown is None:
            self._cytoscape = ipycytoscape.CytoscapeWidget(
                min_zoom=0.2, max_zoom=2.5, user_zooming_enabled=True, layout=ipywidgets.Layout(height="320px")
            )
            self._cytoscape.set_style(style())
            self._cytoscape.on("node", "click", self._on_click)
            self._details = ipywidgets.HTML("<p>Click a node to see its data.</p>")
            self._shown = ipywidgets.VBox([self._cytoscape, self._details])
            self._fill()
        elif self._workflow.build() != self._graph:
            self._draw(self._workflow.build())
        return self._shown

    def _repr_mimebundle_(self, **_: Any) -> Any:
        data, metadata = self.widget()._repr_mimebundle_(), {}
        if isinstance(data, tuple):
            data, metadata = data
        return {**data, "text/plain": self.text(), "image/svg+xml": self._repr_svg_()}, metadata

    def _repr_svg_(self) -> str:
        return coloured(picture.to_svg(self._graph), self.states(), self._counts)

    def _draw(self, graph: Graph) -> None:
        is_same = graph.nodes == self._graph.nodes and graph.edges == self._graph.edges
        self._graph = graph
        if self._cytoscape is not None and not is_same:
            self._cytoscape.graph.clear()
            self._fill()
        self._paint()

    def _fill(self) -> None:
        nodes = [
            {
                "data": {"id": node.id, "name": node.name, "colour": COLOURS[self.states()[node.name]]},
                "position": {"x": node.position[0], "y": node.position[1]},
            }
            for node in self._graph.nodes.values()
        ]
        edges = [{"data": {"source": edge.source.node, "target": edge.target.node}} for edge in self._graph.edges]
        self._cytoscape.graph.add_graph_from_json({"nodes": nodes, "edges": edges}, directed=True)
        self._cytoscape.set_layout(name="preset", padding=24)

    def _paint(self) -> None:
        if self._cytoscape is None:
            return
        states = self.states()
        for node in self._cytoscape.graph.nodes:
            colour = COLOURS[states.get(node.data["name"], "idle")]
            if node.data["colour"] != colour:
                node.data = {**node.data, "colour": colour}

    def _take(self, event: wire.LiveEvent) -> None:
        name = getattr(event, "node", None)
        if name is None:
            return
        if isinstance(event, wire.NodeRunStarted):
            self._states[name] = "running"
        elif isinstance(event, wire.NodeRunEnded):
            self._states[name] = "succeeded"
        elif isinstance(event, wire.NodeRunFailed):
            self._states[name] = "failed" if event.retry_at is None else "running"
        elif isinstance(event, wire.NodeRunWaits):
            self._states[name] = "waiting"
        self._paint()

    def _on_click(self, node: Any) -> None:
        self._details.value = self.details(node["data"]["name"])


def _line(value: Any) -> str:
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return html.escape(text if len(text) <= 200 else f"{text[:200]}...")
