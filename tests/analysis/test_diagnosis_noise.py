"""Verdicts on noisy curves: a rise that is there is seen, and one that is chance is not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlreview.analysis.curve_shape import Points, shape_of
from mlreview.analysis.diagnosis import Diagnosis, diagnose
from tests.curves import curves

SEEDS = range(40)


def noisy(train: np.ndarray, held: np.ndarray, noise: float, seed: int) -> Diagnosis:
    """The diagnosis with a log-normal draw on each point."""
    draw = np.random.default_rng(seed)
    made = {
        key: list(values * np.exp(noise * draw.standard_normal(len(values))))
        for key, values in (("loss", train), ("val_loss", held))
    }
    return diagnose(curves(made))


def fall(epochs: int, last: float) -> np.ndarray:
    return last + (1 - last) * np.exp(-0.2 * np.arange(epochs))


def rising(epochs: int, by: float) -> np.ndarray:
    """Falls to its lowest within a sixth of the run, then rises by a share of it."""
    return np.interp(np.arange(epochs), [0, epochs // 6, epochs - 1], [0.8, 0.4, 0.4 * (1 + by)])


@pytest.mark.parametrize(("epochs", "noise", "by"), [(30, 0.05, 0.45), (60, 0.1, 0.45), (200, 0.1, 0.25)])
def test_a_rise_far_above_the_noise_of_averages_is_never_called_noise(epochs: int, noise: float, by: float):
    said = [noisy(fall(epochs, 0.05), rising(epochs, by), noise, seed).verdict for seed in SEEDS]
    assert said.count("overfitting") >= 0.95 * len(said), said


@pytest.mark.parametrize("epochs", [15, 30, 60, 200])
@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1])
def test_a_plateau_with_noise_and_a_constant_gap_is_no_overfitting(epochs: int, noise: float):
    said = [noisy(fall(epochs, 0.05), fall(epochs, 0.4), noise, seed).verdict for seed in SEEDS]
    assert said.count("overfitting") <= 0.05 * len(said), said


def test_the_more_epochs_the_smaller_the_rise_that_is_seen():
    found = [
        sum(noisy(fall(n, 0.05), rising(n, 0.2), 0.1, seed).verdict == "overfitting" for seed in SEEDS)
        for n in (20, 60, 200)
    ]
    assert found[0] < found[1] < found[2]


def test_a_rise_that_came_down_again_halfway_is_still_a_rise():
    held = np.interp(np.arange(60), [0, 8, 35, 59], [1.0, 0.4, 0.64, 0.52])
    assert noisy(fall(60, 0.05), held, 0.02, 0).verdict == "overfitting"


def test_a_training_loss_that_falls_on_while_validation_rests_is_a_good_fit():
    found = diagnose(curves({"loss": list(fall(60, 0.001)), "val_loss": list(fall(60, 0.4))}))
    assert found.verdict == "good_fit"


def test_data_learnt_by_heart_from_the_first_epoch_on_are_overfitting_without_any_rise():
    held = {"val_loss": [0.69] * 20, "val_AUROC": [0.53] * 20}
    found = diagnose(curves({"loss": list(fall(20, 0.001)), "AUROC": list(1 - 0.4 * fall(20, 0.0)), **held}))
    assert (found.verdict, found.severity) == ("overfitting", "moderate")
    assert found.text.startswith("Overfitting: val_AUROC is 0.530 and ")
    assert "does not carry over" in found.text
    assert found.onset is None


def test_a_slow_wander_is_unstable_though_no_two_validations_differ_by_much():
    said = []
    for seed in SEEDS:
        draw = np.random.default_rng(seed)
        wander = [0.0]
        for _ in range(39):
            wander.append(0.5 * wander[-1] + 0.15 * draw.standard_normal())
        held = 0.4 * np.exp(np.array(wander))
        said.append(diagnose(curves({"loss": list(fall(40, 0.3)), "val_loss": list(held)})).verdict)
    assert said.count("unstable") >= 0.7 * len(said), said


def test_a_last_value_far_above_the_best_without_a_trend_is_no_good_fit():
    held = [*fall(40, 0.4), 0.52]
    found = diagnose(curves({"loss": list(fall(41, 0.3)), "val_loss": held}))
    assert found.verdict == "unstable"
    assert "and not by a trend" in found.text


def test_one_bad_validation_in_between_changes_nothing():
    held = list(fall(40, 0.4))
    held[25] = 4.0
    assert diagnose(curves({"loss": list(fall(40, 0.3)), "val_loss": held})).verdict == "good_fit"


def test_a_training_loss_that_swings_to_above_its_start_has_not_diverged_while_validation_has_not_risen():
    train = [1.0, 0.9, *[0.8, 1.6] * 10]
    found = diagnose(curves({"loss": train, "val_loss": [1.0 + 0.5 * math.sin(2.4 * at) for at in range(22)]}))
    assert found.verdict == "unstable"


values = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=70)


@settings(max_examples=200, deadline=None)
@given(values, st.sampled_from(["min", "max"]))
def test_a_shape_has_a_smoothed_point_for_each_point_within_their_range(some: list[float], direction):
    shape = shape_of(Points(np.arange(len(some)), np.array(some)), direction)
    assert shape is not None
    assert len(shape.smooth) == len(some)
    slack = 1e-9 * max(np.abs(shape.error).max(), 1)
    assert shape.error.min() - slack <= shape.smooth.min()
    assert shape.smooth.max() <= shape.error.max() + slack
    assert shape.noise >= 0
    assert shape.scale > 0


def test_the_training_loss_at_the_onset_is_the_one_on_the_curve():
    draw = np.random.default_rng(0)
    train = fall(60, 0.001) * np.exp(0.01 * draw.standard_normal(60))
    held = np.interp(np.arange(60), [0, 3, 59], [0.6, 0.386, 0.856])
    found = diagnose(curves({"loss": list(train), "val_loss": list(held)}))
    assert f"({np.sort(train[2:5])[1]:.3f} → {train[-1]:.3g})" in found.text
