"""Verdicts on the runs of a table: which curves to read, one bulk read, the verdicts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.aliases import Aliases
from mlreview.analysis.diagnosis import NO_ALIASES, Diagnosis, diagnose_runs
from mlreview.analysis.diagnosis_names import wanted_by_any_name
from mlreview.entities import Direction, RunTable
from mlreview.store.base import RunStore

_AT_ONCE = 500
"""Runs whose curves are held in memory at a time."""


def metrics_to_read(
    table: RunTable,
    ranking: tuple[str, Direction] | None,
    rows: NDArray[np.intp] | Sequence[int],
    aliases: Aliases = NO_ALIASES,
) -> tuple[str, ...]:
    """The metrics whose curves a verdict on these rows needs: those that at least one of them logged beyond one step.

    Args:
        table: Runs with all their latest metrics.
        ranking: The metric that ranks, and which way is better.
        rows: Positions in the table.
        aliases: Names of metrics that mean the same.
    """
    keys = [
        key
        for key, column in table.metrics.items()
        if (column.present[rows] & (column.steps[rows] != 0)).any() or key == "restored_epoch"
    ]
    return wanted_by_any_name(keys, ranking[0] if ranking else None, aliases)


def diagnose_rows(
    store: RunStore,
    table: RunTable,
    ranking: tuple[str, Direction] | None,
    rows: NDArray[np.intp] | Sequence[int] | None = None,
    saved_models: bool = True,
    aliases: Aliases = NO_ALIASES,
) -> tuple[Diagnosis, ...]:
    """Judge runs of a table, with one bulk read of curves for every 500 of them.

    Args:
        store: Where the table came from.
        table: Runs with all their latest metrics.
        ranking: The metric that ranks, and which way is better.
        rows: Which of them, in which order; ``None`` for all.
        saved_models: Also read which models were logged, so that the text says which checkpoint was kept.
        aliases: Names of metrics that mean the same, as the settings say.

    Returns:
        One diagnosis a row, in that order.
    """
    rows = np.arange(len(table)) if rows is None else np.asarray(rows, dtype=np.intp)
    found: list[Diagnosis] = []
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        run_ids = tuple(table.run_ids[part])
        metrics = metrics_to_read(table, ranking, part, aliases)
        curves = store.curves(run_ids, metrics) if metrics else ()
        models = store.logged_models(run_ids) if saved_models else None
        found += diagnose_runs(curves, run_ids, ranking, models, aliases)
    return tuple(found)
