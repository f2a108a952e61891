"""Frozen value types: what crosses from one layer to the next.

Three rules hold for all of them. *Missing is not empty*: a value that was never logged is ``None`` (or ``present``
is false), which is neither an empty string nor NaN. *Infinity is infinity*: stores keep it as the largest float,
readers turn it back. *Times are UTC*, in milliseconds since 1970 as MLflow stores them, or ``datetime64[ms]``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Lifecycle = Literal["active", "deleted", "all"]
Direction = Literal["max", "min"]
Aggregate = Literal["last", "best", "min", "max"]


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store says of itself.

    Attributes:
        kind: ``sqlite``, ``postgresql`` or ``api``.
        label: Where it is, for people; never holds a password.
        detail: How it is read, or why a slower way was taken; may be empty.
        ui_url: Address of MLflow's own user interface, without a slash at the end, where one is known.
    """

    kind: Literal["sqlite", "postgresql", "api"]
    label: str
    detail: str = ""
    ui_url: str | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment. ``last_run_time`` is the start of its newest active run (ms, UTC), ``None`` without runs.

    ``run_count`` counts active runs; it is ``None`` where the store can't say without reading them all.
    """

    experiment_id: str
    name: str
    lifecycle: str = "active"
    artifact_location: str = ""
    creation_time: int | None = None
    last_update_time: int | None = None
    run_count: int | None = None
    last_run_time: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class MetricColumn:
    """One metric over the rows of a table.

    Attributes:
        values: float64, shape (rows,). NaN where the run logged NaN *and* where it logged nothing: see ``present``.
        steps: int64, shape (rows,), the step that the value was logged at; 0 where nothing was logged.
        present: bool, shape (rows,): the run has this metric.
    """

    values: NDArray[np.float64]
    steps: NDArray[np.int64]
    present: NDArray[np.bool_]

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> "MetricColumn":
        """The same column for the given rows, in the given order."""
        rows = np.asarray(rows, dtype=np.intp)
        return MetricColumn(self.values[rows], self.steps[rows], self.present[rows])


TextColumn = NDArray[np.object_]
"""Texts over the rows of a table: object array of ``str``, ``None`` where the run has no such value."""


@dataclass(frozen=True, slots=True, eq=False)
class RunTable:
    """Runs as columns; all arrays have the same length, one entry a run. Shared between sessions: never changed.

    Attributes:
        run_ids: Object array of ``str``.
        experiment_ids: Object array of ``str``.
        names, users, statuses, lifecycles, artifact_uris, parent_run_ids: Text columns.
        start_times, end_times: ``datetime64[ms]``, UTC; NaT where the run has none.
        metrics: Latest value of each metric that was read, by key.
        params: Text column of each param that was read, by key.
        tags: Text column of each tag that was read, by key.
        note_heads: First ``names.NOTE_HEAD_CHARS`` characters of each note, where asked for.
        total: How many runs match in the store, as far as is known; more than ``len(table)`` when only a part was read.
        complete: Every run that matches was read. Where a part was read, some stores can't say how many there are:
            then this is false and ``total`` is the part.
    """

    run_ids: TextColumn
    experiment_ids: TextColumn
    names: TextColumn
    users: TextColumn
    statuses: TextColumn
    lifecycles: TextColumn
    artifact_uris: TextColumn
    parent_run_ids: TextColumn
    start_times: NDArray[np.datetime64]
    end_times: NDArray[np.datetime64]
    metrics: Mapping[str, MetricColumn] = field(default_factory=dict)
    params: Mapping[str, TextColumn] = field(default_factory=dict)
    tags: Mapping[str, TextColumn] = field(default_factory=dict)
    note_heads: TextColumn | None = None
    total: int = 0
    complete: bool = True

    def __len__(self) -> int:
        return len(self.run_ids)

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> "RunTable":
        """The same columns for the given rows, in the given order; ``total`` stays."""
        rows = np.asarray(rows, dtype=np.intp)
        return replace(
            self,
            **{
                name: getattr(self, name)[rows]
                for name in (
                    "run_ids",
                    "experiment_ids",
                    "names",
                    "users",
                    "statuses",
                    "lifecycles",
                    "artifact_uris",
                    "parent_run_ids",
                    "start_times",
                    "end_times",
                )
            },
            metrics={key: column.take(rows) for key, column in self.metrics.items()},
            params={key: column[rows] for key, column in self.params.items()},
            tags={key: column[rows] for key, column in self.tags.items()},
            note_heads=None if self.note_heads is None else self.note_heads[rows],
        )


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs to read, and which of their columns.

    Attributes:
        experiment_ids: Runs of these experiments. Empty together with empty ``run_ids`` means no run at all.
        run_ids: Only these runs (of any experiment where ``experiment_ids`` is empty); ``None`` for all.
        lifecycle: Active runs, deleted ones, or both.
        metrics: Keys of the metrics to read; ``None`` for all.
        params: Keys of the params to read; ``None`` for all, empty for none.
        tags: Keys of the tags to read, whole; ``None`` for all but event tags, which are refused by name.
        note_heads: Read the beginnings of notes.
        limit: Only the newest so many of these runs, at least 1; ``None`` for all.
    """

    experiment_ids: tuple[str, ...] = ()
    run_ids: tuple[str, ...] | None = None
    lifecycle: Lifecycle = "active"
    metrics: tuple[str, ...] | None = None
    params: tuple[str, ...] | None = ()
    tags: tuple[str, ...] | None = ()
    note_heads: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The history of one metric of one run, ordered by (step, timestamp, value); every logged point unless sampled.

    Attributes:
        steps: int64, shape (points,); can be negative and can repeat.
        timestamps: int64, shape (points,), milliseconds UTC.
        values: float64, shape (points,); NaN and infinities as logged.
        total: Points in the store; more than ``len(steps)`` when the curve was sampled.
    """

    run_id: str
    metric: str
    steps: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]
    total: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class MetricExtremes:
    """Smallest and largest value over steps, NaN left out, infinities included, aligned with ``run_ids`` as asked.

    Attributes:
        run_ids: As asked for.
        minimum, maximum: float64, shape (runs,); NaN where the run logged no number.
        minimum_step, maximum_step: int64, shape (runs,), the first step that reached it; 0 where there is none.
        count: int64, shape (runs,): points logged, NaN among them; 0 where the run has no such metric.
    """

    run_ids: tuple[str, ...]
    metric: str
    minimum: NDArray[np.float64]
    minimum_step: NDArray[np.int64]
    maximum: NDArray[np.float64]
    maximum_step: NDArray[np.int64]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that a run used. ``context`` is what MLflow's tag says (``train``, ``eval`` ...), or ``None``."""

    run_id: str
    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder among a run's artifacts. ``path`` is relative to the run; ``size`` in bytes, ``None`` for a
    folder and where unknown: a server says nothing of an empty file's.
    """

    path: str
    is_dir: bool
    size: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that a run logged (MLflow 3: a run's output, not among its artifacts). ``step`` of the output, or 0."""

    model_id: str
    name: str
    run_id: str
    experiment_id: str
    artifact_location: str
    status: str
    creation_time: int
    step: int = 0


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered version and the aliases that point at it."""

    name: str
    version: str
    run_id: str | None
    source: str
    status: str
    creation_time: int | None
    description: str = ""
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """The latest value of one metric: that at the highest (step, timestamp, value)."""

    key: str
    value: float
    step: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Run:
    """Everything about one run that fits on a page, tags whole."""

    run_id: str
    experiment_id: str
    name: str | None
    user: str | None
    status: str
    lifecycle: str
    start_time: int | None
    end_time: int | None
    artifact_uri: str | None
    params: Mapping[str, str]
    metrics: Mapping[str, Metric]
    tags: Mapping[str, str]
    datasets: tuple[Dataset, ...] = ()
    models: tuple[LoggedModel, ...] = ()
