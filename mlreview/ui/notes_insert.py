"""What can be put into a note in one click: links to runs, tables, what was tried, an earlier note."""

from collections.abc import Callable, Sequence

import streamlit as st
from ulid import ULID

from mlreview.errors import MlreviewError
from mlreview.notes import links
from mlreview.notes.sections import generated
from mlreview.ui import basket, note_editor, notes_texts
from mlreview.ui.note_saving import LoadedNote
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import plain

_INSERT = "_notes.insert"
_LINKED = "_notes.linked"
MAX_FOUND = 500

Act = Callable[[], None]


def pending(run_id: str) -> dict[str, str] | None:
    """What the editor of this run shall put in; it does so once for each id."""
    return st.session_state.get(_INSERT, {}).get(run_id)


def linked(run_id: str) -> str:
    """Ids of the runs that were linked to in this session, as a text: what was put in before may not be saved yet."""
    return " ".join(st.session_state.get(_LINKED, {}).get(run_id, ()))


def put(run_id: str, text: str, where: str = "block") -> None:
    """From a callback: put a text into the note that is being written."""
    text = note_editor.browser_text(text)
    known: dict[str, None] = st.session_state.setdefault(_LINKED, {}).setdefault(run_id, {})
    known |= dict.fromkeys(links.mentioned_runs(text))
    st.session_state.setdefault(_INSERT, {})[run_id] = {"id": str(ULID()), "text": text, "where": where}


def render(run_id: str, runs: Runs, note: LoadedNote) -> None:
    """The row of what can be inserted."""
    with st.popover("Link a run", icon=":material/link:"):
        st.selectbox(
            "Run",
            [other for other in runs.best_first() if other != run_id][:MAX_FOUND],
            index=None,
            key="notes_link",
            format_func=lambda other: " · ".join(part for part in (runs.name(other), runs.metric(other)) if part),
            placeholder="Type a part of its name",
            on_change=_link,
            args=(run_id, runs),
        )
    chosen = [other for other in basket.ids() if other in runs.position]
    parts = _parts(run_id, runs, note, chosen)
    st.menu_button(
        "Insert",
        list(parts),
        icon=":material/add_box:",
        key="notes_insert",
        help=None if chosen else "Tick runs in the leaderboard to insert their comparison",
        on_click=lambda: parts.get(st.session_state["notes_insert"], lambda: None)(),
    )


def _parts(run_id: str, runs: Runs, note: LoadedNote, chosen: Sequence[str]) -> dict[str, Act]:
    """What the menu offers, and what each does."""
    parts: dict[str, Act] = {}
    if not note.text.strip():
        parts["Template"] = lambda: _put(run_id, lambda: notes_texts.empty_note(runs, run_id), "start")
    parts["Tried and compared"] = lambda: _put(run_id, lambda: _tried(runs, run_id), "generated")
    parts["Metrics of this run"] = lambda: _put(run_id, lambda: notes_texts.metrics_of_run(runs, run_id))
    if chosen:
        parts[f"Comparison of the basket ({len(chosen)})"] = lambda: _put(
            run_id, lambda: notes_texts.comparison(runs, chosen)
        )
    parts["Note of the model deployed before"] = lambda: _continue(run_id, runs)
    return parts


def beginnings(run_id: str, runs: Runs) -> dict[str, tuple[str, Act]]:
    """Ways to begin a note: what each is called, its icon, and what it puts into the editor."""
    return {
        "Start from the template": (
            ":material/list_alt:",
            lambda: _put(run_id, lambda: notes_texts.empty_note(runs, run_id), "start"),
        ),
        "Continue from the model deployed before": (":material/history_edu:", lambda: _continue(run_id, runs)),
        "Start with nothing": (":material/edit:", lambda: None),
    }


def _put(run_id: str, make: Callable[[], str | None], where: str = "block") -> None:
    """Put in what is made from the store; an error is said and nothing is put in."""
    try:
        text = make()
    except MlreviewError as error:
        st.toast(plain(error.message, 300), icon=":material/error:")
        return
    if text is not None:
        put(run_id, text, where)


def _tried(runs: Runs, run_id: str) -> str | None:
    found = notes_texts.tried(runs, run_id)
    if not found:
        st.toast("No metric ranks these runs, so there is nothing to compare.", icon=":material/info:")
        return None
    return generated(found)


def _continue(run_id: str, runs: Runs) -> None:
    """The deployed model's note, with a line that says whose it was."""

    def make() -> str | None:
        text = notes_texts.continued(runs, run_id)
        if text is None:
            st.toast("No other run behind a registered version with an alias has a note.", icon=":material/info:")
        return text

    _put(run_id, make, "start")


def _link(run_id: str, runs: Runs) -> None:
    chosen = st.session_state["notes_link"]
    if chosen in runs.position:
        put(run_id, notes_texts.run_link(runs, chosen), "inline")
    st.session_state["notes_link"] = None
