"""Model Review, the dashboard: ``streamlit run app.py``."""

import streamlit as st

from mlreview.ui import pages, reads, tables, urlstate
from mlreview.ui.errors import error_boundary
from mlreview.ui.sidebar import render_sidebar, render_store

# A file of ours: an icon by name would be fetched from somebody else's server.
st.set_page_config(page_title="Model Review", page_icon=str(pages.ICON), layout="wide", initial_sidebar_state=236)
spec, page = pages.navigation()
urlstate.begin(spec.view)
reads.begin()
pages.follow(spec)
tables.hide_toolbars()

ready = False
presenting = urlstate.presenting(spec.view)  # to a meeting: nothing beside what is shown
with error_boundary():
    if not presenting:
        render_sidebar()
    ready = True
if ready:
    with error_boundary():
        pages.run(page)
if not presenting:
    with error_boundary():
        render_store()
urlstate.finish(spec.view)
