"""A review shown to a meeting: one thing a screen, in large type, turned by keys; the same page for everybody.

Whoever opens the link sits before the same screens, answers and decides in a browser of their own and under their own
name. What others say arrives by itself, in a fragment of its own: nothing that is being typed is drawn again by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from mlreview.errors import MlreviewError
from mlreview.names import NOTE_TAG
from mlreview.notes.template import completeness
from mlreview.review.agenda import agenda
from mlreview.review.results import Thread
from mlreview.ui import (
    identity,
    meeting_question,
    meeting_screens,
    meeting_stage,
    notes_texts,
    review_reads,
    review_visit,
    urlstate,
)
from mlreview.ui.errors import error_boundary
from mlreview.ui.review_case import Case
from mlreview.ui.text import plain
from mlreview.ui.urlstate import RunView

LOOK_S = 2.0
"""How often the store is looked at, in seconds: with a read that is used for three, nothing is older than five."""
_NAME_CHARS = 32
_AGENDAS = "_meeting.agendas"
_TOPICS = "_meeting.topics"

Part = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Screen:
    """One thing to look at.

    Attributes:
        title: What it is.
        live: Draws what others may change meanwhile.
        fixed: Draws what stays: what one types into, and what a decision is taken on.
        topic: Id of the question that it is about.
    """

    title: str
    live: Part | None = None
    fixed: Part | None = None
    topic: str = ""


def switch() -> None:
    """The one switch, on the page and in the meeting."""
    view = urlstate.get(RunView)
    urlstate.control("meeting_switch", view.present)
    st.toggle("Meeting mode", key="meeting_switch", on_change=_switched)


def _switched() -> None:
    urlstate.update(RunView, present=bool(st.session_state["meeting_switch"]), screen=1, topic="")


def render(case: Case) -> None:
    """The screen that the address asks for."""
    review_visit.remember(case.review)
    screens = screens_of(case)
    at = _position(screens)
    shown = screens[at]
    st.session_state[_TOPICS] = tuple(one.topic for one in screens)
    meeting_stage.render(case.run_id, at + 1, len(screens), shown.title, _go)
    _render_bar(case, shown.title, at, len(screens))
    st.fragment(_render_live, run_every=LOOK_S)(case, shown)
    if shown.fixed is not None:
        with error_boundary():
            shown.fixed(case)


def screens_of(case: Case) -> list[Screen]:
    """All screens, in order; a question that ends during the meeting keeps its place in this session."""
    known = st.session_state.setdefault(_AGENDAS, {})
    kept = [*known.get(case.run_id, ()), urlstate.get(RunView).topic]
    questions = agenda(case.review, kept)
    known[case.run_id] = tuple(one.comment_id for one in questions)
    return [
        Screen("Summary", fixed=meeting_screens.render_summary),
        Screen("Note", meeting_screens.render_note),
        Screen("Changes", fixed=meeting_screens.render_changes),
        Screen("Curves", fixed=meeting_screens.render_curves),
        Screen("Evidence", fixed=meeting_screens.render_evidence),
        *(_question(one, number, len(questions)) for number, one in enumerate(questions, start=1)),
        Screen("Decision", meeting_screens.render_agreed, meeting_screens.render_decision),
    ]


def _question(thread: Thread, number: int, count: int) -> Screen:
    topic = thread.comment_id
    return Screen(
        f"Question {number} of {count}" if count > 1 else "Question",
        lambda case: meeting_question.render(case, topic),
        lambda case: meeting_question.render_answer(case, topic),
        topic,
    )


def _position(screens: list[Screen]) -> int:
    view = urlstate.get(RunView)
    found = next((at for at, one in enumerate(screens) if view.topic and one.topic == view.topic), None)
    return min(view.screen, len(screens)) - 1 if found is None else found


def _go(number: int) -> None:
    topics = st.session_state.get(_TOPICS, ())
    topic = topics[number - 1] if number <= len(topics) else ""
    urlstate.update(RunView, screen=number, topic=topic)


def _render_bar(case: Case, title: str, at: int, count: int) -> None:
    """Which run, which screen, and the ways on; small, for whoever holds the keyboard."""
    with st.container(horizontal=True, vertical_alignment="center", key="meeting_bar", gap="small"):
        st.markdown(f"**{plain(case.name, _NAME_CHARS)}**", width="stretch")
        identity.render("As whom you act in reviews")
        st.button("Back", key="meeting_back", icon=":material/arrow_back:", disabled=at == 0, on_click=_go, args=(at,))
        st.markdown(f"**{title}** :gray[· {at + 1} of {count}]", width="content")
        last = at + 1 == count
        st.button(
            "Next", key="meeting_next", icon=":material/arrow_forward:", disabled=last, on_click=_go, args=(at + 2,)
        )
        switch()


def _render_live(case: Case, shown: Screen) -> None:
    """What others change: who voted how, and what the screen shows of it. Drawn again every few seconds."""
    try:
        now = refreshed(case)
        stale = ""
    except MlreviewError as error:
        now, stale = case, error.message
    meeting_screens.render_votes(now, stale)
    with error_boundary():
        if shown.live is not None:
            shown.live(now)


def refreshed(case: Case) -> Case:
    """The case with the run, its note and its review as they are now; what was compared stays.

    Raises:
        StoreError: The store can't be read.
    """
    opened = review_reads.opened_again(case.run_id, case.review)
    written = completeness(opened.run.tags.get(NOTE_TAG), notes_texts.headings())
    return replace(case, run=opened.run, review=opened.review, written=written)
