"""Metrics that runs logged under several names, as one row of a comparison."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mlreview.analysis.aliases import Aliases, substitute
from mlreview.entities import MetricColumn, RunTable

LoggedAs = Mapping[str, tuple[str | None, ...]]
"""By metric, for each run, the name under which it logged it; ``None`` where that is the metric's own."""


def one_name_each(runs: RunTable, aliases: Aliases, ranking: str | None = None) -> tuple[RunTable, LoggedAs]:
    """The runs with each metric that has several names under one of them.

    Args:
        runs: With all their latest metrics; not changed.
        aliases: Of the settings.
        ranking: What the viewer or the team ranks by: its name is the one that stands. Else the first that the settings
            write and a run has.

    Returns:
        The runs, and which names were replaced. Nothing is lost: what a run logged under a second name beside the one
        that is shown keeps its own row.
    """
    logged_as: dict[str, tuple[str | None, ...]] = {}
    for group in aliases.groups:
        there = [name for name in group if name in runs.metrics]
        if not there:
            continue
        shown = str(ranking) if ranking in group else there[0]
        found = substitute(runs, shown, aliases)
        if not found.keys:
            continue
        metrics = dict(found.table.metrics)
        for at, key in enumerate(found.keys):
            own = metrics.pop(key)
            left = own.present & (found.sources != at)
            if left.any():
                metrics[key] = MetricColumn(np.where(left, own.values, np.nan), np.where(left, own.steps, 0), left)
        logged_as[shown] = found.logged_as(range(len(runs)))
        runs = replace(runs, metrics=metrics)
    return runs, logged_as


def said(names: tuple[str | None, ...]) -> str:
    """Which other names stand in a row: ``val_binary_accuracy in 2 of 4 runs``; empty where none does."""
    counts = {name: names.count(name) for name in dict.fromkeys(names) if name is not None}
    return ", ".join(f"{name} in {count} of {len(names)} runs" for name, count in counts.items())
