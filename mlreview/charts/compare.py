"""What differing params went together with: a scatter of each against a metric, and parallel coordinates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from mlreview.analysis.params import as_numbers
from mlreview.charts.theme import FAINT, GREY, RUN_COLOURS, base_layout, safe
from mlreview.entities import TextColumn

MAX_PANELS = 4
MAX_LINES = 300
"""Runs drawn as lines: more are a grey wall."""
MAX_POINTS = 3_000
_LOG_FROM = 50
"""A span of more than so many times is drawn on a logarithmic axis."""
_MAX_TICKS = 8
_MISSING = "not recorded"


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Runs to draw.

    Attributes:
        labels: A name for each.
        values: float64, shape (runs,): the metric; NaN where a run has none.
        params: Text columns of the params to draw, the most telling first.
        colours: Slot of the colour of each run that is chosen; ``None`` for the others, which are grey.
        symbols: Plotly's name of each run's marker.
    """

    labels: Sequence[str]
    values: NDArray[np.float64]
    params: Mapping[str, TextColumn]
    colours: Sequence[int | None]
    symbols: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Axis:
    """A param's values as positions: numbers where all are numbers, else one place a value."""

    at: list[float | None]
    texts: list[str]
    log: bool
    ticks: list[float] | None
    names: list[str] | None


def scatter(sweep: Sweep, metric: str) -> go.Figure:
    """One panel a param, the metric upwards; chosen runs in their colours over all others in grey."""
    keys = list(sweep.params)[:MAX_PANELS]
    figure = make_subplots(rows=1, cols=max(1, len(keys)), shared_yaxes=True, horizontal_spacing=0.03)
    rows = [int(row) for row in np.flatnonzero(np.isfinite(sweep.values))]
    grey = [row for row in rows if sweep.colours[row] is None][:MAX_POINTS]
    chosen = [row for row in rows if sweep.colours[row] is not None]
    for panel, key in enumerate(keys, start=1):
        axis = _axis(sweep.params[key])
        for group in (grey, chosen):
            figure.add_trace(_points(sweep, axis, group, key, metric), row=1, col=panel)
        figure.update_xaxes(
            title_text=safe(key, 40),
            type="log" if axis.log else "linear",
            tickvals=axis.ticks,
            ticktext=axis.names,
            zeroline=False,
            row=1,
            col=panel,
        )
    figure.update_yaxes(title_text=safe(metric, 40), row=1, col=1)
    figure.update_yaxes(zeroline=False)
    figure.update_layout(base_layout(320))
    return figure


def _points(sweep: Sweep, axis: _Axis, rows: Sequence[int], key: str, metric: str) -> go.Scatter:
    places = [axis.at[row] for row in rows]
    shown = [at for at, place in enumerate(places) if place is not None]
    rows = [rows[at] for at in shown]
    slots = [sweep.colours[row] for row in rows]
    coloured = bool(rows) and slots[0] is not None
    return go.Scatter(
        x=[places[at] for at in shown],
        y=[float(sweep.values[row]) for row in rows],
        mode="markers",
        marker={
            "size": 12 if coloured else 7,
            "color": [RUN_COLOURS[(slot or 0) % len(RUN_COLOURS)] for slot in slots] if coloured else GREY,
            "symbol": [sweep.symbols[row] for row in rows] if coloured else "circle",
            "opacity": 1 if coloured else 0.45,
            "line": {"width": 1, "color": FAINT},
        },
        text=[f"{safe(sweep.labels[row])}<br>{safe(key, 40)} {safe(axis.texts[row], 60)}" for row in rows],
        hovertemplate=f"%{{text}}<br>{safe(metric, 40)} %{{y:.4g}}<extra></extra>",
    )


