"""One run of the network: Keras, tracked by MLflow's autologging, and by hand where that says too little."""

import math
from typing import TYPE_CHECKING, Any

from mlreview.demo.data import DemoData, Prepared
from mlreview.demo.plan import NetworkSpec
from mlreview.demo.tracking import data_sets, import_tensorflow_quietly, recorded_id, start_tags
from mlreview.training.track import track

if TYPE_CHECKING:
    import keras


def train_network(spec: NetworkSpec, data: DemoData, prepared: Prepared, experiment_id: str) -> str:
    """Train and track one network.

    Returns:
        The id of its run.
    """
    import_tensorflow_quietly()
    import mlflow

    # Model and checkpoints cost more time than the training, so the models of a few runs alone are kept, by hand.
    with track(
        spec.name,
        seed=spec.seed,
        data=data_sets(data, prepared),
        params=_params(spec, prepared),
        tags=start_tags(spec.name, data, prepared, spec.regime),
        experiment_id=experiment_id,
        autolog="tensorflow",
        log_models=False,
    ) as run:
        model = _build(spec, prepared)
        model.fit(
            prepared.train.x,
            prepared.train.y,
            validation_data=(prepared.validation.x, prepared.validation.y),
            epochs=spec.epochs,
            batch_size=spec.batch_size,
            verbose=0,  # pyright: ignore[reportArgumentType]
        )
        if prepared.test is not None:
            measured: Any = model.evaluate(prepared.test.x, prepared.test.y, verbose=0, return_dict=True)  # pyright: ignore
            mlflow.log_metrics({f"test_{key}": float(value) for key, value in measured.items()})
            scores = model.predict(prepared.test.x, verbose=0)  # pyright: ignore[reportArgumentType]
            run.evaluate(prepared.test.y, scores, split="test", classes=data.target_names)
        if spec.log_model:
            _log_model(model, prepared, step=spec.epochs - 1)
        return recorded_id(run)


def _params(spec: NetworkSpec, prepared: Prepared) -> dict[str, object]:
    """What autologging leaves out or logs in a way that can't be compared; it logs epochs and batch size itself."""
    params: dict[str, object] = {
        "model": "neural network",
        "hidden_units": spec.hidden_units,
        "learning_rate": spec.learning_rate,
        "optimizer": spec.optimizer,
        "l2": spec.l2,
        "seed": spec.seed,
    }
    return params | feature_params(prepared)


def feature_params(prepared: Prepared) -> dict[str, object]:
    """How many features a run has: words of the posts, or measurements."""
    is_text = prepared.preprocessing["kind"] == "TfidfVectorizer"
    return {"vocabulary_size" if is_text else "measurements": len(prepared.features)}


def _build(spec: NetworkSpec, prepared: Prepared) -> "keras.Model":
    """The compiled network, its weights drawn from the seed of the spec."""
    import keras

    keras.backend.clear_session()  # forgets the last run's graphs, and with them the numbers in names such as sgd_4
    keras.utils.set_random_seed(spec.seed)
    decay = keras.regularizers.L2(spec.l2) if spec.l2 else None
    model = keras.Sequential(
        [
            keras.layers.Input((prepared.train.x.shape[1],)),
            keras.layers.Dense(spec.hidden_units, activation="relu", kernel_regularizer=decay),
            keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=decay),
        ]
    )
    optimizers = {"SGD": keras.optimizers.SGD, "Adam": keras.optimizers.Adam}
    model.compile(
        optimizer=optimizers[spec.optimizer](learning_rate=spec.learning_rate),
        loss="binary_crossentropy",
        metrics=[keras.metrics.BinaryAccuracy(), keras.metrics.AUC(name="AUROC")],
        # A whole epoch in one call: the same arithmetic, a third less time.
        steps_per_execution=math.ceil(len(prepared.train.x) / spec.batch_size),
    )
    return model


def _log_model(model: "keras.Model", prepared: Prepared, step: int) -> None:
    """Keep the model, with its signature, the step that it is of, and what makes its inputs out of raw examples."""
    import mlflow
    from mlflow.models import infer_signature
    from mlflow.tensorflow import log_model

    example = prepared.train.x[:2]
    mlflow.log_dict(prepared.preprocessing, "preprocessing.json")
    log_model(
        model,
        name="model",
        step=step,
        signature=infer_signature(example, model.predict(example, verbose=0)),  # pyright: ignore
        # Named here, because MLflow would find them by loading the model in a second process, for ten seconds.
        pip_requirements=_requirements(),
    )


def _requirements() -> list[str]:
    from importlib.metadata import version

    return [f"{package}=={version(package)}" for package in ("mlflow", "tensorflow", "keras", "numpy")]
