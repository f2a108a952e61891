"""Verdicts on curves that are made up: what each regime looks like, and what must not change a verdict."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlreview.analysis.diagnosis import Diagnosis, diagnose, diagnose_runs
from mlreview.analysis.diagnosis_curves import kept_steps, wanted_metrics
from mlreview.analysis.fit_rules import RULES, rule_of
from mlreview.entities import Curve, LoggedModel
from tests.curves import curve, curves

NAN = math.nan


def through(*points: tuple[int, float]) -> list[float]:
    """A value a step, straight from point to point; the first point is at 0."""
    values = [points[0][1]]
    for (start, low), (end, high) in pairwise(points):
        values += [low + (high - low) * (at - start) / (end - start) for at in range(start + 1, end + 1)]
    return values


def decay(first: float, last: float, epochs: int, rate: float) -> list[float]:
    return [last + (first - last) * math.exp(-rate * epoch) for epoch in range(epochs)]


OVERFIT = {"loss": decay(0.7, 0.01, 60, 0.3), "val_loss": through((0, 0.6), (3, 0.386), (59, 0.856))}
REGIMES: dict[str, dict[str, list[float]]] = {
    "overfitting": OVERFIT,
    "underfitting": {"loss": decay(0.70, 0.69, 40, 0.3), "val_loss": decay(0.70, 0.691, 40, 0.3)},
    "good_fit": {"loss": decay(0.7, 0.2, 60, 0.2), "val_loss": decay(0.7, 0.25, 60, 0.2)},
    "still_improving": {"loss": decay(0.7, 0.2, 20, 0.03), "val_loss": decay(0.7, 0.25, 20, 0.03)},
    "unstable": {
        "loss": [0.4 + 0.2 * (-1) ** epoch for epoch in range(40)],
        "val_loss": [0.5 + 0.3 * math.sin(2.4 * epoch) for epoch in range(40)],
    },
    "diverged": {"loss": [*decay(1, 0.5, 10, 0.3), *[NAN] * 5], "val_loss": [*decay(1, 0.5, 10, 0.3), *[NAN] * 5]},
    "insufficient_data": {"loss": [0.5, 0.4, 0.3], "val_loss": [0.6, 0.5, 0.4]},
}


def verdict(**metrics: Sequence[float]) -> str:
    return diagnose(curves(metrics)).verdict


@pytest.mark.parametrize("regime", REGIMES)
def test_each_regime_is_told_by_its_curves(regime: str):
    assert verdict(**REGIMES[regime]) == regime


def test_every_verdict_has_its_rule():
    assert {rule.verdict for rule in RULES} == set(REGIMES)
    assert all(rule_of(rule.verdict) is rule and rule.says and rule.source for rule in RULES)


def test_overfitting_is_said_so_that_it_can_be_checked_by_eye():
    auroc = through((0, 0.8), (3, 0.923), (59, 0.897))
    found = diagnose(curves({**OVERFIT, "val_AUROC": auroc}), ("val_AUROC", "max"), kept=(59,))
    assert found.text.startswith(
        "Overfitting from epoch 4 of 60: val_loss 0.386 → 0.856 (+122 %) while loss kept falling"
    )
    assert "val_AUROC 0.923 → 0.897." in found.text
    assert "The saved model is epoch 60; epoch 4 was not kept." in found.text
    assert found.text.endswith("Try EarlyStopping(restore_best_weights=True).")
    assert (found.metric, found.onset, found.best_step, found.last_step) == ("val_loss", 3, 3, 59)
    assert found.severity == "severe"


def test_overfitting_that_left_the_ranking_alone_is_less_grave_and_said_so():
    found = diagnose(curves({**OVERFIT, "val_AUROC": decay(0.7, 0.93, 60, 0.1)}), ("val_AUROC", "max"))
    assert found.verdict == "overfitting"
    assert found.severity == "moderate"
    assert "did not suffer" in found.text


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (None, "falling (0."),
        ((), "No model was saved."),
        ((3,), "The saved model is epoch 4. Take the model of epoch 4."),
        ((3, 59), "A model of epoch 4 was kept. Take the model of epoch 4."),
        ((20, 59), "The saved models are epoch 21, epoch 60; epoch 4 was not kept."),
    ],
)
def test_the_verdict_says_which_checkpoint_there_is(kept: tuple[int, ...] | None, says: str):
    text = diagnose(curves(OVERFIT), kept=kept).text
    assert says in text
    assert ("saved" in text or "kept." in text) == (kept is not None)


def test_the_point_that_early_stopping_adds_hides_nothing_and_says_what_was_restored():
    stopped = {key: [*values[:20], values[3]] for key, values in OVERFIT.items()}
    found = diagnose(curves(stopped), kept=(20,))
    assert (found.verdict, found.last_step, found.severity) == ("overfitting", 19, "mild")
    assert "EarlyStopping brought back the weights of epoch 4." in found.text


def test_nan_is_divergence_even_where_keras_gives_an_auroc_of_0_for_it():
    auroc = [0.3] * 4 + [0.0] * 6
    losses = {"loss": [9.4e3, 1.5e11, 3.5e23, math.inf, *[NAN] * 6], "val_loss": [8e4, 1.8e12, 4e24, 9e32, *[NAN] * 6]}
    found = diagnose(curves({**losses, "AUROC": auroc, "val_AUROC": auroc}), ("val_AUROC", "max"))
    assert (found.verdict, found.severity) == ("diverged", "severe")
    assert "from epoch 4 of 10 on" in found.text


@pytest.mark.parametrize("broken", [NAN, math.inf])
def test_a_loss_that_was_never_a_number_has_diverged(broken: float):
    assert verdict(loss=[broken] * 8, val_loss=[broken] * 8) == "diverged"


def test_a_training_loss_that_ends_above_where_it_began_has_diverged():
    assert (
        verdict(loss=through((0, 1.0), (5, 0.5), (20, 4.0)), val_loss=through((0, 1.0), (5, 0.5), (20, 5.0)))
        == "diverged"
    )


def test_validations_that_were_left_out_and_logged_as_nan_are_no_divergence():
    held = [value if epoch % 5 == 0 else NAN for epoch, value in enumerate(REGIMES["good_fit"]["val_loss"])]
    assert verdict(loss=REGIMES["good_fit"]["loss"], val_loss=held) == "good_fit"


def test_validation_every_fifth_epoch_is_judged_at_those_epochs_and_counted_in_epochs():
    steps = range(4, 60, 5)
    held = curve("val_loss", [OVERFIT["val_loss"][step] for step in steps], steps)
    found = diagnose((curve("loss", OVERFIT["loss"]), held))
    assert found.verdict == "overfitting"
    assert "from epoch 5 of 60" in found.text


def test_steps_that_are_no_epochs_are_called_steps():
    found = diagnose(curves(OVERFIT, [500 * epoch for epoch in range(60)]))
    assert "from step 1,500 of 29,500" in found.text


def test_a_hundred_thousand_steps_are_judged_by_their_course():
    steps = np.arange(100_000)
    noise = np.random.default_rng(0).normal(0, 0.05, (2, 100_000))
    held = np.interp(steps, [0, 20_000, 99_999], [0.7, 0.3, 0.5]) + noise[0]
    train = np.interp(steps, [0, 20_000, 99_999], [0.7, 0.3, 0.05]) + noise[1]
    found = diagnose(curves({"loss": list(train), "val_loss": list(held)}))
    assert found.verdict == "overfitting"
    assert found.onset is not None
    assert 15_000 < found.onset < 25_000


def test_a_score_alone_is_judged_by_what_it_lacks():
    falling = through((0, 0.6), (10, 0.92), (40, 0.86))
    assert verdict(accuracy=decay(0.6, 0.999, 41, 0.2), val_accuracy=falling) == "overfitting"
    percent = [100 * value for value in falling]
    assert verdict(accuracy=[100 * v for v in decay(0.6, 0.999, 41, 0.2)], val_accuracy=percent) == "overfitting"
    slightly = through((0, 0.6), (10, 0.992), (40, 0.986))
    assert verdict(accuracy=decay(0.6, 0.999, 41, 0.2), val_accuracy=slightly) == "good_fit"


def test_a_drop_of_the_learning_rate_is_no_progress_that_goes_on():
    held = [*decay(1.0, 0.5, 50, 0.3), *[0.4] * 12]
    assert verdict(loss=[0.9 * value for value in held], val_loss=held) == "good_fit"


def test_a_warm_up_with_a_first_epoch_that_explodes_changes_nothing():
    exploded = {key: [1e4, *values] for key, values in OVERFIT.items()}
    assert verdict(**exploded) == "overfitting"


def test_both_losses_rising_together_is_no_overfitting():
    both = through((0, 1.0), (10, 0.4), (40, 0.55))
    assert verdict(loss=both, val_loss=both) == "unstable"


def test_without_a_training_curve_a_rise_is_reported_but_not_judged():
    found = diagnose(curves({"val_loss": OVERFIT["val_loss"]}))
    assert found.verdict == "insufficient_data"
    assert "no training curve" in found.text
    assert "+122 %" in found.text


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({}, "no metric was logged over time"),
        ({"loss": decay(1, 0.1, 20, 0.2)}, "no curve on data that was not trained on"),
        ({"loss": decay(1, 0.1, 20, 0.2), "val_loss": [0.3]}, "no curve on data that was not trained on"),
        ({"loss": [0.5] * 4, "val_loss": [0.5] * 4}, "4 finite points"),
        ({"learning_rate": [0.1] * 20}, "no metric was logged over time"),
    ],
)
def test_what_can_not_be_known_is_not_guessed(metrics: dict[str, list[float]], says: str):
    found = diagnose(curves(metrics))
    assert (found.verdict, found.severity) == ("insufficient_data", "none")
    assert says in found.text


def test_the_last_value_logged_at_a_step_counts():
    doubled = tuple(
        curve(key, [v for value in values for v in (99.0, value)], [s for s in range(60) for _ in range(2)])
        for key, values in OVERFIT.items()
    )
    assert diagnose(doubled).onset == 3


# --- what must not change a verdict -------------------------------------------------------------------------------

regimes = st.sampled_from(sorted(REGIMES))


def judged(found: Diagnosis) -> tuple:
    return found.verdict, found.also, found.severity


@settings(deadline=None)
@given(regimes, st.floats(1e-6, 1e6))
def test_a_loss_times_a_constant_gets_the_same_verdict(regime: str, factor: float):
    scaled = {key: [factor * value for value in values] for key, values in REGIMES[regime].items()}
    assert judged(diagnose(curves(scaled))) == judged(diagnose(curves(REGIMES[regime])))


@settings(deadline=None)
@given(regimes, st.integers(-(10**9), 10**9))
def test_steps_that_begin_elsewhere_change_nothing_but_the_steps(regime: str, shift: int):
    size = len(REGIMES[regime]["loss"])
    found, before = (diagnose(curves(REGIMES[regime], range(at, at + size))) for at in (shift, 0))
    assert (judged(found), found.text) == (judged(before), before.text)
    assert found.last_step == before.last_step + shift


@settings(deadline=None)
@given(regimes.filter(lambda regime: regime not in ("diverged", "insufficient_data")))
def test_a_phantom_last_point_changes_no_verdict(regime: str):
    best = int(np.argmin(REGIMES[regime]["val_loss"][:-1]))  # EarlyStopping waits for an epoch at least
    longer = {key: [*values, values[best]] for key, values in REGIMES[regime].items()}
    found, before = diagnose(curves(longer)), diagnose(curves(REGIMES[regime]))
    assert (found.verdict, found.also, found.last_step) == (before.verdict, before.also, before.last_step)


any_float = st.floats(allow_nan=True, allow_infinity=True)
any_curve = st.builds(
    lambda key, points: Curve(
        "run",
        key,
        np.sort(np.array([step for step, _ in points], dtype=np.int64)),
        np.zeros(len(points), dtype=np.int64),
        np.array([value for _, value in points], dtype=np.float64),
        len(points),
    ),
    st.sampled_from(["loss", "val_loss", "val_AUROC", "AUROC", "test_loss", "restored_epoch", "val_r2", "r2", ""]),
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 30), any_float), max_size=40),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(any_curve, max_size=6, unique_by=lambda c: c.metric),
    st.sampled_from([None, ("val_AUROC", "max"), ("val_loss", "min"), ("val_r2", "min")]),
    st.none() | st.lists(st.integers(-3, 30), max_size=3),
)
def test_no_curve_whatsoever_makes_it_fail(some: list[Curve], ranking, kept):
    found = diagnose(some, ranking, kept)
    assert found.verdict in REGIMES
    assert found.evidence
    assert all(math.isfinite(v) for v in found.as_json("name").values() if isinstance(v, float))


# --- many runs ----------------------------------------------------------------------------------------------------


def test_many_runs_are_judged_in_the_order_asked_for_and_one_without_curves_too():
    some = [
        c
        for run_id, regime in (("b", "overfitting"), ("a", "good_fit"))
        for c in curves(REGIMES[regime], run_id=run_id)
    ]
    model = LoggedModel("m", "model", "b", "1", "somewhere", "READY", 0)
    found = diagnose_runs(some, ["a", "none", "b"], models=[model])
    assert [(d.run_id, d.verdict) for d in found] == [
        ("a", "good_fit"),
        ("none", "insufficient_data"),
        ("b", "overfitting"),
    ]
    assert "The saved model is epoch 60" in found[2].text


def test_a_model_logged_without_a_step_is_the_one_that_training_ended_with():
    models = [LoggedModel("m", "model", "run", "1", "somewhere", "READY", 0, step) for step in (0, 7)]
    assert kept_steps(models, curves(OVERFIT)) == (7, 59)


def test_only_the_curves_that_a_verdict_needs_are_read():
    keys = ["val_AUROC", "AUROC", "loss", "val_loss", "validation_loss", "precision", "val_precision", "learning_rate"]
    assert set(wanted_metrics(keys, "val_AUROC")) == {"loss", "val_loss", "AUROC", "val_AUROC"}
    assert wanted_metrics(["learning_rate"]) == ()


def test_an_r2_below_zero_is_underfitting_even_when_the_loss_fell_from_a_bad_start():
    losses = {"loss": decay(2.0, 1.0, 40, 0.5), "val_loss": decay(2.0, 1.02, 40, 0.5)}
    assert verdict(**losses, r2=decay(-1.0, 0.02, 40, 0.5), val_r2=decay(-1.0, -0.02, 40, 0.5)) == "underfitting"
    assert verdict(**losses, r2=decay(-1.0, 0.8, 40, 0.5), val_r2=decay(-1.0, 0.78, 40, 0.5)) == "good_fit"
