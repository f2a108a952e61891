"""Arrays from what database drivers return, and what is computed of them. Nothing here knows SQL.

A statement's columns have one *kind* each, a letter: ``t`` text, ``k`` text that repeats (a category), ``i`` whole
number, ``n`` whole number that can be missing (``MISSING`` then), ``f`` number that can be missing (NaN then), ``b``
truth.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlreview.entities import MetricColumn, TextColumn

MISSING = np.iinfo(np.int64).min
"""A whole number that isn't there; as a ``datetime64`` it is NaT."""

DTYPES = {"t": np.object_, "k": np.intp, "i": np.int64, "n": np.int64, "f": np.float64, "b": np.bool_}


class Category(NamedTuple):
    """Texts that repeat: which of ``values`` each row has. ``codes`` is intp, ``values`` an object array."""

    codes: NDArray[np.intp]
    values: TextColumn

    def texts(self) -> TextColumn:
        """The text of each row; equal texts are one object."""
        return self.values[self.codes]


def from_rows(batches: Iterable[Sequence[tuple[Any, ...]]], kinds: str) -> list[Any]:
    """Columns from batches of row tuples: one array a column, a ``Category`` for kind ``k``."""
    parts: list[list[NDArray[Any]]] = [[] for _ in kinds]
    seen: list[dict[str, int]] = [{} for _ in kinds]
    for rows in batches:
        for part, known, kind, values in zip(parts, seen, kinds, zip(*rows, strict=True), strict=True):
            part.append(_array(values, kind, known))
    columns: list[Any] = []
    for part, known, kind in zip(parts, seen, kinds, strict=True):
        column: NDArray[Any] = np.concatenate(part) if part else np.empty(0, dtype=DTYPES[kind])
        columns.append(Category(column, texts(list(known))) if kind == "k" else column)
    return columns


def _array(values: tuple[Any, ...], kind: str, known: dict[str, int]) -> NDArray[Any]:
    if kind == "k":
        for value in set(values):
            known.setdefault(value, len(known))
        return np.fromiter(map(known.__getitem__, values), np.intp, len(values))
    if kind == "n":
        return np.fromiter((MISSING if value is None else value for value in values), np.int64, len(values))
    if kind == "f":
        return np.array(values, dtype=np.float64)  # None becomes NaN
    return np.fromiter(values, DTYPES[kind], len(values))


def texts(values: Sequence[str | None]) -> TextColumn:
    """A text column of these values."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def times(milliseconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """UTC times; ``MISSING`` becomes NaT."""
    return milliseconds.astype("datetime64[ms]")


def restore_infinities(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metric values as they were logged: MLflow keeps an infinity as the largest float."""
    largest = np.abs(values) >= sys.float_info.max
    return np.where(largest, np.copysign(np.inf, values), values) if largest.any() else values


def by_key(keys: Category) -> list[tuple[str, NDArray[np.intp]]]:
    """For each key, sorted, the positions of its rows."""
    order = np.argsort(keys.codes, kind="stable")
    ends = np.cumsum(np.bincount(keys.codes, minlength=len(keys.values)))
    groups = zip(keys.values, np.split(order, ends[:-1]) if len(ends) else [], strict=True)
    return sorted(groups, key=lambda group: group[0])


def text_columns(size: int, rows: NDArray[np.int64], keys: Category, values: TextColumn) -> dict[str, TextColumn]:
    """One column a key, from (row, key, value) entries; ``None`` where a row has no entry."""
    columns = {}
    for key, entries in by_key(keys):
        column = np.full(size, None, dtype=object)
        column[rows[entries]] = values[entries]
        columns[key] = column
    return columns


def metric_columns(
    size: int,
    rows: NDArray[np.int64],
    keys: Category,
    values: NDArray[np.float64],
    steps: NDArray[np.int64],
) -> dict[str, MetricColumn]:
    """One column a key, from (row, key, value, step) entries."""
    values = restore_infinities(values)
    columns = {}
    for key, entries in by_key(keys):
        at = rows[entries]
        column = MetricColumn(np.full(size, np.nan), np.zeros(size, np.int64), np.zeros(size, np.bool_))
        column.values[at] = values[entries]
        column.steps[at] = steps[entries]
        column.present[at] = True
        columns[key] = column
    return columns


def newest_first(start_times: NDArray[np.int64]) -> NDArray[np.intp]:
    """Order by start, newest first, missing ones last; equals keep their order."""
    return np.argsort(np.where(start_times == MISSING, np.iinfo(np.int64).max, -start_times), kind="stable")


class Points(NamedTuple):
    """Points of several histories, grouped: history ``groups[i]`` is ``starts[i]`` up to ``ends[i]``, by step."""

    groups: NDArray[np.int64]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    steps: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]


def ordered_points(
    groups: NDArray[np.int64],
    steps: NDArray[np.int64],
    timestamps: NDArray[np.int64],
    values: NDArray[np.float64],
) -> Points:
    """Group points and order each group by (step, timestamp, value), NaN last. Infinities are restored."""
    values = restore_infinities(values)
    same = groups[1:] == groups[:-1]
    # Databases mostly return them in order, and finding that out is much cheaper than sorting.
    ordered = ((groups[1:] > groups[:-1]) | (same & (steps[1:] > steps[:-1]))).all()
    if not ordered:
        order = np.lexsort((values, timestamps, steps, groups))
        groups, steps, timestamps, values = groups[order], steps[order], timestamps[order], values[order]
    starts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1]))) if len(groups) else np.empty(0, int)
    ends = np.append(starts[1:], len(groups)) if len(groups) else np.empty(0, int)
    return Points(groups[starts], starts, ends, steps, timestamps, values)


class Extremes(NamedTuple):
    """Smallest and largest number of each history, and the first step that has it; one entry a history."""

    minimum: NDArray[np.float64]
    minimum_step: NDArray[np.int64]
    maximum: NDArray[np.float64]
    maximum_step: NDArray[np.int64]
    count: NDArray[np.int64]


def extremes(size: int, points: Points) -> Extremes:
    """Extremes of histories 0 to ``size`` - 1; NaN is left out of them, but counted."""
    count = np.zeros(size, np.int64)
    count[points.groups] = points.ends - points.starts
    numbers = ~np.isnan(points.values)
    values, steps = points.values[numbers], points.steps[numbers]
    group = np.repeat(points.groups, points.ends - points.starts)[numbers]

    def reached(best: np.ufunc) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        value, step = np.full(size, np.nan), np.zeros(size, np.int64)
        if len(values):
            starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
            value[group[starts]] = best.reduceat(values, starts)
            at = np.flatnonzero(values == value[group])[::-1]
            step[group[at]] = steps[at]  # assigned backwards: the first one stays
        return value, step

    return Extremes(*reached(np.minimum), *reached(np.maximum), count)
