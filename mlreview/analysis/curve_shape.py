"""What one curve looks like: cleaned, turned so that lower is better, smoothed as much as its noise asks for.

Everything here is free of scale: a loss times a constant has the same shape.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis import fit_rules as rules
from mlreview.entities import Curve, Direction

MAX_BLOCKS = 500
"""Longer curves are judged by the medians of this many blocks: no verdict needs more, and it takes no time."""

_FLOOR = 1e-3
"""A share of an error counts from this part of what training gained upwards: 1e-9 against 1e-12 is no rise."""

WIDEST = 8
"""The running median is at most this part of the curve wide."""

_JITTER = 0.05
"""The part of what was gained below which a jitter of the error is of no interest."""

_MEDIAN = 1.2533
"""Standard error of a median over that of a mean, for normal noise: sqrt(pi / 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The points of a curve, one a step, in order.

    Attributes:
        steps: int64, strictly increasing.
        values: float64; NaN and infinities as logged.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.steps)

    def head(self, count: int) -> "Points":
        """The first points."""
        return Points(self.steps[:count], self.values[:count])

    def finite(self) -> "Points":
        """Without NaN and infinities."""
        kept = np.isfinite(self.values)
        return self if kept.all() else Points(self.steps[kept], self.values[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An error over time: lower is better, finite.

    Attributes:
        steps: int64, shape (points,).
        error: float64: the values, or blocks of them, turned so that lower is better.
        smooth: float64: running median of ``error``.
        noise: Standard deviation of the noise of single points.
        wander: Standard deviation of the smoothed curve around the nearest curve that only falls, then only rises.
        window: Width of the running median, in points.
        best: Position of the lowest smoothed error; the first one.
        scale: What a change is a share of: the lowest error, or what was gained where that is no positive number.
        gained: How far the error fell from its beginning, the median of three points, to its lowest.
        ceiling: What the values were taken from to make errors of them; ``None`` where they are errors.
    """

    steps: NDArray[np.int64]
    error: NDArray[np.float64]
    smooth: NDArray[np.float64]
    noise: float
    wander: float
    window: int
    best: int
    scale: float
    gained: float
    ceiling: float | None

    @property
    def rise(self) -> float:
        """By which share of the lowest error the last one is above it: Prechelt's GL / 100 of the smoothed curve."""
        return float(self.smooth[-1] - self.smooth[self.best]) / self.scale

    @property
    def sure(self) -> float:
        """How large a change between two smoothed points must be to be no chance, as a share of ``scale``."""
        jitter = _MEDIAN * self.noise * (1 / self.window + 2 / (self.window + 1)) ** 0.5
        return rules.NOISE_ERRORS * max(jitter, self.wander) / self.scale

    def level(self, position: int) -> float:
        """Smoothed error at a position."""
        return float(self.smooth[position])

    def logged(self, error: float) -> float:
        """An error as the value that would have been logged."""
        return error if self.ceiling is None else self.ceiling - error

    @property
    def swing(self) -> float:
        """How far the average point of the second half is from the median around it, as a share of their level.

        Below a twentieth of what was gained an error counts as that twentieth: jitter next to nothing is no swing.
        """
        half = len(self.error) // 2
        off = np.abs(self.error - running_median(self.error, 5))[half:]
        level = float(np.median(self.error[half:]))
        return float(off.mean()) / (max(level if level > 0 else self.scale, _JITTER * self.gained) or 1.0)


def points_of(curve: Curve) -> Points:
    """One point a step; of those logged at one step the last one counts, as a run that was resumed means it."""
    steps, values = curve.steps, curve.values
    if len(steps) > 1:
        last = np.append(steps[1:] != steps[:-1], True)
        if not last.all():
            steps, values = steps[last], values[last]
    return Points(steps, values)


def ceiling_of(values: NDArray[np.float64], direction: Direction) -> float | None:
    """What a score can reach, as far as its values show: 1, or 100 for percent; else 0. ``None`` for an error."""
    if direction == "min" or not len(values):
        return None
    highest = float(values.max())
    return 1.0 if highest <= 1 else 100.0 if highest <= 100 and float(values.min()) >= 0 else 0.0


def as_error(values: NDArray[np.float64], direction: Direction) -> NDArray[np.float64]:
    """Turn finite values so that lower is better: a score becomes what it lacks of its ceiling."""
    ceiling = ceiling_of(values, direction)
    return values if ceiling is None else ceiling - values


def shape_of(points: Points, direction: Direction) -> Shape | None:
    """The shape of the finite points; ``None`` without any."""
    points = points.finite()
    if not len(points):
        return None
    # Largest floats would overflow in sums and differences; their shape is the same at a quarter of the size.
    values = points.values / 4 if np.abs(points.values).max() > 1e300 else points.values
    ceiling = ceiling_of(values, direction)
    error = values if ceiling is None else ceiling - values
    steps = points.steps
    if len(error) > MAX_BLOCKS:
        steps, error = _blocks(steps, error)
    noise = _noise(error)
    lowest = float(error.min())
    gained = float(np.median(error[:3])) - lowest
    spread = max(gained, float(np.percentile(error, 90)) - lowest)
    scale = max(lowest if lowest > 0 else spread, _FLOOR * spread)
    window, most = 3, max(len(error) // WIDEST, 3)
    while True:
        smooth = running_median(error, window)
        best = int(smooth.argmin())
        wander = _wander(smooth, best)
        if rules.NOISE_ERRORS * wander <= rules.OVERFIT_RISE / 2 * scale or 2 * window + 1 > most:
            break
        window = 2 * window + 1
    if lowest > 0:
        scale = max(float(smooth[best]), _FLOOR * spread)
    return Shape(steps, error, smooth, noise, wander, window, best, scale or 1.0, gained, ceiling)


def running_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Median over a window of an odd number of points; both ends are continued by their mirror image."""
    half = min(window // 2, len(values) - 1)
    if half < 1:
        return values
    padded = np.concatenate((values[half:0:-1], values, values[-2 : -half - 2 : -1]))
    if half == 1:
        a, b, c = padded[:-2], padded[1:-1], padded[2:]
        return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)


def at_steps(points: Points, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """A finer curve at the steps of a coarser one: the mean of the finite points since the one before.

    Where there are none, the line between the neighbours.
    """
    points = points.finite()
    if len(points) == len(steps) and (points.steps == steps).all():
        return points.values
    between = np.interp(steps, points.steps, points.values)
    ends = np.searchsorted(points.steps, steps, side="right")
    starts = np.concatenate(([0], ends[:-1]))
    sums = np.concatenate(([0.0], np.cumsum(points.values)))
    counts = ends - starts
    return np.where(counts > 1, (sums[ends] - sums[starts]) / np.maximum(counts, 1), between)


def _noise(error: NDArray[np.float64]) -> float:
    """Standard deviation of white noise on a curve that is smooth beneath: third differences don't see a parabola."""
    if len(error) < 5:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(error, 3))) / 20**0.5)


