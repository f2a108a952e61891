"""The leaderboard: runs of the chosen experiments, ranked by one metric."""

import streamlit as st

from mlreview.ui import leaderboard, pages, reads, urlstate

pages.ensure()
st.header("Leaderboard")
experiments = urlstate.get(urlstate.SharedView).experiments
known = [experiment for experiment in reads.experiments() if experiment.experiment_id in experiments]
leaderboard.render(experiments, known)
