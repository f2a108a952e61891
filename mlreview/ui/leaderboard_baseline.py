"""The leaderboard's baseline: found, measured, held against the shown rows; and the way to pin another one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from mlreview.analysis.baseline import (
    NO_BASELINE,
    Baseline,
    BaselineChoice,
    choose_baseline,
    measure_baseline,
)
from mlreview.analysis.deltas import deltas_from, no_deltas
from mlreview.analysis.evaluation import evaluation_sets
from mlreview.analysis.leaderboard import Ranking, rank
from mlreview.entities import Experiment, ModelVersion, RunQuery, RunTable
from mlreview.errors import MlreviewError
from mlreview.names import EXPERIMENT_BASELINE_TAG
from mlreview.ui import leaderboard_team, reads, urlstate
from mlreview.ui.leaderboard_rows import Shown
from mlreview.ui.text import clip, plain

_AS_FOUND = ""


def compare(shown: Shown, known: Sequence[Experiment]) -> Shown:
    """Add the baseline and every shown row's difference from it.

    Args:
        shown: The rows on the page.
        known: The experiments on the page, with the team's choices.
    """
    own = urlstate.get(urlstate.LeaderboardView).baseline
    choice = choose_baseline(shown.table, known, _versions(), own)
    baseline = _measure(choice, shown, {one.experiment_id: one.name for one in known})
    if baseline.value is None:
        return replace(shown, baseline=baseline, deltas=no_deltas(shown.count), reference=_reference(shown, baseline))
    ranked = shown.parts[0].stop
    values = np.full(shown.count, np.nan)
    values[:ranked] = shown.ranking.values[:ranked]
    noise = shown.evidence.noise
    errors = np.full(shown.count, np.nan)
    errors[:ranked] = noise.errors
    places = np.flatnonzero(shown.details.run_ids == choice.run_id)
    at = int(places[0]) if len(places) else None
    # Where the baseline isn't among the rows, the noise of the row with the nearest value stands for its own.
    nearest = int(np.argmin(np.abs(values[:ranked] - baseline.value))) if ranked else 0
    error = errors[nearest if at is None else at] if ranked else float("nan")
    sets = evaluation_sets(shown.datasets, shown.ranking.metric)
    of_run = [sets.get(run_id) for run_id in shown.details.run_ids]
    of_baseline = sets.get(choice.run_id or "")
    deltas = deltas_from(
        values,
        baseline.value,
        shown.ranking.direction,
        errors=errors,
        baseline_error=float(error),
        freedom=noise.freedom,
        at=at,
        data=[None if one is None else one.identity for one in of_run],
        baseline_data=None if of_baseline is None else of_baseline.identity,
    )
    return replace(shown, baseline=baseline, deltas=deltas, reference=_reference(shown, baseline))


def _versions() -> tuple[ModelVersion, ...] | None:
    """The registry, which can be another store than the runs'; a page without it says so and stands."""
    try:
        return reads.model_versions(None)
    except MlreviewError:
        return None


def _measure(choice: BaselineChoice, shown: Shown, experiment_names: dict[str, str]) -> Baseline:
    elsewhere: tuple[RunTable, Ranking] | None = None
    if choice.run_id is not None and choice.run_id not in set(shown.table.run_ids):
        table = reads.runs(RunQuery(run_ids=(choice.run_id,), lifecycle="all")).table
        metric, direction, by = shown.ranking.metric, shown.ranking.direction, shown.ranking.by
        if by != "last" and len(table):
            extremes = reads.extremes(tuple(table.run_ids), metric)
            elsewhere = table, rank(table, metric, direction, by, extremes)
        else:
            elsewhere = table, rank(table, metric, direction)
    return measure_baseline(choice, shown.table, shown.ranking, elsewhere, experiment_names.get)


def _reference(shown: Shown, baseline: Baseline) -> RunTable | None:
    """The baseline with its params; ``None`` without one: then the leader is what others differ from."""
    run_id = baseline.choice.run_id
    if run_id is None:
        return None
    places = np.flatnonzero(shown.details.run_ids == run_id)
    if len(places):
        return shown.details.take(places)
    table = reads.runs(RunQuery(run_ids=(run_id,), lifecycle="all", metrics=(), params=None)).table
    return table if len(table) else None


def render_baseline(shown: Shown, known: Sequence[Experiment]) -> None:
    """The button *Baseline*: which run it is and why, and how to pin another, for oneself or for the team."""
    baseline = shown.baseline
    if baseline is None:
        return
    name = clip(baseline.run_name or (baseline.choice.run_id or "")[:8], 24) or "none"
    with st.popover(
        f"Baseline: {plain(name)}",
        icon=":material/keep:",
        key="leaderboard_baseline_open",
        on_change="rerun",
    ) as opened:
        if opened.open:
            _render_choice(shown, baseline, known)


def _render_choice(shown: Shown, baseline: Baseline, known: Sequence[Experiment]) -> None:
    said = [baseline.describe(), *baseline.choice.remarks]
    if shown.deltas is not None and shown.deltas.statement:
        said.append(shown.deltas.statement)
    st.markdown("  \n".join(f"{plain(sentence, 600)}." for sentence in said))
    names = dict(zip(shown.details.run_ids, shown.details.names, strict=True))
    own = urlstate.get(urlstate.LeaderboardView).baseline
    options = [_AS_FOUND, *names, NO_BASELINE]
    current = own or _AS_FOUND
    if current not in options:
        options.append(current)
    labels = {_AS_FOUND: "As the team has it", NO_BASELINE: "Nothing"}
    urlstate.control("leaderboard_baseline", current)
    st.selectbox(
        "Compare with",
        options,
        key="leaderboard_baseline",
        format_func=lambda run_id: labels.get(run_id) or clip(names.get(run_id), 80) or run_id[:8],
        help="For you, for now: it stands in the address",
        on_change=_baseline_chosen,
        width=360,
    )
    pinned = {one.tags.get(EXPERIMENT_BASELINE_TAG) for one in known}
    run_id = baseline.choice.run_id
    if run_id is None or run_id == NO_BASELINE or pinned == {run_id} or baseline.problem.startswith("This store has"):
        return
    leaderboard_team.confirm(
        f"Pin it for the team: everybody who opens {leaderboard_team.these(known)} will see every run compared with "
        f"**{plain(baseline.run_name or run_id[:8])}**. Each viewer can still choose otherwise.",
        {EXPERIMENT_BASELINE_TAG: run_id},
        key="leaderboard_pin_baseline",
        button="Pin for the team",
        known=known,
        forget={"baseline": None},
    )


def _baseline_chosen() -> None:
    urlstate.update(urlstate.LeaderboardView, baseline=st.session_state["leaderboard_baseline"] or None)
