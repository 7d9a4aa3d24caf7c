"""The one Panel component of a page: it carries HTML and charts to the browser, and what people do back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.custom import JSComponent
from panel.viewable import Children

from panel_app.visit import Visit

_SCRIPT = """
export function render({ model }) {
  const element = document.createElement("div");
  const place = () => window.workflow.placeCharts(model.get_child("charts"));
  window.workflow.connect({ send: (data) => model.send_msg(data), place });
  model.on("msg:custom", (message) => window.workflow.receive(message));
  model.on("charts", place);
  place();
  return element;
}
"""


class Bridge(JSComponent):
    """Connects a visit with its browser window.

    Parameters
    ----------
    charts: Bokeh figures, shown where the page has a place for them, in order. visit: that it belongs to.
    """

    charts = Children(default=[])

    _esm = _SCRIPT

    def __init__(self, visit: Visit, **parameters: Any) -> None:
        self._visit = visit
        super().__init__(**parameters)  # type: ignore[no-untyped-call]

    def _handle_msg(self, data: Any) -> None:
        self._visit.receive(data)

    def place(self, charts: Sequence[Any]) -> None:
        """Show these figures."""
        self.charts = list(charts)

    def send(self, message: dict[str, Any]) -> None:
        """Tell the window something."""
        self._send_msg(message)
