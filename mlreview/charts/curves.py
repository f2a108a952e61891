"""The learning-curves figure: panels of lines in one figure, one colour a run, training dashed, validation solid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mlreview.analysis.curves import robust_range
from mlreview.charts.curve_frame import Frame, Panel, RunLook, shown_x
from mlreview.charts.curve_traces import panel_traces
from mlreview.charts.theme import FAINT, FONT_SIZE, GREY, STRONG, TEXT, base_layout, safe

MAX_LABELLED = 8
"""So many lines of a panel are named at their end; more names would be a wall of text."""
_MAX_STRETCH = 10
"""Panels share an x axis as long as the longest is no more than so many times the shortest."""
_LABEL_PX = 16
_LABEL_CHARS = 22
_LEAST_WIDTH_PX = 1060
"""Of the figure on a laptop; on a wider screen names have more room than they need."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figure, how many points lie outside of its y axes or can't be shown on a logarithmic one.

    ``own_x``: each panel has an x axis of its own, because they differ too much in length.
    """

    figure: go.Figure
    outside: int
    not_on_log: int
    own_x: bool = False


def draw(panels: Sequence[Panel], looks: Mapping[str, RunLook], frame: Frame) -> Drawn:
    """All panels as one figure.

    Args:
        panels: From the top left, row by row; at least one.
        looks: By run id for lines, by label for bands.
        frame: How they are set.
    """
    rows = -(-len(panels) // frame.columns)
    layout = base_layout(rows * frame.height)
    room = _label_room(panels, looks, frame)
    traces: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    outside = not_on_log = 0
    own_x = frame.axis != "clock" and _lengths_differ(panels)
    x_range = _x_range(panels, frame)
    # Panels of one metric share its range, so that runs can be compared by eye.
    first_of: dict[str, int] = {}
    for number, panel in enumerate(panels):
        first_of.setdefault(panel.subtitle, number)
    ranges = {
        metric: _y_range([part for panel in panels if panel.subtitle == metric for part in _parts(panel)], frame)
        for metric in (first_of if frame.share_y else ())
    }
    for number, panel in enumerate(panels):
        shared = ranges.get(panel.subtitle)
        first = first_of[panel.subtitle]
        suffix = "" if number == 0 else str(number + 1)
        x_domain, y_domain = _cell(number, rows, frame.columns, room, rows * frame.height)
        own = shared is not None and _mostly_beyond(panel, shared[0], frame)
        y_range, beyond, negative = shared if shared is not None and not own else _y_range(_parts(panel), frame)
        if shared is None or number == first:
            outside, not_on_log = outside + beyond, not_on_log + negative
        bottom = number + frame.columns >= len(panels)
        x_axis = _x_axis(frame, x_domain, suffix, _x_range([panel], frame) if own_x else x_range, bottom)
        axes[f"xaxis{suffix}"] = {key: value for key, value in x_axis.items() if key != "matches"} if own_x else x_axis
        follows = None if shared is None or own or number == first else f"y{first + 1 if first else ''}"
        axes[f"yaxis{suffix}"] = _y_axis(frame, y_domain, suffix, y_range, follows)
        annotations.append(_title(panel, x_domain[0], y_domain[1]))
        where = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        traces += [trace | where for trace in panel_traces(panel, looks, frame)]
        if panel.onset is not None:
            shapes.append(_onset_line(panel.onset[0], frame, suffix))
            late = _is_late(panel.onset[0], [panel] if own_x else panels)
            annotations.append(_onset_text(panel.onset, frame, suffix, late))
        if room:
            height = (y_domain[1] - y_domain[0]) * rows * frame.height
            annotations += _labels(panel, looks, frame, y_range, suffix, height)
    layout.update(axes | {"annotations": annotations, "shapes": shapes})
    return Drawn(go.Figure(traces, layout), outside, not_on_log, own_x)


def describe(panels: Sequence[Panel], looks: Mapping[str, RunLook], axis_title: str) -> str:
    """The figure in words, for those who don't see it."""
    parts = []
    for panel in panels[:6]:
        ids = list(dict.fromkeys([line.run_id for line in panel.lines] + [band.label for band in panel.bands]))
        some = ", ".join(looks[run_id].name for run_id in ids[:5]) + (
            f" and {len(ids) - 5} more" if len(ids) > 5 else ""
        )
        best = [line for line in panel.lines if line.best is not None and line.side != "train"][:5]
        values = "; ".join(f"{looks[line.run_id].name} best {line.best.y:.4g}" for line in best if line.best)
        parts.append(f"{panel.title} by {axis_title.lower()} for {some}" + (f": {values}" if values else ""))
    more = f"; {len(panels) - 6} more panels" if len(panels) > 6 else ""
    return f"Learning curves. {'. '.join(parts)}{more}."


def _names(panel: Panel) -> int:
    return len({line.run_id for line in panel.lines} | {band.label for band in panel.bands})


