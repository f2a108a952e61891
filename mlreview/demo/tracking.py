"""The demo and MLflow, apart from training: a quiet process, the experiment, what a run says of its data."""

import contextlib
import json
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.demo.data import DemoData, Part, Prepared
from mlreview.errors import BadInputError, StoreError
from mlreview.redaction import redact, scrub
from mlreview.training.data import Data
from mlreview.training.run import TrackedRun

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Run

COMPLETE_TAG = names.DEMO_TAG + ".complete"
"""On the experiment: ``quick`` or ``full`` once all runs, notes and the registered model of that demo are there."""

RUN_TAG = names.DEMO_TAG + ".run"
"""On a run: the name that the plan gave it; a run keeps it when somebody renames it."""

REGIME_TAG = "demo.regime"
VALIDATION_TAG = "demo.validation_data"
READ_FROM_TAG = "demo.data_read_from"
_CHATTY_LOGGERS = ("mlflow", "alembic", "tensorflow", "absl", "mlreview.training")


@contextlib.contextmanager
def tracking_to(uri: str) -> Iterator[None]:
    """Send what is tracked in this block to one store, quietly; afterwards all is as it was.

    That is: MLflow's tracking URI, its environment variables, autologging, log levels and warnings. Runs are begun
    with the experiment's id, so that the active experiment is never touched.
    """
    with _environment_kept(), _quiet_loggers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        own = os.environ.get("MLFLOW_TRACKING_URI")
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        for name in ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
            os.environ.pop(name, None)
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
        mlflow.set_tracking_uri(uri)
        try:
            yield
        finally:
            # What only the environment named is named by the environment again: see _environment_kept.
            mlflow.set_tracking_uri(None if before == own else before)  # pyright: ignore[reportArgumentType]


@contextlib.contextmanager
def _environment_kept() -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
            if name not in before:
                del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _quiet_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _CHATTY_LOGGERS]
    levels = [logger.level for logger in loggers]
    import mlflow  # noqa: F401  (it sets the level of its logger when it is imported)

    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def import_tensorflow_quietly() -> None:
    """Import TensorFlow without the lines that its C++ side writes to the process's standard error.

    Four of them come before any log level counts, so the descriptor itself is turned away for the time of the import.
    When the import fails, what was written is shown.
    """
    if "tensorflow" in sys.modules:
        return
    before = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import tensorflow as tf

            tf.add(tf.constant(0), 1)  # the first operation has something to say, too
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if before is None:
                del os.environ["TF_CPP_MIN_LOG_LEVEL"]


def find_experiment(client: "MlflowClient", name: str) -> "Experiment | None":
    """The demo's experiment of this name, or ``None`` when the name is free.

    Raises:
        BadInputError: The name belongs to something else, or to a deleted experiment.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        return None
    if found.lifecycle_stage != "active":
        raise BadInputError(
            f"The experiment {name!r} was deleted, and MLflow keeps its name taken. Nothing was written.",
            hint=f"Restore it (mlflow experiments restore -x {found.experiment_id}), or choose another name with "
            "--experiment.",
        )
    if names.DEMO_TAG not in found.tags:
        raise BadInputError(
            f"There is an experiment {name!r} already, and the demo did not make it. Nothing was written.",
            hint="Choose another name with --experiment.",
        )
    return found


def create_experiment(
    client: "MlflowClient", name: str, data: DemoData, tracking_uri: str, artifact_root: str | None
) -> str:
    """Make the demo's experiment, and return its id."""
    about = (
        "Made by `mlreview demo`. Networks with one hidden layer and two baselines "
        + (
            "tell hockey posts from baseball posts"
            if data.kind == "newsgroups"
            else "tell benign from malignant tumours"
        )
        + f" by {'the 100 most frequent words' if data.kind == 'newsgroups' else '30 measurements'}."
    )
    return client.create_experiment(
        name,
        artifact_location=artifact_location(tracking_uri, artifact_root, name),
        tags={names.DEMO_TAG: data.kind, names.NOTE_TAG: about},
    )


