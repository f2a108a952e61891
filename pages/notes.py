"""Notes: what was tried, what failed, and why; read, written, searched."""

import streamlit as st

from mlreview.ui import notes, notes_history, notes_runs, notes_search, pages

pages.ensure()
with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Notes", width="stretch")
    part = notes.render_parts()
runs = notes_runs.read_runs()
run_id = notes_runs.choose_run(runs) if part != "search" else None
if part == "search":
    notes_search.render(runs)
elif run_id is None:
    st.info("Choose a run above. A link to a run's note names the run, so that others see the same.")
elif part == "edit":
    notes.render_editor(run_id, runs)
elif part == "history":
    notes_history.render(run_id, runs)
else:
    notes.render_note(run_id, runs)