def _parts(panel: Panel) -> list[NDArray[np.float64]]:
    return [line.y for line in panel.lines] + [part for band in panel.bands for part in (band.low, band.high)]


def _y_range(parts: Sequence[NDArray[np.float64]], frame: Frame) -> tuple[tuple[float, float] | None, int, int]:
    """The range of a y axis in the axis's own numbers (exponents, where logarithmic), and what it leaves out."""
    negative = 0
    if frame.log:
        negative = sum(int((np.isfinite(part) & (part <= 0)).sum()) for part in parts)
        parts = [np.log10(part[part > 0]) for part in parts]
    beyond = 0
    found = None
    if frame.clip:
        found, beyond = robust_range(parts)
    if found is None:
        numbers = [part[np.isfinite(part)] for part in parts]
        numbers = [part for part in numbers if len(part)]
        if not numbers:
            return None, 0, negative
        found = (float(min(part.min() for part in numbers)), float(max(part.max() for part in numbers)))
    low, high = found
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return (low - room, high + room), beyond, negative


def _mostly_beyond(panel: Panel, shared: tuple[float, float] | None, frame: Frame) -> bool:
    """A run that diverged would leave its panel empty in the range that the others share."""
    if shared is None:
        return False
    parts = _parts(panel)
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values) & ((values > 0) | (not frame.log))]
    values = np.log10(values) if frame.log else values
    return bool(len(values)) and float(((values >= shared[0]) & (values <= shared[1])).mean()) < 0.5


def _cell(
    number: int, rows: int, columns: int, right: float, height: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a panel lies, as shares of the figure; to the right of each there is room for names."""
    row, column = divmod(number, columns)
    gap = max(right + 0.04, 0.05) if columns < 4 else 0.03
    width = (1 - gap * (columns - 1) - right) / columns
    left = column * (width + gap)
    title, foot = 34 / height, 34 / height
    tall = (1 - rows * title - (rows - 1) * foot) / rows
    top = 1 - title - row * (tall + title + foot)
    return (left, min(1.0, left + width)), (max(0.0, top - tall), top)


def _x_range(panels: Sequence[Panel], frame: Frame) -> list[Any] | None:
    """From the first to the last point of all panels, with a little room."""
    parts = [part.x for panel in panels for part in (*panel.lines, *panel.bands) if len(part.x)]
    if not parts:
        return None
    low, high = min(float(part.min()) for part in parts), max(float(part.max()) for part in parts)
    room = 0.02 * (high - low) or 0.5
    if frame.offset:
        room = min(room, 0.9)  # there is no epoch 0
    return list(shown_x(np.array([low - room, high + room]), frame))


def _lengths_differ(panels: Sequence[Panel]) -> bool:
    """Forty epochs on an axis of 100,000 steps would be a stroke at its edge."""
    spans = []
    for panel in panels:
        parts = [part.x for part in (*panel.lines, *panel.bands) if len(part.x) > 1]
        if parts:
            spans.append(max(float(part.max()) for part in parts) - min(float(part.min()) for part in parts))
    spans = [span for span in spans if span > 0]
    return bool(spans) and max(spans) > _MAX_STRETCH * min(spans)


def _label_room(panels: Sequence[Panel], looks: Mapping[str, RunLook], frame: Frame) -> float:
    """Share of the figure's width that names beside lines need; 0 where there are too many of them."""
    if frame.axis == "clock":
        return 0.0  # lines end all over the panel there
    if frame.columns > 2 or len(panels) > 4 or any(_names(panel) > MAX_LABELLED for panel in panels):
        return 0.0
    ids = {line.run_id for panel in panels for line in panel.lines}
    ids |= {band.label for panel in panels for band in panel.bands}
    if len(ids) < 2:
        return 0.0
    longest = max((len(looks[run_id].short) for run_id in ids), default=0)
    return (min(longest, _LABEL_CHARS) * 7.8 + 12) / _LEAST_WIDTH_PX


def _x_axis(
    frame: Frame, domain: tuple[float, float], suffix: str, x_range: list[Any] | None, bottom: bool
) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "domain": domain,
        "anchor": f"y{suffix}",
        "showgrid": False,
        "showline": True,
        "linecolor": GREY,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": GREY,
        "tickfont": {"size": FONT_SIZE - 1},
        "nticks": 5 if frame.columns > 2 or frame.axis == "clock" else 8,
        "tickangle": 0,
        "type": "date" if frame.axis == "clock" else "linear",
    }
    if x_range is not None:
        axis["range"] = x_range
    if suffix:
        axis["matches"] = "x"
    if bottom:
        axis["title"] = {"text": frame.axis_title, "standoff": 6, "font": {"size": FONT_SIZE}}
    return axis


