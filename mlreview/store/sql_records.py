"""Single things from SQL: experiments, one run with everything on it, data sets, models, registered versions."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from mlreview import names
from mlreview.entities import (
    Dataset,
    Experiment,
    Lifecycle,
    LoggedModel,
    Metric,
    ModelVersion,
    Run,
)
from mlreview.store import columns
from mlreview.store.database import Argument, Dialect, Session
from mlreview.store.rules import by_activity
from mlreview.store.schema import DEFAULT_WORKSPACE, DELETED_VERSION, LOGGED_MODEL_STATUSES
from mlreview.store.sql_runs import ATTRIBUTE_KINDS, ATTRIBUTES, VISIBLE, number


def experiments(session: Session, lifecycle: Lifecycle) -> tuple[Experiment, ...]:
    """Experiments, in the order of the contract."""
    where, arguments = f"e.workspace = '{DEFAULT_WORKSPACE}'", []
    if lifecycle != "all":
        where, arguments = f"{where} AND e.lifecycle_stage = $1", [lifecycle]
    rows = _rows(
        session,
        f"""
        SELECT CAST(e.experiment_id AS text), e.name, e.lifecycle_stage, e.artifact_location, e.creation_time,
            e.last_update_time, COALESCE(n.runs, 0), n.newest
        FROM experiments AS e LEFT JOIN (
            SELECT experiment_id, count(*) AS runs, max(start_time) AS newest
            FROM runs WHERE lifecycle_stage = 'active' GROUP BY experiment_id
        ) AS n ON n.experiment_id = e.experiment_id
        WHERE {where}""",
        arguments,
        "ttttnnin",
    )
    tags = _grouped(
        session,
        f"""
        SELECT CAST(t.experiment_id AS text), t.key, t.value
        FROM experiments AS e JOIN experiment_tags AS t ON t.experiment_id = e.experiment_id
        WHERE {where}""",
        arguments,
    )
    found = (
        Experiment(
            experiment_id=experiment_id,
            name=name,
            lifecycle=stage,
            artifact_location=artifacts or "",
            creation_time=created,
            last_update_time=updated,
            run_count=runs,
            last_run_time=newest,
            tags=tags.get(experiment_id, {}),
        )
        for experiment_id, name, stage, artifacts, created, updated, runs, newest in rows
    )
    return tuple(sorted(found, key=by_activity))


def run(session: Session, dialect: Dialect, run_id: str) -> Run | None:
    """One run with everything on it, or ``None``."""
    found = _rows(
        session,
        f"SELECT {ATTRIBUTES} FROM runs AS r WHERE r.run_uuid = $1 AND {VISIBLE}",
        [run_id],
        ATTRIBUTE_KINDS,
    )
    if not found:
        return None
    _, experiment_id, name, user, status, lifecycle, artifact_uri, start_time, end_time = found[0]
    keys, values, steps, stamps = session.select(
        f"SELECT m.key, {number('m')}, m.step, COALESCE(m.timestamp, 0) FROM latest_metrics AS m"
        " WHERE m.run_uuid = $1 ORDER BY m.key",
        [run_id],
        "tfii",
    )
    values = columns.restore_infinities(values)
    metrics = (Metric(*one) for one in zip(keys, values.tolist(), steps.tolist(), stamps.tolist(), strict=True))
    return Run(
        run_id=run_id,
        experiment_id=experiment_id,
        name=name,
        user=user,
        status=status,
        lifecycle=lifecycle,
        start_time=start_time,
        end_time=end_time,
        artifact_uri=artifact_uri,
        params=_pairs(session, "params", run_id),
        metrics={metric.key: metric for metric in metrics},
        tags=_pairs(session, "tags", run_id),
        datasets=datasets(session, dialect, [run_id]),
        models=logged_models(session, dialect, [run_id]),
    )


def artifact_uri(session: Session, run_id: str) -> tuple[str | None] | None:
    """Where a run's artifacts are, if it says so; ``None`` where there is no such run."""
    statement = f"SELECT r.artifact_uri FROM runs AS r WHERE r.run_uuid = $1 AND {VISIBLE}"
    found = _rows(session, statement, [run_id], "t")
    return (found[0][0],) if found else None


def datasets(session: Session, dialect: Dialect, run_ids: Sequence[str]) -> tuple[Dataset, ...]:
    """Data sets of runs, by run as asked, then by name, digest and context."""
    order = {run_id: row for row, run_id in enumerate(dict.fromkeys(run_ids))}
    rows = _rows(
        session,
        f"""
        SELECT r.run_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,
            d.dataset_profile, t.value
        FROM {dialect.listed(1, "a")} JOIN runs AS r ON r.run_uuid = a.value
        JOIN inputs AS i ON i.destination_type = 'RUN' AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET'
        JOIN datasets AS d ON d.dataset_uuid = i.source_id
        LEFT JOIN input_tags AS t ON t.input_uuid = i.input_uuid AND t.name = '{names.DATASET_CONTEXT_TAG}'
        WHERE {VISIBLE}""",
        [list(order)],
        "tttttttt",
    )
    found = [Dataset(*row) for row in rows]
    return tuple(sorted(found, key=lambda one: (order[one.run_id], one.name, one.digest, one.context or "")))


