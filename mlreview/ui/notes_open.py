"""Ways to a run's note from elsewhere: a run link, a row of a table, the mark of unsaved notes."""

from mlreview.ui import note_editor, pages, reads, urlstate


def open_note(run_id: str, part: urlstate.NotesPart = "read") -> None:
    """From a callback: show a run's note, whichever page is in sight."""
    urlstate.update(urlstate.NotesView, run=run_id, part=part)
    pages.go("notes")


def store_key() -> str:
    """What tells this store's drafts from another's in one browser."""
    current = reads.settings()
    return note_editor.store_key(current.tracking_uri)


def render_unsaved() -> None:
    """On every page: which notes were typed in this browser and are not saved."""
    note_editor.unsaved_mark(store_key(), lambda run_id: open_note(run_id, "edit"))
