"""What the notes page is made of: its head, the note as it reads, the editor."""

from collections.abc import Callable

import streamlit as st

from mlreview.names import MAX_TAG_CHARS
from mlreview.notes.template import completeness
from mlreview.ui import (
    identity,
    note_editor,
    note_saving,
    notes_insert,
    notes_open,
    notes_search,
    notes_state,
    notes_texts,
    urlstate,
    writes,
)
from mlreview.ui.note_editor import EditorData, SaveRequest
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import plain

PARTS: dict[urlstate.NotesPart, str] = {
    "read": ":material/article: Note",
    "edit": ":material/edit: Edit",
    "history": ":material/history: History",
    "search": ":material/search: All notes",
}


FIRST_WRITE = (
    "Before the first save: what Model Review adds to this store.",
    "Your text goes into the run's Description, as in MLflow; every saved text is kept as a file among the run's "
    "artifacts (mlreview/notes). Nothing else is changed. A backup of the store is wise.",
)


def render_parts() -> urlstate.NotesPart:
    """The parts of the page, one of them chosen."""
    part = urlstate.get(urlstate.NotesView).part
    urlstate.control("notes_part", part)
    st.segmented_control(
        "Part",
        list(PARTS),
        key="notes_part",
        format_func=PARTS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_part_chosen,
    )
    return part


def _part_chosen() -> None:
    urlstate.update(urlstate.NotesView, part=st.session_state["notes_part"])


def show_part(part: urlstate.NotesPart) -> None:
    """From a callback: show another part."""
    urlstate.update(urlstate.NotesView, part=part)


def render_note(run_id: str, runs: Runs) -> None:
    """The note as it reads."""
    note = note_saving.load(run_id)
    notes_state.render(run_id, note.note)
    if not note.text.strip():
        st.info(
            "Write down what it is for, what was tried and failed, what somebody should know who picks it up.",
            title="This run has no note yet",
            icon=":material/edit_note:",
        )
        with st.container(horizontal=True):
            begin = notes_insert.beginnings(run_id, runs)
            for label, (icon, put_in) in begin.items():
                st.button(label, icon=icon, key=f"notes_begin_{label}", on_click=_begin, args=(put_in,))
        notes_search.render_mentions(run_id, runs)
        return
    with st.container(border=True):
        note_editor.note_view(note.text, runs.mentioned(note.text), f"note_view_{run_id}", notes_open.open_note)
    _render_completeness(note.note.text)
    notes_search.render_mentions(run_id, runs)


def _render_completeness(text: str | None) -> None:
    """Which headings of the team's template have people's words under them."""
    found = completeness(text, notes_texts.headings())
    if found.complete:
        st.caption(f":material/check_circle: All {found.total} sections of the template are filled in.")
    elif found.total:
        missing = ", ".join(plain(heading, 60) for heading in found.missing)
        st.caption(f"{len(found.filled)} of {found.total} sections of the template are filled in. Missing: {missing}.")


def _begin(put_in: Callable[[], None]) -> None:
    put_in()
    show_part("edit")


def render_editor(run_id: str, runs: Runs) -> None:
    """The editor, and above it what can be put into the note."""
    note = note_saving.load(run_id)
    notes_state.render(run_id, note.note)
    with st.container(horizontal=True, vertical_alignment="center"):
        notes_insert.render(run_id, runs, note)
        identity.render()
    data = EditorData(
        store=notes_open.store_key(),
        run=run_id,
        name=runs.name(run_id),
        text=note.text,
        version=note.version,
        limit=MAX_TAG_CHARS,
        crlf=note.crlf,
        by=note.by,
        author=identity.current().label,
        runs=runs.mentioned(note.text, notes_insert.linked(run_id)),
        outcome=note_saving.outcome_of(run_id),
        insert=notes_insert.pending(run_id),
        first_write=None if note.note.revision else FIRST_WRITE,
    )

    def save(request: SaveRequest) -> None:
        note_saving.save(run_id, request)

    note_editor.note_editor(data, save, notes_open.open_note)
    writes.prepare()
