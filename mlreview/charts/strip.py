"""A strip of points a group: every value is seen, with the group's mean and spread among them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mlreview.charts.theme import FAINT, RUN_COLOURS, TEXT, base_layout, safe

ROW_PX = 36
_MANY = 2_000
"""Points above which they are drawn by WebGL, one context for the figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One group.

    Attributes:
        label: What its runs share.
        points: float64, every value.
        names: Of the runs, aligned with ``points``.
        mean: NaN where there is none.
        deviation: NaN where it says nothing.
    """

    label: str
    points: NDArray[np.float64]
    names: Sequence[str]
    mean: float
    deviation: float


def strips(groups: Sequence[Strip], metric: str) -> go.Figure:
    """One row a group, in the order given from the top; points of a row are spread so that none hides another."""
    count = sum(len(group.points) for group in groups)
    figure = go.Figure(layout=base_layout(80 + ROW_PX * max(1, len(groups))))
    points = np.concatenate([group.points for group in groups]) if groups else np.empty(0)
    heights = [at + _spread(len(group.points)) for at, group in enumerate(groups)]
    named = ((name, value) for group in groups for name, value in zip(group.names, group.points, strict=True))
    hover = [f"{safe(name, 60)}<br>{value:.6g}" for name, value in named]
    draw = go.Scattergl if count > _MANY else go.Scatter
    figure.add_trace(
        draw(
            x=points,
            y=np.concatenate(heights) if heights else [],
            mode="markers",
            marker={"size": 9 if count <= 200 else 6, "color": RUN_COLOURS[0], "opacity": 0.65},
            text=hover,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    known = [at for at, group in enumerate(groups) if np.isfinite(group.mean)]
    figure.add_trace(
        go.Scatter(
            x=[groups[at].mean for at in known],
            y=known,
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "color": TEXT, "line": {"width": 3, "color": TEXT}},
            error_x={
                "type": "data",
                "array": [0.0 if np.isnan(groups[at].deviation) else groups[at].deviation for at in known],
                "color": TEXT,
                "thickness": 1.5,
                "width": 0,
            },
            text=[f"mean {groups[at].mean:.6g}" for at in known],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title=safe(metric), gridcolor=FAINT, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(groups))),
        ticktext=[safe(group.label, 40) for group in groups],
        range=[len(groups) - 0.5, -0.5],
        gridcolor=FAINT,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def _spread(count: int) -> NDArray[np.float64]:
    """Heights within a row, the same at every drawing: steps of the golden ratio never fall together."""
    steps = np.arange(count, dtype=np.float64) * 0.618034
    return (steps % 1 - 0.5) * 0.5 if count > 1 else np.zeros(count)
