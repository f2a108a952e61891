"""How good predictions are, under standard names, and the points of the common plots."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from mlreview.errors import BadInputError

VERSION = 1
MAX_POINTS = 500
MAX_CLASSES = 50
BINS = 10
Task = Literal["auto", "classification", "regression"]
_PREFIXES = {"validation": "val", "valid": "val", "training": "train"}


@dataclass(frozen=True, slots=True)
class Plot:
    """The points of one plot, for whoever draws it.

    Attributes:
        kind: ``confusion_matrix``, ``roc``, ``precision_recall``, ``calibration`` or ``residuals``.
        x_label, y_label: Of the axes.
        x, y: Points; for a matrix empty.
        labels: Names of the classes of a matrix, in the order of its rows (true) and columns (predicted).
        matrix: Counts.
        reference: Two ends of the line that says nothing: chance, or perfect calibration; empty for none.
        facts: Figures that belong to the plot, such as the area.
    """

    kind: str
    x_label: str
    y_label: str
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[int, ...], ...] = ()
    reference: tuple[tuple[float, float], ...] = ()
    facts: dict[str, float] = field(default_factory=dict)

    def to_json(self, split: str) -> str:
        """As it is stored."""
        names = ("kind", "x_label", "y_label", "x", "y", "labels", "matrix", "reference", "facts")
        return json.dumps({"version": VERSION, "split": split} | {name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metrics without the name of the split, and plots."""

    metrics: dict[str, float]
    plots: tuple[Plot, ...]


def can_evaluate() -> bool:
    """Whether scikit-learn, which measures, is installed."""
    return find_spec("sklearn") is not None


def prefix(split: str) -> str:
    """What metrics of a split begin with: ``test_``, ``val_``, ``train_``."""
    return f"{_PREFIXES.get(split, split)}_"


def check_predictions(y_true: Any, y_score: Any, task: Task) -> tuple[np.ndarray, np.ndarray, bool]:
    """Truth and scores as arrays, and whether they are of a classification.

    Raises:
        BadInputError: They don't belong together, or one of them is no number. Nothing was logged.
    """
    truth, score = np.asarray(y_true), np.asarray(y_score)
    hint = "Give the true values and, for each of them, the predicted probability, value or label."
    if truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth[:, 0]
    if score.ndim == 2 and score.shape[1] == 1:
        score = score[:, 0]
    if truth.ndim == 2:
        truth = truth.argmax(axis=1)  # one-hot
    if truth.ndim != 1 or score.ndim not in (1, 2) or len(truth) != len(score) or not len(truth):
        raise BadInputError(f"y_true {truth.shape} and y_score {score.shape} don't belong together.", hint=hint)
    for name, one in (("y_true", truth), ("y_score", score)):
        if one.dtype.kind == "f" and not np.all(np.isfinite(one)):
            raise BadInputError(f"{name} holds NaN or an infinite number: nothing was measured.", hint=hint)
    if task not in ("auto", "classification", "regression"):
        raise BadInputError(f"{task!r} is no task.", hint="There is classification and regression.")
    if task == "auto":
        count = len(np.unique(truth))
        # Five stars predicted as 3.7 are a value, not a label; a probability belongs to two classes.
        labels = _is_whole(truth) and count <= MAX_CLASSES and (count <= 2 or _is_whole(score))
        task = "classification" if score.ndim == 2 or labels else "regression"
    if task == "classification" and score.ndim == 2:
        classes = np.unique(truth)
        if truth.dtype.kind in "fiub" and classes.max() < score.shape[1] and classes.min() >= 0:
            truth = truth.astype(np.int64)
        elif len(classes) != score.shape[1]:
            raise BadInputError(f"There are {len(classes)} classes and {score.shape[1]} columns of scores.", hint=hint)
    return truth, score, task == "classification"


