"""What makes a ranking to be trusted, put together: baseline, deltas, names that stand in, models that were kept.

This is the one place that knows what has to be read for it; whoever calls it hands over how that is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.aliases import Aliases, Substituted, extremes_of_parts, substitute
from mlreview.analysis.baseline import Baseline, BaselineChoice, measure_baseline
from mlreview.analysis.deltas import Deltas, deltas_from, no_deltas
from mlreview.analysis.evaluation import EVIDENCE_TAGS, Evidence, value_error
from mlreview.analysis.evaluation_sets import class_counts, evaluation_sets
from mlreview.analysis.kept import Kept, describe_kept, kept_models
from mlreview.analysis.leaderboard import Ranking, rank
from mlreview.entities import (
    Aggregate,
    Dataset,
    Direction,
    Experiment,
    LoggedModel,
    MetricExtremes,
    RunQuery,
    RunTable,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read what a ranking needs beside its table, with or without a cache. See ``RunStore``."""

    runs: Callable[[RunQuery], RunTable]
    extremes: Callable[[tuple[str, ...], str], MetricExtremes]
    datasets: Callable[[tuple[str, ...]], tuple[Dataset, ...]]
    logged_models: Callable[[tuple[str, ...]], tuple[LoggedModel, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """What is known of the ranked rows that are shown, beside their values.

    Attributes:
        baseline: What they are compared with, or why with nothing.
        deltas: One for each row.
        kept: Whether the model behind each value was kept; empty where the last value ranks.
        logged_as: The name under which each row logged its value, ``None`` where it is the ranking metric's own.
        substituted: How many of all runs rank by which other name, in words; empty when none does.
    """

    baseline: Baseline
    deltas: Deltas
    kept: tuple[Kept, ...]
    logged_as: tuple[str | None, ...]
    substituted: str

    @property
    def statements(self) -> tuple[str, ...]:
        """All of it, each a sentence without its full stop."""
        said = (
            self.baseline.describe(),
            *self.baseline.choice.remarks,
            self.deltas.statement,
            describe_kept(self.kept),
            self.substituted,
        )
        return tuple(one for one in said if one)


def judge(
    found: Substituted,
    ranking: Ranking,
    rows: RunTable,
    evidence: Evidence,
    choice: BaselineChoice,
    reading: Reading,
    aliases: Aliases,
    experiments: Sequence[Experiment] = (),
) -> Trust:
    """Put together what is known of the first rows of a ranking.

    Args:
        found: The table that was ranked.
        ranking: Of ``found.table``.
        rows: The first ranked rows, in their order, read with their params.
        evidence: Of the same rows.
        choice: Which run is the baseline.
        reading: How to read what is missing.
        aliases: Of the settings.
        experiments: All of the store, for their names.
    """
    count = len(rows)
    places = ranking.rows[:count]
    baseline = find_baseline(choice, found.table, ranking, reading, aliases, experiments)
    run_ids = tuple(rows.run_ids)
    kept: tuple[Kept, ...] = ()
    if ranking.by != "last" and count:
        models = reading.logged_models(run_ids)
        kept = kept_models(found.table.take(places), rows, ranking.metric, ranking.steps[:count], models)
    return Trust(
        baseline,
        compare_with(baseline, run_ids, ranking.values[:count], evidence, ranking, reading),
        kept,
        found.logged_as(places),
        found.describe(),
    )


def rank_substituted(found: Substituted, direction: Direction, by: Aggregate, reading: Reading) -> Ranking:
    """Rank a table that may hold values of other names; histories are read name by name, and only where needed."""
    table, metric = found.table, found.metric
    if by == "last" or metric not in table.metrics:
        return rank(table, metric, direction)
    parts = [(rows, reading.extremes(tuple(table.run_ids[rows]), key)) for key, rows in found.parts()]
    return rank(table, metric, direction, by, extremes_of_parts(len(table), metric, parts))


def find_baseline(
    choice: BaselineChoice,
    table: RunTable,
    ranking: Ranking,
    reading: Reading,
    aliases: Aliases,
    experiments: Sequence[Experiment] = (),
) -> Baseline:
    """The baseline with its value; a run that is not in the table is read, whatever became of it.

    Args:
        choice: Which run it is.
        table: As it was ranked.
        ranking: Of ``table``.
        reading: How to read.
        aliases: The baseline may have logged the metric under another name, too.
        experiments: All of the store, for their names.
    """
    elsewhere = None
    if choice.run_id is not None and not (table.run_ids == choice.run_id).any():
        one = reading.runs(RunQuery(run_ids=(choice.run_id,), lifecycle="all"))
        found = substitute(one, ranking.metric, aliases)
        elsewhere = found.table, rank_substituted(found, ranking.direction, ranking.by, reading)
    named = {experiment.experiment_id: experiment.name for experiment in experiments}
    return measure_baseline(choice, table, ranking, elsewhere, named.get)


def compare_with(
    baseline: Baseline,
    run_ids: Sequence[str],
    values: NDArray[np.float64],
    evidence: Evidence,
    ranking: Ranking,
    reading: Reading,
) -> Deltas:
    """Deltas of ranked rows against the baseline.

    Args:
        baseline: With its value.
        run_ids: Of the rows, in the order of ``values``.
        values: float64, shape (rows,): the ranked values.
        evidence: Of the same rows.
        ranking: What was ranked.
        reading: How to read the data sets of a baseline that is not among the rows.
    """
    run_id = baseline.choice.run_id
    if run_id is None or baseline.value is None:
        return no_deltas(len(values))
    at = next((row for row, one in enumerate(run_ids) if one == run_id), None)
    if at is not None:
        error, found = float(evidence.noise.errors[at]), evidence.sets[at]
    else:
        query = RunQuery(run_ids=(run_id,), lifecycle="all", metrics=(), tags=EVIDENCE_TAGS)
        counts = class_counts(reading.runs(query), ranking.metric)
        found = evaluation_sets(reading.datasets((run_id,)), ranking.metric, counts).get(run_id)
        error = value_error(baseline.value, ranking.metric, found, evidence.noise) if len(values) else float("nan")
    return deltas_from(
        values,
        baseline.value,
        ranking.direction,
        errors=evidence.noise.errors,
        baseline_error=error,
        freedom=evidence.noise.freedom,
        at=at,
        data=[one.identity if one else None for one in evidence.sets],
        baseline_data=found.identity if found else None,
    )
