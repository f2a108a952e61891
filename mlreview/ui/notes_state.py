"""What is odd about a note, said where it is read and written, with the way out."""

from collections.abc import Callable

import streamlit as st

from mlreview.errors import MlreviewError
from mlreview.names import MAX_TAG_CHARS
from mlreview.notes.results import Note, Saved
from mlreview.notes.revisions import new_save_id
from mlreview.ui import identity, note_saving, writes
from mlreview.ui.errors import show_error
from mlreview.ui.text import moment, plain

_FAILED = "_notes.failed"


def render(run_id: str, note: Note) -> None:
    """Revisions that can't be kept, a note that the store has cut, texts that were saved and are not in it."""
    render_failure()
    if note.problem:
        st.warning(plain(note.problem, 2000), title="Nothing can be saved here now", icon=":material/warning:")
    if note.cut_from is not None:
        cut = note.cut_from
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/content_cut: **The store has cut this note**  \nOf {len(cut.text):,} characters "
                f"{len(note.text or ''):,} are left; the whole text is in the history. MLflow keeps {MAX_TAG_CHARS:,}.",
                width="stretch",
            )
            st.button(
                "Restore the whole text",
                icon=":material/restore:",
                key="notes_restore_cut",
                on_click=_restore_cut,
                args=(run_id, cut.revision_id),
            )
    for revision in note.waiting:
        who = note_saving.author(revision.author, revision.verified) or "somebody"
        when = f", {moment(revision.time, st.context.timezone)}" if revision.time else ""
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/pending: **A saved text is not in the note**  \nBy {plain(who, 80)}{plain(when)}: "
                f"{plain(revision.text, 160)}",
                width="stretch",
            )
            for label, act in (("Put it back", _put_back), ("Leave it out", _leave_out)):
                st.button(
                    label,
                    key=f"notes_{label}_{revision.revision_id}",
                    on_click=act,
                    args=(run_id, revision.revision_id),
                )


def render_failure() -> None:
    """Show, once, why the last attempt failed."""
    failed = st.session_state.pop(_FAILED, None)
    if failed is not None:
        show_error(failed)


def _put_back(run_id: str, revision_id: str) -> None:
    person = identity.current()

    def act() -> Saved:
        return writes.notes().put_back(
            run_id, revision_id, save_id=new_save_id(), author=person.name, verified=person.verified
        )

    saved = attempt(act)
    if saved is not None and saved.conflict is not None:
        st.toast("It touches what stands in the note now: copy what you need from the history.", icon=":material/info:")


def _restore_cut(run_id: str, revision_id: str) -> None:
    """The text as it was before the store cut it; where it is cut again, that is said."""
    restore(run_id, revision_id, "The whole text is the note again.")


def restore(run_id: str, revision_id: str, done: str) -> None:
    """From a callback: make an older text the note again, and say ``done``, or that the note has changed meanwhile."""
    person = identity.current()

    def act() -> Saved:
        return writes.notes().restore(
            run_id, revision_id, save_id=new_save_id(), author=person.name, verified=person.verified
        )

    saved = attempt(act)
    if saved is not None and saved.conflict is not None:
        st.toast("The note was changed meanwhile, and stays as it is. Look at the history.", icon=":material/info:")
    elif saved is not None:
        st.toast(done, icon=":material/restore:")


def _leave_out(run_id: str, revision_id: str) -> None:
    attempt(lambda: writes.notes().dismiss(run_id, revision_id))


def attempt(act: Callable[[], Saved | None]) -> Saved | None:
    """From a callback: do it, and show an error at the next draw of the page."""
    try:
        return act()
    except MlreviewError as error:
        st.session_state[_FAILED] = error
        return None
