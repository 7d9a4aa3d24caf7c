"""A chart of values over settings, and its picture: what a sweep shows where nothing can be clicked.

The picture stands by itself, light or dark as its viewer is. ``builder_plot`` makes charts of sweeps; the notebook
draws the same chart with Bokeh.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

COLOURS = ("#3b5fe0", "#d1671f", "#1a8a4c", "#a23bb5", "#c2303a", "#0f8f9c", "#8a6d00", "#667085")
"""Of the lines, one after another; told apart by people who do not see red and green."""

_WIDTH, _HEIGHT = 640.0, 360.0
_LEFT, _RIGHT, _TOP, _LOW = 70.0, 150.0, 36.0, 48.0
_STYLE = (
    ".back{fill:#fff}.line{fill:none;stroke-width:2}.grid{stroke:#e3e6eb}.word{fill:#545d6b;font:12px system-ui,"
    "sans-serif}.name{fill:#1b1f27;font:600 13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){.back{fill:#14171c}.grid{stroke:#333b47}.word{fill:#98a2b3}.name{fill:#eef1f6}}"
)


class Line(NamedTuple):
    """A line of a chart: its name, all its points, and the mean at each place, from left to right."""

    name: str
    points: tuple[tuple[float, float], ...]
    means: tuple[tuple[float, float], ...]


class Chart(NamedTuple):
    """What is drawn.

    Parameters
    ----------
    title: above it. x, y: names of the axes. lines: what is drawn.
    places: texts along the lower axis, whose positions are 0, 1, 2, ...; empty where it has numbers.
    is_log: whether the lower axis shows powers.
    """

    title: str
    x: str
    y: str
    lines: tuple[Line, ...]
    places: tuple[str, ...] = ()
    is_log: bool = False


class _Scale(NamedTuple):
    """Where values stand: from a range of values to a range of the picture."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a value stands."""
        low, high, value = (math.log10(v) if self.is_log else v for v in (self.low, self.high, value))
        part = 0.5 if high == low else (value - low) / (high - low)
        return round(self.start + part * (self.end - self.start), 2)


def to_svg(chart: Chart) -> str:
    """The chart as an SVG document."""
    across, up = _scales(chart)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" '
        f'height="{_HEIGHT:g}" role="img" aria-label="{escape(chart.title)}"><style>{_STYLE}</style>',
        f'<rect class="back" width="{_WIDTH:g}" height="{_HEIGHT:g}"/>',
        _word(_LEFT, 22, chart.title, "name"),
        *_axes(chart, across, up),
    ]
    for number, line in enumerate(chart.lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across.at(x):g},{up.at(y):g}" for x, y in line.means)
        parts.append(f'<polyline class="line" stroke="{colour}" points="{path}"/>')
        parts += [
            f'<circle cx="{across.at(x):g}" cy="{up.at(y):g}" r="3" fill="{colour}" fill-opacity=".55"/>'
            for x, y in line.points
        ]
        if line.name:
            height = _TOP + 10 + number * 20
            parts.append(f'<circle cx="{_WIDTH - _RIGHT + 22:g}" cy="{height - 4:g}" r="4" fill="{colour}"/>')
            parts.append(_word(_WIDTH - _RIGHT + 32, height, line.name))
    return "\n".join([*parts, "</svg>", ""])


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values within a range, a few of them."""
    if low == high:
        return [low]
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * round_one for round_one in (1, 2, 5, 10) if power * round_one >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _scales(chart: Chart) -> tuple[_Scale, _Scale]:
    xs = [x for line in chart.lines for x, _ in line.points]
    ys = [y for line in chart.lines for _, y in line.points]
    low, high = (-0.5, len(chart.places) - 0.5) if chart.places else (min(xs), max(xs))
    spare = (max(ys) - min(ys)) * 0.05
    return (
        _Scale(low, high, _LEFT, _WIDTH - _RIGHT, chart.is_log),
        _Scale(min(ys) - spare, max(ys) + spare, _HEIGHT - _LOW, _TOP),
    )


def _axes(chart: Chart, across: _Scale, up: _Scale) -> Iterator[str]:
    for value in ticks(up.low, up.high):
        height = up.at(value)
        yield f'<path class="grid" d="M{_LEFT:g} {height:g}H{_WIDTH - _RIGHT:g}"/>'
        yield _word(_LEFT - 8, height + 4, f"{value:.6g}", anchor="end")
    for position, text in _marks(chart, across):
        yield _word(across.at(position), _HEIGHT - _LOW + 18, text, anchor="middle")
    yield _word((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, chart.x, anchor="middle")
    middle = (_TOP + _HEIGHT - _LOW) / 2
    yield (
        f'<text class="word" transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(chart.y)}</text>"
    )


def _marks(chart: Chart, across: _Scale) -> Sequence[tuple[float, str]]:
    """Where the lower axis says something, and what."""
    if chart.places:
        return [(float(position), text) for position, text in enumerate(chart.places)]
    xs = sorted({x for line in chart.lines for x, _ in line.points})
    shown = xs if len(xs) <= 6 or chart.is_log else ticks(across.low, across.high)
    return [(x, f"{x:.6g}") for x in shown]


def _word(x: float, y: float, text: str, kind: str = "word", anchor: str = "start") -> str:
    shown = text if len(text) <= 60 else text[:59] + "…"
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(shown)}</text>'
