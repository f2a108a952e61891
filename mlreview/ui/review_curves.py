"""Curves: the run's training beside that of its baseline, with the verdict."""

import streamlit as st

from mlreview.review.bodies import Anchor
from mlreview.ui import curves_view, pages, review_compose
from mlreview.ui.curves import default_pairs
from mlreview.ui.review_case import Case


def render(case: Case) -> None:
    """The figure and the verdicts; where no metric was logged that is said."""
    subject = case.subject
    if subject is None or not subject.runs.metrics or not subject.pairs:
        st.info(
            "This run has no curve: `mlflow.log_metric(key, value, step=epoch)`, or autologging, makes one.",
            icon=":material/info:",
        )
        return
    curves_view.render(subject, default_pairs(subject))
    with st.container(horizontal=True, vertical_alignment="center"):
        pages.runs_link("curves", subject.styled, "All curves")
        keys = dict.fromkeys(key for pair in subject.pairs for key in pair.keys)
        review_compose.render_here(case, [Anchor("metric", key) for key in keys if key in case.run.metrics], "curves")
