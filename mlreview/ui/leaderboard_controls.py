"""The leaderboard's controls: what ranks, and which way."""

import streamlit as st

from mlreview.analysis.aliases import Substituted
from mlreview.analysis.leaderboard import (
    MetricSummary,
    Ranking,
    RankingChoice,
    choose_ranking,
    summarise_metrics,
)
from mlreview.analysis.team import TeamChoice
from mlreview.analysis.trust import rank_substituted
from mlreview.entities import Aggregate, Direction, RunTable
from mlreview.ui import leaderboard_groups, leaderboard_trust, urlstate
from mlreview.ui.text import clip, direction_arrow

DIRECTIONS: dict[Direction, str] = {"max": "Higher is better", "min": "Lower is better"}
VALUES: dict[Aggregate, str] = {"last": "Last", "best": "Best", "min": "Smallest", "max": "Largest"}


def render_controls(table: RunTable, team: TeamChoice | None) -> RankingChoice | None:
    """The ranking metric and its direction; ``None`` when there is nothing to rank by and nothing was chosen."""
    view = urlstate.get(urlstate.LeaderboardView)
    choice = choose_ranking(table, view.metric, view.direction, team)
    completed = leaderboard_trust.complete(table, choice.metric).table if choice else table
    summaries = {summary.name.key: summary for summary in summarise_metrics(completed)}
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
            width=300,
            label_visibility="collapsed",
            on_change=_metric_chosen,
            args=(tuple(options),),
        )
        if metric is None or choice is None:
            return None
        urlstate.control("leaderboard_direction", choice.direction)
        st.segmented_control(
            "Direction",
            list(DIRECTIONS),
            key="leaderboard_direction",
            format_func=lambda direction: f"{direction_arrow(direction)} {DIRECTIONS[direction]}",
            required=True,
            label_visibility="collapsed",
            on_change=_direction_chosen,
            args=(choice.metric,),
        )
        urlstate.control("leaderboard_by", view.by)
        st.segmented_control(
            "Value",
            list(VALUES),
            key="leaderboard_by",
            format_func=lambda by: f"{VALUES[by]} value" if by == view.by else VALUES[by],
            required=True,
            label_visibility="collapsed",
            on_change=_value_chosen,
        )
        leaderboard_groups.render_button(table)
    return choice


def rank_by_choice(found: Substituted, choice: RankingChoice) -> Ranking:
    """The ranking that the controls ask for. Reads histories for anything but the last value."""
    by = urlstate.get(urlstate.LeaderboardView).by
    return rank_substituted(found, choice.direction, by, leaderboard_trust.READING)


def _metric_label(key: str, summaries: dict[str, MetricSummary], rows: int) -> str:
    summary = summaries.get(key)
    if summary is None:
        return f"{clip(key, 60)} · no run has it"
    runs = "all runs" if summary.runs == rows else f"{summary.runs:,} run{'' if summary.runs == 1 else 's'}"
    return f"{clip(key, 60)} · {runs}{' · training' if summary.training else ''}"


def _metric_chosen(options: tuple[str, ...]) -> None:
    """A new metric comes with the direction that its own name says, not with that of the metric before.

    The browser sends labels. One that a new run has changed meanwhile ("9 runs") is no metric, and nobody's choice.
    """
    metric = st.session_state["leaderboard_metric"]
    if metric in options:
        urlstate.update(urlstate.LeaderboardView, metric=metric, direction=None)


def _value_chosen() -> None:
    urlstate.update(urlstate.LeaderboardView, by=st.session_state["leaderboard_by"])


def _direction_chosen(metric: str) -> None:
    urlstate.update(urlstate.LeaderboardView, metric=metric, direction=st.session_state["leaderboard_direction"])
