"""Plots of sweeps: ``sweep.plot("loss", x="rate", by="turns")``. Called by ``builder_sweep``.

A notebook shows them with Bokeh, to be pointed at and enlarged; where that cannot be, as in an export, a picture
stands in its place.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.words import did_you_mean
from workflow_kernel.runs import show
from workflow_kernel.runs.chart import COLOURS, Chart, Line, to_svg

if TYPE_CHECKING:
    from bokeh.plotting import figure

_GREY = "#7a8494"
"""Seen on white and on black."""

MOST_LINES = 8
"""Lines of a plot; more of them nobody can tell apart."""


class Plot:
    """A plot of a sweep.

    Parameters
    ----------
    chart: what it shows.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart

    def figure(self) -> figure:
        """The plot as a figure of Bokeh, for a dashboard or a page of one's own."""
        from bokeh.plotting import figure  # noqa: PLC0415 - takes a while to load

        chart = self.chart
        made = figure(
            title=chart.title, x_axis_label=chart.x, y_axis_label=chart.y, width=680, height=380,
            x_axis_type="log" if chart.is_log else "auto", tools="pan,box_zoom,wheel_zoom,reset,save,hover",
            tooltips=[(chart.x, "@place"), (chart.y, "@y")],
        )  # fmt: skip
        for number, line in enumerate(chart.lines):
            colour = COLOURS[number % len(COLOURS)]
            named: dict[str, Any] = {"legend_label": line.name} if line.name else {}
            made.line(*_columns(line.means), color=colour, line_width=2, **named)
            xs, ys = _columns(line.points)
            places = [chart.places[int(x)] for x in xs] if chart.places else [f"{x:.6g}" for x in xs]
            source = {"x": xs, "y": ys, "place": places}
            made.scatter("x", "y", source=source, color=colour, size=7, alpha=0.55, **named)
        _fit_in(made)
        if chart.places:
            made.xaxis.ticker = list(range(len(chart.places)))
            made.xaxis.major_label_overrides = dict(enumerate(chart.places))
        if len(chart.lines) > 1:
            made.legend.click_policy = "hide"
            made.add_layout(made.legend[0], "right")
        return made

    def __repr__(self) -> str:
        count = sum(len(line.points) for line in self.chart.lines)
        return f"Plot of {self.chart.title}: {show.counted(count, 'point')}"

    def _repr_svg_(self) -> str:
        """The picture that stands in its place."""
        return to_svg(self.chart)

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """What a notebook shows."""
        if "ipykernel" not in sys.modules:
            return {}
        try:
            from workflow_kernel.builder_plot_widget import PlotWidget  # noqa: PLC0415 - an extra
        except ImportError:
            return {}
        data: Any = PlotWidget(self.figure())._repr_mimebundle_()
        metadata: Any = {}
        if isinstance(data, tuple):
            data, metadata = data
        return {**data, "text/plain": repr(self)}, metadata


def _fit_in(made: Any) -> None:
    """Let a figure stand on a light page as on a dark one."""
    made.background_fill_color = made.border_fill_color = made.outline_line_color = None
    made.title.text_color = _GREY
    made.grid.grid_line_color, made.grid.grid_line_alpha = _GREY, 0.3
    for axis in made.axis:
        axis.axis_label_text_color = axis.major_label_text_color = axis.axis_line_color = _GREY
        axis.major_tick_line_color = axis.minor_tick_line_color = _GREY
    for legend in made.legend:
        legend.background_fill_alpha = legend.border_line_alpha = 0.0
        legend.label_text_color = _GREY


def plot(
    rows: Sequence[Mapping[str, Any]], settings: Sequence[str], y: str, x: str | None = None, by: str | None = None
) -> Plot:
    """A plot of one field over the settings of a sweep.

    Parameters
    ----------
    rows: of the sweep. settings: fields that it varied, in their order.
    y: the field whose values are shown. x: the setting along the lower axis. by: the setting with a line for each
        of its values. Where not given: the first setting, and the next one of few values.
    """
    x = x if x is not None else next(iter(settings), None)
    for name in (x, by):
        if name is not None and name not in settings:
            mend = did_you_mean(name, list(settings), "It varied")
            raise WorkflowError(f"The sweep did not vary '{name}'.", code="WF835", mend=mend)
    if x is None:
        raise WorkflowError("The sweep varied nothing.", code="WF835", mend="Give several values of a field.")
    good = [row for row in rows if isinstance(row.get(y), int | float) and not isinstance(row.get(y), bool)]
    if not good:
        raise WorkflowError(f"No execution gave a number '{y}'.", code="WF108", mend="See rows().")
    if by is None:
        others = (name for name in settings if name != x)
        by = next((name for name in others if len({str(row[name]) for row in good}) <= MOST_LINES), None)
    return Plot(_chart(good, y, x, by))


def _chart(rows: Sequence[Mapping[str, Any]], y: str, x: str, by: str | None) -> Chart:
    texts: tuple[str, ...] = ()
    if not all(isinstance(row[x], int | float) for row in rows):
        texts = tuple(dict.fromkeys(show.clip(show.value_text(row[x]), 20) for row in rows))
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        place = texts.index(show.clip(show.value_text(row[x]), 20)) if texts else row[x]
        name = "" if by is None else f"{by} {show.value_text(row[by])}"
        found.setdefault(name, []).append((float(place), float(row[y])))
    lines = tuple(Line(name, tuple(sorted(points)), _means(points)) for name, points in found.items())
    xs = [point[0] for line in lines for point in line.points]
    is_log = not texts and min(xs) > 0 and max(xs) >= 30 * min(xs)
    return Chart(f"{y} over {x}", x, y, lines, texts, is_log)


def _means(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    values: dict[float, list[float]] = {}
    for x, y in points:
        values.setdefault(x, []).append(y)
    return tuple((x, statistics.fmean(values[x])) for x in sorted(values))


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]
