"""Metrics under standard names and the points of the common plots, checked against what they must be."""

import json

import numpy as np
import pytest
from sklearn import metrics

from mlreview.errors import BadInputError
from mlreview.training.evaluate import MAX_POINTS, Evaluation, check_predictions, evaluate, prefix
from mlreview.training.pictures import draw

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, 2_000)
SCORE = np.clip(TRUTH * 0.3 + RNG.random(2_000) * 0.7, 0, 1)


def measure(truth: object, score: object, **options: object) -> Evaluation:
    one, other, classification = check_predictions(truth, score, "auto")
    return evaluate(one, other, classification=classification, **options)  # type: ignore[arg-type]


def plots(found: Evaluation) -> dict[str, dict]:
    return {plot.kind: json.loads(plot.to_json("test")) for plot in found.plots}


def test_two_classes_are_measured_and_drawn():
    found = measure(TRUTH, SCORE, classes=("baseball", "hockey"))
    assert found.metrics["roc_auc"] == metrics.roc_auc_score(TRUTH, SCORE)
    assert found.metrics["accuracy"] == metrics.accuracy_score(TRUTH, SCORE > 0.5)
    assert found.metrics["brier_score"] == pytest.approx(metrics.brier_score_loss(TRUTH, SCORE))
    drawn = plots(found)
    assert set(drawn) == {"confusion_matrix", "roc", "precision_recall", "calibration"}
    assert drawn["confusion_matrix"]["labels"] == ["baseball", "hockey"]
    assert sum(map(sum, drawn["confusion_matrix"]["matrix"])) == 2_000
    roc = drawn["roc"]
    assert (roc["x"][0], roc["y"][0], roc["x"][-1], roc["y"][-1]) == (0, 0, 1, 1)
    assert len(roc["x"]) <= MAX_POINTS


@pytest.mark.parametrize(
    "score", [SCORE[:, None], np.stack([1 - SCORE, SCORE], axis=1)], ids=["a column", "both classes"]
)
def test_probabilities_of_two_classes_may_come_in_any_shape(score: np.ndarray):
    assert measure(TRUTH, score).metrics == measure(TRUTH, SCORE).metrics


def test_scores_that_are_no_probabilities_have_no_log_loss():
    found = measure(TRUTH, SCORE * 10 - 5)
    assert "log_loss" not in found.metrics
    assert found.metrics["roc_auc"] == pytest.approx(metrics.roc_auc_score(TRUTH, SCORE))
    assert "calibration" not in plots(found)


def test_one_class_alone_has_no_area():
    found = measure(np.ones(5), np.full(5, 0.9))
    assert found.metrics["accuracy"] == 1
    assert "roc_auc" not in found.metrics


def test_several_classes_are_measured_by_their_probabilities():
    truth = RNG.integers(0, 3, 300)
    score = RNG.dirichlet([1, 1, 1], 300)
    found = measure(truth, score)
    assert found.metrics["accuracy"] == np.mean(score.argmax(axis=1) == truth)
    assert found.metrics["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, score, multi_class="ovr"))
    assert plots(found)["confusion_matrix"]["labels"] == ["0", "1", "2"]


def test_labels_without_scores_are_counted():
    found = measure(["a", "b", "b"], ["a", "b", "a"])
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert plots(found)["confusion_matrix"]["matrix"] == [[1, 0], [1, 1]]


def test_values_are_measured_with_their_residuals():
    truth = RNG.normal(size=3_000)
    found = measure(truth, truth + 0.5)
    assert found.metrics == pytest.approx(
        {"mae": 0.5, "rmse": 0.5, "max_error": 0.5, "r2": metrics.r2_score(truth, truth + 0.5)}
    )
    residuals = plots(found)["residuals"]
    assert set(residuals["y"]) == {-0.5}
    assert residuals["x"] == sorted(residuals["x"])


def test_stars_that_are_predicted_as_fractions_are_values():
    assert "rmse" in measure([1, 2, 3, 4, 5], [1.2, 2.1, 2.9, 4.4, 4.6]).metrics


@pytest.mark.parametrize(
    ("truth", "score"),
    [([0, 1], [0.5]), ([], []), ([0, 1], [0.5, float("nan")]), ([[[1]]], [1]), ([0, 1, 2], [[0.5, 0.5]] * 3)],
)
def test_what_does_not_belong_together_is_refused(truth: list, score: list):
    with pytest.raises(BadInputError):
        check_predictions(truth, score, "auto")


def test_metrics_are_called_after_their_split():
    assert [prefix(split) for split in ("test", "validation", "train")] == ["test_", "val_", "train_"]


def test_each_plot_makes_a_picture():
    names = ("a $label", "another")
    for found in (measure(TRUTH, SCORE, classes=names), measure(RNG.normal(size=50), RNG.normal(size=50))):
        for plot in found.plots:
            assert draw(plot, "test").startswith(b"\x89PNG")
