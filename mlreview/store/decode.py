"""From the JSON of MLflow's API to value types.

Servers leave out what is unset and some write whole numbers as text, so everything is read leniently; infinities come
back from the largest float, as which MLflow keeps them.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mlreview import names
from mlreview.entities import (
    Artifact,
    Curve,
    Dataset,
    Experiment,
    LoggedModel,
    Metric,
    MetricColumn,
    ModelVersion,
    Run,
    RunQuery,
    RunTable,
    TextColumn,
)

Json = dict[str, Any]

_MODEL_STATUSES = {"LOGGED_MODEL_UPLOAD_FAILED": "FAILED", "LOGGED_MODEL_STATUS_UNSPECIFIED": "UNSPECIFIED"}
"""Where the wire says otherwise than MLflow's client."""


def number(value: Any) -> float:
    """A metric's value: infinities restored, ``"NaN"`` understood."""
    found = float(value)
    return math.copysign(math.inf, found) if abs(found) >= sys.float_info.max else found


def whole(value: Any) -> int | None:
    """A whole number, or ``None`` where there is none."""
    return None if value is None else int(value)


def pairs(items: Iterable[Json] | None) -> dict[str, str]:
    """Params or tags as a mapping."""
    return {item["key"]: item.get("value", "") for item in items or ()}


def start_time(run: Json) -> int | None:
    """When a run began (ms, UTC)."""
    return whole(run["info"].get("start_time"))


def newest_first(run: Json) -> tuple[bool, int, str]:
    """Sort key of the contract: newest first, then by id, runs without a start time last."""
    began = start_time(run)
    return (began is None, -(began or 0), run["info"]["run_id"])


def run_table(runs: Sequence[Json], query: RunQuery) -> RunTable:
    """Runs as columns, in the order given.

    Args:
        runs: As the API writes them.
        query: Which columns; the keys that it names become columns even where no run has them.
    """
    tags = [pairs(run.get("data", {}).get("tags")) for run in runs]
    return RunTable(
        run_ids=_texts(run["info"]["run_id"] for run in runs),
        experiment_ids=_texts(str(run["info"]["experiment_id"]) for run in runs),
        names=_texts(_name(run, own) for run, own in zip(runs, tags, strict=True)),
        users=_texts(_user(run, own) for run, own in zip(runs, tags, strict=True)),
        statuses=_texts(run["info"].get("status") for run in runs),
        lifecycles=_texts(_lifecycle(run) for run in runs),
        artifact_uris=_texts(run["info"].get("artifact_uri") for run in runs),
        parent_run_ids=_texts(own.get(names.PARENT_RUN_TAG) for own in tags),
        start_times=_times(start_time(run) for run in runs),
        end_times=_times(_end_time(run) for run in runs),
        metrics=_metric_columns(runs, query.metrics),
        params=_text_columns([pairs(run.get("data", {}).get("params")) for run in runs], query.params),
        tags=_text_columns([_without_events(own) for own in tags], query.tags),
        note_heads=_texts(_head(own) for own in tags) if query.note_heads else None,
        total=len(runs),
    )


def whole_run(run: Json, models: tuple[LoggedModel, ...]) -> Run:
    """One run with everything on it."""
    info, data = run["info"], run.get("data", {})
    tags = pairs(data.get("tags"))
    return Run(
        run_id=info["run_id"],
        experiment_id=str(info["experiment_id"]),
        name=_name(run, tags),
        user=_user(run, tags),
        status=info.get("status", ""),
        lifecycle=_lifecycle(run),
        start_time=start_time(run),
        end_time=_end_time(run),
        artifact_uri=info.get("artifact_uri"),
        params=pairs(data.get("params")),
        metrics={
            item["key"]: Metric(
                item["key"], number(item["value"]), int(item.get("step", 0)), int(item.get("timestamp", 0))
            )
            for item in data.get("metrics", ())
        },
        tags=tags,
        datasets=datasets(run),
        models=models,
    )


def experiment(item: Json, last_run_time: int | None) -> Experiment:
    """One experiment; how many runs it has is not known here."""
    return Experiment(
        experiment_id=str(item["experiment_id"]),
        name=item["name"],
        lifecycle=item.get("lifecycle_stage", "active"),
        artifact_location=item.get("artifact_location", ""),
        creation_time=whole(item.get("creation_time")),
        last_update_time=whole(item.get("last_update_time")),
        last_run_time=last_run_time,
        tags=pairs(item.get("tags")),
    )


