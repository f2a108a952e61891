"""The leaderboard's header: what ranks and who chose it; what it covers; what speaks against it; *Make it ours*.

Each is a short line of its own. What it rests on in full is a click away, under *How sure?*.
"""

from collections.abc import Sequence

import streamlit as st

from mlreview.analysis.leaderboard import RankingChoice, coverage, summarise_metrics
from mlreview.analysis.team import tags_for
from mlreview.entities import Experiment
from mlreview.ui import leaderboard_groups, leaderboard_team, leaderboard_trust
from mlreview.ui.leaderboard_controls import DIRECTIONS, VALUES
from mlreview.ui.leaderboard_rows import Shown
from mlreview.ui.text import clip, direction_arrow, plain

_WIDTHS = (0.71, 0.29)
"""Of the lines and of the buttons beside them: in columns the buttons stay there, however long the lines are."""
_LINES = 4
"""Of the header of single runs: what ranks, what it covers, who ties, what speaks against it."""
_METRIC_CHARS = 40
_DATA_CHARS = 48
_BASELINE_CHARS = 26
"""One line beside the button's."""


def render_summary(choice: RankingChoice, shown: Shown, known: Sequence[Experiment]) -> None:
    """The header's lines; at their right the buttons, and below them which run the baseline is."""
    grouped = bool(leaderboard_groups.chosen())
    lines = [_ranked_by(choice, shown, grouped)]
    if not grouped:  # who ties and how many were tried is said of single runs; groups say themselves what they cover
        lines += [f":gray[{plain(said, 400)}]" for said in _covers(shown)]
    against = shown.evidence.brief[1] if grouped else _against(shown)
    if against:
        lines.append(f":orange[:material/warning: {plain(against, 300)}]")
    if not grouped:  # a value of a run in training may change what is said, and must not move the table
        lines += ["&nbsp;"] * (_LINES - len(lines))
    left, right = st.columns(_WIDTHS, vertical_alignment="top")
    # Each stays one line, whatever the names in it (``tables.css``): the table's place must not depend on them.
    left.container(key="leaderboard_said").markdown("  \n".join(lines))
    with right.container(horizontal=True, horizontal_alignment="right", gap="small", key="leaderboard_choice"):
        if not grouped:
            render_grounds(shown)
        _render_make_ours(choice, shown, known)
    baseline = shown.baseline
    if not grouped and baseline is not None and baseline.choice.run_id is not None:
        name = baseline.run_name or baseline.choice.run_id[:8]
        right.caption(
            f"Baseline: {plain(name, _BASELINE_CHARS)}", text_alignment="right", help=plain(baseline.describe(), 400)
        )


def _ranked_by(choice: RankingChoice, shown: Shown, grouped: bool) -> str:
    """Ranked by what, which way, and who says so."""
    begin = "Groups ranked by mean" if grouped else "Ranked by"
    said = f"{begin} **{plain(choice.metric, _METRIC_CHARS)}** {direction_arrow(choice.direction)}"
    if shown.ranking.by != "last":
        said += f", {VALUES[shown.ranking.by].lower()} value"
    if not choice.direction_known:
        said += f" ({DIRECTIONS[choice.direction].lower()}: assumed)"
    who = {
        "guess": ":orange-badge[guessed]",
        "team": ":green-badge[team's choice]",
        "own": ":blue-badge[your choice]",
    }[choice.source]
    if any(summary.training for summary in summarise_metrics(shown.table) if summary.name.key == choice.metric):
        who += " :red-badge[training metric]"
    return f"{said} · {who}"


def _covers(shown: Shown) -> list[str]:
    """How many runs; who ties, and how many were tried on which data."""
    table, evidence = shown.table, shown.evidence
    scope = evidence.scope
    for name in {one.name for one in evidence.sets if one is not None}:
        scope = scope.replace(name, clip(name, _DATA_CHARS))
    covered = coverage(shown.ranking, table.total, shown.count, complete=table.complete)
    lines = (covered, (evidence.brief[0], scope))
    return [said for said in (" · ".join(filter(None, parts)) for parts in lines) if said]


def _against(shown: Shown) -> str:
    """What speaks against taking the ranking at its word, in a few words."""
    # Rows may still stand where they stood before the leader changed: the rank says who leads.
    leading = (one.state for one, rank in zip(shown.kept, shown.ranking.ranks, strict=False) if rank == 1)
    kept = next(leading, "")
    gone = {"not kept": "the leader's model was not kept", "no model": "the leader logged no model"}
    return " · ".join(said for said in (shown.evidence.brief[1], gone.get(kept, "")) if said)


def render_grounds(shown: Shown) -> None:
    """The button *How sure?*, and all that the ranking rests on."""
    said = leaderboard_trust.statements(shown)
    if said:
        with st.popover("How sure?", icon=":material/balance:", help="What this ranking rests on"):
            st.markdown("\n".join(f"- {plain(statement, 600)}." for statement in said))


def _render_make_ours(choice: RankingChoice, shown: Shown, known: Sequence[Experiment]) -> None:
    """The button *Make it ours*: not for what is the team's already, nor for what would rank nobody."""
    ranking = shown.ranking
    if choice.source == "team" or not ranking.ranked + ranking.not_finite:
        return
    with st.popover("Make it ours", icon=":material/group:", help="Rank by this for everybody on the team"):
        if choice.reason:
            st.markdown(f"Guessed: {plain(choice.reason, 200)}.")
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
