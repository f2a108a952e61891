"""Verdicts by other names of a metric: judged as the fellow that is known, quoted as it was logged."""

import pytest

from mlreview.analysis.aliases import Aliases
from mlreview.analysis.diagnosis import diagnose, diagnose_runs
from mlreview.analysis.diagnosis_names import wanted_by_any_name
from tests.analysis.test_diagnosis import OVERFIT, REGIMES, curves, decay, through

NAMES = Aliases((("val_loss", "nll"), ("val_AUROC", "val_auc", "area")))
WORSE = through((0, 0.8), (3, 0.923), (59, 0.897))


def test_a_held_out_loss_under_a_name_that_says_nothing_is_judged_and_quoted_as_logged():
    some = curves({"loss": OVERFIT["loss"], "nll": OVERFIT["val_loss"]})
    assert diagnose(some).verdict == "insufficient_data"
    found = diagnose(some, aliases=NAMES)
    assert (found.verdict, found.metric, found.train_metric) == ("overfitting", "nll", "loss")
    assert found.text.startswith("Overfitting from epoch 4 of 60: nll 0.386 → 0.856 (+122 %) while loss kept falling")
    assert "val_loss" not in found.text + " ".join(check.says for check in found.checks)


@pytest.mark.parametrize("name", ["val_AUROC", "val_auc", "area"])
def test_what_became_of_the_ranking_metric_is_told_by_whichever_name_the_run_has(name: str):
    found = diagnose(curves({**OVERFIT, name: WORSE}), ("val_AUROC", "max"), aliases=NAMES)
    assert f"{name} 0.923 → 0.897." in found.text
    assert found.severity == "severe"


def test_without_the_alias_the_ranking_metric_is_not_told():
    assert "area" not in diagnose(curves({**OVERFIT, "area": WORSE}), ("val_AUROC", "max")).text


def test_names_that_pair_up_by_themselves_are_left_alone():
    some = curves({"auc": decay(0.6, 0.999, 41, 0.2), "val_auc": through((0, 0.6), (10, 0.92), (40, 0.86))})
    found = diagnose(some, ("val_AUROC", "max"), aliases=NAMES)
    assert (found.verdict, found.metric, found.train_metric) == ("overfitting", "val_auc", "auc")


def test_a_run_that_logged_both_names_is_judged_by_its_own():
    found = diagnose(curves({**OVERFIT, "nll": REGIMES["good_fit"]["val_loss"]}), aliases=NAMES)
    assert (found.verdict, found.metric) == ("overfitting", "val_loss")


@pytest.mark.parametrize("regime", REGIMES)
def test_aliases_of_other_metrics_change_nothing(regime: str):
    found, before = (
        diagnose(curves(REGIMES[regime]), aliases=one) for one in (Aliases((("a", "b"), ("val_loss", "x"))), Aliases())
    )
    assert found == before


def test_runs_of_two_frameworks_are_judged_side_by_side():
    other = {"loss": OVERFIT["loss"], "nll": OVERFIT["val_loss"], "area": WORSE}
    both = (*curves({**OVERFIT, "val_AUROC": WORSE}, run_id="keras"), *curves(other, run_id="torch"))
    keras, torch = diagnose_runs(both, ["keras", "torch"], ("val_AUROC", "max"), aliases=NAMES)
    assert keras.verdict == torch.verdict == "overfitting"
    assert keras.severity == torch.severity
    assert torch.text == keras.text.replace("val_loss", "nll").replace("val_AUROC", "area")


def test_every_name_of_what_is_wanted_is_read_and_nothing_that_is_not_there():
    keys = ["loss", "nll", "area", "learning_rate", "val_auc", "auc"]
    wanted = set(wanted_by_any_name(keys, "val_AUROC", NAMES))
    assert {"loss", "nll", "area", "val_auc", "auc"} == wanted
    assert set(wanted_by_any_name(["loss", "val_loss", "x"], None, Aliases())) == {"loss", "val_loss"}