def curve(run_id: str, metric: str, points: Sequence[Json]) -> Curve:
    """The history of one metric, put in order; a point that came twice counts once, as in the store."""
    steps = np.array([int(point.get("step", 0)) for point in points], dtype=np.int64)
    stamps = np.array([int(point.get("timestamp", 0)) for point in points], dtype=np.int64)
    values = np.array([number(point["value"]) for point in points], dtype=np.float64)
    order = np.lexsort((values, stamps, steps))
    steps, stamps, values = steps[order], stamps[order], values[order]
    same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    repeated = (steps[1:] == steps[:-1]) & (stamps[1:] == stamps[:-1]) & same
    if repeated.any():
        once = np.concatenate(([True], ~repeated))
        steps, stamps, values = steps[once], stamps[once], values[once]
    return Curve(run_id, metric, steps, stamps, values, total=len(steps))


def datasets(run: Json) -> tuple[Dataset, ...]:
    """Data sets of one run, by name, digest and context."""
    found = []
    for item in run.get("inputs", {}).get("dataset_inputs", ()):
        data = item["dataset"]
        context = pairs(item.get("tags")).get(names.DATASET_CONTEXT_TAG)
        found.append(
            Dataset(
                run_id=run["info"]["run_id"],
                name=data["name"],
                digest=data["digest"],
                source_type=data.get("source_type", ""),
                source=data.get("source", ""),
                schema=data.get("schema"),
                profile=data.get("profile"),
                context=context,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.name, one.digest, one.context or "")))


def output_steps(run: Json) -> dict[str, int]:
    """Models that this run put out, with their steps."""
    outputs = run.get("outputs", {}).get("model_outputs", ())
    return {item["model_id"]: int(item.get("step", 0)) for item in outputs}


def logged_model(item: Json, steps: Mapping[str, int]) -> LoggedModel:
    """One logged model."""
    info = item["info"]
    status: str = info.get("status") or ""
    return LoggedModel(
        model_id=info["model_id"],
        name=info.get("name", ""),
        run_id=info.get("source_run_id", ""),
        experiment_id=str(info["experiment_id"]),
        artifact_location=info.get("artifact_uri", ""),
        status=_MODEL_STATUSES.get(status, status.removeprefix("LOGGED_MODEL_")),
        creation_time=int(info.get("creation_timestamp_ms", 0)),
        step=steps.get(info["model_id"], 0),
    )


def model_version(item: Json, aliases: Sequence[str]) -> ModelVersion:
    """One registered version."""
    return ModelVersion(
        name=item["name"],
        version=str(item["version"]),
        run_id=item.get("run_id") or None,
        source=item.get("source", ""),
        status=item.get("status", ""),
        creation_time=whole(item.get("creation_timestamp")),
        description=item.get("description", ""),
        aliases=tuple(sorted(aliases)),
        tags=pairs(item.get("tags")),
    )


def _name(run: Json, tags: Mapping[str, str]) -> str | None:
    return run["info"].get("run_name") or tags.get(names.RUN_NAME_TAG)


def _user(run: Json, tags: Mapping[str, str]) -> str | None:
    return run["info"].get("user_id") or tags.get(names.USER_TAG)


def _lifecycle(run: Json) -> str:
    return run["info"].get("lifecycle_stage", "active")


def _end_time(run: Json) -> int | None:
    return whole(run["info"].get("end_time")) or None


def _head(tags: Mapping[str, str]) -> str | None:
    note = tags.get(names.NOTE_TAG)
    return None if note is None else note[: names.NOTE_HEAD_CHARS]


def _texts(values: Iterable[str | None]) -> TextColumn:
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def _times(values: Iterable[int | None]) -> Any:
    return np.array([np.datetime64("NaT") if value is None else value for value in values], dtype="datetime64[ms]")


def _text_columns(rows: Sequence[Mapping[str, str]], wanted: Sequence[str] | None) -> dict[str, TextColumn]:
    keys = sorted({key for row in rows for key in row}) if wanted is None else list(dict.fromkeys(wanted))
    return {key: _texts(row.get(key) for row in rows) for key in keys}


def _without_events(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(names.EVENT_TAG_PREFIX)}


def _metric_columns(runs: Sequence[Json], wanted: Sequence[str] | None) -> dict[str, MetricColumn]:
    size = len(runs)
    columns: dict[str, MetricColumn] = {}

    def column(key: str) -> MetricColumn:
        if key not in columns:
            values = np.full(size, np.nan)
            columns[key] = MetricColumn(values, np.zeros(size, np.int64), np.zeros(size, np.bool_))
        return columns[key]

    for key in wanted or ():
        column(key)
    for row, run in enumerate(runs):
        for item in run.get("data", {}).get("metrics", ()):
            key = item["key"]
            if wanted is None or key in columns:
                into = column(key)
                into.values[row] = number(item["value"])
                into.steps[row] = int(item.get("step", 0))
                into.present[row] = True
    return {key: columns[key] for key in (sorted(columns) if wanted is None else columns)}


def artifact(item: Json) -> Artifact:
    """A file or folder among a run's artifacts."""
    is_dir = bool(item.get("is_dir"))
    size = item.get("file_size")
    return Artifact(item["path"], is_dir, None if is_dir or size is None else int(size))
