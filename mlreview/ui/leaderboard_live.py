"""A leaderboard that stays current without moving under the pointer.

What a viewer sees is held: the runs and their order change when the viewer changes something, not when the store
does. A fragment looks at the store every few seconds. A run in training gets its new values in its row; new runs, and
an order that has changed, are announced on a button that takes them in.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from mlreview.analysis import live
from mlreview.entities import Experiment, RunQuery, RunTable
from mlreview.errors import MlreviewError
from mlreview.names import MAX_SHOWN_ROWS
from mlreview.ui import reads, urlstate
from mlreview.ui.leaderboard_rows import Shown, reorder

LOOK_S = {"sqlite": 4.0, "postgresql": 4.0, "api": 15.0}
"""How often the store is looked at, in seconds, by the kind of reader."""

MAX_WATCHED = MAX_SHOWN_ROWS
_HELD = "_live.held"


@dataclass(slots=True)
class _Held:
    """What a viewer has before them.

    Attributes:
        key: What was asked for: another question gets a new answer.
        table: All runs, as they were when the question was asked.
        at: When that was (s since 1970).
        count, newest: How many runs there were, and the start of the newest; ``None`` where the store can't say.
        newer: Runs in training, read later.
        order: Ids of the shown ranked runs, in the order that they stand in.
        moved: The order would be another one now.
        news: What the last look found to be new.
    """

    key: tuple
    table: RunTable
    at: float
    count: int | None
    newest: int | None
    newer: RunTable | None = None
    order: tuple[str, ...] = ()
    moved: bool = False
    news: str = ""


def hold(table: RunTable) -> RunTable:
    """The runs as this viewer has them, with newer values of those in training.

    Args:
        table: As the store has them now, or had them a moment ago.
    """
    view = replace(urlstate.get(urlstate.LeaderboardView), columns=(), digits=3, baseline=None)
    key = (reads.key(), urlstate.get(urlstate.SharedView).experiments, view)
    held: _Held | None = st.session_state.get(_HELD)
    if held is None or held.key != key or held.at < reads.asked_again() or (table.complete and not held.table.complete):
        held = st.session_state[_HELD] = _Held(key, table, time.time(), *_extent(table))
    return held.table if held.newer is None else live.updated(held.table, held.newer)


def keep_order(shown: Shown) -> Shown:
    """The shown rows in the order that they stand in already; their ranks are those of now."""
    held: _Held = st.session_state[_HELD]
    ranked = shown.parts[0].stop
    ids = tuple(shown.details.run_ids[:ranked])
    if ids == held.order or set(ids) != set(held.order):
        held.order, held.moved = ids, False
        return shown
    held.moved = True
    place = {run_id: at for at, run_id in enumerate(ids)}
    return reorder(shown, np.array([place[run_id] for run_id in held.order], dtype=np.intp))


def render_news(known: Sequence[Experiment]) -> None:
    """The button that announces what is new, where something is; and the look at the store every few seconds."""
    _watch_at(LOOK_S[reads.store().info().kind], tuple(one.experiment_id for one in known))


def _watch_at(seconds: float, experiment_ids: tuple[str, ...]) -> None:
    st.fragment(_watch, run_every=seconds)(experiment_ids, time.time() + seconds / 2)


def _watch(experiment_ids: tuple[str, ...], not_before: float) -> None:
    held: _Held | None = st.session_state.get(_HELD)
    if held is None:
        return
    if time.time() >= not_before:  # not while the page itself is drawn
        try:
            fresh, newer = _look(reads.key(), experiment_ids, live.running(held.table)[:MAX_WATCHED])
        except MlreviewError:
            return  # the page stands; the next look, or the next read, says what is wrong
        before = held.newer if held.newer is not None else held.table
        if newer is not None and live.differs(_same_rows(before, newer), newer):
            held.newer = newer
            urlstate.run_again()
        held.news = news((held.count, held.newest), _count(fresh))
    # One thing at a time: a longer button would wrap, and push the table down. Pressing it takes in both.
    said = held.news or ("New order" if held.moved else "")
    how = "Show the table as it is now"
    if said and st.button(said, key="leaderboard_news", icon=":material/arrow_upward:", help=how):
        reads.refresh()
        urlstate.run_again()


def news(before: tuple[int | None, int | None], now: tuple[int | None, int | None]) -> str:
    """What is new since a table was read, in two words; empty for nothing.

    Args:
        before: How many runs there were, ``None`` where the store can't say, and when the newest one started (ms,
            UTC), ``None`` without runs.
        now: The same now.
    """
    (count, newest), (count_now, newest_now) = before, now
    added = 0 if count is None or count_now is None else count_now - count
    if added > 0:
        return f"{added:,} new run{'' if added == 1 else 's'}"
    return "New runs" if newest_now is not None and (newest is None or newest_now > newest) else ""


def _same_rows(table: RunTable, like: RunTable) -> RunTable:
    """The rows of a table that another one has, in its order and with its metrics; all of them, if one is missing."""
    place = {run_id: at for at, run_id in enumerate(table.run_ids)}
    if not all(run_id in place for run_id in like.run_ids):
        return table
    rows = table.take([place[run_id] for run_id in like.run_ids])
    return replace(rows, metrics={key: rows.metrics[key] for key in like.metrics if key in rows.metrics})


def _extent(table: RunTable) -> tuple[int | None, int | None]:
    """How many runs there are, and when the newest one started; runs that are still being read are no news."""
    started = table.start_times[~np.isnat(table.start_times)]
    newest = int(started.max().astype("datetime64[ms]").astype(np.int64)) if len(started) else None
    return (table.total if table.complete else None), newest


def _count(known: Sequence[Experiment]) -> tuple[int | None, int | None]:
    counts = [one.run_count for one in known]
    newest = [one.last_run_time for one in known if one.last_run_time is not None]
    return (
        None if any(count is None for count in counts) else sum(count or 0 for count in counts),
        max(newest, default=None),
    )


@st.cache_resource(ttl=2.0, max_entries=64, show_spinner=False)
def _look(
    key: tuple[str, ...], experiment_ids: tuple[str, ...], run_ids: tuple[str, ...]
) -> tuple[tuple[Experiment, ...], RunTable | None]:
    """The experiments, and the runs that were in training; one look serves all sessions that ask the same."""
    store = reads.store()
    experiments = tuple(one for one in store.experiments() if one.experiment_id in experiment_ids)
    return experiments, store.runs(RunQuery(run_ids=run_ids)) if run_ids else None
