"""Groups of runs that share values of some params or tags: mean, spread, and every point.

A group's mean says more than its best run, which is partly luck. Below four runs a spread says nothing that could be
relied on (three runs against three can't differ with p < 0.05 in any exact two-sided test), so such a group is called
too few to tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.find_keys import Key
from mlreview.analysis.params import SEED_KEYS, canonical_param
from mlreview.entities import Direction, TextColumn

ENOUGH: Final = 4
"""Runs that a group needs before its spread is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Runs with the same values.

    Attributes:
        values: Of each key, spelt in one way; ``None`` for the runs that have none.
        rank: 1 is best, by the mean; ties share a rank; 0 for a group without any number.
        rows: intp: its runs that have a number, best first, as rows of the table.
        points: float64, aligned with ``rows``.
        mean: Of the points; NaN without any.
        deviation: Standard deviation of the points (of a sample, n - 1); NaN below two.
        not_finite: Further runs of the group whose value is NaN or infinite.
        missing: Further runs of the group without the metric.
    """

    values: tuple[str | None, ...]
    rank: int
    rows: NDArray[np.intp]
    points: NDArray[np.float64]
    mean: float
    deviation: float
    not_finite: int
    missing: int

    @property
    def too_few(self) -> bool:
        """Its spread, and so its place, can't be told."""
        return len(self.rows) < ENOUGH


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """All groups, best mean first, those without any number last.

    Attributes:
        keys: What they are grouped by.
        groups: Each run of the table is in just one of them, but for reproductions.
        unranked: Runs without a number, all groups together.
        lacking: Runs that lack at least one of the keys.
        repeated: Reproductions, which are in no group.
    """

    keys: tuple[Key, ...]
    groups: tuple[Group, ...]
    unranked: int
    lacking: int
    repeated: int = 0


def group_runs(
    keys: Sequence[Key],
    columns: Sequence[TextColumn],
    values: NDArray[np.float64],
    present: NDArray[np.bool_],
    direction: Direction,
    reproduces: TextColumn | None = None,
) -> Groups:
    """Group runs and rank the groups by their means.

    Args:
        keys: At least one.
        columns: The values of each key, one entry a run.
        values: float64, shape (runs,): what ranks.
        present: bool, shape (runs,): the run has it at all.
        direction: Which way is better.
        reproduces: What each run reproduces, if any: it has its original's seed and numbers, and would make a group
            larger and narrower than it is.
    """
    again = np.zeros(len(values), dtype=bool) if reproduces is None else np.array([bool(one) for one in reproduces])
    spelt = [_spelt(key.name, column) for key, column in zip(keys, columns, strict=True)]
    members: dict[tuple[str | None, ...], list[int]] = {}
    for row, own in enumerate(zip(*spelt, strict=True)):
        if not again[row]:
            members.setdefault(own, []).append(row)
    found = [_group(own, np.array(rows, dtype=np.intp), values, present, direction) for own, rows in members.items()]
    worse = -1.0 if direction == "max" else 1.0
    found.sort(key=lambda group: (not len(group.rows), worse * group.mean if len(group.rows) else 0.0))
    groups: list[Group] = []
    for at, group in enumerate(found):
        tied = groups and len(group.rows) and group.mean == groups[-1].mean
        rank = groups[-1].rank if tied else at + 1
        groups.append(_with_rank(group, rank if len(group.rows) else 0))
    return Groups(
        tuple(keys),
        tuple(groups),
        unranked=sum(group.not_finite + group.missing for group in groups),
        lacking=sum(len(group.rows) + group.not_finite + group.missing for group in groups if None in group.values),
        repeated=int(again.sum()),
    )


def _group(
    own: tuple[str | None, ...],
    rows: NDArray[np.intp],
    values: NDArray[np.float64],
    present: NDArray[np.bool_],
    direction: Direction,
) -> Group:
    finite = present[rows] & np.isfinite(values[rows])
    counted = rows[finite]
    order = np.argsort(-values[counted] if direction == "max" else values[counted], kind="stable")
    counted = counted[order]
    points = values[counted]
    return Group(
        values=own,
        rank=0,
        rows=counted,
        points=points,
        mean=float(points.mean()) if len(points) else float("nan"),
        deviation=float(points.std(ddof=1)) if len(points) > 1 else float("nan"),
        not_finite=int((present[rows] & ~finite).sum()),
        missing=int((~present[rows]).sum()),
    )


def _with_rank(group: Group, rank: int) -> Group:
    return Group(
        group.values, rank, group.rows, group.points, group.mean, group.deviation, group.not_finite, group.missing
    )


def _spelt(key: str, column: TextColumn) -> list[str | None]:
    """Values with one spelling each: ``0.1`` and autolog's ``0.10000000149011612`` are one group."""
    spelling = {value: canonical_param(key, value.strip()) for value in set(column) if value is not None}
    return [None if value is None else spelling[value] for value in column]


def groupable(params: Mapping[str, TextColumn], tags: Mapping[str, TextColumn]) -> tuple[Key, ...]:
    """Keys that group these runs at all: with several values (to have none is one), and fewer of them than runs.

    Seeds are left out: they tell replicates apart, and a mean over replicates is what a group is for. So is
    bookkeeping, MLflow's and this project's.

    Returns:
        Params first, then tags; among each those with the fewest values first, then by name.
    """
    found: list[tuple[bool, int, str, Key]] = []
    spaces: tuple[tuple[Literal["param", "tag"], Mapping[str, TextColumn]], ...] = (
        ("param", params),
        ("tag", tags),
    )
    for space, columns in spaces:
        for name, column in columns.items():
            if name in SEED_KEYS or name.startswith(("mlflow.", names.OWN_PREFIX)):
                continue
            if len(set(column)) < 2:
                continue
            spelt = set(_spelt(name, column))
            having = sum(value is not None for value in column)
            if len(spelt) > 1 and len(spelt - {None}) < having:
                found.append((space == "tag", len(spelt), name, Key(space, name)))
    return tuple(key for *_, key in sorted(found, key=lambda entry: entry[:3]))


def describe_groups(groups: Groups, metric: str) -> tuple[str, ...]:
    """What the groups cover, a sentence each, without a full stop: never a silent denominator."""
    count = len(groups.groups)
    few = sum(group.too_few and len(group.rows) > 0 for group in groups.groups)
    said = [f"{count:,} group{'' if count == 1 else 's'} by {' and '.join(key.name for key in groups.keys)}"]
    if few:
        said.append(f"{few:,} with fewer than {ENOUGH} runs: too few to tell")
    if groups.lacking:
        what = "it" if len(groups.keys) == 1 else "one of them"
        several = f"{groups.lacking:,} runs lack {what} and form a group of their own"
        said.append(f"1 run lacks {what} and is a group of its own" if groups.lacking == 1 else several)
    if groups.repeated:
        one = groups.repeated == 1
        said.append(
            "1 reproduction is left out: it is its original once more"
            if one
            else f"{groups.repeated:,} reproductions are left out: each is its original once more"
        )
    if groups.unranked:
        runs = "1 run has" if groups.unranked == 1 else f"{groups.unranked:,} runs have"
        count = "counts" if groups.unranked == 1 else "count"
        said.append(f"{runs} no {metric}, or one that is NaN or infinite, and {count} in no mean")
    return tuple(said)
