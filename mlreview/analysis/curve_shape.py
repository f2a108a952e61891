"""What one curve looks like: cleaned, turned so that lower is better, smoothed as much as its noise asks for.

Everything here is free of scale: a loss times a constant has the same shape.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis import fit_rules as rules
from mlreview.entities import Curve, Direction

MAX_BLOCKS = 500
"""Longer curves are judged by the medians of this many blocks: no verdict needs more, and it takes no time."""

_FLOOR = 1e-3
"""A share of an error counts from this part of what training gained upwards: 1e-9 against 1e-12 is no rise."""

WIDEST = 4
"""Averages are over at most this part of the curve: the levels of a quarter are still levels of a place."""

_OUTLIER = 4.0
"""A point this many typical steps from its neighbours' median is taken for that median in averages."""

_CORRELATION = 0.9
"""Of neighbours, at most: beyond it, noise and a trend can't be told apart."""

_JITTER = 0.05
"""The part of what was gained below which a jitter of the error is of no interest."""


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
        smooth: float64: running mean of ``error`` without its outliers; the ends are the means of the outer windows.
        jitter: Standard deviation of the noise of single points.
        noise: Standard error of a smoothed point: what the noise of single points, averaged, leaves of it, or how far
            the smoothed curve strays from its course (see ``_course``), whichever is more.
        window: Width of the running mean, in points.
        best: Position of the lowest smoothed error; the first one.
        scale: What a change is a share of: the lowest error, or what was gained where that is no positive number.
        gained: How far the error fell from its beginning, the median of three points, to its lowest.
        swing: How far the average point of the second half is from the curve's course, as a share of their level.
        ceiling: What the values were taken from to make errors of them; ``None`` where they are errors.
    """

    steps: NDArray[np.int64]
    error: NDArray[np.float64]
    smooth: NDArray[np.float64]
    jitter: float
    noise: float
    window: int
    best: int
    scale: float
    gained: float
    swing: float
    ceiling: float | None

    @property
    def rise(self) -> float:
        """By which share of the lowest error the last one is above it: Prechelt's GL / 100 of the smoothed curve."""
        return float(self.smooth[-1] - self.smooth[self.best]) / self.scale

    @property
    def sure(self) -> float:
        """Beyond which share of ``scale`` a rise from the lowest smoothed point is no chance."""
        return _sure(self.noise, len(self.error) / self.window) / self.scale

    @property
    def floor(self) -> float:
        """The lowest smoothed error; not below a part of what was gained: jitter next to nothing is of no interest."""
        return max(self.scale, _JITTER * self.gained)

    @property
    def uncertain(self) -> float:
        """Within which share of ``floor`` a smoothed level is known."""
        return rules.NOISE_ERRORS * self.noise / self.floor

    @property
    def last_off(self) -> float:
        """How far the last point is above the lowest smoothed error, as a share of ``floor``."""
        return float(self.error[-1] - self.smooth[self.best]) / self.floor

    def late(self) -> tuple[float, float, float, float]:
        """Levels a quarter of the curve before its end, an eighth before it, and at the end; and what is no chance.

        They are averages over an eighth of the curve at most: wider ones would tell of the time before.
        """
        size = len(self.error)
        quarter, eighth = max(size // 4, 2), max(size // 8, 1)
        kept = _without_outliers(self.error)
        levels, sure = (0.0, 0.0, 0.0), 0.0
        for window in [w for w in _windows(size) if w <= max(min(self.window, eighth), 3)]:
            smooth = _running_mean(kept, window)
            # The last average stands half a window before the end; the others as far before their places.
            end = size - 1 - window // 2
            before, middle, last = (float(smooth[max(at, 0)]) for at in (end - quarter, end - eighth, end))
            levels, sure = (before, middle, last), _sure(max(self.jitter / window**0.5, self.noise), 1)
            if abs(before - last) > sure:
                break
        return (*levels, sure)

    def level(self, position: int) -> float:
        """Smoothed error at a position."""
        return float(self.smooth[position])

    def logged(self, error: float) -> float:
        """An error as the value that would have been logged."""
        return error if self.ceiling is None else self.ceiling - error


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
    lowest = float(error.min())
    gained = float(np.median(error[:3])) - lowest
    spread = max(gained, float(np.partition(error, at := int(0.9 * (len(error) - 1)))[at]) - lowest)
    least = _FLOOR * spread
    kept = _without_outliers(error)
    jitter = _correlated(kept, _noise(error))
    for window in _windows(len(error)):
        smooth = _running_mean(kept, window)
        best = int(smooth.argmin())
        scale = max(float(smooth[best]) if lowest > 0 else spread, least) or 1.0
        noise = max(jitter / window**0.5, _wander(smooth, best))
        sure = _sure(noise, len(error) / window)
        rise = float(smooth[-1]) - float(smooth[best])
        # The narrowest average that decides: it shows a rise, or would have shown half of one.
        if rise > max(sure, rules.OVERFIT_RISE * scale) or sure <= rules.OVERFIT_RISE / 2 * scale:
            break
    return Shape(
        steps,
        error,
        smooth,
        jitter,
        noise,
        window,
        best,
        scale,
        gained,
        _swing(error, kept, best, scale, gained),
        ceiling,
    )


def _correlated(error: NDArray[np.float64], white: float) -> float:
    """Standard deviation that white noise would need to leave as much in averages as this curve's noise does.

    Noise that lasts for some points averages out more slowly: by (1 + r) / (1 - r), where r is the correlation of
    neighbours.
    """
    if len(error) < 8:
        return white
    best = int(_running_mean(error, 5).argmin())
    off = error - _course(error, best)
    power = float(off @ off)
    if not 0 < power < math.inf:
        return white
    # A fit takes a part of the noise, and makes neighbours look unlike: how much, was measured on white noise.
    taken = 1.25 / len(error) ** 0.5
    r = min(max(float(off[1:] @ off[:-1]) / power + taken, 0.0), _CORRELATION)
    deviation = _typical(off) / (1 - taken)
    return max(white, deviation * ((1 + r) / (1 - r)) ** 0.5)


def _sure(noise: float, places: float) -> float:
    """How large a difference of two averages must be, one of which was picked as the lowest of many places.

    A chance that is as small for all places together as it is for one: the tail of a normal distribution falls as
    exp(-z**2 / 2).
    """
    return (rules.NOISE_ERRORS**2 + 2 * math.log(max(places, 1))) ** 0.5 * 2**0.5 * noise


def _windows(count: int) -> list[int]:
    """Widths of the running mean, each about twice the one before: 3, 5, 9, 17, ... and the widest."""
    widest = max(count // WIDEST, 3)
    return [*(w for w in (3, 5, 9, 17, 33, 65) if w < widest), widest]


def _without_outliers(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """A single validation that went wrong is no level; two in a row may be."""
    if len(error) < 3:
        return error
    middle = running_median(error, 5)
    far = _OUTLIER * float(np.median(np.abs(np.diff(error))))
    return np.where(np.abs(error - middle) > far, middle, error)


def _running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean over a window of points; near the ends that of the first or last window."""
    window = min(window, len(values))
    sums = np.convolve(values, np.full(window, 1 / window), "valid")
    before = (window - 1) // 2
    return np.concatenate((np.full(before, sums[0]), sums, np.full(len(values) - len(sums) - before, sums[-1])))


def _swing(error: NDArray[np.float64], kept: NDArray[np.float64], best: int, scale: float, gained: float) -> float:
    """How far the average point of the second half is from the course, as a share of their level; the worst left out.

    Below a twentieth of what was gained an error counts as that twentieth: jitter next to nothing is no swing.
    """
    half = len(error) // 2
    off = np.sort(np.abs(error - _course(kept, best))[half:])[: max(len(error) - half - 1, 1)]
    level = float(np.median(error[half:]))
    return float(off.mean()) / (max(level if level > 0 else scale, _JITTER * gained) or 1.0)


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
    """How far a curve strays from its course: what rose before, and came back, may come back again."""
    return _typical(smooth - _course(smooth, best)) if len(smooth) >= 5 else 0.0


def _typical(off: NDArray[np.float64]) -> float:
    """What two of three points are within: the standard deviation of normal noise, whatever the others do."""
    return float(np.partition(np.abs(off), at := int(0.683 * (len(off) - 1)))[at])


def _course(values: NDArray[np.float64], best: int) -> NDArray[np.float64]:
    """The closest curve (least squares) that falls up to its lowest point, rises, and falls again at most once."""
    fall = _rising(values[best::-1])[::-1]
    after = values[best:]
    peak = int(_running_mean(after, 5).argmax())
    rise = _rising(after[: peak + 1])
    back = _rising(after[peak:][::-1])[::-1]
    return np.concatenate((fall, rise[1:], back[1:]))


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
