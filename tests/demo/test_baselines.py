import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.utils.autologging_utils import autologging_is_disabled
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mlreview.demo.baselines import precision_recall_figure, train_baseline
from mlreview.demo.data import DemoData, Prepared, load_breast_cancer, load_posts, prepare
from mlreview.demo.plan import BaselineSpec
from mlreview.demo.tracking import VALIDATION_TAG, create_experiment, tracking_to
from tests.demo.posts import write_cache

LOGISTIC = BaselineSpec("linear", "logistic regression")
FOREST = BaselineSpec("forest", "random forest")


@pytest.fixture(params=["newsgroups", "breast-cancer"])
def examples(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoData:
    if request.param == "breast-cancer":
        return load_breast_cancer()
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit-learn"))
    write_cache(tmp_path / "scikit-learn")
    return load_posts(print)


@pytest.fixture
def prepared(examples: DemoData) -> Prepared:
    return prepare(examples, vocabulary_size=100, columns=(), validation="test")


def train(spec: BaselineSpec, examples: DemoData, prepared: Prepared, store: str) -> tuple[MlflowClient, str]:
    client = MlflowClient(store)
    with tracking_to(store):
        experiment = create_experiment(client, "baselines", examples, store, None)
        return client, train_baseline(spec, examples, prepared, experiment)


def test_logistic_regression_ranks_by_the_networks_metrics_and_draws_precision_over_recall(
    examples: DemoData, prepared: Prepared, sqlite_store: str
) -> None:
    client, run_id = train(LOGISTIC, examples, prepared, sqlite_store)

    run = client.get_run(run_id)
    model = LogisticRegression(max_iter=1000, random_state=0).fit(prepared.train.x, prepared.train.y)
    scores = model.predict_proba(prepared.validation.x)[:, 1]
    assert run.data.metrics["val_AUROC"] == roc_auc_score(prepared.validation.y, scores)
    assert run.data.metrics["val_binary_accuracy"] == model.score(prepared.validation.x, prepared.validation.y)
    assert 0 < run.data.metrics["val_loss"] < 0.693
    assert run.data.params["model"] == "logistic regression"
    assert run.data.tags[VALIDATION_TAG] == prepared.validation_is
    assert "precision_recall.png" in [file.path for file in client.list_artifacts(run_id)]


def test_the_random_forest_is_autologged_and_ranks_by_its_own_names_of_the_metrics(
    examples: DemoData, prepared: Prepared, sqlite_store: str
) -> None:
    client, run_id = train(FOREST, examples, prepared, sqlite_store)

    run = client.get_run(run_id)
    assert run.data.params["n_estimators"] == "200"
    assert run.data.tags["estimator_name"] == "RandomForestClassifier"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert 0.5 < run.data.metrics["val_roc_auc"] <= 1
    assert 0.5 < run.data.metrics["val_accuracy"] <= 1
    assert not {"val_AUROC", "val_binary_accuracy"} & set(run.data.metrics)
    assert "val_loss" not in run.data.metrics
    assert autologging_is_disabled("sklearn")
    assert mlflow.active_run() is None


def test_a_run_says_how_many_examples_of_each_class_it_was_evaluated_on(
    examples: DemoData, prepared: Prepared, sqlite_store: str
) -> None:
    client, run_id = train(LOGISTIC, examples, prepared, sqlite_store)
    counts = json.loads(client.get_run(run_id).data.tags["mlreview.data.validation.classes"])
    assert set(counts) == set(examples.target_names)
    assert counts[examples.target_names[1]] == int(prepared.validation.y.sum())
    assert sum(counts.values()) == len(prepared.validation.y)


def test_a_run_names_its_data_where_they_came_from_and_what_for(
    examples: DemoData, prepared: Prepared, sqlite_store: str
) -> None:
    client, run_id = train(LOGISTIC, examples, prepared, sqlite_store)

    inputs = client.get_run(run_id).inputs.dataset_inputs
    contexts = {entry.tags[0].value: entry.dataset for entry in inputs}
    assert set(contexts) == {"train", "validation"}
    assert contexts["validation"].name == f"{examples.kind} test {examples.noun}"
    for dataset in contexts.values():
        assert dataset.source_type == ("http" if examples.kind == "newsgroups" else "local")
        assert examples.source in dataset.source
        assert len(dataset.digest) >= 8
    assert contexts["train"].digest != contexts["validation"].digest


def test_the_figure_shows_the_curve_and_what_no_model_would_reach() -> None:
    truth, scores = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.9, 0.6, 0.5])
    axes = precision_recall_figure(truth, scores, title="four").axes[0]
    curve, baseline = axes.get_lines()
    assert list(zip(curve.get_xdata(), curve.get_ydata(), strict=True))[-1] == (0, 1)
    assert set(baseline.get_ydata()) == {0.5}
    assert axes.get_title() == "four"
