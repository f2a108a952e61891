"""Production: not built yet; says what it will show and what is chosen so far."""

import streamlit as st

from mlreview.ui import pages, placeholder

pages.ensure()
st.header("Production")
placeholder.render(
    "What is deployed will stand here: the run behind each registered model and alias, how good it was "
    "expected to be, and who approved it."
)
