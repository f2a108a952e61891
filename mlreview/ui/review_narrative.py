"""Narrative: the run's note, as it reads."""

import streamlit as st

from mlreview.names import NOTE_TAG
from mlreview.notes.links import mentioned_runs
from mlreview.notes.sections import sections
from mlreview.review.bodies import Anchor
from mlreview.ui import note_editor, notes_open, notes_texts, review_compose
from mlreview.ui.notes_runs import info_of
from mlreview.ui.review_case import Case
from mlreview.ui.text import plain


def render(case: Case) -> None:
    """The note, with what is missing in it, and the way to write it."""
    text = case.run.tags.get(NOTE_TAG) or ""
    found = case.written
    if found.total:
        missing = ", ".join(plain(one, 60) for one in found.missing)
        said = f"{len(found.filled)} of {found.total} sections are filled in."
        st.caption(f"{said} Missing: {missing}." if missing else f":material/check_circle: {said}")
    if text.strip():
        with st.container(border=True):
            shown = note_editor.browser_text(text)
            key = f"review_note_{case.run_id}"
            note_editor.note_view(shown, info_of(tuple(mentioned_runs(shown))), key, notes_open.open_note)
    else:
        st.info(
            "Say what it is for, what was tried and failed, and what somebody should know who picks it up.",
            title="This run has no note yet",
            icon=":material/edit_note:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Write the note",
            icon=":material/edit:",
            type="tertiary",
            key="review_write_note",
            on_click=notes_open.open_note,
            args=(case.run_id, "edit"),
        )
        headings = [one.heading for one in sections(text) if one.heading] or list(notes_texts.headings())
        review_compose.render_here(case, [Anchor("heading", one[:500]) for one in headings], "note")
    review_compose.render_threads_here(case, ("heading",))
