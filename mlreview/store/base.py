"""The contract of every reader and of the writer. Nothing here imports MLflow.

Reads never change anything. One call is one consistent view: a SQL reader answers each call from one transaction.
The keys of params, metrics and tags live apart: ``params["x"]`` and ``metrics["x"]`` never meet.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from mlreview import names
from mlreview.entities import (
    Artifact,
    Curve,
    Dataset,
    Experiment,
    Lifecycle,
    LoggedModel,
    MetricExtremes,
    ModelVersion,
    Run,
    RunQuery,
    RunTable,
    StoreInfo,
)

PageCallback = Callable[[int], None]
"""Told, after each page that a slow reader has received, how many runs have arrived so far."""


class RunStore(Protocol):
    """Reads of one tracking store (and of the model registry that belongs to it). Safe to use from several threads.

    Every method raises ``StoreError`` within ``names.STORE_TIMEOUT_S`` when the store does not answer.
    """

    def info(self) -> StoreInfo:
        """What this store is, without asking it anything."""
        ...

    def experiments(self, lifecycle: Lifecycle = "active") -> tuple[Experiment, ...]:
        """Experiments: first those with runs, newest start first, then those without, last update first; then by id.

        A reader that can't know every newest run puts the experiments whose newest run it did not learn among those
        without.
        """
        ...

    def runs(self, query: RunQuery, on_page: PageCallback | None = None) -> RunTable:
        """Runs as columns, newest start first, then by run id; runs without a start time last.

        A metric, param or tag that was asked for by key and that no run has is a column of missing values; with
        ``None`` (all keys) only keys that occur are columns. Metrics are the latest values. Event tags
        (``names.EVENT_TAG_PREFIX``) are never columns. Runs that are added or deleted while a paged read is under
        way never make it miss another run, and never appear twice. With ``query.limit`` only the newest so many are
        read, over HTTP in one request, and ``complete`` says whether they are all.

        Raises:
            BadInputError: An event tag was asked for.
        """
        ...

    def run(self, run_id: str) -> Run:
        """One run, active or deleted, whole: params, latest metrics, all tags, data sets, logged models.

        Raises:
            NotFoundError: There is no such run.
        """
        ...

    def curves(self, run_ids: Sequence[str], metrics: Sequence[str]) -> tuple[Curve, ...]:
        """Full histories in one bulk read, never sampled: one curve for each pair that has points.

        Ordered by run as asked, then by metric as asked.
        """
        ...

    def extremes(self, run_ids: Sequence[str], metric: str) -> MetricExtremes:
        """Minimum and maximum over steps for each run, in one bulk read; aligned with ``run_ids``."""
        ...

    def datasets(self, run_ids: Sequence[str]) -> tuple[Dataset, ...]:
        """Data sets of these runs, ordered by run as asked, then by name, digest and context."""
        ...

    def logged_models(self, run_ids: Sequence[str]) -> tuple[LoggedModel, ...]:
        """Models that these runs logged, ordered by run as asked, then by creation and id; deleted ones left out."""
        ...

    def model_versions(self, run_ids: Sequence[str] | None = None) -> tuple[ModelVersion, ...]:
        """Registered versions with their aliases, by name, newest version first; only those of the runs, if given.

        Read from the registry, which can be another store than the tracking store.
        """
        ...

    def artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """What lies in one folder of a run's artifacts, not deeper, by path; nothing where there is no such folder.

        What was written before the call is listed. Links that lead out of the run are not.

        Args:
            run_id: The run, active or deleted.
            path: Of the folder, relative to the run, with forward slashes; empty for the run's own.

        Raises:
            BadInputError: The path could lead out of the run.
            NotFoundError: There is no such run.
            StoreError: The artifact store can't be reached from here; the message names the way out.
        """
        ...

    def read_artifact(self, run_id: str, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """The bytes of one artifact, all of them.

        Raises:
            BadInputError: The path could lead out of the run.
            NotFoundError: There is no such run, or no such file in it.
            StoreError: It is larger than ``limit`` bytes, or the artifact store can't be reached from here.
        """
        ...

    def model_artifacts(self, model: LoggedModel, path: str = "") -> tuple[Artifact, ...]:
        """What lies in one folder of a logged model, not deeper, by path; nothing where there is no such folder.

        Args:
            model: As ``logged_models`` gave it.
            path: Of the folder, relative to the model, with forward slashes; empty for the model's own.

        Raises:
            BadInputError: The path could lead out of the model.
            StoreError: The artifact store can't be reached from here.
        """
        ...

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """The bytes of one file of a logged model, all of them; nothing of it is loaded or run.

        Args:
            model: As ``logged_models`` gave it.
            path: Relative to the model, with forward slashes: ``MLmodel``, ``requirements.txt``.
            limit: In bytes.

        Raises:
            BadInputError: The path could lead out of the model.
            NotFoundError: There is no such file in it.
            StoreError: It is larger than ``limit`` bytes, or the artifact store can't be reached from here.
        """
        ...

    def close(self) -> None:
        """Give back connections. The store is not used after this."""
        ...


class RunWriter(Protocol):
    """Writes, always through MLflow's own client. Checked before, read back after.

    Every method raises ``BadInputError`` before anything is written when a key or value would be cut, refused or
    changed by any of the stores (length, illegal key, NUL, lone surrogate), and ``WriteError`` when what is in the
    store afterwards is not what was sent.
    """

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Set one tag of one run, and read it back."""
        ...

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Set one tag of one experiment, and read it back."""
        ...

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of one run; a tag that isn't there is fine."""
        ...

    def log_param(self, run_id: str, key: str, value: str) -> str:
        """Log a param that nobody can change any more: the first of several writers wins.

        Returns:
            The value that the run has now: the one given, or that of whoever came first.

        Raises:
            BadInputError: The key is not legal, or the value is too long; nothing was written.
            NotFoundError: There is no such run.
            WriteError: The param isn't in the store.
        """
        ...

    def read_tag(self, run_id: str, key: str) -> str | None:
        """One tag as the place that is written to has it now: not a copy that may lag. ``None`` where there is none.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The store does not answer.
        """
        ...

    def put_artifact(self, run_id: str, path: str, data: bytes) -> None:
        """Put a file beside a run, once and for all, and read it back.

        A file that is there with the same bytes is fine; one with other bytes is never replaced.

        Args:
            run_id: An active run.
            path: Relative to the run, with forward slashes.
            data: At most ``names.MAX_ARTIFACT_BYTES``.

        Raises:
            BadInputError: The path could lead out of the run, or the file is too large; nothing was written.
            NotFoundError: There is no such run.
            WriteError: The artifact store can't be written from here, another file has that path, or what is there
                afterwards is not what was sent.
        """
        ...

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Make an alias of a registered model point at one version, and read it back.

        Raises:
            BadInputError: MLflow takes no such alias; nothing was written.
            NotFoundError: There is no such model or version.
            WriteError: The alias points elsewhere afterwards.
        """
        ...

    def read_alias(self, name: str, alias: str) -> str | None:
        """The version that an alias points at now, as the place that is written to has it; ``None`` for none.

        Raises:
            NotFoundError: There is no such model.
            StoreError: The registry does not answer.
        """
        ...

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Set one tag of a registered version, and read it back. MLflow's webhooks tell of it."""
        ...