def parallel(sweep: Sweep, metric: str) -> go.Figure:
    """One line a run over all params to the metric, each axis from its least to its greatest value."""
    keys = list(sweep.params)[:8]
    axes = [_axis(sweep.params[key]) for key in keys]
    finite = sweep.values[np.isfinite(sweep.values)]
    rows = [int(row) for row in np.flatnonzero(np.isfinite(sweep.values))]
    chosen = [row for row in rows if sweep.colours[row] is not None]
    others = [row for row in rows if sweep.colours[row] is None][: max(0, MAX_LINES - len(chosen))]
    columns = [_scaled(axis) for axis in axes]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    figure = go.Figure(layout=base_layout(360))

    def heights(row: int) -> list[float | None]:
        metric_height = (float(sweep.values[row]) - low) / (high - low) if high > low else 0.5
        return [*(column[row] for column in columns), metric_height]

    x: list[float | None] = []
    y: list[float | None] = []
    for row in others:  # one trace for all of them: hundreds of traces are slow
        x += [*range(len(keys) + 1), None]
        y += [*heights(row), None]
    figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"color": FAINT, "width": 1}, hoverinfo="skip"))
    for row in chosen:
        said = [f"{safe(key, 40)} {safe(axis.texts[row], 40)}" for key, axis in zip(keys, axes, strict=True)]
        figure.add_trace(
            go.Scatter(
                x=list(range(len(keys) + 1)),
                y=heights(row),
                mode="lines+markers",
                connectgaps=False,
                line={"color": RUN_COLOURS[(sweep.colours[row] or 0) % len(RUN_COLOURS)], "width": 2.5},
                marker={"symbol": sweep.symbols[row], "size": 9},
                text=[f"{safe(sweep.labels[row])}<br>{one}" for one in [*said, f"{safe(metric, 40)}"
                      f" {sweep.values[row]:.4g}"]],
                hovertemplate="%{text}<extra></extra>",
            )
        )  # fmt: skip
    for at, axis in enumerate(axes):
        _label(figure, at, axis, columns[at])
    for height, value in ((0.0, low), (1.0, high)):
        figure.add_annotation(_tick(len(keys), height, f"{value:.4g}"))
    for at in range(len(keys) + 1):
        figure.add_vline(at, line={"color": GREY, "width": 1})
    figure.update_xaxes(
        tickvals=list(range(len(keys) + 1)),
        ticktext=[safe(key, 24) for key in [*keys, metric]],
        range=[-0.35, len(keys) + 0.35],
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(visible=False, range=[-0.08, 1.08])
    return figure


def _label(figure: go.Figure, at: int, axis: _Axis, heights: Sequence[float | None]) -> None:
    placed: dict[str, float] = {}
    for height, text in zip(heights, axis.texts, strict=True):
        if height is not None:
            placed.setdefault(text, height)
    ordered = sorted(placed.items(), key=lambda one: one[1])
    if len(ordered) > _MAX_TICKS:
        ordered = [ordered[0], ordered[-1]]
    for text, height in ordered:
        figure.add_annotation(_tick(at, height, safe(text, 18)))


def _tick(at: int, height: float, text: str) -> dict:
    return {"x": at, "y": height, "text": text, "showarrow": False, "xanchor": "left", "xshift": 5, "yshift": 8,
            "font": {"size": 12}}  # fmt: skip


def _scaled(axis: _Axis) -> list[float | None]:
    known = [math.log10(place) if axis.log else place for place in axis.at if place is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)

    def height(place: float | None) -> float | None:
        if place is None:
            return None
        value = math.log10(place) if axis.log else place
        return (value - low) / (high - low) if high > low else 0.5

    return [height(place) for place in axis.at]


def _axis(column: TextColumn) -> _Axis:
    numbers = as_numbers(column)
    if numbers is not None:
        known = [value for value in numbers if value is not None]
        log = bool(known) and min(known) > 0 and max(known) / min(known) >= _LOG_FROM
        texts = [_MISSING if value is None else str(value) for value in column]
        distinct = sorted(set(known))
        few = len(distinct) <= 6
        return _Axis(
            numbers, texts, log, distinct if few else None, [f"{value:g}" for value in distinct] if few else None
        )
    texts = [_MISSING if value is None else value or "(empty)" for value in column]
    order = sorted(set(texts), key=lambda text: (text == _MISSING, text))
    place = {text: float(at) for at, text in enumerate(order)}
    few = order[:20]
    return _Axis([place[text] for text in texts], texts, False, [place[text] for text in few],
                 [safe(text, 18) for text in few])  # fmt: skip
