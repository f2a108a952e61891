"""What a ranking rests on: the data of each evaluation, the noise of each value, who ties with the leader."""

import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.noise import Noise, auroc_error, binomial_error, pooled_deviation, tied_with_leader
from mlreview.analysis.params import SEED_KEYS, canonical_param
from mlreview.entities import Dataset, Direction, RunTable

# Which contexts of a data set a metric's split may have been computed on, as MLflow and people name them.
_CONTEXTS = {
    "validation": frozenset({"validation", "valid", "val", "eval", "evaluation", "dev"}),
    "test": frozenset({"test", "testing", "holdout"}),
}
_UNNAMED = frozenset({"", "dataset"})
_MIN_FREEDOM = 3
"""Replicates count from four runs on: with fewer, their spread says next to nothing of itself."""

_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Data that runs were evaluated on.

    Two records are one set when name, source and number of examples agree: a digest is of the features, which
    another vocabulary changes. Data that nobody named (autolog calls it "dataset") go by their digest.
    """

    name: str
    identity: Hashable
    examples: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """How far a ranking can be trusted.

    Attributes:
        noise: Standard error of each ranked run's value; aligned with the runs as given.
        tied: bool, shape (runs,): can't be told from the leader.
        statements: What people should know, the most important first, each a sentence.
    """

    noise: Noise
    tied: NDArray[np.bool_]
    statements: tuple[str, ...]


def weigh(
    values: NDArray[np.float64],
    runs: RunTable,
    datasets: Sequence[Dataset],
    metric: str,
    direction: Direction,
    candidates: int,
) -> Evidence:
    """Weigh a ranking.

    Args:
        values: float64, shape (runs,): the ranked values, finite, best first.
        runs: The same runs, read with all their params and the tag of the code's commit.
        datasets: Of these runs.
        metric: What ranks.
        direction: ``max`` when higher is better.
        candidates: How many runs are ranked in all.
    """
    sets = evaluation_sets(datasets, metric)
    of_run = [sets.get(run_id) for run_id in runs.run_ids]
    noise = _noise(values, metric, of_run, _replicates(runs, datasets))
    tied = tied_with_leader(values, noise, direction, candidates)
    statements = [*_tie(tied, noise), *_comparable(of_run, candidates), *_seen_as_test(of_run, datasets, metric)]
    return Evidence(noise, tied, tuple(statements))


def evaluation_sets(datasets: Sequence[Dataset], metric: str) -> Mapping[str, EvaluationSet]:
    """The data that each run's value of this metric was computed on, by run id, as far as its records say.

    A run with no data set of the metric's split, or with several, has none.
    """
    wanted = _CONTEXTS.get(read_metric_name(metric).split)
    if wanted is None:
        wanted = _CONTEXTS["validation"] | _CONTEXTS["test"]
    found: dict[str, set[EvaluationSet]] = {}
    for dataset in datasets:
        if (dataset.context or "").lower() in wanted:
            found.setdefault(dataset.run_id, set()).add(_as_set(dataset))
    return {run_id: sets.pop() for run_id, sets in found.items() if len(sets) == 1}


def _as_set(dataset: Dataset) -> EvaluationSet:
    examples = _examples(dataset.profile)
    if dataset.name.lower() in _UNNAMED:
        return EvaluationSet(f"data {dataset.digest}", dataset.digest, examples)
    return EvaluationSet(dataset.name, (dataset.name, dataset.source, examples), examples)


def _examples(profile: str | None) -> int | None:
    """The number of examples in a profile as MLflow writes it for pandas, numpy and TensorFlow data."""
    try:
        facts = json.loads(profile or "")
    except ValueError:
        return None
    if not isinstance(facts, dict):
        return None
    for key in ("num_rows", "targets_shape", "features_shape"):
        value = facts.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, int) and value > 0:
            return value
    return None


def _replicates(runs: RunTable, datasets: Sequence[Dataset]) -> list[Hashable | None]:
    """One group for all runs that differ in a recorded seed alone: params, data and code agree."""
    used: dict[str, set[Hashable]] = {}
    for dataset in datasets:
        used.setdefault(dataset.run_id, set()).add((dataset.name, dataset.digest, dataset.context))
    commits = runs.tags.get(names.GIT_COMMIT_TAG)
    groups: list[Hashable | None] = []
    for row, run_id in enumerate(runs.run_ids):
        recorded = {key: column[row] for key, column in runs.params.items() if column[row] is not None}
        if not SEED_KEYS & recorded.keys():
            groups.append(None)
            continue
        configuration = frozenset(
            (key, canonical_param(key, value))
            for key, value in recorded.items()
            if key not in SEED_KEYS and not key.startswith(names.OWN_PREFIX)
        )
        commit = None if commits is None else commits[row]
        groups.append((configuration, frozenset(used.get(run_id, ())), commit))
    return groups


def _noise(
    values: NDArray[np.float64],
    metric: str,
    sets: Sequence[EvaluationSet | None],
    groups: Sequence[Hashable | None],
) -> Noise:
    """The larger of the two noises that are known: chance in training, and chance in what is evaluated on."""
    drawn = _evaluation_noise(values, metric, sets)
    deviation, freedom = pooled_deviation(values, groups)
    if freedom < _MIN_FREEDOM or not len(values) or deviation < np.nan_to_num(drawn.errors[0], nan=0.0):
        return drawn
    repeated = sum(count for group, count in Counter(groups).items() if group is not None and count > 1)
    words = f"the same configuration under another seed gives ±{deviation:.2g} ({repeated} runs, standard deviation)"
    return Noise("replicates", np.full(len(values), deviation), freedom, words)


def _evaluation_noise(values: NDArray[np.float64], metric: str, sets: Sequence[EvaluationSet | None]) -> Noise:
    examples = np.array([np.nan if found is None else float(found.examples or np.nan) for found in sets])
    words = read_metric_name(metric).words
    in_range = (values >= 0) & (values <= 1)
    if words & {"auroc", "auc", "rocauc"} and not words & {"pr", "prc"}:
        errors = auroc_error(np.clip(values, 0, 1), examples / 2, examples / 2)
        assumption = ", classes taken as balanced"
    elif words & {"accuracy", "acc"} and "balanced" not in words:
        errors, assumption = binomial_error(np.clip(values, 0, 1), examples), ""
    else:
        errors, assumption = np.full(len(values), np.nan), ""
    errors = np.where(in_range, errors, np.nan)
    if not len(values) or not np.isfinite(errors[0]):
        return Noise("unknown", np.full(len(values), np.nan), float("inf"), "noise unknown")
    reach = _TWO_SIDED_95 * errors[0]
    said = f"{examples[0]:,.0f} examples give the leader ±{reach:.2g} (95 %{assumption})"
    return Noise("evaluation set", errors, float("inf"), said)


def _tie(tied: NDArray[np.bool_], noise: Noise) -> list[str]:
    if not len(tied):
        return []
    if noise.source == "unknown":
        return ["How much of the differences is chance is unknown: no replicates, no size of the evaluation data"]
    count = int(tied.sum())
    if count == 1:
        return [f"The first is ahead of all others by more than chance: {noise.words}"]
    together = bool(tied[:count].all())
    which = f"1–{count} are a tie" if together else f"{count} runs are a tie, marked ≈"
    return [f"{which}: {noise.words}"]


def _comparable(sets: Sequence[EvaluationSet | None], candidates: int) -> list[str]:
    leader = sets[0] if sets else None
    if leader is None:
        return []
    same = sum(found is not None and found.identity == leader.identity for found in sets)
    size = f" ({leader.examples:,} examples)" if leader.examples else ""
    others = len(sets) - same
    if others:
        return [
            f"The leader is the best of {same:,} on {leader.name}{size}; the other {others:,} were evaluated on other "
            "data, or it isn't recorded on which: their values can't be compared with its"
        ]
    return [f"Best of {candidates:,} on {leader.name}{size}"]


def _seen_as_test(sets: Sequence[EvaluationSet | None], datasets: Sequence[Dataset], metric: str) -> list[str]:
    """A warning when the choice is made on data that is, or is elsewhere, reported as test."""
    if read_metric_name(metric).split == "test":
        return ["Ranked by a test metric: the value of whichever run is chosen by it is too good"]
    tests = {_as_set(d).identity for d in datasets if (d.context or "").lower() in _CONTEXTS["test"]}
    used = [found for found in sets if found is not None and found.identity in tests]
    if not used:
        return []
    of = f"{len(used):,} of these runs were" if len(used) > 1 else "1 of these runs was"
    return [f"{of} ranked on {used[0].name}, which other runs report as test: chosen by it, it tests nothing any more"]
