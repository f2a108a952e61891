"""From logged histories to the lines of a chart: axis, range, smoothing, as many points as pixels can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.downsample import thin
from mlreview.analysis.smoothing import debiased_ema
from mlreview.entities import Curve, Direction

Axis = Literal["step", "elapsed", "clock"]
Side = Literal["train", "validation"]

MAX_POINTS_A_LINE = 1_000
MIN_POINTS_A_LINE = 80
POINTS_A_FIGURE = 40_000
"""More than this a browser draws in seconds instead of at once."""
GRID_POINTS = 400
_FAR_POINT, _FAR_LINE = 0.5, 3.0
_MOST_OUT = 0.1
_ENOUGH = 8
"""With fewer points nothing is the bulk and nothing far off."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How histories become lines.

    Attributes:
        axis: Steps, seconds since the run's start, or milliseconds UTC.
        start, end: The range to draw, in the axis's unit, both included; ``None`` for open.
        smoothing: Weight of the debiased moving average, 0 for none.
        points: At most about so many points a line.
    """

    axis: Axis = "step"
    start: float | None = None
    end: float | None = None
    smoothing: float = 0.0
    points: int = MAX_POINTS_A_LINE


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of a line: where it is drawn, and its value and step as they were logged."""

    x: float
    y: float
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One history, ready to be drawn.

    Attributes:
        run_id, metric, side: Whose it is.
        x: float64, shape (points,), in the axis's unit, increasing.
        y: float64, shape (points,), smoothed where asked for; NaN and infinities stay.
        steps: int64, shape (points,).
        ghost_x, ghost_y: The line as it was logged, where ``y`` is smoothed; else empty.
        total: Points in range that stand behind the line.
        best: The best value in range, as logged; ``None`` without a number.
        lost: Where the values stop being numbers: the first point of each stretch of NaN or infinities, drawn at the
            last number before it, with the value itself.
    """

    run_id: str
    metric: str
    side: Side
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    steps: NDArray[np.int64]
    ghost_x: NDArray[np.float64]
    ghost_y: NDArray[np.float64]
    total: int
    best: Mark | None
    lost: tuple[tuple[Mark, float], ...]

    @property
    def drawn(self) -> int:
        """Points that are sent to the browser, ghosts left out."""
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The mean of several runs' histories, and how far they spread.

    Attributes:
        label: What the runs have in common.
        x: float64, shape (points,); mean, low (smallest) and high (largest) belong to it.
        run_ids: Who is in it.
        total: Points that stand behind it.
    """

    label: str
    metric: str
    side: Side
    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    run_ids: tuple[str, ...]
    total: int


