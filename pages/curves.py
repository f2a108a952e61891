"""Learning curves: not built yet; says what it will show and what is chosen so far."""

import streamlit as st

from mlreview.ui import pages, placeholder

pages.ensure()
st.header("Learning curves")
placeholder.render(
    "The chosen runs' metrics over steps will stand here: training dashed, validation solid, with a "
    "verdict on over- and underfitting."
)
