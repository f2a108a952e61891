"""The leaderboard page, step by step; each step is one call into a module of its own."""

from collections.abc import Sequence

from mlreview.analysis.aliases import Substituted
from mlreview.analysis.baseline import BASELINE_COLUMNS
from mlreview.analysis.leaderboard import Ranking, RankingChoice
from mlreview.analysis.team import team_choice
from mlreview.entities import Experiment, RunQuery, RunTable
from mlreview.names import MAX_SHOWN_ROWS
from mlreview.ui import (
    growing,
    leaderboard_baseline,
    leaderboard_basket,
    leaderboard_controls,
    leaderboard_find,
    leaderboard_fit,
    leaderboard_groups,
    leaderboard_live,
    leaderboard_rows,
    leaderboard_states,
    leaderboard_summary,
    leaderboard_tables,
    leaderboard_trust,
    registry,
)


def render(experiments: Sequence[str], known: Sequence[Experiment]) -> None:
    """Draw the leaderboard, or say why there is none.

    Args:
        experiments: Ids of the experiments that the address asks for.
        known: Those of them that the store has.
    """
    grown = growing.runs(RunQuery(tuple(experiments), tags=BASELINE_COLUMNS))
    table = grown.read.table
    growing.render_progress(grown)
    if not experiments:
        leaderboard_states.explain_empty_store()
    elif not known:
        leaderboard_states.explain_unknown_experiment()
    elif not len(table):
        leaderboard_states.explain_empty_experiment()
    else:
        table = leaderboard_live.hold(table)
        # 1. Which runs: the search leaves some out.
        found = leaderboard_find.narrow(table)
        # 2. What ranks: of all runs, so that a search doesn't change it, nor the ranks and what is said of them.
        choice = leaderboard_controls.render_controls(table, team_choice(known))
        if not len(found):
            leaderboard_find.explain_nothing_found(len(table))
            return
        if choice is None:
            leaderboard_states.explain_no_metric(len(found))
        ranked, ranking, completed = _rank(found, choice)
        # 3. Which rows are shown, and what is known of them.
        shown = leaderboard_rows.read_shown(ranked, ranking, MAX_SHOWN_ROWS)
        if found is not table and choice is not None:
            everything, overall, _ = _rank(table, choice)
            whole = leaderboard_rows.read_shown(everything, overall, MAX_SHOWN_ROWS)
            shown = leaderboard_rows.within_all(shown, whole)
        shown = leaderboard_trust.add_kept(shown, completed)
        shown = leaderboard_baseline.compare(shown, known, grown.read.table)
        shown = leaderboard_fit.recall(leaderboard_live.keep_order(shown))
        # 4. Draw.
        if choice is not None:
            leaderboard_summary.render_summary(choice, shown, known)
        leaderboard_basket.render_bar(shown, known)
        if choice is not None and leaderboard_groups.chosen():
            leaderboard_groups.render(ranked, ranking)
        else:
            leaderboard_tables.render_tables(shown)
            # 5. What is read when the page stands.
            leaderboard_fit.read_after_paint(shown)
        registry.render_wait(shown.registered)


def _rank(table: RunTable, choice: RankingChoice | None) -> tuple[RunTable, Ranking, Substituted | None]:
    """The runs in order, values under other names in the metric's column; newest first where nothing ranks."""
    if choice is None:
        return table, leaderboard_rows.newest_first(table), None
    completed = leaderboard_trust.complete(table, choice.metric)
    return completed.table, leaderboard_controls.rank_by_choice(completed, choice), completed
