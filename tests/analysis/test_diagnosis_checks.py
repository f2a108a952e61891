"""Each rule against a run: the run's own figures, the threshold beside them, and no contradiction to the verdict."""

import re

import pytest

from mlreview.analysis import fit_rules
from mlreview.analysis.diagnosis import Diagnosis, diagnose
from mlreview.analysis.diagnosis_checks import share
from tests.analysis.test_diagnosis import OVERFIT, REGIMES, curves, decay, through


def said(found: Diagnosis, verdict: str) -> list[tuple[bool, str]]:
    return [(check.holds, check.says) for check in found.checks if check.verdict == verdict]


def test_overfitting_is_shown_condition_by_condition_with_the_runs_own_figures():
    found = said(diagnose(curves(OVERFIT)), "overfitting")
    assert all(holds for holds, _ in found)
    assert [says for _, says in found] == [
        "val_loss ends 115 % above its lowest average; a rise begins at 5 %.",
        "Chance alone could lift it by 0 %; a rise counts beyond that.",
        "The lowest average is 55 validations before the end; at least 3 are needed.",
        "Over the last validations it was 104 % above; at least 2.5 % are needed, so that the last point alone is no "
        "rise.",
        "loss did not rise since; from 50 % on both rise together, which is no overfitting.",
    ]


def test_a_good_fit_says_how_far_it_is_from_every_other_verdict():
    found = diagnose(curves(REGIMES["good_fit"]))
    assert {check.verdict for check in found.checks} == {rule.verdict for rule in fit_rules.RULES} - {"good_fit"}
    assert not any(check.holds for check in found.checks)


@pytest.mark.parametrize("regime", [regime for regime in REGIMES if regime != "good_fit"])
def test_the_verdict_that_is_given_has_a_condition_that_holds(regime: str):
    assert any(holds for holds, _ in said(diagnose(curves(REGIMES[regime])), regime))


@pytest.mark.parametrize("regime", REGIMES)
def test_every_condition_is_a_whole_sentence_with_a_figure(regime: str):
    for check in diagnose(curves(REGIMES[regime])).checks:
        assert check.says.endswith(".")
        assert re.search(r"\d|did not improve|rose with", check.says), check.says
        assert not re.search(r"nan|inf\b|-\d", check.says, re.IGNORECASE), check.says


def test_a_score_is_judged_by_what_it_lacks_and_said_to_be():
    score = {"accuracy": decay(0.6, 0.999, 41, 0.2), "val_accuracy": through((0, 0.6), (10, 0.92), (40, 0.86))}
    found = said(diagnose(curves(score)), "overfitting")
    assert found[0] == (True, "What val_accuracy lacks ends 68 % above its lowest average; a rise begins at 5 %.")
    assert (True, "As a score it fell by 0.056; at least 0.01 are of interest.") in found


def test_what_was_learnt_by_heart_is_shown_by_both_scores():
    losses = {"loss": decay(0.7, 0.01, 60, 0.3), "val_loss": [0.69] * 60}
    found = diagnose(curves({**losses, "AUROC": decay(0.5, 0.99, 60, 0.3), "val_AUROC": decay(0.5, 0.6, 60, 0.3)}))
    assert found.verdict == "overfitting"
    (holds, says) = said(found, "overfitting")[-1]
    assert holds
    assert says.startswith("Without a rise: val_AUROC is 0.600, and 0.990 on training data, which lacks 2.5 % of what")


@pytest.mark.parametrize("rule", fit_rules.RULES, ids=lambda rule: rule.verdict)
def test_a_threshold_has_a_sentence_that_names_its_value(rule: fit_rules.Rule):
    for threshold in rule.thresholds:
        value = threshold.value
        assert threshold.says.endswith(".")
        assert f"{value:g}" in threshold.says or f"{100 * value:g} %" in threshold.says


@pytest.mark.parametrize(
    ("value", "says"),
    [(1.224, "122 %"), (0.05, "5 %"), (0.0471, "4.7 %"), (0.0003, "0.03 %"), (1e-9, "0 %"), (-0.34, "−34 %"),
     (1e9, "more than a million %"), (float("inf"), "infinity")],
)  # fmt: skip
def test_a_share_has_as_few_digits_as_say_something(value: float, says: str):
    assert share(value) == says
