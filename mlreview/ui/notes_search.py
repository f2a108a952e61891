"""Search over all notes, and the notes that mention a run: "has anybody tried this before?"."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import streamlit as st

from mlreview.entities import RunTable
from mlreview.errors import BadInputError, MlreviewError
from mlreview.names import NOTE_TAG
from mlreview.notes.links import mentions
from mlreview.notes.revisions import Revision
from mlreview.notes.search import MOST_HITS, Hit, NoteIndex, notes_of, notes_query
from mlreview.notes.service import NoteService
from mlreview.ui import note_editor, note_saving, notes_open, reads, urlstate, writes
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import clip, number, plain

MOST_AUTHORS = 15
"""Hits whose authors are asked for: each costs a look at its history."""
AT_ONCE = 8
MAX_AUTHORS_KEPT = 500
_AUTHORS = "_notes.authors"


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
    table = all_notes(runs)
    try:
        found = _index(table).search(view.search)
    except BadInputError:  # nothing to look for yet
        st.caption(f"{len(notes_of(table)):,} of {len(table):,} runs have a note; all experiments are searched.")
        return
    first = f"; the first {MOST_HITS} are shown" if found.total > len(found.hits) else ""
    st.caption(f"{found.total:,} of {found.notes:,} notes{first}.")
    experiments = {experiment.experiment_id: experiment.name for experiment in reads.experiments()}
    written = _authors(found.hits[:MOST_AUTHORS], table)
    for hit in found.hits:
        who = written.get(hit.run_id) or (f"run by {clip(hit.user, 40)}" if hit.user else "")
        _render_hit(hit, table, experiments.get(hit.experiment_id, ""), who, runs)


def _authors(hits: Sequence[Hit], table: RunTable) -> dict[str, str]:
    """Who wrote these notes, in words, where their histories know it; asked once for each text."""
    known: dict[tuple[str, int], str] = st.session_state.setdefault(_AUTHORS, {})
    texts = {hit.run_id: (hit.run_id, hash(table.tags[NOTE_TAG][hit.row])) for hit in hits}
    asked = [run_id for run_id, text in texts.items() if text not in known]
    if asked:
        service = writes.notes()
        with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
            found = list(pool.map(lambda run_id: _written_by(service, run_id), asked))
        for run_id, revision in zip(asked, found, strict=True):
            by = note_saving.author(revision.author, revision.verified) if revision is not None else ""
            known[texts[run_id]] = f"note by {by}" if by else ""
    while len(known) > MAX_AUTHORS_KEPT:
        del known[next(iter(known))]
    return {run_id: known.get(text, "") for run_id, text in texts.items()}


def _written_by(service: NoteService, run_id: str) -> Revision | None:
    try:
        return service.written_by(run_id)
    except MlreviewError:  # a hit without its author is still a hit
        return None


def _render_hit(hit: Hit, table: RunTable, experiment: str, who: str, runs: Runs) -> None:
    about = [experiment, _metric(hit, table, runs), who, _day(table.start_times[hit.row])]
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            _open_button(hit.run_id, hit.run_name, "hit")
            st.caption(" · ".join(plain(part, 60) for part in about if part))
        under = f"**{plain(hit.heading, 80)}**: " if hit.heading else ""
        st.markdown(under + plain(hit.sentence, 700))


def render_mentions(run_id: str, runs: Runs) -> None:
    """Which other notes mention this run, and what they say of it."""
    table = all_notes(runs)
    found = mentions(notes_of(table), [run_id]).get(run_id, ())
    if not found:
        return
    names = dict(zip(table.run_ids, table.names, strict=True))
    st.markdown(f"**Mentioned in {len(found):,} other note{'' if len(found) == 1 else 's'}**")
    for mention in found[:MOST_HITS]:
        with st.container(horizontal=True, vertical_alignment="center"):
            _open_button(mention.run_id, names.get(mention.run_id), "mention")
            st.caption(plain(mention.sentence, 300))


def all_notes(runs: Runs) -> RunTable:
    """Every active run of every experiment, with its whole note and the metric that the page goes by."""
    known = tuple(experiment.experiment_id for experiment in reads.experiments())
    return reads.runs(notes_query(known, runs.choice.metric if runs.choice else None)).table


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs={RunTable: id})
def _index(table: RunTable) -> NoteIndex:
    """Made once for what was read: the index holds its table, so that no other one has its id as long as it is kept."""
    return NoteIndex(table)


reads.forget_too(_index.clear)


def _open_button(run_id: str, name: str | None, where: str) -> None:
    st.button(
        plain(name, 80) or run_id[:8],
        key=f"notes_{where}_{run_id}",
        icon=":material/article:",
        type="tertiary",
        on_click=notes_open.open_note,
        args=(run_id,),
    )


def _metric(hit: Hit, table: RunTable, runs: Runs) -> str:
    column = table.metrics.get(runs.choice.metric) if runs.choice else None
    if column is None or runs.choice is None or not column.present[hit.row]:
        return ""
    return f"{clip(runs.choice.metric, 40)} {number(float(column.values[hit.row]))}"


def _day(moment: np.datetime64) -> str:
    return "" if np.isnat(moment) else str(moment.astype("datetime64[D]"))


def _searched() -> None:
    urlstate.update(urlstate.NotesView, search=note_editor.browser_text(st.session_state["notes_search"]))
