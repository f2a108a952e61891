"""The table of runs, from SQL.

Runs are chosen by one condition, and every statement returns them ordered by run id, so that columns of several
statements of one transaction fit together without their ids. Chosen keys are read *wide*, one joined column a key: it
takes half the time of reading (run, key, value) rows. All keys together are read as such rows, with the run's position
in place of its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlreview import names
from mlreview.entities import MetricColumn, RunQuery, RunTable, TextColumn
from mlreview.store import columns
from mlreview.store.database import Argument, Dialect, Session
from mlreview.store.schema import DEFAULT_WORKSPACE

JOINS = 40
"""Joined columns in one statement: SQLite allows 64 tables."""

IN_EXPERIMENTS = f"r.experiment_id IN (SELECT experiment_id FROM experiments WHERE workspace = '{DEFAULT_WORKSPACE}'"
VISIBLE = f"{IN_EXPERIMENTS})"
"""Condition on ``runs AS r``: of the workspace that is read."""

NAME = f"""COALESCE(NULLIF(r.name, ''),
    (SELECT value FROM tags WHERE key = '{names.RUN_NAME_TAG}' AND run_uuid = r.run_uuid))"""
USER = f"""COALESCE(NULLIF(r.user_id, ''),
    (SELECT value FROM tags WHERE key = '{names.USER_TAG}' AND run_uuid = r.run_uuid))"""

ATTRIBUTES = f"""r.run_uuid, CAST(r.experiment_id AS text), {NAME}, {USER}, r.status, r.lifecycle_stage,
    r.artifact_uri, r.start_time, NULLIF(r.end_time, 0)"""
ATTRIBUTE_KINDS = "tttttttnn"

NEWEST_FIRST = "r.start_time IS NULL, r.start_time DESC, r.run_uuid"
"""ORDER BY of the contract; it ends with a text."""

NOTE_HEAD = f"substr({{alias}}.value, 1, {names.NOTE_HEAD_CHARS})"


@dataclass(frozen=True, slots=True)
class _Column:
    """One key of a table of (run, key, value) entries, to be joined: what of it is selected, and of which kinds."""

    table: str
    key: str
    select: tuple[str, ...]
    kinds: str


def _text(table: str, key: str, select: str = "{alias}.value") -> _Column:
    return _Column(table, key, (select,), "t")


def _metric(key: str) -> _Column:
    select = ("{alias}.run_uuid IS NOT NULL", "COALESCE({alias}.step, 0)", number("{alias}"))
    return _Column("latest_metrics", key, select, "bif")


def number(alias: str) -> str:
    """A metric's value, NULL for NaN, which is stored as 0 with a flag."""
    return f"CASE WHEN {alias}.is_nan THEN NULL ELSE {alias}.value END"


def read(session: Session, dialect: Dialect, query: RunQuery) -> RunTable:
    """Read the runs that a query asks for."""
    if not query.experiment_ids and query.run_ids is None:
        query = replace(query, run_ids=())
    where, arguments = _chosen(dialect, query)
    parent, note = _text("tags", names.PARENT_RUN_TAG), _text("tags", names.NOTE_TAG, NOTE_HEAD)
    wanted = [
        parent,
        *([note] if query.note_heads else ()),
        *(_text("tags", key) for key in query.tags or ()),
        *(_text("params", key) for key in query.params or ()),
        *(_metric(key) for key in query.metrics or ()),
    ]
    attributes, found = _wide(session, dialect, where, arguments, list(dict.fromkeys(wanted)))
    ids, experiments, run_names, users, statuses, lifecycles, artifacts, starts, ends = attributes
    if query.params is None:
        params = _all_texts(session, dialect, where, arguments, len(ids), "params")
    else:
        params = {key: found[_text("params", key)][0] for key in query.params}
    if query.tags is None:
        tags = _all_texts(session, dialect, where, arguments, len(ids), "tags")
    else:
        tags = {key: found[_text("tags", key)][0] for key in query.tags}
    if query.metrics is None:
        metrics = _all_metrics(session, dialect, where, arguments, len(ids))
    else:
        metrics = {key: _metric_column(*found[_metric(key)]) for key in query.metrics}
    table = RunTable(
        run_ids=ids,
        experiment_ids=experiments,
        names=run_names,
        users=users,
        statuses=statuses,
        lifecycles=lifecycles,
        artifact_uris=artifacts,
        parent_run_ids=found[parent][0],
        start_times=columns.times(starts),
        end_times=columns.times(ends),
        metrics=metrics,
        params=params,
        tags=tags,
        note_heads=found[note][0] if query.note_heads else None,
        total=len(ids) if query.limit is None else _count(session, dialect, query),
    )
    return replace(table.take(columns.newest_first(starts)), complete=len(table) == table.total)


