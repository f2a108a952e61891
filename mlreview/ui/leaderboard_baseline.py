"""The leaderboard's baseline: found, measured, held against the shown rows; and the way to pin another one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from mlreview.analysis.baseline import NO_BASELINE, NO_REGISTRY, Baseline, choose_baseline
from mlreview.analysis.deltas import for_more_rows
from mlreview.analysis.trust import compare_with, find_baseline
from mlreview.entities import Experiment, RunQuery, RunTable
from mlreview.names import EXPERIMENT_BASELINE_TAG
from mlreview.ui import leaderboard_team, leaderboard_trust, reads, registry, urlstate
from mlreview.ui.leaderboard_rows import Shown
from mlreview.ui.text import clip, plain

_AS_FOUND = ""


def compare(shown: Shown, known: Sequence[Experiment], whole: RunTable | None = None) -> Shown:
    """Add the baseline and every shown row's difference from it.

    Args:
        shown: The rows on the page.
        known: The experiments on the page, with the team's choices.
        whole: All runs of these experiments, read with ``BASELINE_COLUMNS``: a search may have left the baseline out.
            By default those that are ranked.
    """
    own = urlstate.get(urlstate.LeaderboardView).baseline
    registered = registry.versions()
    choice = choose_baseline(shown.table if whole is None else whole, known, registered.versions, own)
    if registered.waiting is not None:
        said = tuple(one for one in choice.remarks if one != NO_REGISTRY)
        choice = replace(choice, remarks=("The model registry has not answered yet", *said))
    reading, ranking = leaderboard_trust.READING, shown.ranking
    baseline = find_baseline(choice, shown.table, ranking, reading, leaderboard_trust.aliases(), reads.experiments())
    count = shown.parts[0].stop
    run_ids = tuple(shown.details.run_ids[:count])
    ranked = compare_with(baseline, run_ids, ranking.values[:count], shown.evidence, ranking, reading)
    deltas = for_more_rows(ranked, shown.count)
    reference = _reference(shown, baseline)
    return replace(shown, baseline=baseline, deltas=deltas, reference=reference, registered=registered)


def _reference(shown: Shown, baseline: Baseline) -> RunTable | None:
    """The baseline with its params, else the leader: what others are said to differ from."""
    run_id = baseline.choice.run_id
    if run_id is None:
        return shown.details.take([0]) if shown.count else None
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
    # The label is part of what Streamlit knows a popover by: with the run's name in it, it would close at each choice.
    with st.popover(
        "Baseline",
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
