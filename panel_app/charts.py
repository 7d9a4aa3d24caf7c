"""Bokeh figures of the pages: executions over time, the timeline of node runs, the depth of queues.

Colours are of middle lightness on no background, so that they suit the light and the dark theme alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bokeh.models import ColumnDataSource, DatetimeTickFormatter, FactorRange, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure

COLORS = {
    "good": "#2fae66",
    "bad": "#e5484d",
    "busy": "#4c75f2",
    "wait": "#e2a00c",
    "idle": "#8a94a6",
    "off": "#8a94a6",
}
_QUIET, _GRID = "#7d8796", "#8a94a633"
_FONT = "ui-sans-serif, system-ui, sans-serif"


def executions_over_time() -> tuple[Any, ColumnDataSource]:
    """Bars of executions, and the data behind them: ``at``, ``succeeded``, ``failed``, ``others``, ``width``."""
    source = ColumnDataSource({name: [] for name in ("at", "succeeded", "failed", "others", "width")})
    found = _figure(height=230, x_axis_type="datetime", tooltips=[
        ("from", "@at{%d %b %H:%M}"), ("succeeded", "@succeeded"), ("failed", "@failed"), ("others", "@others"),
    ])  # fmt: skip
    found.vbar_stack(
        ["succeeded", "failed", "others"], x="at", width="width", source=source,
        color=[COLORS["good"], COLORS["bad"], COLORS["busy"]], line_color=None, border_radius=2,
    )  # fmt: skip
    found.y_range.start = 0
    found.y_range.min_interval = 4
    found.yaxis.ticker.desired_num_ticks = 4
    found.yaxis.formatter = NumeralTickFormatter(format="0a")
    found.xaxis.formatter = DatetimeTickFormatter(hours="%H:%M", days="%d %b", months="%b %Y")
    found.xgrid.visible = False
    return found, source


def course_data(course: Any) -> dict[str, list[Any]]:
    """What the bars show of a course: every stretch of it, also those without executions."""
    known = {bucket.at: bucket for bucket in course.buckets}
    rows: dict[str, list[Any]] = {name: [] for name in ("at", "succeeded", "failed", "others", "width")}
    at, step = course.since, course.step
    for _ in range(400):
        if at > datetime.now(at.tzinfo):
            break
        bucket = known.get(at)
        rows["at"].append((at + step / 2).replace(tzinfo=None))
        rows["width"].append(step * 0.72 / timedelta(milliseconds=1))
        for name in ("succeeded", "failed", "others"):
            rows[name].append(0 if bucket is None else getattr(bucket, name))
        at += step
    return rows


def timeline() -> tuple[Any, ColumnDataSource]:
    """Node runs over time, and the data behind it: ``node``, ``left``, ``right``, ``color``, ``state``, ``took``."""
    source = ColumnDataSource({name: [] for name in ("node", "left", "right", "color", "state", "took", "items")})
    found = _figure(height=200, y_range=FactorRange(), tooltips=[
        ("", "@node"), ("state", "@state"), ("took", "@took"), ("items", "@items"),
    ])  # fmt: skip
    found.hbar(
        y="node", left="left", right="right", height=0.62, color="color", source=source, line_color=None,
        border_radius=3,
    )  # fmt: skip
    found.xaxis.formatter = NumeralTickFormatter(format="0.[000]a")
    found.ygrid.visible = False
    found.x_range.start = 0
    return found, source


def show_timeline(chart: Any, source: ColumnDataSource, rows: Sequence[Mapping[str, Any]], end: float = 0.0) -> None:
    """Show node runs in a timeline.

    Parameters
    ----------
    rows: with ``node``, ``left``, ``right``, ``color``, ``state``, ``took``, ``items``; times in seconds.
    end: of the axis at least, in seconds: that of another timeline beside it.
    """
    nodes = list(dict.fromkeys(row["node"] for row in rows))
    end = max(end, *(row["right"] for row in rows), 0.001) if rows else end or 1.0
    unit, scale = ("milliseconds", 1000.0) if end < 1 else ("seconds", 1.0) if end < 300 else ("minutes", 1 / 60)
    end *= scale
    least = end / 300
    shown = [
        {**row, "left": row["left"] * scale, "right": max(row["right"] * scale, row["left"] * scale + least)}
        for row in rows
    ]
    chart.xaxis.axis_label = unit
    chart.y_range.factors = nodes[::-1]
    chart.height = max(120, 34 * len(nodes) + 60)
    chart.x_range.end = end * 1.03
    names = ("node", "left", "right", "color", "state", "took", "items")
    source.data = {name: [row[name] for row in shown] for name in names}


def depth() -> tuple[Any, ColumnDataSource]:
    """How many entries wait over time, and the data behind it: ``at`` and a column for each queue."""
    source = ColumnDataSource({"at": [], "waiting": [], "active": []})
    found = _figure(height=180, x_axis_type="datetime", tooltips=[
        ("at", "@at{%H:%M:%S}"), ("waiting", "@waiting"), ("active", "@active"),
    ])  # fmt: skip
    found.x_range.follow, found.x_range.follow_interval = "end", 300_000
    found.x_range.min_interval = 60_000
    found.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minsec="%H:%M:%S", minutes="%H:%M")
    found.varea(x="at", y1=0, y2="waiting", source=source, fill_color=COLORS["wait"], fill_alpha=0.25)
    found.line(x="at", y="waiting", source=source, color=COLORS["wait"], line_width=2)
    found.line(x="at", y="active", source=source, color=COLORS["busy"], line_width=2)
    found.y_range.start = 0
    found.y_range.min_interval = 4
    found.yaxis.ticker.desired_num_ticks = 4
    return found, source


def _figure(*, height: int, tooltips: Sequence[tuple[str, str]], **more: Any) -> Any:
    found = figure(
        height=height, sizing_mode="stretch_width", toolbar_location=None, tools="", background_fill_alpha=0,
        border_fill_alpha=0, outline_line_color=None, min_border=4, **more,
    )  # fmt: skip
    formatters: Any = {"@at": "datetime"} if any("@at" in text for _, text in tooltips) else {}
    found.add_tools(HoverTool(tooltips=list(tooltips), formatters=formatters))
    for axis in found.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = _QUIET
        axis.axis_label_text_color = _QUIET
        axis.major_label_text_font = axis.axis_label_text_font = _FONT
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
    found.grid.grid_line_color = _GRID
    return found
