"""Runs in training: newer values put into a table that was read before, and an order that holds still meanwhile."""

from dataclasses import replace

import numpy as np

from mlreview.entities import MetricColumn, RunTable, TextColumn


def running(table: RunTable) -> tuple[str, ...]:
    """Ids of the runs that are under way."""
    return tuple(table.run_ids[[status == "RUNNING" for status in table.statuses]])


def differs(old: RunTable, new: RunTable) -> bool:
    """Whether two reads of the same runs differ in status or in a metric."""
    if list(old.run_ids) != list(new.run_ids) or list(old.statuses) != list(new.statuses):
        return True
    if old.metrics.keys() != new.metrics.keys():
        return True
    return any(
        not (
            np.array_equal(column.present, new.metrics[key].present)
            and np.array_equal(column.steps, new.metrics[key].steps)
            and np.array_equal(column.values, new.metrics[key].values, equal_nan=True)
        )
        for key, column in old.metrics.items()
    )


def updated(table: RunTable, newer: RunTable) -> RunTable:
    """The same rows with newer statuses, end times and metrics of some of the runs.

    Only what changes is copied: the given tables are shared and stay as they are. Runs that the table doesn't have
    are left out.

    Args:
        table: All runs.
        newer: Some of them, read later.
    """
    row_of = {run_id: row for row, run_id in enumerate(newer.run_ids)}
    pairs = [(at, row_of[run_id]) for at, run_id in enumerate(table.run_ids) if run_id in row_of]
    if not pairs:
        return table
    here, there = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))

    def texts(old: TextColumn, new: TextColumn) -> TextColumn:
        column = old.copy()
        column[here] = new[there]
        return column

    def metric(key: str) -> MetricColumn:
        new = newer.metrics[key]
        old = table.metrics.get(key)
        size = len(table)
        values = np.full(size, np.nan) if old is None else old.values.copy()
        steps = np.zeros(size, np.int64) if old is None else old.steps.copy()
        present = np.zeros(size, bool) if old is None else old.present.copy()
        values[here], steps[here], present[here] = new.values[there], new.steps[there], new.present[there]
        return MetricColumn(values, steps, present)

    ends = table.end_times.copy()
    ends[here] = newer.end_times[there]
    changed = {key: metric(key) for key, column in newer.metrics.items() if column.present.any()}
    return replace(
        table,
        statuses=texts(table.statuses, newer.statuses),
        end_times=ends,
        metrics={**table.metrics, **changed},
    )
