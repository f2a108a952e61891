"""How much worse than the baseline a run is, and how much of that is chance."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mlreview.analysis.baseline import BASELINE_COLUMNS, BaselineChoice, choose_baseline
from mlreview.analysis.deltas import deltas_from
from mlreview.analysis.evaluation import EVIDENCE_TAGS, weigh
from mlreview.analysis.evaluation_sets import EvaluationSet
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.analysis.team import team_choice
from mlreview.entities import Direction, Experiment, ModelVersion, Run, RunQuery, RunTable
from mlreview.review.requirements import Regression
from mlreview.store.base import RunStore

_NEIGHBOURS = 300
"""Newest runs of the experiment that are looked at for replicates, which show what another seed changes."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a run is compared within.

    Attributes:
        choice: The baseline: what is deployed now; else the team's.
        experiments: The run's own.
    """

    choice: BaselineChoice
    experiments: tuple[Experiment, ...]


def compare_with_baseline(store: RunStore, run: Run, metrics: Iterable[str]) -> tuple[Regression, ...]:
    """Compare a run's metrics with the baseline's.

    Args:
        store: To read from.
        run: The run.
        metrics: Keys.

    Raises:
        StoreError: The store or the registry does not answer: then nobody knows what is deployed.
    """
    wanted = tuple(metrics)
    if not wanted:
        return ()
    versions = store.model_versions()
    around = _neighbourhood(store, run, versions)
    baseline = around.choice.run_id
    if baseline is None:
        return tuple(Regression(one, problem=f"nothing to compare with: {around.choice.reason}") for one in wanted)
    if baseline == run.run_id:
        reason = f"it is the baseline itself, {around.choice.reason}"
        return tuple(Regression(one, problem=reason) for one in wanted)
    near = store.runs(RunQuery((run.experiment_id,), metrics=(), limit=_NEIGHBOURS)).run_ids
    ids = tuple(dict.fromkeys([run.run_id, baseline, *near]))
    table = store.runs(RunQuery(run_ids=ids, lifecycle="all", metrics=wanted, params=None, tags=EVIDENCE_TAGS))
    return tuple(_compare(store, run, around, key, table) for key in wanted)


def _neighbourhood(store: RunStore, run: Run, versions: Sequence[ModelVersion]) -> Neighbourhood:
    table = store.runs(RunQuery((run.experiment_id,), metrics=(), tags=BASELINE_COLUMNS))
    here = tuple(one for one in store.experiments("all") if one.experiment_id == run.experiment_id)
    # What the run would replace is what is deployed, even where the team has pinned another run to compare with.
    choice = choose_baseline(table, (), versions)
    return Neighbourhood(choice if choice.source == "deployed" else choose_baseline(table, here, versions), here)


def _compare(store: RunStore, run: Run, around: Neighbourhood, key: str, table: RunTable) -> Regression:
    baseline = around.choice.run_id or ""
    column = table.metrics[key]
    place = {run_id: at for at, run_id in enumerate(table.run_ids)}
    values = [float(column.values[place[one]]) if one in place else math.nan for one in (run.run_id, baseline)]
    name = (table.names[place[baseline]] if baseline in place else None) or baseline[:8]
    if not math.isfinite(values[0]):
        return Regression(key, problem=f"{key} was not logged, or is no number", comparable=False)
    if not math.isfinite(values[1]):
        reason = f"the baseline {name}, {around.choice.reason}, has no {key}"
        return Regression(key, problem=reason, comparable=False)
    direction = _direction(around, key, table)
    rows = np.flatnonzero(np.isfinite(column.values))
    order = np.argsort(-column.values[rows] if direction == "max" else column.values[rows], kind="stable")
    ranked = table.take(rows[order])
    data = store.datasets(tuple(ranked.run_ids))
    evidence = weigh(ranked.metrics[key].values, ranked, data, key, direction, len(ranked))
    where = {run_id: at for at, run_id in enumerate(ranked.run_ids)}
    mine, its = where[run.run_id], where[baseline]
    deltas = deltas_from(
        np.array([values[0]]),
        values[1],
        direction,
        errors=evidence.noise.errors[[mine]],
        baseline_error=float(evidence.noise.errors[its]),
        freedom=evidence.noise.freedom,
        data=[_identity(evidence.sets[mine])],
        baseline_data=_identity(evidence.sets[its]),
    )
    words = f"{key} {values[0]:.4g} beside {values[1]:.4g} of {name}, {around.choice.reason}"
    if deltas.verdicts[0] == "other data":
        return Regression(key, problem=f"{words}: evaluated on other data, so they don't compare", comparable=False)
    worse = (values[1] - values[0]) * (1 if direction == "max" else -1)
    return Regression(key, worse, float(deltas.margins[0]), words)


def _identity(found: EvaluationSet | None) -> Hashable | None:
    return found.identity if found else None


def _direction(around: Neighbourhood, key: str, table: RunTable) -> Direction:
    team = team_choice(around.experiments) if around.experiments else None
    choice = choose_ranking(table, key, None, team)
    return choice.direction if choice else "max"
