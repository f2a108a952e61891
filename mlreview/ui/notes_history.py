"""The history of a note: every text that somebody saved, what it changed, and the way back to it."""

from collections.abc import Sequence

import streamlit as st

from mlreview.notes.results import Entry
from mlreview.ui import note_editor, note_saving, notes_open, notes_state, writes
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import moment, plain

MAX_SHOWN = 100
_STATUS = {
    "current": ":green-badge[in the note]",
    "earlier": "",
    "waiting": ":orange-badge[saved, not in the note]",
    "aside": ":orange-badge[not merged]",
}
_LOOKS = {"changes": "What it changed", "now": "Against the note now", "text": "Whole text"}


def render(run_id: str, runs: Runs) -> None:
    """The list of texts, and beside it the chosen one."""
    entries = writes.notes().history(run_id)
    notes_state.render_failure()
    if not entries:
        st.info("Every text that is saved here is kept, with its author and time.", title="Nothing was saved yet")
        return
    by_id = {entry.revision.revision_id: entry for entry in entries[:MAX_SHOWN]}
    listed, shown = st.columns([2, 5], gap="medium")
    with listed:
        chosen = st.radio(
            "Saved texts",
            list(by_id),
            key=f"notes_revision_{run_id}",
            format_func=lambda revision_id: _title(by_id[revision_id]),
            captions=[_caption(entry) for entry in by_id.values()],
            label_visibility="collapsed",
        )
        if len(entries) > MAX_SHOWN:
            st.caption(f"The newest {MAX_SHOWN} of {len(entries):,}; `mlreview note history` lists all.")
    with shown:
        _render_entry(run_id, by_id.get(chosen, entries[0]), entries, runs)


def _title(entry: Entry) -> str:
    """Who, for a label, which is Markdown."""
    revision = entry.revision
    if revision.kind == "outside":
        who = "Written in MLflow's own page, or by a program"
    elif revision.kind == "merge":
        who = "Merged by Model Review"
    else:
        who = note_saving.author(revision.author, revision.verified) or "Somebody"
    badge = _STATUS.get(entry.status, "")
    return f"{plain(who, 60)} {badge}" if badge else plain(who, 60)


def _caption(entry: Entry) -> str:
    time = entry.revision.time
    when = plain(moment(time, st.context.timezone, seconds=True)) if time else "time unknown"
    count = len(entry.revision.text)
    return f"{when} · {count:,} characters" + (" · went back" if entry.revision.restores else "")


def _render_entry(run_id: str, entry: Entry, entries: Sequence[Entry], runs: Runs) -> None:
    revision_id = entry.revision.revision_id
    text = note_editor.browser_text(entry.revision.text)
    now = next((one.revision.text for one in entries if one.status == "current"), "")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        look = st.segmented_control(
            "Show",
            list(_LOOKS),
            default="changes",
            required=True,
            key="notes_look",
            format_func=_LOOKS.__getitem__,
            label_visibility="collapsed",
        )
        if entry.status == "current":
            st.caption("This is the note as it stands.")
        else:
            st.button(
                "Go back to this text",
                icon=":material/restore:",
                key="notes_restore",
                help="Saves this text as the newest one; what stands there now stays in this list",
                on_click=_restore,
                args=(run_id, revision_id),
            )
    key = f"note_history_{look}_{revision_id}"
    if look == "text":
        with st.container(border=True):
            note_editor.note_view(text, runs.mentioned(text), key, notes_open.open_note)
    elif look == "now":
        note_editor.text_diff(note_editor.browser_text(now), text, key)
    else:
        note_editor.text_diff(note_editor.browser_text(entry.before or ""), text, key)


def _restore(run_id: str, revision_id: str) -> None:
    notes_state.restore(run_id, revision_id, "The older text is the note again.")
