"""The common plots of an evaluation, small, for a grid: confusion matrix, ROC, calibration, residuals and so on."""

import math

import plotly.graph_objects as go

from mlreview.analysis.plots import PlotPoints
from mlreview.charts.theme import BACKGROUND, FAINT, GREY, RUN_COLOURS, STRONG, base_layout, safe

HEIGHT = 260
_FONT = 13
_WRITTEN_CLASSES = 8
"""Classes up to which counts are written into the cells and every class has its name at the axes."""


def plot_figure(plot: PlotPoints) -> go.Figure:
    """One plot, 260 px high; without a title, which the page writes."""
    figure = go.Figure(layout=base_layout(HEIGHT))
    figure.update_layout(font_size=_FONT)
    if plot.matrix:
        _draw_matrix(figure, plot)
    else:
        _draw_points(figure, plot)
    figure.update_xaxes(title={"text": safe(plot.x_label, 40), "standoff": 4}, automargin=True, zeroline=False)
    figure.update_yaxes(title={"text": safe(plot.y_label, 40), "standoff": 10}, automargin=True, zeroline=False)
    return figure


def _draw_points(figure: go.Figure, plot: PlotPoints) -> None:
    if plot.reference:
        figure.add_trace(
            go.Scatter(
                x=[end[0] for end in plot.reference],
                y=[end[1] for end in plot.reference],
                mode="lines",
                line={"color": GREY, "width": 1.5, "dash": "dot"},
                hoverinfo="skip",
            )
        )
    residuals = plot.kind == "residuals"
    x_name, y_name = safe(plot.x_label, 40), safe(plot.y_label, 40)
    figure.add_trace(
        go.Scatter(
            x=plot.x,
            y=plot.y,
            mode="markers" if residuals else "lines+markers" if plot.kind == "calibration" else "lines",
            line={"color": RUN_COLOURS[0], "width": 2.5},
            marker={"color": RUN_COLOURS[0], "size": 5 if residuals else 8, "opacity": 0.55 if residuals else 1},
            # Braces would be read as a part of the template.
            text=[f"{x_name} {x:.4g}<br>{y_name} {y:.4g}" for x, y in zip(plot.x, plot.y, strict=True)],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(gridcolor=FAINT, nticks=6)
    figure.update_yaxes(gridcolor=FAINT, nticks=6)
    if not residuals:
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(range=[-0.02, 1.04])


def _draw_matrix(figure: go.Figure, plot: PlotPoints) -> None:
    """Coloured by the share of each true class, so that a rare class is as legible as a frequent one."""
    count = len(plot.labels)
    totals = [sum(row) for row in plot.matrix]
    shares = [[one / total if total else 0.0 for one in row] for row, total in zip(plot.matrix, totals, strict=True)]
    names = [safe(label, 40) for label in plot.labels]
    hover = [
        [
            f"true {names[at]}<br>predicted {names[to]}<br>{plot.matrix[at][to]:,}"
            + (f" of {totals[at]:,}, {shares[at][to]:.1%}" if totals[at] else "")
            for to in range(count)
        ]
        for at in range(count)
    ]
    figure.add_trace(
        go.Heatmap(
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=[[0, BACKGROUND], [1, RUN_COLOURS[0]]],
            showscale=False,
            xgap=1,
            ygap=1,
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    if count <= _WRITTEN_CLASSES:
        cells = [(at, to) for at in range(count) for to in range(count)]
        figure.add_trace(
            go.Scatter(
                x=[to for _, to in cells],
                y=[at for at, _ in cells],
                mode="text",
                text=[f"{plot.matrix[at][to]:,}" for at, to in cells],
                # On a full cell the page's own colour is legible in light and dark, on an empty one that of its text.
                textfont={"color": [BACKGROUND if shares[at][to] > 0.5 else STRONG for at, to in cells], "size": 14},
                hoverinfo="skip",
            )
        )
    # Places, not names: two classes may be called the same.
    places = list(range(0, count, math.ceil(count / _WRITTEN_CLASSES)))
    ticks = {"tickvals": places, "ticktext": [safe(plot.labels[at], 14) for at in places], "showgrid": False}
    figure.update_xaxes(**ticks, fixedrange=True, range=[-0.5, count - 0.5])
    figure.update_yaxes(**ticks, fixedrange=True, range=[count - 0.5, -0.5])
