"""The rules of noise against values computed by hand or printed in tables, and ties against simulation."""

import numpy as np
import pytest

from mlreview.analysis.noise import (
    Noise,
    auroc_error,
    binomial_error,
    critical_value,
    pooled_deviation,
    tied_with_leader,
)


def known(errors: list[float] | np.ndarray, freedom: float = float("inf")) -> Noise:
    return Noise("evaluation set", np.asarray(errors, dtype=float), freedom, "")


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_accuracy_on_796_posts_is_known_to_plus_minus_26_thousandths():
    error = binomial_error(array(0.83), array(796))[0]
    assert error == pytest.approx(np.sqrt(0.83 * 0.17 / 796))
    assert 1.96 * error == pytest.approx(0.026, abs=0.0005)


def test_perfect_accuracy_on_few_examples_is_still_a_draw():
    assert binomial_error(array(1.0), array(20))[0] == pytest.approx(np.sqrt(0.025 * 0.975 / 20))


def test_auroc_error_is_the_example_of_hanley_and_mcneil():
    # Their worked example: 51 abnormal and 58 normal images, area 0.893, standard error 0.032.
    assert auroc_error(array(0.893), array(51), array(58))[0] == pytest.approx(0.032, abs=0.0006)


def test_auroc_error_agrees_with_simulation():
    rng = np.random.default_rng(0)
    positives, negatives, shift = 60, 90, 1.2
    areas = []
    for _ in range(3000):
        high = rng.exponential(1, positives) * np.exp(shift)
        low = rng.exponential(1, negatives)
        areas.append((high[:, None] > low[None, :]).mean())
    assert auroc_error(array(float(np.mean(areas))), array(positives), array(negatives))[0] == pytest.approx(
        np.std(areas), rel=0.1
    )


def test_pooled_deviation_by_hand():
    # Squares within: (1, 3) give 2, (10, 12, 14) give 8; degrees of freedom 1 + 2.
    deviation, freedom = pooled_deviation(array(1, 3, 10, 12, 14, 99, np.nan), ["a", "a", "b", "b", "b", None, "a"])
    assert deviation == pytest.approx(np.sqrt(10 / 3))
    assert freedom == 3


def test_without_replicates_there_is_no_deviation():
    deviation, freedom = pooled_deviation(array(1, 2), ["a", "b"])
    assert np.isnan(deviation)
    assert freedom == 0


@pytest.mark.parametrize(
    ("candidates", "freedom", "expected"),
    [
        # One-sided 5 % points of Dunnett's test against a control, equal sizes (Dunnett 1955, table 1a).
        (2, float("inf"), 1.645),
        (3, float("inf"), 1.92),
        (5, float("inf"), 2.16),
        (10, float("inf"), 2.42),
        (2, 10, 1.81),
        (4, 10, 2.34),
        (5, 20, 2.30),
        (6, 20, 2.39),
        (3, 5, 2.44),
    ],
)
def test_critical_values_are_those_of_dunnetts_table(candidates, freedom, expected):
    assert critical_value(candidates, freedom) == pytest.approx(expected, abs=0.012)


def test_the_margin_grows_with_the_number_of_runs_that_were_tried():
    assert critical_value(10_000) > critical_value(100) > critical_value(2)
    assert critical_value(1) == 0


@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_run_far_behind_is_no_tie_and_one_close_behind_is(direction):
    sign = 1 if direction == "max" else -1
    values = sign * array(0.90, 0.89, 0.50)
    assert tied_with_leader(values, known([0.01] * 3), direction).tolist() == [True, True, False]


def test_where_noise_is_unknown_only_equal_values_tie():
    noise = Noise("unknown", np.full(3, np.nan), float("inf"), "")
    assert tied_with_leader(array(0.9, 0.9, 0.8999), noise, "max").tolist() == [True, True, False]


def test_no_runs_no_ties():
    assert tied_with_leader(array(), known([]), "max").tolist() == []


@pytest.mark.parametrize("runs", [2, 6, 20])
@pytest.mark.parametrize("spread", [0.0, 0.5, 2.0])
def test_a_tie_holds_the_truly_best_run_in_nine_of_ten_sweeps(runs, spread):
    """Errors known by formula and different for each run, as on evaluation sets of different sizes."""
    rng = np.random.default_rng(runs)
    held = 0
    for _ in range(1000):
        truth = spread * rng.standard_normal(runs)
        errors = rng.uniform(0.7, 1.3, runs)
        seen = truth + errors * rng.standard_normal(runs)
        held += tied_with_leader(seen, known(errors), "max")[int(np.argmax(truth))]
    assert held >= 900


@pytest.mark.parametrize("runs", [3, 12])
def test_a_tie_holds_the_truly_best_run_when_noise_comes_from_four_replicates(runs):
    rng = np.random.default_rng(runs)
    held = 0
    for _ in range(1000):
        truth = 0.3 * rng.standard_normal(runs)
        seen = truth + rng.standard_normal(runs)
        deviation, freedom = pooled_deviation(rng.standard_normal(4), ["a"] * 4)
        noise = Noise("replicates", np.full(runs, deviation), freedom, "")
        held += tied_with_leader(seen, noise, "max")[int(np.argmax(truth))]
    assert held >= 900


def test_a_clear_winner_is_not_drowned_in_ties():
    rng = np.random.default_rng(1)
    alone = 0
    for _ in range(200):
        truth = np.array([8.0, *[0.0] * 9])
        alone += tied_with_leader(truth + rng.standard_normal(10), known([1.0] * 10), "max").sum() == 1
    assert alone >= 180