def artifact_location(tracking_uri: str, artifact_root: str | None, experiment: str) -> str | None:
    """Where an experiment's artifacts go: a URI, or ``None`` to leave it to the server.

    Args:
        tracking_uri: The store. A SQLite file's default is the folder ``mlartifacts`` beside it.
        artifact_root: A folder or a URI that goes before the default.
        experiment: Name of the experiment; its folder is called after it.
    """
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", experiment).strip(".-") or "experiment"
    if artifact_root is None:
        database = sqlite_file(tracking_uri)
        return (database.parent / "mlartifacts" / folder).as_uri() if database else None
    if "://" in artifact_root:
        return f"{artifact_root.rstrip('/')}/{folder}"
    return (Path(artifact_root).absolute() / folder).as_uri()


def sqlite_file(tracking_uri: str) -> Path | None:
    """The file of a SQLite store; ``None`` for any other store."""
    match = re.match(r"sqlite(?:\+\w+)?:///([^?]+)", tracking_uri)
    return Path(match[1]).absolute() if match else None


def demo_runs(client: "MlflowClient", experiment_id: str) -> tuple[dict[str, "Run"], list["Run"]]:
    """The demo's runs in an experiment.

    Returns:
        The finished ones by their name in the plan, the latest where there are several, and the unfinished ones.
    """
    finished: dict[str, Run] = {}
    unfinished: list[Run] = []
    token: str | None = None
    while True:
        page = client.search_runs([experiment_id], order_by=["attributes.start_time ASC"], page_token=token)
        for run in page:
            if RUN_TAG not in run.data.tags:
                continue
            if run.info.status == names.FINISHED:
                finished[run.data.tags[RUN_TAG]] = run
            else:
                unfinished.append(run)
        token = page.token
        if not token:
            return finished, unfinished


def start_tags(name: str, data: DemoData, prepared: Prepared, regime: str | None) -> dict[str, str]:
    """Tags that a run of the demo carries from its first moment."""
    tags = {RUN_TAG: name, VALIDATION_TAG: prepared.validation_is, READ_FROM_TAG: data.read_from}
    for split, part in (("validation", prepared.validation), ("test", prepared.test)):
        if part is not None:
            counts = {label: int((part.y == at).sum()) for at, label in enumerate(data.target_names)}
            tags[names.CLASSES_TAG.format(split=split)] = json.dumps(counts)
    return tags | ({REGIME_TAG: regime} if regime else {})


def data_sets(data: DemoData, prepared: Prepared) -> dict[str, Data]:
    """A run's data by use, with where they came from.

    Autologging would name each of them "dataset", say that it came from "code", and not tell what it was used for.
    """
    parts: dict[str, Part | None] = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    kind = str(prepared.preprocessing["kind"])
    return {
        context: Data(
            part.x,
            part.y,
            source=data.source,
            name=part.name,
            classes=data.target_names,
            transformations=(f"{kind} fitted to the training part: {len(prepared.features)} features",),
        )
        for context, part in parts.items()
        if part is not None
    }


def recorded_id(run: TrackedRun) -> str:
    """The id of a run that has been recorded.

    Raises:
        StoreError: It has not: a training goes on without its record, a demo has nothing else to show.
    """
    if run.run_id is None:
        raise StoreError(
            "The tracking store could not be used. Runs that were finished are kept.",
            hint="Check that it is there; then call mlreview demo again: it goes on where it stopped.",
        )
    return run.run_id


@contextlib.contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turn MLflow's errors into one that says what was kept and what to do."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        first_line = (
            scrub(str(error), [uri]).strip().splitlines()[0][:300].rstrip(".")
            if str(error).strip()
            else type(error).__name__
        )
        raise StoreError(
            f"The tracking store {redact(uri)} could not be used: {first_line}. Runs that were finished are kept.",
            hint="Check the address, and that the store is there and is of this MLflow's version; then call "
            "mlreview demo again: it goes on where it stopped.",
        ) from error