def _y_axis(
    frame: Frame, domain: tuple[float, float], suffix: str, y_range: tuple[float, float] | None, follows: str | None
) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "domain": domain,
        "anchor": f"x{suffix}",
        "type": "log" if frame.log else "linear",
        "gridcolor": FAINT,
        "zeroline": False,
        "tickfont": {"size": FONT_SIZE - 1},
        "nticks": 6,
        "automargin": True,
    }
    if y_range is not None:
        axis["range"] = y_range
    if frame.log and y_range is not None and y_range[1] - y_range[0] > 1.5:
        axis["dtick"] = 1
    if follows is not None:
        axis["matches"] = follows
    return axis


def _title(panel: Panel, x: float, y: float) -> dict[str, Any]:
    text = f"<b>{safe(panel.title, 60)}</b>"
    if panel.subtitle:
        text += f'  <span style="font-size:{FONT_SIZE - 1}px;color:{TEXT}">{safe(panel.subtitle, 60)}</span>'
    return {
        "text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left",
        "yanchor": "bottom", "yshift": 6, "showarrow": False, "font": {"size": FONT_SIZE + 2, "color": STRONG},
    }  # fmt: skip


def _onset_line(x: float, frame: Frame, suffix: str) -> dict[str, Any]:
    at = shown_x(np.array([x]), frame)[0].item()
    return {
        "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "xref": f"x{suffix}", "yref": f"y{suffix} domain",
        "line": {"color": GREY, "width": 1.5, "dash": "dot"},
    }  # fmt: skip


def _is_late(x: float, panels: Sequence[Panel]) -> bool:
    """To the right of this place there is less room for words than to its left."""
    parts = [part.x for panel in panels for part in (*panel.lines, *panel.bands) if len(part.x)]
    low, high = (pick(float(pick(part)) for part in parts) for pick in (min, max)) if parts else (x, x)
    return x > (low + high) / 2


def _onset_text(onset: tuple[float, str], frame: Frame, suffix: str, late: bool) -> dict[str, Any]:
    return {
        "text": safe(onset[1], 60), "x": shown_x(np.array([onset[0]]), frame)[0].item(), "y": 1,
        "xref": f"x{suffix}", "yref": f"y{suffix} domain", "xanchor": "right" if late else "left",
        "yanchor": "top", "xshift": -4 if late else 4, "showarrow": False,
        "font": {"size": FONT_SIZE - 1, "color": STRONG},
    }  # fmt: skip


def _labels(
    panel: Panel,
    looks: Mapping[str, RunLook],
    frame: Frame,
    y_range: tuple[float, float] | None,
    suffix: str,
    height: float,
) -> list[dict[str, Any]]:
    """Names at the ends of lines, in their colours, moved apart where they would overlap."""
    ends: dict[str, tuple[float, float]] = {}
    for line in panel.lines:
        number = np.flatnonzero(np.isfinite(line.y))
        if len(number) and (line.side != "train" or line.run_id not in ends):
            x = line.x[number[-1]] if line.total > 1 else max(one.x[-1] for one in panel.lines)
            ends[line.run_id] = (float(x), float(line.y[number[-1]]))
    for band in panel.bands:
        if len(band.x) and (band.side != "train" or band.label not in ends):
            ends[band.label] = (float(band.x[-1]), float(band.mean[-1]))
    if y_range is None or not ends:
        return []
    low, high = y_range
    px = {}
    for run_id, (_, y) in ends.items():
        if frame.log and y <= 0:
            continue
        share = ((np.log10(y) if frame.log else y) - low) / (high - low)
        px[run_id] = float(np.clip(share, 0, 1)) * height
    ordered = sorted(px, key=lambda run_id: px[run_id])
    placed = spread([px[run_id] for run_id in ordered], _LABEL_PX, height)
    right = max(x for x, _ in ends.values())
    at = shown_x(np.array([right]), frame)[0].item()
    return [
        {
            "text": safe(looks[run_id].short, _LABEL_CHARS),
            "x": at, "y": low + place / height * (high - low), "xref": f"x{suffix}", "yref": f"y{suffix}",
            "xanchor": "left", "xshift": 6, "showarrow": False, "align": "left",
            "font": {
                "color": GREY if frame.focus and run_id != frame.focus else looks[run_id].colour,
                "size": FONT_SIZE - 1,
            },
        }
        for run_id, place in zip(ordered, placed, strict=True)
    ]  # fmt: skip


def spread(places: Sequence[float], distance: float, limit: float) -> list[float]:
    """Places moved so that neighbours are ``distance`` apart, within 0 and ``limit`` as far as they fit.

    Args:
        places: In increasing order.
        distance: Least distance of two neighbours.
        limit: Highest place.
    """
    moved = list(places)
    for at, (before, here) in enumerate(pairwise(range(len(moved))), start=1):
        moved[at] = max(moved[here], moved[before] + distance)
    if moved and moved[-1] > limit:
        moved[-1] = limit
        for at in range(len(moved) - 2, -1, -1):
            moved[at] = min(moved[at], moved[at + 1] - distance)
    return moved
