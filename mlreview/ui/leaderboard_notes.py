"""The leaderboard's column of notes: how complete each is, the first line that says something, and the way to it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from mlreview.names import NOTE_TAG
from mlreview.notes.template import completeness
from mlreview.ui import notes_open, notes_texts
from mlreview.ui.leaderboard_rows import Part
from mlreview.ui.text import first_line, plain

WIDTH = 116


def words(part: Part) -> list[str | None]:
    """``5/7 · Ships because …``; ``None`` for a run without a note, or with a blank one.

    How complete it is stands first: a narrow column cuts off the end, and sorting then goes by it.
    """
    notes = part.runs.tags.get(NOTE_TAG)
    if notes is None:
        return [None] * len(part)
    headings = tuple(notes_texts.headings())
    return [_words(note, headings) if note else None for note in notes]


@lru_cache(maxsize=2_000)
def _words(note: str, headings: tuple[str, ...]) -> str | None:
    said = first_line(note)
    found = completeness(note, headings)
    if not said and not found.words:
        return None
    return f"{len(found.filled)}/{found.total} · {said}".rstrip(" ·") if found.total else said


def heading_help() -> str:
    """What the column's numbers are."""
    total = len(notes_texts.headings())
    return f"How many of the template's {total} sections people have filled in, and the first line; opens the note"


def button(key: str, run_ids: Sequence[str]) -> Any:
    """How the column is drawn in a table: a click on a note opens it.

    Args:
        key: For Streamlit; one a table and order of rows.
        run_ids: Of the table's rows, as they are drawn.
    """
    return st.column_config.ButtonColumn(
        "Note",
        width=WIDTH,
        type="tertiary",
        alignment="left",
        help=plain(heading_help(), 200),
        key=key,
        on_click=_opened,
        args=(key, tuple(run_ids)),
    )


def _opened(key: str, run_ids: Sequence[str]) -> None:
    """A click on a note, by the rows as they were drawn when it was clicked."""
    click = st.session_state[key]
    row = -1 if click is None else int(click["row"])
    if 0 <= row < len(run_ids):
        notes_open.open_note(run_ids[row])
