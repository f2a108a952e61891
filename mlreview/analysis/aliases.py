"""Metrics that go by several names, so that runs of another framework rank beside the others.

A team says which names mean the same (``metric_aliases`` in the settings). A run that logged the ranking metric ranks
by it; a run that logged it only under another name ranks by that one, and every such name is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.metric_names import read_metric_name
from mlreview.entities import MetricColumn, MetricExtremes, RunTable
from mlreview.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names that mean the same.

    Attributes:
        groups: Each a set of names in the order in which they are taken; no name is in two of them.
    """

    groups: tuple[tuple[str, ...], ...] = ()

    def others(self, metric: str) -> tuple[str, ...]:
        """The other names of a metric, the first to be taken first; empty for most."""
        for group in self.groups:
            if metric in group:
                return tuple(name for name in group if name != metric)
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Substituted:
    """A table to rank by one metric, with the values that some runs logged under another name in its column.

    Attributes:
        table: The table as given where no run needs another name; else a new one over the same columns.
        metric: What ranks.
        keys: The names that were used beside ``metric``, in the order in which they are taken.
        sources: int64, shape (runs,), aligned with the table: the position in ``keys``; -1 for ``metric`` itself and
            for a run that has none of the names.
    """

    table: RunTable
    metric: str
    keys: tuple[str, ...]
    sources: NDArray[np.int64]

    def logged_as(self, rows: NDArray[np.intp] | Sequence[int]) -> tuple[str | None, ...]:
        """The name that each of these rows of the table ranks by, ``None`` where it is the metric's own."""
        return tuple(None if at < 0 else self.keys[at] for at in self.sources[np.asarray(rows, np.intp)])

    def parts(self) -> tuple[tuple[str, NDArray[np.intp]], ...]:
        """Which rows of the table have the metric under which name: what to ask a store about, name by name."""
        column = self.table.metrics.get(self.metric)
        if column is None:
            return ()
        found = [(self.metric, np.flatnonzero(column.present & (self.sources < 0)))]
        found += [(key, np.flatnonzero(self.sources == at)) for at, key in enumerate(self.keys)]
        return tuple((key, rows) for key, rows in found if len(rows))

    def describe(self) -> str:
        """How many runs rank by which other name, in words; empty when none does."""
        counts = [(key, int((self.sources == at).sum())) for at, key in enumerate(self.keys)]
        return "; ".join(
            f"{count:,} run{' ranks' if count == 1 else 's rank'} by {key}, another name of {self.metric}"
            for key, count in counts
        )


def read_aliases(configured: Mapping[str, Sequence[str]]) -> Aliases:
    """What the settings say, checked.

    Args:
        configured: A name, and the others that mean the same. Lines that share a name are one group.

    Raises:
        BadInputError: Two names that can't mean the same: one is better when higher and the other when lower, or one
            is of training data and the other is not.
    """
    groups: list[list[str]] = []
    for name, others in configured.items():
        joined = [name, *others]
        for group in [group for group in groups if not set(group).isdisjoint(joined)]:
            groups.remove(group)
            joined = [*group, *joined]
        groups.append(list(dict.fromkeys(joined)))
    for group in groups:
        for one, other in combinations(group, 2):
            _check_pair(one, other)
    return Aliases(tuple(tuple(group) for group in groups if len(group) > 1))


def substitute(table: RunTable, metric: str, aliases: Aliases) -> Substituted:
    """The table with one metric completed from its other names; the table that is given is not changed.

    Args:
        table: Runs with all their latest metrics.
        metric: What is to rank.
        aliases: Of the settings.
    """
    size = len(table)
    sources = np.full(size, -1, np.int64)
    own = table.metrics.get(metric)
    missing = np.ones(size, bool) if own is None else ~own.present
    used: list[tuple[str, NDArray[np.bool_]]] = []
    for key in aliases.others(metric):
        column = table.metrics.get(key)
        if column is None:
            continue
        taken = missing & column.present
        if taken.any():
            used.append((key, taken))
            missing &= ~taken
    if not used:
        return Substituted(table, metric, (), sources)
    values = np.full(size, np.nan) if own is None else own.values.copy()
    steps = np.zeros(size, np.int64) if own is None else own.steps.copy()
    present = np.zeros(size, bool) if own is None else own.present.copy()
    for at, (key, taken) in enumerate(used):
        column = table.metrics[key]
        values[taken], steps[taken], present[taken] = column.values[taken], column.steps[taken], True
        sources[taken] = at
    completed = replace(table, metrics={**table.metrics, metric: MetricColumn(values, steps, present)})
    return Substituted(completed, metric, tuple(key for key, _ in used), sources)


def extremes_of_parts(
    size: int, metric: str, parts: Sequence[tuple[NDArray[np.intp], MetricExtremes]]
) -> MetricExtremes:
    """Extremes that were read name by name, as those of one metric of a whole table.

    Args:
        size: Rows of the table.
        metric: What ranks.
        parts: Rows, and their extremes in that order. A row in no part logged nothing.
    """
    full = MetricExtremes(
        run_ids=("",) * size,
        metric=metric,
        minimum=np.full(size, np.nan),
        minimum_step=np.zeros(size, np.int64),
        maximum=np.full(size, np.nan),
        maximum_step=np.zeros(size, np.int64),
        count=np.zeros(size, np.int64),
    )
    for rows, read in parts:
        for name in ("minimum", "minimum_step", "maximum", "maximum_step", "count"):
            getattr(full, name)[rows] = getattr(read, name)
    return full


def _check_pair(one: str, other: str) -> None:
    first, second = read_metric_name(one), read_metric_name(other)
    hint = "Mend [metric_aliases] in mlreview.toml; nothing was ranked."
    if first.direction_known and second.direction_known and first.direction != second.direction:
        higher, lower = (one, other) if first.direction == "max" else (other, one)
        raise BadInputError(
            f"The metrics {higher!r} and {lower!r} can't be aliases: {higher!r} is better when higher, {lower!r} when "
            "lower.",
            hint=hint,
        )
    splits = {first.split, second.split}
    if "train" in splits and splits & {"validation", "test"}:
        raise BadInputError(
            f"The metrics {one!r} and {other!r} can't be aliases: one is of training data, the other is not, and runs "
            "would rank by how well they fit what they have seen.",
            hint=hint,
        )
