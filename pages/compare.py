"""Compare: not built yet; says what it will show and what is chosen so far."""

import streamlit as st

from mlreview.ui import pages, placeholder

pages.ensure()
st.header("Compare")
placeholder.render(
    "The chosen runs side by side will stand here: parameters, metrics, data, code and environment, only "
    "what differs, against a baseline."
)
