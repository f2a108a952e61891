"""What the notes page knows of runs: which one it is about, and how each stands."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mlreview.analysis.leaderboard import RankingChoice, choose_ranking
from mlreview.analysis.team import team_choice
from mlreview.entities import Lifecycle, RunQuery, RunTable
from mlreview.names import REVIEW_STATE_TAG
from mlreview.notes.links import mentioned_runs
from mlreview.ui import basket, reads, urlstate
from mlreview.ui.note_editor import RunInfo
from mlreview.ui.text import clip, direction_arrow, number

MAX_OPTIONS = 500
MAX_ELSEWHERE = 200
"""Runs of other experiments that are looked up for one note's links."""
_STATES = {"changes_requested": "changes requested"}


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs in sight, and the metric that says how good they are; ``choice`` is ``None`` where nothing ranks."""

    table: RunTable
    choice: RankingChoice | None
    position: Mapping[str, int]

    def metric(self, run_id: str) -> str:
        """``val_AUROC 0.917``; empty where the run has no such value."""
        at = self.position.get(run_id)
        if self.choice is None or at is None:
            return ""
        column = self.table.metrics.get(self.choice.metric)
        if column is None or not column.present[at]:
            return ""
        return f"{clip(self.choice.metric, 40)} {number(float(column.values[at]))}"

    def name(self, run_id: str) -> str:
        """A run's name, or the beginning of its id."""
        at = self.position.get(run_id)
        return (clip(self.table.names[at], 120) if at is not None else "") or run_id[:8]

    def info(self, run_id: str) -> RunInfo:
        """What a link to the run shows."""
        at = self.position.get(run_id)
        states = self.table.tags.get(REVIEW_STATE_TAG)
        state = clip(states[at], 40) if states is not None and at is not None else ""
        return RunInfo(self.name(run_id), self.metric(run_id), _STATES.get(state, state))

    def mentioned(self, *texts: str) -> dict[str, RunInfo]:
        """The runs that the texts link to, and those of the basket; those of other experiments are read too."""
        linked = [run_id for text in texts for run_id in mentioned_runs(text)]
        ids = dict.fromkeys([*linked, *basket.ids()])
        elsewhere = tuple(run_id for run_id in ids if run_id not in self.position)[:MAX_ELSEWHERE]
        found = {run_id: self.info(run_id) for run_id in ids if run_id in self.position}
        return found | (_elsewhere(elsewhere) if elsewhere else {})

    def best_first(self) -> list[str]:
        """Run ids, best value first, then newest first."""
        column = self.table.metrics.get(self.choice.metric) if self.choice else None
        if column is None or self.choice is None:
            return [*self.table.run_ids]
        values = np.where(column.present & np.isfinite(column.values), column.values, np.nan)
        order = np.argsort(-values if self.choice.direction == "max" else values, kind="stable")
        return [*self.table.run_ids[order]]


def info_of(run_ids: tuple[str, ...]) -> dict[str, RunInfo]:
    """What links to these runs show, whichever experiments they are of: name and review."""
    return _elsewhere(run_ids[:MAX_ELSEWHERE]) if run_ids else {}


def _elsewhere(run_ids: tuple[str, ...]) -> dict[str, RunInfo]:
    """Runs of other experiments, by name and state: their metric would be another one. Those not in the store lack."""
    query = RunQuery(run_ids=run_ids, lifecycle="all", metrics=(), tags=(REVIEW_STATE_TAG,))
    table = reads.runs(query).table
    runs = Runs(table, None, {run_id: at for at, run_id in enumerate(table.run_ids)})
    return {run_id: runs.info(run_id) for run_id in runs.position}


def read_runs() -> Runs:
    """The runs of the experiments in sight; where the page is about a run of another one, those of that one."""
    runs = _read(urlstate.get(urlstate.SharedView).experiments)
    wanted = urlstate.get(urlstate.NotesView).run
    if wanted is None or wanted in runs.position:
        return runs
    found = reads.runs(RunQuery(run_ids=(wanted,), lifecycle="all", metrics=())).table
    if not len(found):
        return runs
    return _read((found.experiment_ids[0],), lifecycle="active" if found.lifecycles[0] == "active" else "all")


def _read(experiments: tuple[str, ...], lifecycle: Lifecycle = "active") -> Runs:
    table = reads.runs(RunQuery(experiments, lifecycle=lifecycle, tags=(REVIEW_STATE_TAG,), note_heads=True)).table
    known = [experiment for experiment in reads.experiments() if experiment.experiment_id in experiments]
    ranking = urlstate.get(urlstate.LeaderboardView)
    choice = choose_ranking(table, ranking.metric, ranking.direction, team_choice(known)) if len(table) else None
    return Runs(table, choice, {run_id: at for at, run_id in enumerate(table.run_ids)})


def choose_run(runs: Runs) -> str | None:
    """Which run the page is about: the address's, else the basket's first, else one that is chosen here."""
    view = urlstate.get(urlstate.NotesView)
    if view.run is None and basket.ids():
        view = urlstate.update(urlstate.NotesView, run=basket.ids()[0])
    heads = runs.table.note_heads
    noted = [run_id for run_id in runs.position if heads is not None and (heads[runs.position[run_id]] or "").strip()]
    options = list(dict.fromkeys([*([view.run] if view.run else []), *basket.ids(), *noted, *runs.best_first()]))
    if not options:
        return None

    def label(run_id: str) -> str:
        parts = [runs.name(run_id), runs.metric(run_id), "has a note" if run_id in has_note else ""]
        return " · ".join(part for part in parts if part)

    has_note = set(noted)
    urlstate.control("notes_run", view.run)
    st.selectbox(
        "Run",
        options[:MAX_OPTIONS],
        key="notes_run",
        format_func=label,
        placeholder="Choose a run to read or write its note",
        help=None
        if len(options) <= MAX_OPTIONS
        else f"{MAX_OPTIONS} of {len(options):,}: those with a note, then the best",
        on_change=_chosen,
        args=(frozenset(options),),
    )
    return view.run


def _chosen(options: frozenset[str]) -> None:
    """A label that changed meanwhile, because the run has a note now, comes back as if it were a choice."""
    if st.session_state["notes_run"] in options:
        urlstate.update(urlstate.NotesView, run=st.session_state["notes_run"])


def metric_words(runs: Runs) -> str:
    """What the runs are measured by: ``val_AUROC ↑``."""
    return f"{clip(runs.choice.metric, 60)} {direction_arrow(runs.choice.direction)}" if runs.choice else ""
