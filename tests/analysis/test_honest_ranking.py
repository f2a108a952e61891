"""Ties against simulation: over simulated sweeps the tie holds the truly best run in at least nine of ten.

Values are drawn as they come about: a model is right or wrong on each example, scores every example, is trained again
under another seed. The promise is 95 %; the bar leaves room for what the formulas approximate and for chance here.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from mlreview.analysis.evaluation import weigh
from mlreview.analysis.noise import Noise, auroc_error, binomial_error, pooled_deviation, tied_with_leader
from mlreview.entities import Dataset
from tests.tables import run_table

SWEEPS = 200
EXAMPLES = 200
CANDIDATES = (2, 10, 50, 200)


def shape(name: str, candidates: int, step: float) -> NDArray[np.float64]:
    """True qualities as offsets, the best one first."""
    if name == "all equal":
        return np.zeros(candidates)
    if name == "one better":
        return np.r_[step, np.zeros(candidates - 1)]
    return -step * np.linspace(0, 3, candidates)  # graded


def held(values: NDArray[np.float64], noise: Noise) -> bool:
    """The truly best run, the first, is among those that tie with whichever leads."""
    order = np.argsort(-values, kind="stable")
    errors = Noise(noise.source, noise.errors[order], noise.freedom, "")
    return bool(tied_with_leader(values[order], errors, "max")[int(np.flatnonzero(order == 0)[0])])


def from_size(errors: NDArray[np.float64]) -> Noise:
    return Noise("evaluation set", errors, float("inf"), "")


@pytest.mark.parametrize("same_examples", [False, True], ids=["own examples", "same examples"])
@pytest.mark.parametrize("name", ["all equal", "one better", "graded"])
@pytest.mark.parametrize("candidates", CANDIDATES)
def test_ties_by_accuracy_hold_the_truly_best_run(name, candidates, same_examples):
    rng = np.random.default_rng([candidates, len(name), same_examples])
    truth = 0.82 + shape(name, candidates, 0.02)
    count = 0
    for _ in range(SWEEPS):
        if same_examples:
            # Half of what makes an example hard is common to all models: they err together.
            hard = rng.random(EXAMPLES) < 0.5
            common, own = rng.random(EXAMPLES), rng.random((candidates, EXAMPLES))
            right = np.where(hard, common, own) < truth[:, None]
            seen = right.mean(axis=1)
        else:
            seen = rng.binomial(EXAMPLES, truth) / EXAMPLES
        count += held(seen, from_size(binomial_error(seen, np.full(candidates, float(EXAMPLES)))))
    assert count >= 0.9 * SWEEPS


@pytest.mark.parametrize("positives", [60, 15], ids=["balanced", "one in eight"])
@pytest.mark.parametrize("name", ["all equal", "one better", "graded"])
@pytest.mark.parametrize("candidates", CANDIDATES)
def test_ties_by_auroc_hold_the_truly_best_run(name, candidates, positives):
    rng = np.random.default_rng([candidates, len(name), positives])
    sweeps = 40 if candidates == 200 else SWEEPS // 2
    negatives = 120 - positives
    apart = 1.5 + shape(name, candidates, 0.15)
    count = 0
    for _ in range(sweeps):
        high = rng.standard_normal((candidates, positives)) + apart[:, None]
        low = rng.standard_normal((candidates, negatives))
        place = np.argsort(np.argsort(np.concatenate([high, low], axis=1), axis=1), axis=1)[:, :positives]
        seen = (place.sum(axis=1) - positives * (positives - 1) / 2) / (positives * negatives)
        sizes = np.full(candidates, float(positives)), np.full(candidates, float(negatives))
        count += held(seen, from_size(np.maximum(auroc_error(seen, *sizes), auroc_error(seen, *sizes[::-1]))))
    assert count >= 0.9 * sweeps


@pytest.mark.parametrize("replicates", [4, 12])
@pytest.mark.parametrize("name", ["all equal", "one better", "graded"])
@pytest.mark.parametrize("candidates", CANDIDATES)
def test_ties_by_replicates_hold_the_truly_best_run(name, candidates, replicates):
    """Every training ends a little elsewhere, and its accuracy is then counted on the examples."""
    rng = np.random.default_rng([candidates, len(name), replicates])
    truth = 0.82 + shape(name, candidates, 0.02)

    def trained(quality: NDArray[np.float64]) -> NDArray[np.float64]:
        ends = np.clip(quality + 0.01 * rng.standard_normal(quality.shape), 0, 1)
        return rng.binomial(EXAMPLES, ends) / EXAMPLES

    count = 0
    for _ in range(SWEEPS):
        seen = trained(truth)
        deviation, freedom = pooled_deviation(trained(np.full(replicates, 0.80)), ["same"] * replicates)
        count += held(seen, Noise("replicates", np.full(candidates, deviation), freedom, ""))
    assert count >= 0.9 * SWEEPS


def test_a_tie_is_no_larger_than_it_must_be():
    """Against a tie of everything with everything: a model that is plainly better stands alone."""
    rng = np.random.default_rng(5)
    alone = 0
    for _ in range(SWEEPS):
        seen = rng.binomial(EXAMPLES, np.r_[0.97, np.full(19, 0.75)]) / EXAMPLES
        alone += tied_with_leader(seen, from_size(binomial_error(seen, np.full(20, 200.0))), "max").sum() == 1
    assert alone >= 0.95 * SWEEPS


@pytest.mark.parametrize("wobble", [0.002, 0.03], ids=["data decide", "seeds decide"])
def test_the_ranking_as_it_is_weighed_holds_the_truly_best_run(wobble):
    """From recorded params, seeds and data to the tie: nine configurations, and five seeds of a tenth."""
    rng = np.random.default_rng(7)
    truth = 0.8 - 0.004 * np.r_[np.arange(9), np.full(5, 9)]
    seeds = np.array([*["0"] * 9, *"12345"])
    widths = np.array([*map(str, range(9)), *["9"] * 5])
    datasets = [
        Dataset(f"run-{row}", "posts", "d", "http", "x", profile='{"num_rows": 200}', context="val")
        for row in range(14)
    ]
    count, sources = 0, set()
    for _ in range(SWEEPS):
        seen = rng.binomial(EXAMPLES, np.clip(truth + wobble * rng.standard_normal(14), 0, 1)) / EXAMPLES
        order = np.argsort(-seen, kind="stable")
        runs = run_table(14, params={"seed": list(seeds[order]), "units": list(widths[order])})
        evidence = weigh(seen[order], runs, datasets, "val_accuracy", "max", 14)
        sources.add(evidence.noise.source)
        count += bool(evidence.tied[int(np.flatnonzero(order == 0)[0])])
    assert count >= 0.9 * SWEEPS
    assert sources == {"replicates", "evaluation set"}
