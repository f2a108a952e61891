"""The common plots as small pictures, where Matplotlib is installed; no window and no other figure knows of them."""

import io
from importlib.util import find_spec
from typing import Any

from mlreview.training.evaluate import Plot


def can_draw() -> bool:
    """Whether Matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(plot: Plot, split: str) -> bytes:
    """One plot as PNG, about 20 KB."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 4), layout="constrained", dpi=90)
    axes: Any = figure.add_subplot()
    if plot.matrix:
        _draw_matrix(axes, plot)
    elif plot.kind == "residuals":
        axes.plot(plot.x, plot.y, ".", markersize=4)
    elif plot.kind == "calibration":
        axes.plot(plot.x, plot.y, "o-")
    else:
        axes.plot(plot.x, plot.y)
    if plot.reference:
        axes.plot(*zip(*plot.reference, strict=True), linestyle=":", color="grey")
    told = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in plot.facts.items())
    title = f"{plot.kind.replace('_', ' ').capitalize()}, {split}"
    axes.set(xlabel=plot.x_label, ylabel=plot.y_label, title=f"{title}: {told}" if told else title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _draw_matrix(axes: Any, plot: Plot) -> None:
    axes.imshow(plot.matrix, cmap="Blues")
    ticks = range(len(plot.labels))
    # A dollar sign would be read as mathematics, and a malformed one stop the picture.
    labels = [label[:30].replace("$", r"\$") for label in plot.labels]
    axes.set_xticks(ticks, labels, rotation=45 if len(labels) > 3 else 0)
    axes.set_yticks(ticks, labels)
    if len(plot.labels) <= 12:
        largest = max((count for row in plot.matrix for count in row), default=0)
        for row, counts in enumerate(plot.matrix):
            for column, count in enumerate(counts):
                colour = "white" if count > largest / 2 else "black"
                axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour)
