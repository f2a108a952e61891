"""The leaderboard's sentence: what ranks, who chose it, what it covers, how sure it is; and *Make it ours*."""

import streamlit as st

from mlreview.analysis.leaderboard import RankingChoice, describe_coverage, summarise_metrics
from mlreview.analysis.team import tags_for
from mlreview.ui import reads, urlstate, writes
from mlreview.ui.leaderboard_controls import DIRECTIONS, VALUES
from mlreview.ui.leaderboard_rows import Shown
from mlreview.ui.text import direction_arrow, plain


def render_summary(choice: RankingChoice, shown: Shown) -> None:
    """What ranks, who chose it, what it covers and how sure it is; and the way to make it the team's choice.

    Of what is said on how far the ranking can be trusted the first sentence stands on the page, all are one click
    away.
    """
    table, ranking, statements = shown.table, shown.ranking, shown.evidence.statements
    assumed = "" if choice.direction_known else " (assumed: its name doesn't say)"
    direction = f"{direction_arrow(choice.direction)} {DIRECTIONS[choice.direction].lower()}{assumed}"
    which = f"{direction}, {VALUES[ranking.by].lower()} value"
    who = {
        "guess": f":orange-badge[guessed] {plain(choice.reason, 200)}",
        "team": ":green-badge[team's choice]",
        "own": ":blue-badge[your choice]",
    }[choice.source]
    if any(summary.training for summary in summarise_metrics(table) if summary.name.key == choice.metric):
        who += " · :red-badge[training metric] it says how well a run fits what it has seen"
    covers = describe_coverage(ranking, table.total, shown.count, complete=table.complete)
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
            f"{DIRECTIONS[choice.direction].lower()}. Each viewer can still choose otherwise."
        )
        st.caption(
            "Added in MLflow, to the experiment: "
            + ", ".join(f"tag {plain(key, 300)} = {plain(value, 300)}" for key, value in tags.items())
            + ". Nothing else changes. Before the first write to a store of record, a backup is wise."
        )
        if st.button("Set for the team", key="leaderboard_make_ours"):
            for experiment_id in experiment_ids:
                writes.set_experiment_tags(experiment_id, tags)
            urlstate.update(urlstate.LeaderboardView, metric=None, direction=None)
            reads.refresh()
            st.rerun()
