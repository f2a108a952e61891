"""Small run tables for tests of pure functions, written the way they read."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlreview.entities import MetricColumn, RunTable


def text_column(values: Sequence[str | None]) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def metric_column(values: Sequence[float | None], steps: Sequence[int] | int = 39) -> MetricColumn:
    present = np.array([value is not None for value in values], dtype=bool)
    filled = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    at = np.full(len(values), steps) if isinstance(steps, int) else np.asarray(steps)
    return MetricColumn(filled, np.where(present, at, 0).astype(np.int64), present)


def run_table(
    rows: int,
    metrics: Mapping[str, MetricColumn | Sequence[float | None]] | None = None,
    params: Mapping[str, Sequence[str | None]] | None = None,
    tags: Mapping[str, Sequence[str | None]] | None = None,
    names: Sequence[str | None] | None = None,
) -> RunTable:
    """A table of ``rows`` finished runs, newest first, ids ``run-0`` ..."""
    ids = text_column([f"run-{i}" for i in range(rows)])
    started = np.datetime64("2026-01-01T12:00", "ms") - np.arange(rows) * np.timedelta64(60_000, "ms")
    return RunTable(
        run_ids=ids,
        experiment_ids=text_column(["1"] * rows),
        names=text_column(list(names) if names is not None else [f"name-{i}" for i in range(rows)]),
        users=text_column(["ada"] * rows),
        statuses=text_column(["FINISHED"] * rows),
        lifecycles=text_column(["active"] * rows),
        artifact_uris=text_column([None] * rows),
        parent_run_ids=text_column([None] * rows),
        start_times=started,
        end_times=started + np.timedelta64(30_000, "ms"),
        metrics={
            key: column if isinstance(column, MetricColumn) else metric_column(column)
            for key, column in (metrics or {}).items()
        },
        params={key: text_column(list(column)) for key, column in (params or {}).items()},
        tags={key: text_column(list(column)) for key, column in (tags or {}).items()},
        total=rows,
    )
