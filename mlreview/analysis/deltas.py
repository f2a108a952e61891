"""How far each run is from the baseline, and whether that is more than chance."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.noise import CONFIDENCE, critical_value
from mlreview.entities import Direction

Verdict = Literal["better", "worse", "equal", "within noise", "other data", "baseline", "unknown"]
"""What a delta says. ``other data``: the two were evaluated on different data, so the difference says little of the
models. ``unknown``: there is no delta."""

MARKS: Mapping[Verdict, str] = {"better": "▲", "worse": "▼", "equal": "=", "within noise": "≈", "other data": "≠"}
UNSURE_MARKS: Mapping[Verdict, str] = {"better": "△", "worse": "▽"}
"""The same signs hollow, and never in a colour: how far chance moves the metric is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Deltas:
    """Differences from the baseline.

    Attributes:
        values: float64, shape (runs,): value less the baseline's, in the metric's own unit and sign; NaN where either
            is missing or not finite.
        verdicts: What each of them says, by the direction of the metric.
        margins: float64, shape (runs,): a difference up to this is within noise; NaN where the noise is unknown.
        statement: On what the verdicts rest, a sentence without its full stop; empty without a baseline.
    """

    values: NDArray[np.float64]
    verdicts: tuple[Verdict, ...]
    margins: NDArray[np.float64]
    statement: str

    @property
    def within_noise(self) -> NDArray[np.bool_]:
        """bool, shape (runs,): to be drawn grey, because the difference may be chance or that of the data."""
        return np.array([verdict in ("within noise", "other data") for verdict in self.verdicts], bool)

    @property
    def beyond_noise(self) -> NDArray[np.bool_]:
        """bool, shape (runs,): the difference is known to be more than chance, and may be drawn green or red.

        ``better`` without it is the sign of a number and no finding.
        """
        judged = np.array([verdict in ("better", "worse") for verdict in self.verdicts], bool)
        return judged & np.isfinite(self.margins)


def no_deltas(rows: int) -> Deltas:
    """What there is without a baseline."""
    nothing = np.full(rows, np.nan)
    return Deltas(nothing, ("unknown",) * rows, nothing, "")


def for_more_rows(deltas: Deltas, rows: int) -> Deltas:
    """The same deltas, followed by rows that have none: those without a rank."""
    more = rows - len(deltas.values)
    unknown: tuple[Verdict, ...] = ("unknown",) * more
    nothing = np.full(more, np.nan)
    return Deltas(
        np.concatenate([deltas.values, nothing]),
        (*deltas.verdicts, *unknown),
        np.concatenate([deltas.margins, nothing]),
        deltas.statement,
    )


def deltas_from(
    values: NDArray[np.float64],
    baseline: float | None,
    direction: Direction,
    *,
    errors: NDArray[np.float64] | None = None,
    baseline_error: float = float("nan"),
    freedom: float = float("inf"),
    at: int | None = None,
    data: Sequence[Hashable | None] | None = None,
    baseline_data: Hashable | None = None,
) -> Deltas:
    """Differences from the baseline, judged.

    A difference is within noise when it is no more than the two-sided 95 % margin of a difference of two: the standard
    errors add as squares. Two models that were evaluated on the same examples err together on some of them, which makes
    their difference surer than that; how much is not recorded, so they are taken as independent.

    Args:
        values: float64, shape (runs,); NaN and infinities have no delta.
        baseline: The baseline's value; ``None`` or not finite where there is none.
        direction: ``max`` when higher is better.
        errors: float64, shape (runs,): standard errors of the values; NaN where unknown.
        baseline_error: Standard error of the baseline's value.
        freedom: Degrees of freedom behind the errors.
        at: Which of the runs the baseline is, when it is one of them.
        data: What identifies the evaluation data of each run; ``None`` where it isn't recorded.
        baseline_data: The same of the baseline.
    """
    size = len(values)
    if baseline is None or not np.isfinite(baseline):
        return no_deltas(size)
    finite = np.isfinite(values)
    differences = np.full(size, np.nan)
    differences[finite] = values[finite] - baseline
    margins = np.full(size, np.nan)
    if errors is not None and np.isfinite(baseline_error):
        # For two runs Gupta's constant is the one-sided point of Student's t: 2.5 % on each side.
        reach = critical_value(2, freedom, (1 + CONFIDENCE) / 2)
        margins = reach * np.sqrt(errors**2 + baseline_error**2)
    other_data = np.zeros(size, bool)
    if data is not None and baseline_data is not None:
        other_data = np.array([one is not None and one != baseline_data for one in data], bool)
    sign = 1 if direction == "max" else -1

    def judge(row: int) -> Verdict:
        difference = differences[row]
        if row == at:
            return "baseline"
        if np.isnan(difference):
            return "unknown"
        if other_data[row]:
            return "other data"
        if abs(difference) <= margins[row]:  # false where the margin is NaN
            return "within noise"
        if difference == 0:
            return "equal"
        return "better" if sign * difference > 0 else "worse"

    verdicts: tuple[Verdict, ...] = tuple(judge(row) for row in range(size))
    return Deltas(differences, verdicts, margins, _statement(verdicts, margins))


def _statement(verdicts: Sequence[Verdict], margins: NDArray[np.float64]) -> str:
    compared = [row for row, verdict in enumerate(verdicts) if verdict not in ("baseline", "unknown")]
    if not compared:
        return "No other run has a value to compare with the baseline's"
    parts = []
    counts = {
        verdict: verdicts.count(verdict) for verdict in ("better", "worse", "within noise", "equal", "other data")
    }
    words = {
        "better": "better than the baseline",
        "worse": "worse",
        "within noise": "too close to tell",
        "equal": "equal",
        "other data": "not comparable, evaluated on other data",
    }
    parts.append(
        ", ".join(f"{count:,} {words[verdict]}" for verdict, count in counts.items() if count) or "All equal it"
    )
    if np.isnan(margins[compared]).all():
        parts.append("how much of a difference is chance is unknown, so none has a colour")
    else:
        parts.append("a difference within the 95 % margin of two independent values is grey")
    return "; ".join(parts)
