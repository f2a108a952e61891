"""How strongly a metric goes together with params, over many runs: association, which need not be a cause.

A sweep seldom varies one param at a time, and runs that went badly were often stopped, so nothing here says what a
param *does*. What it says: how much worse a simple model predicts the metric of runs that it has not seen when the
values of one param are shuffled among them (permutation importance: Breiman, "Random Forests", Machine Learning 45,
2001, section 10; on held-out runs, so that a param that is only memorised gets nothing).

The model is a ridge regression of the metric's rank on the params: a number by its rank and by its quarter, so that a
best value in the middle is seen; a text by its value. Ranks, because one diverged run would else decide alone.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.diff_values import unique_to_each
from mlreview.analysis.params import as_numbers, canonical_param
from mlreview.entities import TextColumn

MIN_RUNS = 20
MAX_RUNS = 2_000
_RUNS_A_PARAM = 5
_FOLDS = 5
_SHUFFLES = 20
_RIDGE = 1.0
_MIN_FIT = 0.1
"""A model that explains less than this share of held-out ranks says nothing of any param."""
_MAX_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Association:
    """What goes together with a metric.

    Attributes:
        n: Runs that it rests on: those with a finite value.
        fit: Share of the variance of held-out ranks that the model explains; NaN where there is no model.
        importance: Param and how much of that share is lost when it is shuffled, the most first; empty where there is
            no model, or none that is better than the mean.
        remark: Why there is nothing, in a sentence without its full stop; else empty.
    """

    n: int
    fit: float
    importance: tuple[tuple[str, float], ...]
    remark: str


def associate(
    params: Mapping[str, TextColumn], values: NDArray[np.float64], keys: Sequence[str], seed: int = 0
) -> Association:
    """Measure how params go together with a metric.

    Args:
        params: Text columns, one entry a run.
        values: float64, shape (runs,); NaN where a run has none.
        keys: Params in question, the most telling first.
        seed: Of the shuffles and folds: the same question has the same answer.
    """
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) > MAX_RUNS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_RUNS, replace=False))
    n = len(rows)
    if n < MIN_RUNS:
        return Association(n, math.nan, (), f"{n} runs have the metric: too few, {MIN_RUNS} are needed")
    usable = [key for key in keys if key in params and not key.startswith(names.OWN_PREFIX)]
    blocks = {key: block for key in usable if (block := _features(key, params[key][rows])) is not None}
    kept = list(blocks)[: max(1, n // _RUNS_A_PARAM)]
    if not kept:
        return Association(n, math.nan, (), "no param varies in a way that could go together with the metric")
    target = _ranks(values[rows])
    if target.std() == 0:
        return Association(n, math.nan, (), "all runs have the same value")
    features = [blocks[key] for key in kept]
    return _permuted(kept, features, target, np.random.default_rng(seed))


def _permuted(
    keys: Sequence[str], blocks: Sequence[NDArray[np.float64]], target: NDArray[np.float64], rng: np.random.Generator
) -> Association:
    n = len(target)
    folds = rng.permutation(n) % _FOLDS
    matrix = np.hstack(blocks)
    ends = np.cumsum([block.shape[1] for block in blocks])
    total = float(((target - target.mean()) ** 2).sum())
    missed, lost = 0.0, np.zeros(len(keys))
    for fold in range(_FOLDS):
        seen, held = folds != fold, np.flatnonzero(folds == fold)
        centre, mean = matrix[seen].mean(axis=0), target[seen].mean()
        known = matrix[seen] - centre
        weights = np.linalg.solve(known.T @ known + _RIDGE * np.eye(known.shape[1]), known.T @ (target[seen] - mean))
        parts = matrix - centre
        error = target[held] - mean - parts[held] @ weights
        missed += float((error**2).sum())
        for at, end in enumerate(ends):
            begin = end - blocks[at].shape[1]
            own = parts[held, begin:end] @ weights[begin:end]
            shuffled = np.stack([own[rng.permutation(len(held))] for _ in range(_SHUFFLES)])
            lost[at] += float(((error + own - shuffled) ** 2).sum(axis=1).mean() - (error**2).sum())
    fit = 1 - missed / total
    if fit < _MIN_FIT:
        return Association(n, fit, (), "these params do not predict the metric of runs that were held out")
    shares = sorted(zip(keys, (lost / total).tolist(), strict=True), key=lambda one: -one[1])
    return Association(n, fit, tuple((key, max(0.0, share)) for key, share in shares), "")


def _features(key: str, column: TextColumn) -> NDArray[np.float64] | None:
    """One param as columns for the model, or ``None`` where it doesn't vary, or says which run it is."""
    spelt = [None if value is None else canonical_param(key, value) for value in column]
    counts = Counter(spelt)
    if len(counts) < 2:
        return None
    position = {value: at for at, value in enumerate(counts)}
    groups = [-1 if value is None else position[value] for value in spelt]
    if unique_to_each(spelt, groups):
        return None
    numbers = as_numbers(column)
    if numbers is not None and len(counts) > 2:
        present = np.array([value is not None for value in numbers])
        found = np.array([math.nan if value is None else value for value in numbers])
        ranks = np.zeros(len(found))
        ranks[present] = _ranks(found[present]) / max(1, present.sum()) - 0.5
        quarters = np.clip(((ranks + 0.5) * 4).astype(int), 0, 3)
        columns = [ranks, *((quarters == quarter) & present for quarter in range(4))]
        if not present.all():
            columns.append(~present)
        return np.column_stack(columns).astype(float)
    levels = [value for value, _ in counts.most_common(_MAX_LEVELS)]
    return np.column_stack([[value == level for value in spelt] for level in levels]).astype(float)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0, ties share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(values)) - 1
    ranks = np.empty(len(values))
    ranks[order] = ((starts + ends) / 2)[np.cumsum(first) - 1]
    return ranks
