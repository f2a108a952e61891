"""A tracked run: what is recorded when it begins, on the way, and when it ends."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlreview import __version__, names
from mlreview.entities import Dataset
from mlreview.errors import BadInputError
from mlreview.fields import Field, RecordedFacts, check_fields, fields_tag, missing_fields
from mlreview.records import RunRecord
from mlreview.training import pictures, snapshot
from mlreview.training.data import Data, Facts, check_data, classes_tags, doubts, find_facts, with_digest
from mlreview.training.evaluate import Task, can_evaluate, check_predictions, evaluate, prefix
from mlreview.training.guard import LOGGER, Guard
from mlreview.training.manifest import Manifest
from mlreview.training.network import describe
from mlreview.training.provenance import command_arguments
from mlreview.training.seeds import set_seeds

_said: set[str] = set()
"""What was missing in an earlier run of this process: the lines that record it are told once."""


class TrackedRun:
    """The run inside of ``with mlreview.track(…) as run``.

    Attributes:
        run_id: Its id in MLflow; ``None`` where the store could not be used, and nothing is recorded.
        missing: After the end: the required fields that were not recorded.
        warnings: What is doubtful about the data, in words.
    """

    def __init__(
        self, guard: Guard, description: str, tags: dict[str, str], required: Sequence[str], started: Any
    ) -> None:
        self.guard = guard
        self.manifests: dict[str, Manifest] = {}
        self.missing: tuple[Field, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self.ended = False
        self._started = started
        self._required = required
        self._provenance = tags
        self._facts: list[Facts] = []
        self._paths: set[str] = set()
        self._described = False
        self._sent = ""
        self._code = snapshot.Code(RunRecord("", "").code, {}, None)
        self._record = RunRecord(__version__, description)

    @property
    def run_id(self) -> str | None:
        """See the class."""
        return self._started.info.run_id if self._started is not None else None

    @property
    def info(self) -> Any:
        """MLflow's own, as ``mlflow.start_run`` gives it; ``None`` where there is no run."""
        return self._started.info if self._started is not None else None

    def begin(self, seed: int | None, data: Mapping[str, Data], params: Mapping[str, Any]) -> None:
        """Seed, and record all that is known at the beginning."""
        seeded = set_seeds(seed) if seed is not None else ()
        if not self.guard.has_run:
            return
        self._code = (
            self.guard.attempt("the code", lambda: snapshot.find_code(self._provenance, self.guard)) or self._code
        )
        packages = self.guard.attempt("the packages", snapshot.packages_once)
        files = dict(self._code.files)
        if packages is not None:
            files[names.PACKAGES_FILE] = packages.requirements.encode()
        self._record = replace(
            self._record,
            command=command_arguments(),
            folder=self._provenance.get(names.COMMAND_FOLDER),
            python=self._provenance.get(names.ENV_PYTHON),
            packages_sha256=_sha(files.get(names.PACKAGES_FILE)),
            hardware=self.guard.attempt("the hardware", snapshot.hardware),
            seed=seed,
            seeded=seeded,
            code=self._code.record,
        )
        tags = {
            names.SEED_TAG: "" if seed is None else str(seed),
            names.SEEDED_TAG: ", ".join(seeded),
            names.HARDWARE_TAG: self._record.hardware or "",
            names.PACKAGES_SHA: self._record.packages_sha256 or "",
            names.PATCH_SHA: self._code.record.patch.sha256 if self._code.record.patch else "",
        }
        self._set({key: value for key, value in tags.items() if value}, params)
        self._log_data(data)
        self._send(files)

    def log_data(self, **data: Any) -> None:
        """Record data sets that were not known when the run began: ``run.log_data(test=(x, y))``.

        Raises:
            BadInputError: One is no data set, or of a use that was recorded already. Nothing was recorded.
        """
        sets = check_data(data)
        twice = {one.record.context for one in self._facts} & sets.keys()
        if twice:
            raise BadInputError(f"Data for {', '.join(sorted(twice))} are recorded already.", hint="Name another use.")
        if self.guard.has_run:
            self._log_data(sets)

    def describe_model(self, model: Any) -> bool:
        """Record a model's architecture as params: Keras, PyTorch, scikit-learn. Keras' ``fit`` does it by itself.

        Returns:
            Whether it was recorded, now or before. Other frameworks' models are passed over.
        """
        if self._described or not self.guard.has_run:
            return True
        network = self.guard.attempt("the architecture", lambda: describe(model))
        if network is None or (network.layers is not None and network.parameters is None and hasattr(model, "built")):
            return False
        self._described = True
        params = {
            names.ARCHITECTURE_PARAM: network.label,
            names.LAYERS_PARAM: network.layers,
            names.WIDTHS_PARAM: ", ".join(map(str, network.widths))[: names.MAX_PARAM_CHARS] or None,
            names.PARAMETERS_PARAM: network.parameters,
        }
        told = {key: value for key, value in params.items() if value is not None}
        self._set({names.ARCHITECTURE_TAG: network.label}, told)
        return True

    def seeded_late(self, what: Sequence[str]) -> None:
        """A framework that came later has been given the seed."""
        self._record = replace(self._record, seeded=tuple(dict.fromkeys((*self._record.seeded, *what))))
        self._set({names.SEEDED_TAG: ", ".join(self._record.seeded)}, {})

    def evaluate(
        self, y_true: Any, y_score: Any, split: str = "test", *, classes: Sequence[str] = (), task: Task = "auto"
    ) -> dict[str, float]:
        """Measure predictions: metrics under standard names, and the common plots.

        Of a classification: accuracy, precision, recall, F1, area under the ROC curve, average precision, log loss,
        Brier score; confusion matrix, ROC, precision-recall, calibration. Of a regression: MAE, RMSE, R², largest
        error; residuals. Needs scikit-learn.

        Args:
            y_true: The true labels or values, shape (examples,).
            y_score: The predicted probabilities, of the positive class or of each class; labels; or values.
            split: Which data: metrics are called after it, ``test_accuracy``; ``validation`` becomes ``val_``.
            classes: What the labels 0, 1, ... are called; by default as in ``track(data=…)``.
            task: ``classification`` or ``regression``, where the values don't tell.

        Returns:
            The metrics, under the names that they were logged with; empty without scikit-learn.

        Raises:
            BadInputError: The arguments don't belong together; nothing was logged.
        """
        if not isinstance(split, str) or not split or not names.is_legal_key(split) or "/" in split:
            raise BadInputError(f"{split!r} is no name of a split.", hint="Write test, validation or train.")
        truth, score, classification = check_predictions(y_true, y_score, task)
        if not can_evaluate():
            missing = ModuleNotFoundError("scikit-learn is not installed: pip install scikit-learn")
            self.guard.complain(f"metrics and plots of the {split} data", missing)
            return {}
        found = self.guard.attempt(
            f"metrics of the {split} data",
            lambda: evaluate(truth, score, classification=classification, classes=classes),
        )
        if found is None:
            return {}
        metrics = {f"{prefix(split)}{name}": value for name, value in found.metrics.items()}
        files: dict[str, bytes] = {}
        for plot in found.plots:
            path = f"{names.PLOTS_FOLDER}/{split}/{plot.kind}"
            files[f"{path}.json"] = plot.to_json(split).encode()
            if pictures.can_draw():
                picture = self.guard.attempt("pictures of plots", lambda plot=plot: pictures.draw(plot, split))
                if picture is not None:
                    files[f"{path}.png"] = picture
        self.guard.write("metrics", lambda: self._client().log_batch(self.run_id, metrics=_as_metrics(metrics)))
        self._send(files)
        return metrics

    def end(self, status: str) -> None:
        """Look for the required fields, say what is missing, end the run."""
        self.ended = True
        if not self.guard.has_run:
            return
        self.guard.wake()
        self.guard.attempt("what is known at the end", self._conclude)
        self.guard.attempt("the end of the run", lambda: _end_run(self.run_id, status))

    def _conclude(self) -> None:
        files = {f"{names.MANIFEST_FOLDER}/{key}.json": one.to_json().encode() for key, one in self.manifests.items()}
        if files:
            self._set({names.MODEL_DIGEST_TAG: list(self.manifests.values())[-1].digest}, {})
        if self._record.to_json() != self._sent or files:
            self._send(files)
        recorded = self.guard.write("what is missing", self._recorded)
        if recorded is None:
            return
        fields = check_fields(recorded, self._required)
        self.missing = missing_fields(fields)
        self._set({names.FIELDS_TAG: fields_tag(fields)}, {})
        count = f"{len(fields) - len(self.missing)} of {len(fields)} required fields of {self._record.description!r}"
        lacking = ", ".join(one.title for one in self.missing)
        if not self.missing or names.PARENT_RUN_TAG in recorded.tags:  # a sweep's children would say the same each
            LOGGER.info("Recorded: %s.%s", count, f" Missing: {lacking}." if lacking else "")
        elif lacking in _said:
            LOGGER.warning("Recorded: %s. Missing: %s.", count, lacking)
        else:
            _said.add(lacking)
            lines = "".join(f"\n  {one.title}: {one.line}" for one in self.missing)
            LOGGER.warning("Recorded: %s. Missing, and what records it:%s", count, lines)

    def _recorded(self) -> RecordedFacts:
        client = self._client()
        run = client.get_run(self.run_id)
        outputs = getattr(run, "outputs", None)
        top = [one.path for one in client.list_artifacts(self.run_id)]
        return RecordedFacts(
            params=run.data.params,
            metrics=run.data.metrics,
            tags=run.data.tags,
            artifacts=frozenset(self._paths | set(top)),
            datasets=tuple(_as_dataset(self.run_id or "", one) for one in run.inputs.dataset_inputs),
            models=len(outputs.model_outputs) if outputs is not None else 0,
        )

    def _log_data(self, data: Mapping[str, Data]) -> None:
        from mlreview.training.inputs import digest_of, log_inputs, to_mlflow

        logged = []
        for context, one in data.items():
            facts = self.guard.attempt(f"the {context} data", lambda c=context, d=one: find_facts(c, d, self._code.top))
            if facts is None:
                continue
            dataset = self.guard.attempt(f"the {context} data", lambda d=one, f=facts: to_mlflow(d, f))
            if dataset is not None:
                facts = with_digest(facts, digest_of(dataset))
                logged.append((facts, dataset))
            self._facts.append(facts)
        if not self._facts:
            return
        if logged:
            self.guard.write("the data sets", lambda: log_inputs(logged))
        self._record = replace(self._record, data=tuple(one.record for one in self._facts))
        self.warnings = doubts(self._facts)
        for line in self.warnings:
            LOGGER.warning("%s: %s", self._record.description, line)
        said = {names.WARNINGS_TAG: "\n".join(self.warnings)} if self.warnings else {}
        self._set(classes_tags(self._facts) | said, {})

    def _set(self, tags: Mapping[str, str], params: Mapping[str, Any]) -> None:
        """Tags and params in one call. A param that has a value already keeps it: MLflow would refuse another."""
        from mlflow.entities import Param, RunTag

        if not tags and not params:
            return
        client = self._client()

        def write() -> None:
            has = client.get_run(self.run_id).data.params if params else {}
            new = [Param(key, str(value)) for key, value in params.items() if key not in has]
            client.log_batch(self.run_id, tags=[RunTag(key, value) for key, value in tags.items()], params=new)

        self.guard.write("params and tags", write)

    def _send(self, files: Mapping[str, bytes]) -> None:
        """Send artifacts, and the record of all with them, in one call."""
        self._sent = self._record.to_json()
        everything = {**files, names.RUN_FILE: self._sent.encode()}

        def send() -> bool:
            with tempfile.TemporaryDirectory(prefix="mlreview-") as folder:
                snapshot.write_files(everything, Path(folder))
                self._client().log_artifacts(self.run_id, folder)
            return True

        if self.guard.write("files", send, part="files") is not None:
            self._paths |= everything.keys()

    def _client(self) -> Any:
        from mlflow import MlflowClient

        return MlflowClient()


def _sha(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _as_metrics(metrics: Mapping[str, float]) -> list[Any]:
    import time

    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [Metric(key, value, now, 0) for key, value in metrics.items()]


def _as_dataset(run_id: str, one: Any) -> Dataset:
    context = next((tag.value for tag in one.tags if tag.key == names.DATASET_CONTEXT_TAG), None)
    found = one.dataset
    return Dataset(
        run_id, found.name, found.digest, found.source_type, found.source, found.schema, found.profile, context
    )


def _end_run(run_id: str | None, status: str) -> None:
    """End this run, and whatever the training left open in it."""
    import mlflow

    while (active := mlflow.active_run()) is not None:
        is_ours = active.info.run_id == run_id
        mlflow.end_run(status)
        if is_ours:
            return
