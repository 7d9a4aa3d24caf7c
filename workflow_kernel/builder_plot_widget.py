"""A figure of Bokeh below a notebook cell. ``builder_plot`` shows plots of sweeps by it.

BokehJS comes from the kernel, once for each page: nothing is loaded from elsewhere, and it fits the Bokeh that is
installed. It is not kept in the notebook's file; a picture is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import bokeh
import traitlets
from bokeh.embed import json_item

if TYPE_CHECKING:
    from bokeh.plotting import figure

HERE = Path(__file__).parent
SCRIPT = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"


class PlotWidget(anywidget.AnyWidget):
    """See the module.

    Parameters
    ----------
    shown: the figure.
    """

    _esm = (HERE / "notebook" / "plot.js").read_text(encoding="utf-8")
    item = traitlets.Dict().tag(sync=True)
    version = traitlets.Unicode(bokeh.__version__).tag(sync=True)

    def __init__(self, shown: figure) -> None:
        super().__init__(item=dict(json_item(shown)))
        self.on_msg(self._take)

    def _take(self, _: Any, message: Mapping[str, Any], __: Any) -> None:
        if message.get("type") == "bokeh":
            self.send({"type": "bokeh"}, [SCRIPT.read_bytes()])
