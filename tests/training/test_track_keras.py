"""``mlreview.track()`` around Keras: the architecture is recorded, optimizers have no counter, seeds repeat a run."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.utils.autologging_utils import autologging_is_disabled

import mlreview
from mlreview import names
from mlreview.demo.tracking import import_tensorflow_quietly

pytestmark = pytest.mark.tensorflow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
SEED = 3


@pytest.fixture
def store(sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    import_tensorflow_quietly()
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(sqlite_store)
    return MlflowClient()


def build(units: int, *, shape: tuple[int, ...] | None = (4,)) -> Any:
    import keras

    first = [keras.layers.Input(shape)] if shape else []
    layers = [*first, keras.layers.Dense(units, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    model: Any = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="binary_crossentropy")
    return model


def train(store: MlflowClient, units: int, **options: Any) -> Run:
    with mlreview.track(f"{units} units", seed=SEED, data={"train": (X, Y)}, log_models=False) as run:
        model = build(units, **options)
        model.fit(X, Y, epochs=2, verbose=0)
    return store.get_run(run.run_id or "")


def test_two_widths_differ_in_the_architecture_alone_and_one_seed_gives_one_curve(store: MlflowClient):
    """The talk's runs of 8 and 32 units differ in nothing that autologging records but the optimizer's counter."""
    import keras

    begin = keras.callbacks.CallbackList.on_train_begin
    wide, narrow, again = train(store, 32), train(store, 8), train(store, 32)
    differing = {
        key
        for key in wide.data.params.keys() | narrow.data.params.keys()
        if wide.data.params.get(key) != narrow.data.params.get(key)
    }
    assert differing == {names.ARCHITECTURE_PARAM, names.WIDTHS_PARAM, names.PARAMETERS_PARAM}
    assert wide.data.params[names.ARCHITECTURE_PARAM] == "Dense 32 relu → Dense 1 sigmoid"
    assert (wide.data.params[names.LAYERS_PARAM], wide.data.params[names.PARAMETERS_PARAM]) == ("2", "193")
    assert wide.data.params["opt_name"] == "sgd"
    assert "keras" in wide.data.tags[names.SEEDED_TAG]
    assert wide.data.params == again.data.params
    assert wide.data.metrics == again.data.metrics
    assert keras.callbacks.CallbackList.on_train_begin is begin
    assert autologging_is_disabled("tensorflow")


def test_a_network_without_an_input_is_described_once_it_is_built(store: MlflowClient):
    assert train(store, 8, shape=None).data.params[names.PARAMETERS_PARAM] == "49"


def test_autologging_that_the_training_turns_on_itself_takes_nothing_away(store: MlflowClient):
    """It takes away whatever else was wrapped around ``fit``."""
    model = build(4)
    model.optimizer.name = "sgd_7"
    with mlreview.track("own autologging", log_models=False) as run:
        mlflow.tensorflow.autolog(log_models=False, checkpoint=False, silent=True)  # pyright: ignore
        model.fit(X, Y, epochs=1, verbose=0)
    params = store.get_run(run.run_id or "").data.params
    assert (params["opt_name"], params[names.WIDTHS_PARAM]) == ("sgd", "4, 1")
    assert model.optimizer.name == "sgd_7"
    mlflow.tensorflow.autolog(disable=True)  # pyright: ignore