def points_a_line(lines: int) -> int:
    """How many points each of so many lines gets."""
    return max(MIN_POINTS_A_LINE, min(MAX_POINTS_A_LINE, POINTS_A_FIGURE // max(1, lines)))


def make_line(curve: Curve, side: Side, shape: Shape, direction: Direction, began: int | None) -> Line | None:
    """One history as a line.

    Args:
        curve: Whole.
        side: Which of a pair it is.
        shape: What to draw of it.
        direction: Which value is best.
        began: The run's start (ms, UTC), for the time since; where it is missing or after the first point, the first
            point counts as the start.

    Returns:
        ``None`` where nothing is in range.
    """
    x, steps, values = _on_axis(curve, shape.axis, began)
    inside = np.ones(len(x), bool)
    if shape.start is not None:
        inside &= x >= shape.start
    if shape.end is not None:
        inside &= x <= shape.end
    if not inside.any():
        return None
    # The average runs from the very first point on, so that a range shows the same line as the whole.
    smoothed = debiased_ema(values, shape.smoothing) if shape.smoothing else values
    x, steps, values, smoothed = x[inside], steps[inside], values[inside], smoothed[inside]
    kept = thin(smoothed, shape.points)
    ghost = thin(values, shape.points) if shape.smoothing else np.empty(0, np.intp)
    return Line(
        run_id=curve.run_id,
        metric=curve.metric,
        side=side,
        x=x[kept],
        y=smoothed[kept],
        steps=steps[kept],
        ghost_x=x[ghost],
        ghost_y=values[ghost],
        total=len(x),
        best=_best(x, steps, values, direction),
        lost=_lost(x, steps, values, smoothed),
    )


def without_restored_point(curve: Curve, last_step: int | None) -> Curve:
    """The history without the point that Keras's EarlyStopping adds: the best epoch's values, once more, at the end.

    Args:
        curve: Whole.
        last_step: The last step of training, as the run's diagnosis says; ``None`` where it says none.

    Returns:
        The same curve where it has no such point.
    """
    if last_step is None or len(curve.steps) < 3 or curve.steps[-1] <= last_step or curve.steps[-2] != last_step:
        return curve
    if not (curve.values[:-1] == curve.values[-1]).any():
        return curve
    return replace(curve, steps=curve.steps[:-1], timestamps=curve.timestamps[:-1], values=curve.values[:-1])


def make_band(label: str, curves: Sequence[Curve], side: Side, shape: Shape, began: Mapping[str, int | None]) -> Band:
    """Mean and spread of several runs, at steps (or times) that all figures share.

    Between two of its points a run counts with the straight line between them; before its first and after its last
    it doesn't count. The band ends where less than half of the runs that it had at its widest go on. NaN and
    infinities are left out.

    Args:
        label: What the runs have in common.
        curves: One a run, of one metric; at least one.
        side: Which of a pair it is.
        shape: What to draw; wall-clock times don't average, so ``clock`` counts as ``elapsed``.
        began: Start of each run (ms, UTC).
    """
    axis: Axis = "elapsed" if shape.axis == "clock" else shape.axis
    histories = []
    for curve in curves:
        x, _, values = _on_axis(curve, axis, began.get(curve.run_id))
        values = debiased_ema(values, shape.smoothing) if shape.smoothing else values
        number = np.isfinite(values)
        x, values = x[number], values[number]
        unique, first = np.unique(x, return_index=True)
        histories.append((unique, values[first]))
    known = [x for x, _ in histories if len(x)]
    grid = np.unique(np.concatenate(known)) if known else np.empty(0)
    if shape.start is not None:
        grid = grid[grid >= shape.start]
    if shape.end is not None:
        grid = grid[grid <= shape.end]
    if len(grid) > GRID_POINTS:
        grid = np.unique(grid[np.linspace(0, len(grid) - 1, GRID_POINTS).astype(np.intp)])
    table = np.full((len(histories), len(grid)), np.nan)
    for row, (x, values) in zip(table, histories, strict=True):
        if len(x):
            covered = (grid >= x[0]) & (grid <= x[-1])
            row[covered] = np.interp(grid[covered], x, values)
    # Where most runs have ended, the mean of those that go on would look like a turn for the better or the worse.
    counts = (~np.isnan(table)).sum(axis=0)
    some = (counts > 0) & (2 * counts >= counts.max(initial=0))
    table, grid = table[:, some], grid[some]
    return Band(
        label=label,
        metric=curves[0].metric,
        side=side,
        x=grid,
        mean=np.nanmean(table, axis=0) if len(grid) else grid,
        low=np.nanmin(table, axis=0) if len(grid) else grid,
        high=np.nanmax(table, axis=0) if len(grid) else grid,
        run_ids=tuple(curve.run_id for curve in curves),
        total=sum(len(curve.steps) for curve in curves),
    )


def robust_range(parts: Sequence[NDArray[np.float64]]) -> tuple[tuple[float, float] | None, int]:
    """The range of an axis that a few points, or a few lines, far off don't stretch.

    A line is far off when its middle is beyond those of half of the lines by more than three times the height of a
    typical line, as that of a diverged run is; a point, when it is beyond the bulk (1st to 99th percentile) of the
    other lines by more than half of its height. What would leave more than a tenth of the other lines' points out is
    no range: they are the picture.

    Args:
        parts: Values as they are drawn, a part a line.

    Returns:
        The range, or ``None`` where no point is far off; and how many points are outside of it.
    """
    parts = [part[np.isfinite(part)] for part in parts]
    parts = [part for part in parts if len(part)]
    if sum(len(part) for part in parts) < _ENOUGH:
        return None, 0
    bulks = np.array([np.quantile(part, [0.01, 0.99]) for part in parts])
    centres = np.array([np.median(part) for part in parts])
    # Levels that were logged once have no height: a typical line is one that moves.
    heights = np.sort(bulks[:, 1] - bulks[:, 0])
    heights = heights[heights > 0] if (heights > 0).any() else heights
    reach = _FAR_LINE * heights[(len(heights) - 1) // 2]
    ordered = np.sort(centres)
    half = (len(ordered) + 1) // 2
    # The half of the lines that lie closest together: a diverged run is not in it, wherever it went.
    start = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
    low, high = ordered[start], ordered[start + half - 1]
    near = (centres >= low - reach) & (centres <= high + reach)
    low, high = bulks[near, 0].min(), bulks[near, 1].max()
    reach = _FAR_POINT * (high - low)
    values = np.concatenate(parts)
    outside = (values < low - reach) | (values > high + reach)
    if not outside.any() or high <= low:
        return None, 0
    of_near = np.concatenate([part for part, is_near in zip(parts, near, strict=True) if is_near])
    if float(((of_near < low - reach) | (of_near > high + reach)).mean()) > _MOST_OUT:
        return None, 0
    inside = values[~outside]
    return (float(inside.min()), float(inside.max())), int(outside.sum())


def _on_axis(
    curve: Curve, axis: Axis, began: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Positions, steps and values, in the order of the axis."""
    if axis == "step":
        return curve.steps.astype(np.float64), curve.steps, curve.values
    order = np.argsort(curve.timestamps, kind="stable")
    times = curve.timestamps[order]
    if axis == "elapsed" and len(times):
        first = int(times[0])
        times = times - (began if began is not None and began <= first else first)
        return times / 1000.0, curve.steps[order], curve.values[order]
    return times.astype(np.float64), curve.steps[order], curve.values[order]


def _best(
    x: NDArray[np.float64], steps: NDArray[np.int64], values: NDArray[np.float64], direction: Direction
) -> Mark | None:
    number = np.flatnonzero(np.isfinite(values))
    if not len(number):
        return None
    of = values[number]
    at = number[of.argmax() if direction == "max" else of.argmin()]
    return Mark(float(x[at]), float(values[at]), int(steps[at]))


def _lost(
    x: NDArray[np.float64], steps: NDArray[np.int64], values: NDArray[np.float64], drawn: NDArray[np.float64]
) -> tuple[tuple[Mark, float], ...]:
    number = np.isfinite(values)
    if number.all() or not number.any():
        return ()
    first = np.flatnonzero(~number & np.concatenate(([True], number[:-1])))
    marks = []
    for at in first[:50].tolist():  # an alternating history would be nothing but marks
        before = at - 1 if at else int(np.flatnonzero(number)[0])
        marks.append((Mark(float(x[at]), float(drawn[before]), int(steps[at])), float(values[at])))
    return tuple(marks)
