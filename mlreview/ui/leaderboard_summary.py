"""The leaderboard's sentence: what ranks, who chose it, what it covers, how sure it is; and *Make it ours*."""

from collections.abc import Sequence

import streamlit as st

from mlreview.analysis.leaderboard import RankingChoice, describe_coverage, summarise_metrics
from mlreview.analysis.team import tags_for
from mlreview.entities import Experiment
from mlreview.ui import leaderboard_team, leaderboard_trust
from mlreview.ui.leaderboard_controls import DIRECTIONS, VALUES
from mlreview.ui.leaderboard_rows import Shown
from mlreview.ui.text import direction_arrow, plain


def render_summary(choice: RankingChoice, shown: Shown, known: Sequence[Experiment]) -> None:
    """What ranks, who chose it, what it covers and how sure it is; and the way to make it the team's choice.

    Of what is said on how far the ranking can be trusted the first sentence stands on the page, all are one click
    away.
    """
    table, ranking, statements = shown.table, shown.ranking, leaderboard_trust.statements(shown)
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
    baseline = shown.baseline
    held = [] if baseline is None or baseline.choice.run_id is None else [baseline.describe()]
    covers = describe_coverage(ranking, table.total, shown.count, complete=table.complete)
    tie, against = shown.evidence.brief
    said = "; ".join(one for one in (covers, tie, shown.evidence.scope, *held) if one)
    # What speaks against taking the ranking at its word stands on the page, in full a click away.
    warning = f" :orange[:material/warning: {plain(against, 200)}]" if against else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Ranked by **{plain(choice.metric)}** {which} · {who}  \n:gray[{plain(said, 600)}]{warning}",
            width="stretch",
        )
        if statements:
            with st.popover("How sure?", icon=":material/balance:", help="What this ranking rests on"):
                st.markdown("\n".join(f"- {plain(statement, 600)}." for statement in statements))
        if choice.source != "team":
            with st.popover("Make it ours", icon=":material/group:", help="Rank by this for everybody on the team"):
                leaderboard_team.confirm(
                    f"Everybody who opens {leaderboard_team.these(known)} will see it ranked by "
                    f"**{plain(choice.metric)}**, {DIRECTIONS[choice.direction].lower()}. Each viewer can still "
                    "choose otherwise.",
                    tags_for(choice.metric, choice.direction),
                    key="leaderboard_make_ours",
                    button="Set for the team",
                    known=known,
                    forget={"metric": None, "direction": None},
                )
