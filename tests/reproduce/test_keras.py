"""A Keras training with uncommitted changes, done again after its repository has moved on. Trains twice, for real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.reproduce.training import GIT_MAY_TAKE_LONGER, Bench, report
from tests.training.test_provenance import git

pytestmark = pytest.mark.tensorflow

SCRIPT = (
    GIT_MAY_TAKE_LONGER
    + """
import keras
import mlflow
import mlreview
import numpy as np
from mlflow.models import infer_signature

generator = np.random.default_rng(3)
x = generator.normal(size=(64, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
with mlreview.track("tiny", seed=3, data={"train": (x, y)}, log_models=False):
    layers = [keras.layers.Input((4,)), keras.layers.Dense(UNITS, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, validation_split=0.25, epochs=3, batch_size=16, verbose=0)
    signature = infer_signature(x[:2], model.predict(x[:2], verbose=0))
    told = dict(signature=signature, input_example=x[:2], pip_requirements=["numpy"])
    mlflow.tensorflow.log_model(model, name="model", **told)
"""
)


@pytest.fixture
def bench(sqlite_store: str, tmp_path: Path) -> Bench:
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    (repository / "train.py").write_text(SCRIPT.replace("UNITS", "2"))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "first")
    (repository / "train.py").write_text(SCRIPT.replace("UNITS", "5"))
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("keras", (tmp_path / "artifacts").as_uri())
    environment = {**os.environ, "MLFLOW_TRACKING_URI": sqlite_store, "MLFLOW_EXPERIMENT_ID": experiment}
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (run,) = client.search_runs([experiment])
    git(repository, "rm", "-q", "-f", "train.py")
    git(repository, "commit", "-q", "-m", "the training is gone")
    return Bench(sqlite_store, tmp_path, run.info.run_id)


def test_a_keras_run_comes_out_as_it_was_recorded_predictions_included(bench: Bench):
    found = report(bench.call("reproduce", bench.run_id, "--run", "--yes", "--json"))
    assert found["verdict"] in ("reproduced", "within tolerance"), found["reason"]
    parts = {part["name"]: part for part in found["parts"]}
    assert parts["predictions"]["compared"] == 2, parts["predictions"]
    assert parts["curves"]["compared"] >= 4
    assert parts["data"]["compared"] >= 1
    old, new = bench.client.get_run(bench.run_id), bench.client.get_run(found["new_run_id"])
    assert new.data.metrics == pytest.approx(old.data.metrics, rel=0.001)
    assert (bench.folder / "artifacts").exists()
