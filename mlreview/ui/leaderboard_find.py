"""The leaderboard's search: its box, how it was understood, where it is mistaken, and what to do when nothing fits.

A search is over all runs, not over those in sight. The params, tags and notes of all runs are read only when a search
asks for them, and are kept: names, metrics and states come with the table itself, which is read more often.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mlreview.analysis.find import Corpus, Found, find, keep
from mlreview.analysis.find_query import MAX_CHARS, FindError
from mlreview.analysis.find_texts import Texts
from mlreview.entities import RunQuery, RunTable
from mlreview.ui import growing, identity, reads, urlstate
from mlreview.ui.text import plain

TEXTS_FRESH_S = 120.0
"""Texts are used again for this long, in seconds: params never change, notes and tags seldom. A new run, or *Read
again*, doesn't wait."""
NEW_RUNS_AFTER_S = 5.0
"""Texts that lack a run are read again, but no more often than this, in seconds."""
_KEPT = 3
_EXAMPLES = (
    ("-failed", "without the failed ones"),
    ("user:me", "mine"),
    ("started:7d", "of the last seven days"),
    ("status:running OR started:1d", "running now, or of the last day"),
    ("note:*", "with a note"),
    ('-note:* -"baseline"', "without a note, and without that word anywhere"),
)
_SYNTAX = """
| | |
|---|---|
| `hockey` | the word, in a name, parameter, tag or note; `"two words"` as they stand |
| `lr>0.01` | a parameter or metric; short spellings are understood |
| `model:forest` | holds it; `=` is all of it, `!=` another one, `*` stands for anything |
| `-word` `-key:*` | not this; without that key |
| `a OR b` | either; everything else is joined by *and*; `( )` group |
| `params.x` `metrics.x` `tags.x` | where several are called so |
| `name:` `note:` `tag:` `owner:` `status:` `review:` `started:` `duration>` | the run itself |

MLflow's own filters work too: `metrics.auc > 0.9 and params.model = 'x'`
"""


@dataclass(slots=True)
class _Kept:
    """The newest texts of some experiments' runs, and when they were read (s since 1970)."""

    texts: Texts | None = None
    at: float = 0.0


def render_heading() -> None:
    """The page's heading, the box beside it, and what can be typed there."""
    with st.container(horizontal=True, vertical_alignment="center", key="leaderboard_heading"):
        st.header("Leaderboard", width="content")
        urlstate.control("leaderboard_find", urlstate.get(urlstate.LeaderboardView).find)
        st.text_input(
            "Find runs",
            key="leaderboard_find",
            type="search",
            placeholder="Find runs: lr>0.01 hockey user:me -failed",
            label_visibility="collapsed",
            icon=":material/search:",
            max_chars=MAX_CHARS,
            on_change=_typed,
        )
        with st.popover("Examples", icon=":material/help:", type="tertiary", help="What can be typed into the search"):
            for number, (text, meaning) in enumerate(_EXAMPLES):
                with st.container(horizontal=True, vertical_alignment="center"):
                    key = f"leaderboard_example_{number}"
                    st.button(f"`{text}`", key=key, type="tertiary", on_click=look_for, args=(text,))
                    st.markdown(f":gray[{meaning}]")
            st.markdown(_SYNTAX)


def narrow(table: RunTable) -> RunTable:
    """The runs that the search means, all of them without one. A mistaken search leaves none out, and says so."""
    text = urlstate.get(urlstate.LeaderboardView).find
    if not text.strip():
        return table
    try:
        found = find(text, corpus_of(table))
    except FindError as error:
        _show_mistake(error)
        return table
    _say(found, table)
    return keep(table, found)


def corpus_of(table: RunTable) -> Corpus:
    """The table's runs with their texts. Over a server the texts come in behind, and a line says so."""
    experiments = urlstate.get(urlstate.SharedView).experiments
    return Corpus(table, texts_of(table, experiments), identity.current().name, timezone=st.context.timezone or "UTC")


def texts_of(table: RunTable, experiments: Sequence[str]) -> Texts:
    """All params and tags of these experiments' runs, prepared; read anew when they are old or lack a run."""
    kept = _kept(reads.key(), tuple(experiments))
    query = RunQuery(tuple(experiments), metrics=(), params=None, tags=None)
    if reads.store().info().kind == "api":  # a scan takes as long as that for the table: it goes on behind the page
        grown = growing.runs(query)
        growing.render_progress(grown)
        if kept.texts is None or kept.texts.table is not grown.read.table:
            kept.texts = Texts(grown.read.table)
        return kept.texts
    texts, age = kept.texts, time.time() - kept.at
    lacking = texts is None or not all(run_id in texts.row_of for run_id in table.run_ids)
    stale = age > TEXTS_FRESH_S or (lacking and age > NEW_RUNS_AFTER_S)
    if texts is None or stale:
        with st.spinner("Reading parameters, tags and notes"):
            at = time.time()
            texts = Texts(reads.store().runs(query))
            _ = texts.haystacks  # prepared while the spinner says so
        kept.texts, kept.at = texts, at
    return texts


def look_for(text: str) -> None:
    """Search for this. For callbacks: it counts from the next script run on."""
    line = "".join(character if character.isprintable() else " " for character in text)
    urlstate.update(urlstate.LeaderboardView, find=line.strip())


def explain_nothing_found(total: int) -> None:
    """The search fits no run: what to do."""
    text = urlstate.get(urlstate.LeaderboardView).find
    st.info(
        f"None of the {total:,} runs fits **{plain(text, 300)}**. The line above says how it was understood. "
        "Take a term out, or clear the search.",
        title="Everything is filtered away",
        icon=":material/filter_alt_off:",
    )
    st.button("Clear the search", key="leaderboard_find_clear", icon=":material/close:", on_click=look_for, args=("",))


def _typed() -> None:
    look_for(st.session_state["leaderboard_find"])


def _say(found: Found, table: RunTable) -> None:
    """How many fit, and how the search was understood: nobody should have to guess what was counted."""
    so_far = "" if table.complete else " read so far"
    fits = "fits" if found.count == 1 else "fit"
    said = f"**{found.count:,} of {len(table):,} runs{so_far} {fits}**"
    if found.reading:
        said += f" · {plain(found.reading, 400)}"
    remarks = "; ".join(found.remarks)
    st.markdown(said + (f"  \n:gray[{plain(remarks, 400)}]" if remarks else ""))


def _show_mistake(error: FindError) -> None:
    """The search with its mistake underlined, and what to write instead."""
    begin = max(0, error.at - 60)
    line = "".join(character if character.isprintable() else " " for character in error.text[begin : error.at + 60])
    length = max(1, min(error.length, len(line) - (error.at - begin)))
    st.error(
        f"**{plain(error.message, 400)}** {plain(error.hint, 400)} All runs are shown.", icon=":material/search_off:"
    )
    st.code(f"{line}\n{' ' * (error.at - begin)}{'^' * length}", language=None)


@st.cache_resource(max_entries=_KEPT, show_spinner=False)
def _kept(key: tuple[str, ...], experiments: tuple[str, ...]) -> _Kept:
    return _Kept()


reads.forget_too(_kept.clear)