def _wander(smooth: NDArray[np.float64], best: int) -> float:
    """How far a curve strays from a single valley with its lowest point at ``best``.

    The valley is the closest one (least squares). A curve that rose before, and came back, may come back again.
    """
    if len(smooth) < 5:
        return 0.0
    valley = np.concatenate((_rising(smooth[best::-1])[::-1], _rising(smooth[best:])[1:]))
    return float(np.quantile(np.abs(smooth - valley), 0.683))


def _rising(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The closest curve that never falls: isotonic regression by pooling adjacent violators."""
    means: list[float] = []
    sizes: list[int] = []
    for value in values.tolist():
        mean, size = value, 1
        while means and means[-1] > mean:
            before = sizes.pop()
            mean = (means.pop() * before + mean * size) / (before + size)
            size += before
        means.append(mean)
        sizes.append(size)
    return np.repeat(means, sizes)


def _blocks(steps: NDArray[np.int64], error: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Medians of equal blocks; each stands at the step where its block ends, and the last block ends at the end."""
    size = -(-len(error) // MAX_BLOCKS)
    first = len(error) % size
    parts = error[first:].reshape(-1, size)
    ends = steps[first:].reshape(-1, size)[:, -1]
    medians = np.median(parts, axis=1)
    if first:
        medians = np.concatenate(([np.median(error[:first])], medians))
        ends = np.concatenate((steps[first - 1 : first], ends))
    return ends, medians
