"""The leaderboard: runs of the chosen experiments, ranked by one metric."""

import streamlit as st

from mlreview.analysis.team import team_choice
from mlreview.entities import RunQuery
from mlreview.names import GIT_COMMIT_TAG, MAX_SHOWN_ROWS
from mlreview.ui import growing, leaderboard, leaderboard_controls, pages, reads, urlstate

pages.ensure()
st.header("Leaderboard")

experiments = urlstate.get(urlstate.SharedView).experiments
known = [experiment for experiment in reads.experiments() if experiment.experiment_id in experiments]
grown = growing.runs(RunQuery(experiments))
table = grown.read.table
growing.render_progress(grown)
if not experiments:
    leaderboard.explain_empty_store()
elif not known:
    leaderboard.explain_unknown_experiment()
elif not len(table):
    leaderboard.explain_empty_experiment()
else:
    team = team_choice(known)
    choice = leaderboard_controls.render_controls(table, team)
    if choice is None:
        leaderboard.explain_no_metric(len(table))
    ranking = leaderboard_controls.rank_by_choice(table, choice) if choice else leaderboard.newest_first(table)
    parts = leaderboard.split_rows(ranking, MAX_SHOWN_ROWS)
    shown = tuple(run_id for part in parts for run_id in table.run_ids[ranking.rows[part]])
    query = RunQuery(run_ids=shown, lifecycle="all", metrics=(), params=None, tags=(GIT_COMMIT_TAG,))
    read = reads.runs(query)
    details = leaderboard.in_order(read.table, shown)
    evidence = leaderboard.weigh_shown(ranking, parts[0], details, reads.datasets(shown))
    if choice:
        leaderboard_controls.render_summary(table, choice, ranking, len(shown), evidence.statements)
    leaderboard.render_parts(table, ranking, parts, read.varying, details, evidence)
