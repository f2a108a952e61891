"""Verdicts and sparklines of the shown runs: read after the first paint, in one bulk read, and kept.

The table stands first, with what the latest values say. Then a fragment that draws nothing reads the curves of the
runs that nothing is known of yet, and has the page drawn again, once. What came of a curve is kept by run and by when
the run ended; a run in training is looked at again when it has come further.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from mlreview.analysis.diagnosis import diagnose_runs
from mlreview.analysis.diagnosis_names import wanted_by_any_name
from mlreview.entities import Curve
from mlreview.errors import MlreviewError
from mlreview.ui import leaderboard_columns, leaderboard_trust, reads, urlstate
from mlreview.ui.leaderboard_rows import Shown, Training

MAX_POINTS = 2_000_000
"""Points of curves that one read takes in, as far as their last steps tell; the first rows go first."""

TREND_POINTS = 40
_KEPT = 20_000
_AFTER_PAINT_S = 0.2
_RETRY_S = 30
_PHASE = "_fit.phase"
_RETRY = "_fit.retry"


class _Memory:
    """The newest trainings of one server process, shared between sessions."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Training] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Training | None:
        return self._kept.get(key)

    def put(self, found: Mapping[Hashable, Training]) -> None:
        with self._lock:
            self._kept.update(found)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _memory() -> _Memory:
    return _Memory()


def recall(shown: Shown) -> Shown:
    """Add what is known already; reads nothing."""
    memory = _memory()
    found = {run_id: memory.get(key) for run_id, key in keys_of(shown).items()}
    return replace(shown, trainings={run_id: one for run_id, one in found.items() if one is not None})


def read_after_paint(shown: Shown) -> None:
    """Have what isn't known read once the page stands; nothing, where all is known or no column shows it."""
    if not {leaderboard_columns.FIT, leaderboard_columns.TREND} & set(leaderboard_columns.chosen()):
        return
    keys = keys_of(shown)
    missing = [run_id for run_id in keys if run_id not in shown.trainings]
    if not missing or time.time() < st.session_state.get(_RETRY, 0.0):
        return
    st.session_state[_PHASE] = "painting"
    _read(shown, missing, keys)


@st.fragment(run_every=_AFTER_PAINT_S)
def _read(shown: Shown, missing: Sequence[str], keys: Mapping[str, Hashable]) -> None:
    if st.session_state.get(_PHASE) == "painting":  # the page's own script run: the table is on its way
        st.session_state[_PHASE] = "painted"
        return
    if st.session_state.get(_PHASE) != "painted":
        return
    st.session_state[_PHASE] = "done"
    if read_curves(shown, missing, keys):
        urlstate.run_again()


def read_curves(shown: Shown, missing: Sequence[str], keys: Mapping[str, Hashable]) -> bool:
    """Read the curves of some shown runs in one read, and keep what came of them; whether it could be read.

    Args:
        shown: What is on the page.
        missing: Ids of the runs, in the order that they matter in.
        keys: What each is kept by.
    """
    ranking = (shown.ranking.metric, shown.ranking.direction)
    aliases = leaderboard_trust.aliases()
    metrics = wanted_by_any_name(shown.table.metrics, shown.ranking.metric, aliases)
    some = _affordable(shown, missing, metrics)
    try:
        curves = reads.store().curves(some, metrics)
    except MlreviewError:
        st.session_state[_RETRY] = time.time() + _RETRY_S  # the page stands without; it tries again later
        return False
    verdicts = diagnose_runs(curves, some, ranking, aliases=aliases)
    trends: dict[str, tuple[float, ...]] = {}
    for name in (*reversed(aliases.others(shown.ranking.metric)), shown.ranking.metric):  # its own name counts most
        trends |= {curve.run_id: trend_of(curve) for curve in curves if curve.metric == name}
    found = {
        keys[run_id]: Training(verdict, trends.get(run_id, ())) for run_id, verdict in zip(some, verdicts, strict=True)
    }
    _memory().put(found)
    return True


def trend_of(curve: Curve) -> tuple[float, ...]:
    """A curve in few points: the last one of each stretch, numbers only; empty for a single point."""
    values = curve.values[np.isfinite(curve.values)]
    if len(values) < 2:
        return ()
    ends = np.unique(np.linspace(0, len(values) - 1, min(len(values), TREND_POINTS)).round().astype(int))
    return tuple(float(value) for value in values[ends])


def _affordable(shown: Shown, missing: Sequence[str], metrics: Sequence[str]) -> list[str]:
    """As many of the runs as one read should take in, by the last steps of their metrics; at least one."""
    row_of = {run_id: row for row, run_id in zip(_rows(shown), shown.details.run_ids, strict=True)}
    points, some = 0, []
    for run_id in missing:
        row = row_of[run_id]
        points += sum(int(shown.table.metrics[key].steps[row]) + 1 for key in metrics if key in shown.table.metrics)
        if some and points > MAX_POINTS:
            break
        some.append(run_id)
    return some


def _rows(shown: Shown) -> list[int]:
    return [int(row) for part in shown.parts for row in shown.ranking.rows[part]]


def keys_of(shown: Shown) -> dict[str, Hashable]:
    """What the curves of each shown run are kept by; runs without the metric have none that say anything here."""
    metric, direction = shown.ranking.metric, shown.ranking.direction
    column = shown.table.metrics.get(metric)
    if column is None:
        return {}
    store = reads.key()
    ends = shown.details.end_times.astype("datetime64[ms]").astype(np.int64)
    return {
        run_id: (store, metric, direction, run_id, int(ends[at]), int(column.steps[row]))
        for at, (run_id, row) in enumerate(zip(shown.details.run_ids, _rows(shown), strict=True))
        if column.present[row]
    }