def logged_models(session: Session, dialect: Dialect, run_ids: Sequence[str]) -> tuple[LoggedModel, ...]:
    """Models that runs logged and that weren't deleted, by run as asked, then by creation and id."""
    order = {run_id: row for row, run_id in enumerate(dict.fromkeys(run_ids))}
    rows = _rows(
        session,
        f"""
        SELECT m.model_id, m.name, m.source_run_id, CAST(m.experiment_id AS text), m.artifact_location, m.status,
            m.creation_timestamp_ms, COALESCE(o.step, 0)
        FROM {dialect.listed(1, "a")} JOIN runs AS r ON r.run_uuid = a.value
        JOIN logged_models AS m ON m.source_run_id = r.run_uuid
        LEFT JOIN inputs AS o ON o.source_type = 'RUN_OUTPUT' AND o.source_id = r.run_uuid
            AND o.destination_type = 'MODEL_OUTPUT' AND o.destination_id = m.model_id
        WHERE m.lifecycle_stage = 'active' AND {VISIBLE}""",
        [list(order)],
        "tttttiii",
    )
    found = [
        LoggedModel(model_id, name, run_id, experiment_id, artifacts, _status(status), created, step)
        for model_id, name, run_id, experiment_id, artifacts, status, created, step in rows
    ]
    return tuple(sorted(found, key=lambda one: (order[one.run_id], one.creation_time, one.model_id)))


def model_versions(session: Session, dialect: Dialect, run_ids: Sequence[str] | None) -> tuple[ModelVersion, ...]:
    """Registered versions, by name, newest first."""
    where = f"v.workspace = '{DEFAULT_WORKSPACE}'"
    arguments: list[Argument] = []
    if run_ids is not None:
        where += f" AND {dialect.within('v.run_id', 1)}"
        arguments.append(run_ids)
    rows = _rows(
        session,
        f"""
        SELECT v.name, CAST(v.version AS text), v.run_id, v.source, v.status, v.creation_time, v.description
        FROM model_versions AS v
        WHERE {where} AND v.current_stage <> '{DELETED_VERSION}'""",
        arguments,
        "tttttnt",
    )
    version = f"v.workspace = x.workspace AND v.name = x.name AND v.version = x.version WHERE {where}"
    named = "v.name || '/' || CAST(v.version AS text)"
    aliases = _grouped(
        session,
        f"SELECT {named}, x.alias, x.alias FROM model_versions AS v JOIN registered_model_aliases AS x ON {version}",
        arguments,
    )
    tags = _grouped(
        session,
        f"SELECT {named}, x.key, x.value FROM model_versions AS v JOIN model_version_tags AS x ON {version}",
        arguments,
    )
    found = (
        ModelVersion(
            name=name,
            version=number_,
            run_id=run_id or None,
            source=source or "",
            status=status or "",
            creation_time=created,
            description=description or "",
            aliases=tuple(sorted(aliases.get(f"{name}/{number_}", ()))),
            tags=tags.get(f"{name}/{number_}", {}),
        )
        for name, number_, run_id, source, status, created, description in rows
    )
    return tuple(sorted(found, key=lambda one: (one.name, -int(one.version))))


def _status(stored: int) -> str:
    return LOGGED_MODEL_STATUSES[stored] if 0 <= stored < len(LOGGED_MODEL_STATUSES) else str(stored)


def _rows(session: Session, statement: str, arguments: Sequence[Argument], kinds: str) -> list[tuple[Any, ...]]:
    """Rows of plain Python values, ``None`` where a value is missing."""
    found = session.select(statement, arguments, kinds)
    listed = (column.tolist() for column in found)
    plain = (
        [None if value == columns.MISSING else value for value in column] if kind == "n" else column
        for kind, column in zip(kinds, listed, strict=True)
    )
    return list(zip(*plain, strict=True))


def _pairs(session: Session, table: str, run_id: str) -> dict[str, str]:
    keys, values = session.select(f"SELECT t.key, t.value FROM {table} AS t WHERE t.run_uuid = $1", [run_id], "tt")
    return {key: value or "" for key, value in sorted(zip(keys, values, strict=True))}


def _grouped(session: Session, statement: str, arguments: Sequence[Argument]) -> dict[str, dict[str, str]]:
    """(owner, key, value) entries as a mapping of each owner."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for owner, key, value in sorted(_rows(session, statement, arguments, "ttt")):
        found[owner][key] = value or ""
    return found
