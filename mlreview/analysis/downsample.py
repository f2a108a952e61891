"""Fewer points of a long history, without losing what a reader looks for: the peaks, the gaps, the end."""

import numpy as np
from numpy.typing import NDArray


def thin(values: NDArray[np.float64], target: int) -> NDArray[np.intp]:
    """Which points to draw: min-max per bucket.

    The points are cut into buckets of equal length, and each bucket keeps its smallest and its largest number (the
    first of equals) and its first NaN, first ∞ and first −∞. The very first and last points are always kept. So every
    peak stays as high as it is, at the place where it is, and a gap stays a gap.

    Args:
        values: float64, shape (points,), in the order of drawing.
        target: How many points there should be, at least 4; more only where buckets hold values that are no numbers,
            then at most two and a half times as many.

    Returns:
        intp, increasing positions in ``values``; all of them where there are no more than ``target``.

    Raises:
        ValueError: ``target`` is below 4.
    """
    if target < 4:
        raise ValueError(f"at least 4 points, not {target}")
    size = len(values)
    if size <= target:
        return np.arange(size, dtype=np.intp)
    buckets = (target - 2) // 2
    width = -(-size // buckets)
    full = np.full(-(-size // width) * width, np.nan)
    full[:size] = values
    grid = full.reshape(-1, width)
    origin = np.arange(len(grid)) * width
    number = np.isfinite(grid)
    some = number.any(axis=1)
    kept = [
        np.array([0, size - 1]),
        (origin + np.where(number, grid, np.inf).argmin(axis=1))[some],
        (origin + np.where(number, grid, -np.inf).argmax(axis=1))[some],
    ]
    if not number.all():
        odds = (np.isnan(grid), grid == np.inf, grid == -np.inf)
        kept += [(origin + odd.argmax(axis=1))[odd.any(axis=1)] for odd in odds]
    found = np.unique(np.concatenate(kept))
    return found[found < size].astype(np.intp)  # the last bucket is filled up with NaN
