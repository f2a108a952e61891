"""Learning curves: the chosen runs' metrics over steps, and a verdict for each run."""

import streamlit as st

from mlreview.ui import curves, curves_controls, curves_view, pages

pages.ensure()
st.header("Learning curves")
subject = curves.choose_subject()
if subject is not None:
    if subject.note:
        st.caption(subject.note)
    pairs = curves_controls.render_controls(subject)
    if pairs:
        curves_controls.render_focus(subject)
        curves_view.render(subject, pairs)
    else:
        curves_view.explain_no_metrics(subject)
