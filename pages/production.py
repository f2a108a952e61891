"""Production: what is deployed, whether its review holds, and how it came there."""

import streamlit as st

from mlreview.ui import pages, production

pages.ensure()
st.header("Production")
production.render()
