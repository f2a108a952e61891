"""Search over all notes, and the notes that mention a run: "has anybody tried this before?"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mlreview.entities import RunQuery, RunTable
from mlreview.names import NOTE_TAG
from mlreview.ui import note_editor, notes_open, reads, urlstate
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import clip, plain

MAX_HITS = 50
_MARKS = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)|\*\*|`|^#+ ", re.MULTILINE)
"""Markdown's signs, which a sentence is read without: a link leaves its text."""
AROUND = 110
"""Characters shown on either side of a hit, at most; a sentence's end comes first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A note that holds all the words.

    Attributes:
        row: Of the table of runs.
        count: How often the words occur.
        before, word, after: The sentence around the first of them, on one line.
    """

    row: int
    count: int
    before: str
    word: str
    after: str


def find(texts: Sequence[str | None], search: str) -> list[Hit]:
    """Notes that hold every word of the search, in any order and case, those with the most first.

    Words in quotation marks belong together.
    """
    words = [word.casefold() for word in _words(search)]
    hits = []
    for row, text in enumerate(texts):
        if not text or not words:
            continue
        # Case folding may change a text's length; positions are then off by a few characters, which is fine to show.
        folded = text.casefold()
        places = [folded.find(word) for word in words]
        if min(places) < 0:
            continue
        first = min(range(len(words)), key=places.__getitem__)
        hits.append(
            Hit(row, sum(folded.count(word) for word in words), *_around(text, places[first], len(words[first])))
        )
    return sorted(hits, key=lambda hit: (-hit.count, hit.row))


def _words(search: str) -> list[str]:
    parts = search.split('"')
    quoted = [" ".join(part.split()) for part in parts[1::2]]
    return [word for word in [*quoted, *(word for part in parts[::2] for word in part.split())] if word]


def _around(text: str, at: int, length: int) -> tuple[str, str, str]:
    start, end = max(0, at - AROUND), min(len(text), at + length + AROUND)
    before, after = text[start:at], text[at + length : end]
    for stop in ("\n\n", ". ", "! ", "? "):
        before = before.rpartition(stop)[2]
        head, found, _ = after.partition(stop)
        after = head + found.strip()
    left = "…" if start > 0 and len(before) == at - start else ""
    right = "…" if end < len(text) and len(after) == end - at - length else ""
    return left + before, text[at : at + length], after + right


def render(runs: Runs) -> None:
    """The search box and what it finds."""
    view = urlstate.get(urlstate.NotesView)
    urlstate.control("notes_search", view.search)
    st.text_input(
        "Has anybody tried this before?",
        key="notes_search",
        icon=":material/search:",
        placeholder='Words that a note must hold, such as: dropout "did not help"',
        max_chars=urlstate.MAX_SEARCH_CHARS,
        on_change=_searched,
    )
    table = _all_notes()
    texts = table.tags[NOTE_TAG]
    total = sum(1 for text in texts if text and text.strip())
    if not view.search.strip():
        st.caption(f"{total:,} of {len(table):,} runs have a note; all experiments are searched.")
        return
    hits = find([*texts], view.search)
    shown = f", the first {MAX_HITS} are shown" if len(hits) > MAX_HITS else ""
    st.caption(f"{len(hits):,} of {total:,} notes{shown}.")
    experiments = {experiment.experiment_id: experiment.name for experiment in reads.experiments()}
    for hit in hits[:MAX_HITS]:
        run_id = table.run_ids[hit.row]
        about = [
            clip(experiments.get(table.experiment_ids[hit.row]), 60),
            runs.metric(run_id),
            clip(table.users[hit.row], 40),
            _day(table.start_times[hit.row]),
        ]
        with st.container(border=True, gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                _open_button(run_id, table.names[hit.row], "hit")
                st.caption(plain(" · ".join(part for part in about if part), 300))
            st.markdown(_sentence(hit))


def _sentence(hit: Hit) -> str:
    """The sentence as Markdown, the word that was found in bold."""
    left = " " if hit.before[-1:].isspace() else ""
    right = " " if hit.after[:1].isspace() else ""
    before, word, after = (plain(_MARKS.sub(r"\1", part), 300) for part in (hit.before, hit.word, hit.after))
    return f"{before}{left}**{word}**{right}{after}"


def render_mentions(run_id: str) -> None:
    """Which other notes mention this run."""
    table = _all_notes()
    rows = [
        row for row, text in enumerate(table.tags[NOTE_TAG]) if text and run_id in text and table.run_ids[row] != run_id
    ]
    if not rows:
        return
    st.caption("Mentioned in the notes of")
    with st.container(horizontal=True):
        for row in rows[:MAX_HITS]:
            _open_button(table.run_ids[row], table.names[row], "mention")


def _all_notes() -> RunTable:
    """Every active run, with its whole note."""
    known = tuple(experiment.experiment_id for experiment in reads.experiments())
    return reads.runs(RunQuery(known, metrics=(), tags=(NOTE_TAG,))).table


def _open_button(run_id: str, name: str | None, where: str) -> None:
    st.button(
        plain(name, 80) or run_id[:8],
        key=f"notes_{where}_{run_id}",
        icon=":material/article:",
        type="tertiary",
        on_click=notes_open.open_note,
        args=(run_id,),
    )


def _day(moment: np.datetime64) -> str:
    return "" if np.isnat(moment) else str(moment.astype("datetime64[D]"))


def _searched() -> None:
    urlstate.update(urlstate.NotesView, search=note_editor.browser_text(st.session_state["notes_search"]))
