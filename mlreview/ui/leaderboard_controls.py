"""The leaderboard's controls and its sentence: what ranks, which way, and who says so."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mlreview.analysis.leaderboard import (
    MetricSummary,
    Ranking,
    RankingChoice,
    choose_ranking,
    describe_coverage,
    extremes_of_rows,
    rank,
    summarise_metrics,
)
from mlreview.analysis.team import TeamChoice, tags_for
from mlreview.entities import Aggregate, Direction, RunTable
from mlreview.ui import reads, urlstate, writes
from mlreview.ui.text import clip, direction_arrow, plain

_DIRECTIONS: dict[Direction, str] = {"max": "Higher is better", "min": "Lower is better"}
_VALUES: dict[Aggregate, str] = {"last": "Last", "best": "Best", "min": "Smallest", "max": "Largest"}


def render_controls(table: RunTable, team: TeamChoice | None) -> RankingChoice | None:
    """The ranking metric and its direction; ``None`` when there is nothing to rank by and nothing was chosen."""
    view = urlstate.get(urlstate.LeaderboardView)
    choice = choose_ranking(table, view.metric, view.direction, team)
    summaries = {summary.name.key: summary for summary in summarise_metrics(table)}
    options = list(summaries)
    if choice is not None and choice.metric not in summaries:
        options.append(choice.metric)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        urlstate.control("leaderboard_metric", choice.metric if choice else None)
        metric = st.selectbox(
            "Rank by",
            options,
            key="leaderboard_metric",
            format_func=lambda key: _metric_label(key, summaries, len(table)),
            placeholder="Choose a metric",
            width=340,
            on_change=_metric_chosen,
        )
        if metric is None or choice is None:
            return None
        urlstate.control("leaderboard_direction", choice.direction)
        st.segmented_control(
            "Direction",
            list(_DIRECTIONS),
            key="leaderboard_direction",
            format_func=lambda direction: f"{direction_arrow(direction)} {_DIRECTIONS[direction]}",
            required=True,
            on_change=_direction_chosen,
            args=(choice.metric,),
        )
        urlstate.control("leaderboard_by", view.by)
        st.segmented_control(
            "Value",
            list(_VALUES),
            key="leaderboard_by",
            format_func=lambda by: _VALUES[by],
            required=True,
            help="Which value of each run ranks: its last one, or one over all its steps",
            on_change=_value_chosen,
        )
    return choice


def rank_by_choice(table: RunTable, choice: RankingChoice) -> Ranking:
    """The ranking that the controls ask for. Reads the histories of one metric for anything but the last value."""
    by = urlstate.get(urlstate.LeaderboardView).by
    if by == "last" or choice.metric not in table.metrics:
        return rank(table, choice.metric, choice.direction)
    having = np.flatnonzero(table.metrics[choice.metric].present)
    extremes = reads.extremes(tuple(table.run_ids[having]), choice.metric)
    full = extremes_of_rows(extremes, len(table), having)
    return rank(table, choice.metric, choice.direction, by, full)


def _metric_label(key: str, summaries: dict[str, MetricSummary], rows: int) -> str:
    summary = summaries.get(key)
    if summary is None:
        return f"{clip(key, 60)} · no run has it"
    runs = "all runs" if summary.runs == rows else f"{summary.runs:,} run{'' if summary.runs == 1 else 's'}"
    return f"{clip(key, 60)} · {runs}{' · training' if summary.training else ''}"


def _metric_chosen() -> None:
    """A new metric comes with the direction that its own name says, not with that of the metric before."""
    urlstate.update(urlstate.LeaderboardView, metric=st.session_state["leaderboard_metric"], direction=None)


def _value_chosen() -> None:
    urlstate.update(urlstate.LeaderboardView, by=st.session_state["leaderboard_by"])


def _direction_chosen(metric: str) -> None:
    urlstate.update(urlstate.LeaderboardView, metric=metric, direction=st.session_state["leaderboard_direction"])


def render_summary(
    table: RunTable, choice: RankingChoice, ranking: Ranking, shown: int, statements: Sequence[str]
) -> None:
    """What ranks, who chose it, what it covers and how sure it is; and the way to make it the team's choice.

    Args:
        table: What was ranked.
        choice: What ranks, and who chose it.
        ranking: As ranked.
        shown: Rows on the page.
        statements: On how far the ranking can be trusted: the first stands on the page, all are one click away.
    """
    assumed = "" if choice.direction_known else " (assumed: its name doesn't say)"
    direction = f"{direction_arrow(choice.direction)} {_DIRECTIONS[choice.direction].lower()}{assumed}"
    which = f"{direction}, {_VALUES[ranking.by].lower()} value"
    who = {
        "guess": f":orange-badge[guessed] {plain(choice.reason, 200)}",
        "team": ":green-badge[team's choice]",
        "own": ":blue-badge[your choice]",
    }[choice.source]
    if any(summary.training for summary in summarise_metrics(table) if summary.name.key == choice.metric):
        who += " · :red-badge[training metric] it says how well a run fits what it has seen"
    covers = describe_coverage(ranking, table.total, shown, complete=table.complete)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Ranked by **{plain(choice.metric)}** {which} · {who}  \n"
            f":gray[{plain('; '.join([covers, *statements[:1]]), 600)}]",
            width="stretch",
        )
        if statements:
            with st.popover("How sure?", icon=":material/balance:", help="What this ranking rests on"):
                st.markdown("\n".join(f"- {plain(statement, 600)}." for statement in statements))
        if choice.source != "team":
            _render_make_it_ours(choice)


def _render_make_it_ours(choice: RankingChoice) -> None:
    experiment_ids = urlstate.get(urlstate.SharedView).experiments
    tags = tags_for(choice.metric, choice.direction)
    with st.popover("Make it ours", icon=":material/group:", help="Rank by this for everybody on the team"):
        where = "this experiment" if len(experiment_ids) == 1 else f"these {len(experiment_ids)} experiments"
        st.markdown(
            f"Everybody who opens {where} will see it ranked by **{plain(choice.metric)}**, "
            f"{_DIRECTIONS[choice.direction].lower()}. Each viewer can still choose otherwise."
        )
        st.caption(
            "Added in MLflow, to the experiment: "
            + ", ".join(f"tag {plain(key, 300)} = {plain(value, 300)}" for key, value in tags.items())
            + ". Nothing else changes. Before the first write to a store of record, a backup is wise."
        )
        if st.button("Set for the team", key="leaderboard_make_ours", type="primary"):
            for experiment_id in experiment_ids:
                writes.set_experiment_tags(experiment_id, tags)
            urlstate.update(urlstate.LeaderboardView, metric=None, direction=None)
            reads.refresh()
            st.rerun()