def _chosen(dialect: Dialect, query: RunQuery) -> tuple[str, list[Argument]]:
    """The condition on ``runs AS r`` that a query means, and its arguments."""
    arguments: list[Argument] = []

    def argument(value: Argument) -> int:
        arguments.append(value)
        return len(arguments)

    conditions = [VISIBLE]
    if query.experiment_ids:
        named = dialect.within("CAST(experiment_id AS text)", argument(query.experiment_ids))
        conditions = [f"{IN_EXPERIMENTS} AND {named})"]
    if query.lifecycle != "all":
        conditions.append(f"r.lifecycle_stage = ${argument(query.lifecycle)}")
    if query.run_ids is not None:
        conditions.append(dialect.within("r.run_uuid", argument(query.run_ids)))
    where = " AND ".join(conditions)
    if query.limit is None:
        return where, arguments
    newest = f"SELECT r.run_uuid FROM runs AS r WHERE {where} ORDER BY {NEWEST_FIRST} {dialect.by_code_point}"
    return f"r.run_uuid IN ({newest} LIMIT {int(query.limit)})", arguments


def _count(session: Session, dialect: Dialect, query: RunQuery) -> int:
    where, arguments = _chosen(dialect, replace(query, limit=None))
    (counts,) = session.select(f"SELECT count(*) FROM runs AS r WHERE {where}", arguments, "i")
    return int(counts[0])


def _wide(
    session: Session, dialect: Dialect, where: str, arguments: list[Argument], wanted: Sequence[_Column]
) -> tuple[list[Any], dict[_Column, list[Any]]]:
    """Attributes of the runs, and for each wanted column (at least one) the arrays of what it selects."""
    attributes: list[Any] = []
    found: dict[_Column, list[Any]] = {}
    for at in range(0, len(wanted), JOINS):
        part = wanted[at : at + JOINS]
        select, kinds = ([], "") if attributes else ([ATTRIBUTES], ATTRIBUTE_KINDS)
        joins, own = "", [*arguments]
        for number_, column in enumerate(part):
            alias = f"c{number_}"
            own.append(column.key)
            select += [one.format(alias=alias) for one in column.select]
            kinds += column.kinds
            joins += f" LEFT JOIN {column.table} AS {alias}"
            joins += f" ON {alias}.key = ${len(own)} AND {alias}.run_uuid = r.run_uuid\n"
        arrays = session.select(
            f"SELECT {', '.join(select)}\nFROM runs AS r\n{joins}WHERE {where}\n"
            f"ORDER BY r.run_uuid {dialect.by_code_point}",
            own,
            kinds,
        )
        if not attributes:
            attributes, arrays = arrays[: len(ATTRIBUTE_KINDS)], arrays[len(ATTRIBUTE_KINDS) :]
        for column in part:
            found[column], arrays = arrays[: len(column.kinds)], arrays[len(column.kinds) :]
    return attributes, found


def _metric_column(present: Any, steps: Any, values: Any) -> MetricColumn:
    return MetricColumn(columns.restore_infinities(values), steps, present)


def _entries(dialect: Dialect, where: str, table: str, select: str) -> str:
    """Statement for all entries of the chosen runs; its first column is the run's position."""
    return (
        "WITH chosen AS (SELECT r.run_uuid,"
        f" row_number() OVER (ORDER BY r.run_uuid {dialect.by_code_point}) - 1 AS place"
        f" FROM runs AS r WHERE {where})\n"
        f"SELECT chosen.place, {select} FROM chosen JOIN {table} AS c ON c.run_uuid = chosen.run_uuid"
    )


def _all_texts(
    session: Session, dialect: Dialect, where: str, arguments: list[Argument], size: int, table: str
) -> dict[str, TextColumn]:
    statement = _entries(dialect, where, table, "c.key, c.value")
    if table == "tags":  # a run under review has hundreds of events, each up to 7,500 characters
        prefix = names.EVENT_TAG_PREFIX
        statement += f" WHERE substr(c.key, 1, {len(prefix)}) <> '{prefix}'"
    rows, keys, values = session.select(statement, arguments, "ikk")
    return columns.text_columns(size, rows, keys, values.texts())


def _all_metrics(
    session: Session, dialect: Dialect, where: str, arguments: list[Argument], size: int
) -> dict[str, MetricColumn]:
    statement = _entries(dialect, where, "latest_metrics", f"c.key, {number('c')}, c.step")
    rows, keys, values, steps = session.select(statement, arguments, "ikfi")
    return columns.metric_columns(size, rows, keys, values, steps)
