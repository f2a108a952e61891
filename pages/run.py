"""Run: not built yet; says what it will show and what is chosen so far."""

import streamlit as st

from mlreview.ui import pages, placeholder

pages.ensure()
st.header("Run")
placeholder.render_run()
placeholder.render(
    "One run and its review will stand here: who would replace what, the note, the changes, the evidence, "
    "the conversation, the decision."
)
