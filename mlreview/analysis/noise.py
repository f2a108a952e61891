"""How far chance alone moves a metric, and which runs can't be told from the leader.

Two sources of noise, the first that there is. *Replicates*: runs that differ in the seed alone show what training
again would change. *The size of the evaluation set*: accuracy on n examples is a share of n draws, AUROC is a share of
pairs. Where neither is known the noise is unknown, and is said to be.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
"""Probability with which a tie holds the run that is truly best."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """The standard error of single values.

    Attributes:
        source: Where it comes from.
        errors: float64, shape (runs,): standard error of each run's value, in the metric's unit; NaN where unknown.
        freedom: Degrees of freedom behind ``errors``; infinite where a formula gives them.
        words: The source in one sentence for people, with its numbers.
    """

    source: Literal["replicates", "evaluation set", "unknown"]
    errors: NDArray[np.float64]
    freedom: float
    words: str


def binomial_error(accuracy: NDArray[np.float64], examples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard error of a share of ``examples`` draws: sqrt(p (1 - p) / n).

    At 0 and at 1 that formula gives no error at all; the value of half an example away is used there instead.
    """
    share = np.clip(accuracy, 0.5 / examples, 1 - 0.5 / examples)
    return np.sqrt(share * (1 - share) / examples)


def auroc_error(
    auroc: NDArray[np.float64], positives: NDArray[np.float64], negatives: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Standard error of an area under the ROC curve, after Hanley and McNeil.

    "The meaning and use of the area under a receiver operating characteristic (ROC) curve", Radiology 143 (1982) 29-36,
    equation 2, with their approximations Q1 = A / (2 - A) and Q2 = 2 A^2 / (1 + A).
    """
    # A perfect or useless ranking of a few examples is still a draw: stay half a pair away from both ends.
    pairs = positives * negatives
    area = np.clip(auroc, 0.5 / pairs, 1 - 0.5 / pairs)
    both_positive = area / (2 - area)
    both_negative = 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (positives - 1) * (both_positive - area**2) + (negatives - 1) * (both_negative - area**2)
    return np.sqrt(variance / pairs)


def pooled_deviation(values: NDArray[np.float64], groups: Sequence[Hashable | None]) -> tuple[float, int]:
    """Standard deviation within groups of replicates, pooled over all groups.

    Args:
        values: float64, shape (runs,); NaN and infinities are left out.
        groups: The group of each run; ``None`` for a run that is nobody's replicate.

    Returns:
        The square root of the mean squared deviation from the group's mean, and its degrees of freedom: the number
        of values less the number of groups. (NaN, 0) where no group has two values.
    """
    members: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        if group is not None and np.isfinite(value):
            members.setdefault(group, []).append(float(value))
    squares, freedom = 0.0, 0
    for group in members.values():
        if len(group) > 1:
            squares += float(np.var(group)) * len(group)
            freedom += len(group) - 1
    return (float(np.sqrt(squares / freedom)), freedom) if freedom else (float("nan"), 0)


def tied_with_leader(
    values: NDArray[np.float64],
    noise: Noise,
    direction: Literal["max", "min"],
    candidates: int | None = None,
    confidence: float = CONFIDENCE,
) -> NDArray[np.bool_]:
    """Runs that can't be told from the leader, the leader among them.

    Gupta's subset selection ("On some multiple decision (selection and ranking) rules", Technometrics 7 (1965)
    225-245): with the returned runs as a set, the run that is truly best is in it with at least the given probability,
    however many runs were tried. A pairwise test would not do: the leader of many is partly the luckiest of many.

    Args:
        values: float64, shape (runs,), finite.
        noise: Of the same runs.
        direction: ``max`` when higher is better.
        candidates: How many runs were tried in all, where ``values`` are only the best of them.
        confidence: The probability.

    Returns:
        bool, shape (runs,). Only equal values where the noise is unknown; a run whose own error is unknown is
        judged by the leader's.
    """
    if not len(values):
        return np.zeros(0, bool)
    leader = int(np.argmax(values) if direction == "max" else np.argmin(values))
    behind = np.abs(values[leader] - values)
    if not np.isfinite(noise.errors[leader]):
        return behind == 0
    errors = np.where(np.isfinite(noise.errors), noise.errors, noise.errors[leader])
    margin = critical_value(max(candidates or 0, len(values)), noise.freedom, confidence) * np.sqrt(
        errors**2 + errors[leader] ** 2
    )
    return behind <= margin


# The normal distribution's logarithm on a grid: interpolation is exact to 1e-9 and far faster than erfc in a loop.
_GRID = np.linspace(-12, 12, 24_001)


def _log_normal_cdf() -> NDArray[np.float64]:
    from math import erfc, log

    return np.array([log(erfc(-x / 2**0.5) / 2) for x in _GRID])


_LOG_CDF = _log_normal_cdf()


@lru_cache(maxsize=256)
def critical_value(candidates: int, freedom: float = float("inf"), confidence: float = CONFIDENCE) -> float:
    """How many standard errors of a difference a run may be behind the leader and still be tied with it.

    The constant d of Gupta's procedure, which is also the one-sided critical value of Dunnett's test for equal group
    sizes (correlation 1/2): P(max over i of (Z_i - Z_0) <= d sqrt(2) S) = confidence, where the Z are standard normal
    and S^2 is an independent chi-squared over its degrees of freedom.

    Args:
        candidates: How many runs are compared, the leader among them.
        freedom: Degrees of freedom of the standard error; infinite when it is known.
        confidence: The probability.
    """
    if candidates < 2:
        return 0.0
    at = np.linspace(-8, 8, 641)
    weight = np.exp(-(at**2) / 2)
    weight /= weight.sum()
    if np.isinf(freedom):
        scale, share = np.ones(1), np.ones(1)
    else:
        scale = np.linspace(1e-3, max(4.0, 1 + 12 / np.sqrt(freedom)), 400)
        log_density = (freedom - 1) * np.log(scale) - freedom * scale**2 / 2
        share = np.exp(log_density - log_density.max())
        share /= share.sum()

    def probability(value: float) -> float:
        reach = at[None, :] + value * 2**0.5 * scale[:, None]
        all_below = np.exp((candidates - 1) * np.interp(reach, _GRID, _LOG_CDF))
        return float(share @ all_below @ weight)

    low, high = 0.0, 4.0
    while probability(high) < confidence:
        high *= 2
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if probability(middle) < confidence else (low, middle)
    return high
