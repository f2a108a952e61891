"""Metrics against a baseline: how far each run is from it, whether that is better, whether it is more than chance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlreview.analysis.deltas import Verdict, deltas_from
from mlreview.analysis.diff import Comparison
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.evaluation import noise_of
from mlreview.analysis.evaluation_sets import class_counts, evaluation_sets
from mlreview.analysis.leaderboard import summarise_metrics
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.noise import Noise
from mlreview.entities import Direction, RunTable

NOISE_UNKNOWN = "noise unknown"
_WORDS: Mapping[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "equal": "the same",
    "within noise": "within noise",
    "other data": "evaluated on other data",
}


@dataclass(frozen=True, slots=True)
class MetricCells:
    """One metric's row against the baseline; every tuple has one entry a run.

    Attributes:
        key: The metric.
        direction: Which way is better; ``None`` where neither the team nor the name says.
        deltas: Value less the baseline's, in the metric's unit; ``None`` where either is missing or not finite.
        percents: The same in percent of the baseline's absolute value; ``None`` also where that is 0.
        verdicts: ``better``, ``worse``, ``within noise`` ... ; never better or worse without a direction.
        beyond_noise: It is known how far chance moves the difference, and it is larger than that. ``better`` without
            it is the sign of a number and no finding: it is never coloured, and said to be unknown.
        best: The run has the best value of those that were evaluated on the baseline's data, where values differ
            and the direction is known.
        noise: On what ``within noise`` rests, for people; empty where the noise is unknown.
        margins: A difference up to this is within noise; ``None`` where that is unknown.
    """

    key: str
    direction: Direction | None
    deltas: tuple[float | None, ...]
    percents: tuple[float | None, ...]
    verdicts: tuple[Verdict, ...]
    beyond_noise: tuple[bool, ...]
    best: tuple[bool, ...]
    noise: str
    margins: tuple[float | None, ...] = ()

    def judgement(self, at: int) -> str:
        """What one run's difference says, in a few words; empty where there is nothing to say."""
        verdict = self.verdicts[at]
        if verdict in ("better", "worse") and not self.beyond_noise[at]:
            return f"{verdict}, {NOISE_UNKNOWN}"
        return _WORDS.get(verdict, "")


def against_baseline(
    row: DiffRow, baseline: int, comparison: Comparison, directions: Mapping[str, Direction], training: bool
) -> MetricCells:
    """Judge one metric.

    Args:
        row: Of the section Metrics.
        baseline: Position of the baseline among the runs.
        comparison: What the row is from, for the noise.
        directions: What the team, or the viewer, says of some metrics; else the name says.
        training: It is one of ``training_metrics``.
    """
    values = np.array([math.nan if value is None else float(value) for value in row.values])
    name = read_metric_name(row.key)
    direction = directions.get(row.key) or (name.direction if name.direction_known else None)
    runs, datasets = comparison.recorded.runs, comparison.recorded.datasets
    found_sets = {} if training else evaluation_sets(datasets, row.key, class_counts(runs, row.key))
    sets = [found_sets.get(str(run_id)) for run_id in runs.run_ids]
    noise = no_noise(len(values)) if training else noise_of(values, row.key, sets, comparison.replicates, baseline)
    data = [None if one is None else one.identity for one in sets]
    found = deltas_from(
        values,
        float(values[baseline]),
        direction or "max",
        errors=noise.errors,
        baseline_error=float(noise.errors[baseline]),
        freedom=noise.freedom,
        at=baseline,
        data=data,
        baseline_data=data[baseline],
    )
    base = abs(float(values[baseline]))
    deltas = tuple(None if at == baseline or not math.isfinite(d) else float(d) for at, d in enumerate(found.values))
    percents = tuple(None if d is None or not base > 0 else 100 * d / base for d in deltas)
    verdicts: tuple[Verdict, ...] = found.verdicts
    if direction is None or training:  # better on the data it was trained on is not better
        verdicts = tuple("unknown" if verdict in ("better", "worse") else verdict for verdict in verdicts)
    return MetricCells(
        key=row.key,
        direction=direction,
        deltas=deltas,
        percents=percents,
        verdicts=verdicts,
        beyond_noise=tuple(
            bool(beyond) and verdict in ("better", "worse")
            for verdict, beyond in zip(verdicts, found.beyond_noise, strict=True)
        ),
        best=_best(
            np.where([verdict == "other data" for verdict in verdicts], np.nan, values), None if training else direction
        ),
        noise=noise.words.replace("the leader", "the baseline") if noise.source != "unknown" else "",
        margins=tuple(float(margin) if np.isfinite(margin) else None for margin in found.margins),
    )


def training_metrics(runs: RunTable) -> frozenset[str]:
    """Metrics of the data that a run was trained on: their noise is none of an evaluation."""
    return frozenset(summary.name.key for summary in summarise_metrics(runs) if summary.training)


def no_noise(rows: int) -> Noise:
    """What there is where nothing says how far chance moves a value."""
    return Noise("unknown", np.full(rows, np.nan), float("inf"), "noise unknown")


def _best(values: np.ndarray, direction: Direction | None) -> tuple[bool, ...]:
    finite = values[np.isfinite(values)]
    if direction is None or len(finite) < 2 or finite.min() == finite.max():
        return (False,) * len(values)
    return tuple(bool(value == (finite.max() if direction == "max" else finite.min())) for value in values)