def _is_whole(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or bool(np.all(values == np.floor(values)))


def evaluate(truth: np.ndarray, score: np.ndarray, *, classification: bool, classes: Sequence[str] = ()) -> Evaluation:
    """Measure, with scikit-learn.

    Args:
        truth: Labels or values, shape (examples,).
        score: Probabilities of the second class or values, shape (examples,); probabilities of each class, shape
            (examples, classes); or predicted labels.
        classification: See ``check_predictions``.
        classes: What the labels 0, 1, ... are called.
    """
    if not classification:
        return _regression(truth.astype(float), score.astype(float))
    labels = np.unique(truth)
    if score.ndim == 2 and score.shape[1] == 2 and len(labels) <= 2:
        score = score[:, 1]
    if score.ndim == 2:
        return _several(truth, score, classes)
    if score.dtype.kind not in "f" or len(labels) > 2:
        return _labels_alone(truth, score, classes)
    return _binary(truth, score, classes)


def _binary(truth: np.ndarray, score: np.ndarray, classes: Sequence[str]) -> Evaluation:
    from sklearn import metrics

    labels = np.unique(truth)
    positive = labels[-1] if len(labels) == 2 or labels[-1] != 0 else 1
    true = (truth == positive).astype(int)
    probabilities = bool(score.min() >= 0 and score.max() <= 1)
    predicted = (score > (0.5 if probabilities else 0.0)).astype(int)
    measured = _of_labels(true, predicted, average="binary")
    plots = [_matrix(true, predicted, _named(labels, classes) if len(labels) == 2 else ())]
    if len(labels) == 2:
        measured["roc_auc"] = float(metrics.roc_auc_score(true, score))
        measured["average_precision"] = float(metrics.average_precision_score(true, score))
        wrong, right, _ = metrics.roc_curve(true, score)
        precision, recall, _ = metrics.precision_recall_curve(true, score)
        share = float(true.mean())
        plots += [
            Plot(
                "roc",
                "False positive rate",
                "True positive rate",
                *_thin(wrong, right),
                reference=((0.0, 0.0), (1.0, 1.0)),
                facts={"roc_auc": measured["roc_auc"]},
            ),
            Plot(
                "precision_recall",
                "Recall",
                "Precision",
                *_thin(recall[::-1], precision[::-1]),
                reference=((0.0, share), (1.0, share)),
                facts={"average_precision": measured["average_precision"]},
            ),
        ]
    if probabilities:
        measured["log_loss"] = float(metrics.log_loss(true, score, labels=[0, 1]))
        measured["brier_score"] = float(np.mean((score - true) ** 2))
        plots.append(_calibration(true, score, measured["brier_score"]))
    return Evaluation(measured, tuple(plots))


def _several(truth: np.ndarray, score: np.ndarray, classes: Sequence[str]) -> Evaluation:
    from sklearn import metrics

    labels = np.arange(score.shape[1]) if truth.dtype.kind == "i" else np.unique(truth)
    predicted = labels[score.argmax(axis=1)]
    measured = _of_labels(truth, predicted, average="macro")
    sums = score.sum(axis=1)
    if score.min() >= 0 and np.allclose(sums, 1, atol=1e-3):
        normal = score / sums[:, None]
        measured["log_loss"] = float(metrics.log_loss(truth, normal, labels=labels))
        if len(np.unique(truth)) == len(labels):
            measured["roc_auc"] = float(metrics.roc_auc_score(truth, normal, multi_class="ovr", labels=labels))
    plots = (_matrix(truth, predicted, _named(labels, classes), labels),) if len(labels) <= MAX_CLASSES else ()
    return Evaluation(measured, plots)


def _labels_alone(truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> Evaluation:
    if truth.dtype.kind in "fiub" and predicted.dtype.kind in "fiub":
        truth, predicted = truth.astype(float), predicted.astype(float)
    else:
        truth, predicted = truth.astype(str), predicted.astype(str)
    labels = np.unique(np.concatenate([truth, predicted]))
    plots = (_matrix(truth, predicted, _named(labels, classes), labels),) if len(labels) <= MAX_CLASSES else ()
    return Evaluation(_of_labels(truth, predicted, average="macro"), plots)


def _regression(truth: np.ndarray, predicted: np.ndarray) -> Evaluation:
    from sklearn import metrics

    left = truth - predicted
    measured = {
        "mae": float(np.mean(np.abs(left))),
        "rmse": float(np.sqrt(np.mean(left**2))),
        "max_error": float(np.max(np.abs(left))),
    }
    if len(truth) > 1:
        measured["r2"] = float(metrics.r2_score(truth, predicted))
    at = np.linspace(0, len(truth) - 1, min(len(truth), 4 * MAX_POINTS)).astype(int)
    order = at[np.argsort(predicted[at])]
    ends = ((float(predicted.min()), 0.0), (float(predicted.max()), 0.0))
    plot = Plot(
        "residuals",
        "Predicted",
        "True minus predicted",
        _plain(predicted[order]),
        _plain(left[order]),
        reference=ends,
        facts={"rmse": measured["rmse"]},
    )
    return Evaluation(measured, (plot,))


def _of_labels(truth: np.ndarray, predicted: np.ndarray, average: Any) -> dict[str, float]:
    from sklearn import metrics

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth,
        predicted,
        average=average,
        zero_division=0,  # pyright: ignore[reportArgumentType]
    )
    return {
        "accuracy": float(np.mean(truth == predicted)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
    }


def _matrix(truth: np.ndarray, predicted: np.ndarray, names: tuple[str, ...], labels: Any = (0, 1)) -> Plot:
    from sklearn import metrics

    counts = metrics.confusion_matrix(truth, predicted, labels=list(labels))
    rows = tuple(tuple(int(count) for count in row) for row in counts)
    named = names or tuple(str(label) for label in labels)
    return Plot("confusion_matrix", "Predicted", "True", labels=named, matrix=rows)


def _calibration(true: np.ndarray, score: np.ndarray, brier: float) -> Plot:
    """Observed share over predicted probability, in ten equal bins; empty ones are left out."""
    bins = np.minimum((score * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    there = counts > 0
    predicted = np.bincount(bins, weights=score, minlength=BINS)[there] / counts[there]
    observed = np.bincount(bins, weights=true, minlength=BINS)[there] / counts[there]
    return Plot(
        "calibration",
        "Predicted probability",
        "Observed share",
        _plain(predicted),
        _plain(observed),
        reference=((0.0, 0.0), (1.0, 1.0)),
        facts={"brier_score": brier},
    )


def _named(labels: np.ndarray, classes: Sequence[str]) -> tuple[str, ...]:
    if classes and labels.dtype.kind in "fiub":
        return tuple(str(classes[int(at)]) if 0 <= int(at) < len(classes) else str(at) for at in labels.tolist())
    whole = labels.dtype.kind == "f" and np.all(labels == np.floor(labels))
    return tuple(str(one) for one in (labels.astype(int) if whole else labels).tolist())


def _thin(x: np.ndarray, y: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """At most 500 of the points, both ends among them."""
    at = np.unique(np.linspace(0, len(x) - 1, min(len(x), MAX_POINTS)).astype(int))
    return _plain(x[at]), _plain(y[at])


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
