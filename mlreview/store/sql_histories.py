"""Histories of metrics, from SQL: all the points of many runs in one statement, for curves and for extremes."""

from collections.abc import Sequence

from mlreview.entities import Curve, MetricExtremes
from mlreview.store import columns
from mlreview.store.database import Dialect, Session
from mlreview.store.sql_runs import VISIBLE, number


def curves(session: Session, dialect: Dialect, run_ids: Sequence[str], metrics: Sequence[str]) -> tuple[Curve, ...]:
    """Full histories, by run as asked, then by metric as asked."""
    run_ids, metrics = list(dict.fromkeys(run_ids)), list(dict.fromkeys(metrics))
    points = _points(session, dialect, run_ids, metrics)
    found = []
    for group, start, end in zip(points.groups.tolist(), points.starts.tolist(), points.ends.tolist(), strict=True):
        run, metric = divmod(group, len(metrics))
        part = slice(start, end)
        found.append(
            Curve(
                run_id=run_ids[run],
                metric=metrics[metric],
                # Copies: a curve that is kept must not keep the points of all others.
                steps=points.steps[part].copy(),
                timestamps=points.timestamps[part].copy(),
                values=points.values[part].copy(),
                total=end - start,
            )
        )
    return tuple(found)


def extremes(session: Session, dialect: Dialect, run_ids: Sequence[str], metric: str) -> MetricExtremes:
    """Smallest and largest values, aligned with the runs as asked.

    The points are read and compared here: grouping them in the database takes as long, and would leave the steps open.
    """
    once = {run_id: row for row, run_id in enumerate(dict.fromkeys(run_ids))}
    found = columns.extremes(len(once), _points(session, dialect, list(once), [metric]))
    rows = [once[run_id] for run_id in run_ids]
    return MetricExtremes(
        run_ids=tuple(run_ids),
        metric=metric,
        minimum=found.minimum[rows],
        minimum_step=found.minimum_step[rows],
        maximum=found.maximum[rows],
        maximum_step=found.maximum_step[rows],
        count=found.count[rows],
    )


def _points(session: Session, dialect: Dialect, run_ids: Sequence[str], metrics: Sequence[str]) -> columns.Points:
    """All points; the group of run i and metric j is i × metrics + j."""
    # CROSS JOIN keeps SQLite to this order of tables: it would rather walk through all of metrics.
    statement = f"""
        SELECT a.key * {len(metrics)} + b.key, m.step, m.timestamp, {number("m")}
        FROM {dialect.listed(1, "a")} CROSS JOIN runs AS r CROSS JOIN {dialect.listed(2, "b")}
        CROSS JOIN metrics AS m {dialect.history_index}
        WHERE r.run_uuid = a.value AND {VISIBLE} AND m.run_uuid = r.run_uuid AND m.key = b.value"""
    found = session.select(statement, [run_ids, metrics], "iiif")
    return columns.ordered_points(*found)
