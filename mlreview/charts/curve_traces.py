"""The traces of one panel of learning curves, as plain dictionaries: hundreds of checked objects take a second."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.curves import Band, Line
from mlreview.charts.curve_frame import Frame, Panel, RunLook, odd, shown_x, step_text, x_text
from mlreview.charts.theme import BACKGROUND, GREY, safe

MAX_GHOSTED = 24
"""With more lines the raw ones behind the smoothed ones would be a carpet."""
CALM_FROM = 24
"""From so many runs on lines are thinner and lighter, so that the crowd reads as a crowd."""
FEW = 8
"""Up to so many runs lines are thick."""


def panel_traces(panel: Panel, looks: Mapping[str, RunLook], frame: Frame) -> list[dict[str, Any]]:
    """Everything that is drawn in one panel, from the back to the front."""
    traces: list[dict[str, Any]] = []
    for band in panel.bands:
        traces += _band_traces(band, looks[band.label], frame)
    ordered = sorted(panel.lines, key=lambda line: line.run_id == frame.focus)
    crowd = len({line.run_id for line in ordered})
    for line in ordered:
        if line.side == "train" and (line.run_id == frame.focus or crowd == 1):
            traces += _gap(line, ordered, looks[line.run_id], frame)
    for line in ordered:
        traces += _line_traces(line, looks[line.run_id], frame, crowd, len(ordered), panel)
    traces += _marks(ordered, looks, frame, crowd)
    return traces


def _line_traces(line: Line, look: RunLook, frame: Frame, crowd: int, lines: int, panel: Panel) -> list[dict[str, Any]]:
    back = frame.focus is not None and line.run_id != frame.focus
    colour = GREY if back else look.colour
    front = frame.focus == line.run_id
    calm = crowd >= CALM_FROM and not front
    width = 1.0 if back or calm else 2.75 if front or crowd <= FEW else 2.0
    if line.drawn < line.total:
        width = min(width, 1.25)  # noise from peak to peak: thick lines would be one blot
    train = line.side == "train"
    opacity = 0.35 if back else (0.45 if train else 0.7) if calm else 0.85 if train else 1.0
    x, y, steps = shown_x(line.x, frame), line.y, line.steps
    style: dict[str, Any] = {
        "color": colour,
        "width": width * (0.8 if train else 1.0),
        "dash": "dash" if train else "solid",
    }
    if len(x) == 1 and frame.axis == "step":
        ends = _span(panel, frame)
        if ends[1] > ends[0]:
            # One value and no history (a baseline that isn't trained in steps): a level for the others to reach.
            x, y, steps = np.array(ends), np.repeat(y, 2), np.repeat(steps, 2)
            style["dash"] = "dot"
    traces: list[dict[str, Any]] = []
    if len(line.ghost_x) and lines <= MAX_GHOSTED and not back:
        traces.append(
            {
                "type": "scatter", "mode": "lines", "x": shown_x(line.ghost_x, frame), "y": _finite(line.ghost_y),
                "line": {"color": colour, "width": 1}, "opacity": 0.25, "hoverinfo": "skip",
            }
        )  # fmt: skip
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines" if len(x) > 1 else "markers",
        "name": safe(look.name),
        "x": x,
        "y": _finite(y),
        "line": style,
        "marker": {"color": colour, "symbol": look.symbol, "size": 9},
        "opacity": opacity,
        "connectgaps": False,
        "hovertemplate": _hover(look, line.metric, frame),
    }
    if _steps_differ(frame):
        trace["customdata"] = steps
    return [*traces, trace]


def _span(panel: Panel, frame: Frame) -> tuple[float, float]:
    ends = [float(end) for line in panel.lines for end in shown_x(line.x[[0, -1]], frame)]
    return min(ends), max(ends)


def _gap(line: Line, lines: Sequence[Line], look: RunLook, frame: Frame) -> list[dict[str, Any]]:
    """The area between training and validation."""
    other = next((one for one in lines if one.run_id == line.run_id and one.side == "validation"), None)
    if other is None or len(line.x) < 2 or len(other.x) < 2:
        return []
    return [_area(line.x, line.y, other.x, other.y, look.colour, 0.14, frame)]


def _band_traces(band: Band, look: RunLook, frame: Frame) -> list[dict[str, Any]]:
    train = band.side == "train"
    about = f"mean of {len(band.run_ids)} run{'' if len(band.run_ids) == 1 else 's'}"
    mean = {
        "type": "scatter", "mode": "lines" if len(band.x) > 1 else "markers", "name": safe(look.name),
        "x": shown_x(band.x, frame), "y": band.mean,
        "line": {"color": look.colour, "width": 2.75, "dash": "dash" if train else "solid"},
        "marker": {"color": look.colour, "size": 9},
        "customdata": np.stack([band.low, band.high], axis=-1),
        "hovertemplate": (
            f"<b>{safe(look.name, 60)}</b><br>{safe(band.metric, 60)} %{{y:.4g}}, {about}"
            f"<br>%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}}<br>{x_text(frame)}<extra></extra>"
        ),
    }  # fmt: skip
    if len(band.run_ids) < 2 or len(band.x) < 2:
        return [mean]
    return [_area(band.x, band.low, band.x, band.high, look.colour, 0.1 if train else 0.2, frame), mean]


def _area(
    low_x: NDArray[np.float64],
    low_y: NDArray[np.float64],
    high_x: NDArray[np.float64],
    high_y: NDArray[np.float64],
    colour: str,
    opacity: float,
    frame: Frame,
) -> dict[str, Any]:
    low, high = np.isfinite(low_y), np.isfinite(high_y)
    return {
        "type": "scatter", "mode": "lines", "fill": "toself", "fillcolor": colour, "opacity": opacity,
        "line": {"width": 0}, "hoverinfo": "skip",
        "x": shown_x(np.concatenate([low_x[low], high_x[high][::-1]]), frame),
        "y": np.concatenate([low_y[low], high_y[high][::-1]]),
    }  # fmt: skip


def _marks(lines: Sequence[Line], looks: Mapping[str, RunLook], frame: Frame, crowd: int) -> list[dict[str, Any]]:
    """Two traces for all runs of a panel: the best points of what was not trained on, and where numbers end."""
    shown = [line for line in lines if frame.focus is None or line.run_id == frame.focus]
    traces = []
    if crowd < CALM_FROM or frame.focus:
        best = [(line, line.best) for line in shown if line.best and line.side != "train" and line.total > 1]
        if best:
            traces.append(
                {
                    "type": "scatter", "mode": "markers", "hoverinfo": "text",
                    "x": shown_x(np.array([mark.x for _, mark in best]), frame),
                    "y": np.array([mark.y for _, mark in best]),
                    "marker": {
                        "color": [looks[line.run_id].colour for line, _ in best],
                        "symbol": [looks[line.run_id].symbol for line, _ in best],
                        "size": 12, "line": {"color": BACKGROUND, "width": 2},
                    },
                    "hovertext": [
                        f"<b>{safe(looks[line.run_id].name, 60)}</b><br>best {safe(line.metric, 60)} {mark.y:.4g}"
                        f"<br>{step_text(mark.step, frame)}" for line, mark in best
                    ],
                }
            )  # fmt: skip
    lost = [(line, mark, value) for line in shown for mark, value in line.lost]
    if lost:
        traces.append(
            {
                "type": "scatter", "mode": "markers", "hoverinfo": "text",
                "x": shown_x(np.array([mark.x for _, mark, _ in lost]), frame),
                "y": np.array([mark.y for _, mark, _ in lost]),
                "marker": {
                    "color": [looks[line.run_id].colour for line, _, _ in lost],
                    "symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": [
                        looks[line.run_id].colour for line, _, _ in lost
                    ]},
                },
                "hovertext": [
                    f"<b>{safe(looks[line.run_id].name, 60)}</b><br>{safe(line.metric, 60)} is {odd(value)} from here"
                    f"<br>{step_text(mark.step, frame)}" for line, mark, value in lost
                ],
            }
        )  # fmt: skip
    return traces


def _finite(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(y), y, np.nan)  # an infinity would take the axis with it


def _steps_differ(frame: Frame) -> bool:
    """Whether the axis counts something else than steps: epochs from 1, or time."""
    return frame.axis != "step" or bool(frame.offset)


def _hover(look: RunLook, metric: str, frame: Frame) -> str:
    about = "".join(f"<br>{safe(line, 60)}" for line in look.about)
    step = "<br>step %{customdata:,}" if _steps_differ(frame) else ""
    return (
        f"<b>{safe(look.name, 60)}</b>{about}<br>{safe(metric, 60)} <b>%{{y:.4g}}</b>"
        f"<br>{x_text(frame)}{step}<extra></extra>"
    )
