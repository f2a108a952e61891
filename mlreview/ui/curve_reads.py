"""Cached histories: each is kept by run and by the run's end, so that a change of the basket reads only what is new.

A finished run's history does not change, and is kept until *Read again*; that of a run in training is read anew after
a few seconds. All histories that a view lacks come in one bulk read, but over HTTP in a few, because each history is
a request there and somebody is waiting.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from mlreview.analysis.aliases import Aliases
from mlreview.entities import Curve, RunTable
from mlreview.ui import reads

MAX_POINTS = 6_000_000
"""Points that are kept, of 24 bytes each."""
GROWING_S = 4.0
"""A history of a run in training is used again for this long, in seconds."""
_RUNS_A_REQUEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """``curve`` is ``None`` where the run has no such history; ``until`` in seconds since 1970."""

    curve: Curve | None
    ended: object
    at: float
    until: float


class CurveCache:
    """Histories of one store, the least recently used ones dropped first. Safe to use from several threads."""

    def __init__(self, max_points: int = MAX_POINTS) -> None:
        self._max_points = max_points
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._points = 0
        self._lock = threading.Lock()

    def find(self, run_id: str, metric: str, ended: object, now: float) -> _Kept | None:
        """What is kept of this history and can still be used."""
        with self._lock:
            kept = self._kept.get((run_id, metric))
            if kept is None or kept.ended != ended or kept.until < now:
                return None
            self._kept.move_to_end((run_id, metric))
            return kept

    def keep(self, run_id: str, metric: str, kept: _Kept) -> None:
        """Keep a history in place of what was kept of it."""
        with self._lock:
            before = self._kept.pop((run_id, metric), None)
            self._points -= _size(before) if before else 0
            self._kept[run_id, metric] = kept
            self._points += _size(kept)
            while self._points > self._max_points and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._points -= _size(dropped)


def _size(kept: _Kept) -> int:
    return 1 + len(kept.curve.steps) if kept.curve is not None else 1


def curves(runs: RunTable, metrics: Sequence[str], progress: Callable[[int, int], None]) -> tuple[Curve, ...]:
    """Whole histories of these runs: one for each pair that has points, by run, then by metric as asked.

    Args:
        runs: Read with their metrics: a run that has no latest value of a metric has no history of it.
        metrics: Keys.
        progress: Told how many of how many runs have been read, where that takes several reads.

    Raises:
        StoreError: The store can't be read.
    """
    cache = _cache(reads.key())
    now = time.time()
    found: dict[tuple[str, str], Curve] = {}
    missing: dict[str, list[str]] = {}
    ends: dict[str, object] = {}
    for row, run_id in enumerate(runs.run_ids):
        ends[run_id] = (runs.statuses[row], str(runs.end_times[row]))
        for metric in metrics:
            column = runs.metrics.get(metric)
            if column is None or not column.present[row]:
                continue
            kept = cache.find(run_id, metric, ends[run_id], now)
            if kept is None:
                missing.setdefault(run_id, []).append(metric)
            else:
                reads.note_age(kept.at)
                if kept.curve is not None:
                    found[run_id, metric] = kept.curve
    growing = {run_id for row, run_id in enumerate(runs.run_ids) if in_training(runs, row)}
    lacking = list(missing)
    # Over HTTP each history is a request, and somebody waits for all of them: say how far it has come.
    size = _RUNS_A_REQUEST if reads.store().info().kind == "api" else max(1, len(lacking))
    for begin in range(0, len(lacking), size):
        run_ids = lacking[begin : begin + size]
        progress(begin, len(lacking))
        wanted = list(dict.fromkeys(metric for run_id in run_ids for metric in missing[run_id]))
        with st.spinner("Reading the histories", show_time=True):
            read = {(curve.run_id, curve.metric): curve for curve in reads.store().curves(run_ids, wanted)}
        reads.note_age(now)
        for run_id in run_ids:
            until = time.time() + (GROWING_S if run_id in growing else 86_400)
            for metric in wanted:
                curve = read.get((run_id, metric))
                cache.keep(run_id, metric, _Kept(curve, ends[run_id], now, until))
                if curve is not None:
                    found[run_id, metric] = curve
    progress(len(lacking), len(lacking))
    return tuple(found[run_id, metric] for run_id in runs.run_ids for metric in metrics if (run_id, metric) in found)


def curves_by_any_name(
    runs: RunTable, metrics: Sequence[str], aliases: Aliases, progress: Callable[[int, int], None]
) -> tuple[tuple[Curve, ...], tuple[str, ...]]:
    """The same, where a run that lacks a metric is drawn by another name of it.

    Args:
        runs: As for ``curves``.
        metrics: Keys.
        aliases: Of the settings.
        progress: As for ``curves``.

    Returns:
        Histories, all under the names that were asked for, and the other names that were taken.

    Raises:
        StoreError: The store can't be read.
    """
    others = {metric: [key for key in aliases.others(metric) if key in runs.metrics] for metric in metrics}
    keys = dict.fromkeys([*metrics, *(key for names in others.values() for key in names)])
    read = {(curve.run_id, curve.metric): curve for curve in curves(runs, tuple(keys), progress)}
    found, taken = [], {}
    for run_id in runs.run_ids:
        for metric in metrics:
            name = next((key for key in (metric, *others[metric]) if (run_id, key) in read), None)
            if name is not None:
                found.append(replace(read[run_id, name], metric=metric))
                taken |= {name: None} if name != metric else {}
    return tuple(found), tuple(taken)


def in_training(runs: RunTable, row: int) -> bool:
    """Whether a run says that it is still being trained."""
    return runs.statuses[row] == "RUNNING"


@st.cache_resource(max_entries=2, show_spinner=False)
def _cache(key: tuple[str, ...]) -> CurveCache:
    return CurveCache()


reads.forget_too(_cache.clear)
