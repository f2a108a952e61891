"""The baselines: scikit-learn models on the features of the sweep, tracked so that they rank beside the networks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from mlreview.demo.data import DemoData, Prepared
from mlreview.demo.plan import SKLEARN_NAMES, BaselineSpec
from mlreview.demo.tracking import data_sets, recorded_id, start_tags
from mlreview.demo.train import feature_params
from mlreview.training.track import track

TREES = 200


def train_baseline(spec: BaselineSpec, data: DemoData, prepared: Prepared, experiment_id: str) -> str:
    """Fit and track one baseline.

    Returns:
        The id of its run.
    """
    with track(
        spec.name,
        seed=spec.seed,
        data=data_sets(data, prepared),
        params={"model": spec.kind, "seed": spec.seed} | feature_params(prepared),
        tags=start_tags(spec.name, data, prepared, None),
        experiment_id=experiment_id,
        autolog="sklearn" if spec.kind == "random forest" else False,
        log_models=False,
    ) as run:
        if spec.kind == "logistic regression":
            _logistic_regression(spec, data, prepared)
        else:
            _random_forest(spec, prepared)
        return recorded_id(run)


def _logistic_regression(spec: BaselineSpec, data: DemoData, prepared: Prepared) -> None:
    """Tracked by hand: a few lines are enough for a model without epochs."""
    import mlflow
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    model = LogisticRegression(max_iter=1000, random_state=spec.seed).fit(prepared.train.x, prepared.train.y)
    mlflow.log_params({name: model.get_params()[name] for name in ("C", "solver", "max_iter")})
    scores = _log_scores(model, prepared)
    mlflow.log_metric("val_loss", float(log_loss(prepared.validation.y, scores)))
    figure = precision_recall_figure(prepared.validation.y, scores, title=f"{spec.name}: {data.target_names[1]}")
    mlflow.log_figure(figure, "precision_recall.png")


def _random_forest(spec: BaselineSpec, prepared: Prepared) -> None:
    """Tracked by autologging. No val_loss: a forest says 0 and 1 outright, and one wrong 1 makes a loss infinite."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=TREES, random_state=spec.seed)
    model.fit(prepared.train.x, prepared.train.y)
    _log_scores(model, prepared, SKLEARN_NAMES)


def _log_scores(model: Any, prepared: Prepared, names: Mapping[str, str] = MappingProxyType({})) -> np.ndarray:
    """Log the networks' metrics of the validation data and return the predicted probabilities.

    ``names`` are other names for them; by default they are called as the networks call them.

    Keras estimates the area from 200 thresholds and here it is exact: on these data they differ by less than 0.001.
    """
    import mlflow
    from sklearn.metrics import roc_auc_score

    truth = prepared.validation.y
    scores = model.predict_proba(prepared.validation.x)[:, 1]
    measured = {
        "val_AUROC": float(roc_auc_score(truth, scores)),
        "val_binary_accuracy": float(np.mean((scores > 0.5) == (truth > 0.5))),
    }
    mlflow.log_metrics({names.get(key, key): value for key, value in measured.items()})
    return scores


def precision_recall_figure(truth: np.ndarray, scores: np.ndarray, *, title: str) -> Any:
    """Precision over recall, as a matplotlib figure that no window and no other figure knows of.

    Args:
        truth: 0 or 1, shape (examples,).
        scores: Predicted probabilities of 1, shape (examples,).
        title: Heading of the figure.
    """
    from matplotlib.figure import Figure
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, scores)
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.step(recall, precision, where="post", label=f"average precision {average_precision_score(truth, scores):.3f}")
    axes.axhline(float(np.mean(truth)), linestyle=":", color="grey", label="without a model")
    axes.set(title=title, xlabel="Recall", ylabel="Precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="lower left")
    return figure
