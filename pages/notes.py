"""Notes: not built yet; says what it will show and what is chosen so far."""

import streamlit as st

from mlreview.ui import pages, placeholder

pages.ensure()
st.header("Notes")
placeholder.render(
    "The team's notes will stand here: a Markdown editor that writes back to the run's description in "
    "MLflow, and a search over all notes."
)
