"""One question on the agenda: what was asked and said, and the three ways that it can end."""

from functools import partial

import streamlit as st

from mlreview.review.bodies import Outcome
from mlreview.review.results import Thread
from mlreview.ui import identity, note_editor, notes_open, review_compose, review_reads, urlstate
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import about, actor, person, when
from mlreview.ui.text import plain

_LONG_CHARS = 280
"""Of a question: a longer one is set smaller, so that the place to answer stays in sight."""
_ENDED = {
    "answered": ":green[:material/check_circle:] **Answered**",
    "follow_up": ":blue[:material/event_repeat:] **A follow-up**",
    "required_change": ":orange[:material/block:] **A required change**",
    "resolved": ":green[:material/check_circle:] **Done**",
}
_ENDS: tuple[tuple[Outcome, str, str, str], ...] = (
    ("answered", "Answered", ":material/check_circle:", "The text is the answer"),
    ("follow_up", "Make it a follow-up", ":material/event_repeat:", "To be done later; carried into the next review"),
    ("required_change", "Require a change", ":material/block:", "Nothing is approved until you lift it"),
)


def find(case: Case, topic: str) -> Thread | None:
    """The question, where it still is."""
    return next((one for one in case.review.threads if one.comment_id == topic), None)


def render(case: Case, topic: str) -> None:
    """What was asked, what was said to it, how it ended."""
    thread = find(case, topic)
    if thread is None:
        st.markdown("This question is not in the review any more.")
        return
    comment = thread.comment
    on = "" if comment.anchor.kind == "run" else f" about {plain(_subject(thread), 80)}{_value(case, thread)}"
    st.markdown(f"{actor(thread.actor, case.people)} asks{on}, {when(thread.at)}")
    long = len(comment.text) > _LONG_CHARS
    with st.container(key="meeting_question_long" if long else "meeting_question"):
        _text(comment.text, f"{topic}_asked")
    for reply in thread.replies[-4:]:
        st.markdown(f":material/subdirectory_arrow_right: {actor(reply.actor, case.people)} :gray[{when(reply.at)}]")
        _text(reply.text, reply.comment_id)
    ended = thread.closing
    if ended is not None:
        owner = next((one.owner for one in case.review.follow_ups if one.follow_up_id == ended.event_id), "")
        by = f", {person(owner, case.people)} does it" if owner else ""
        st.markdown(f"{_ENDED[ended.outcome]}{by} :gray[·] {actor(ended.actor, case.people)}")
        if ended.text:
            _text(ended.text, f"{topic}_ended")


def render_answer(case: Case, topic: str) -> None:
    """Where it is ended; in a fragment of its own, which nothing but its own controls draws again."""
    _render_answer(case, topic)


@st.fragment
def _render_answer(case: Case, topic: str) -> None:
    thread = find(case, topic)
    key = _key(topic)
    typed = (st.session_state.get(f"meeting_text_{key}") or "").strip()
    if thread is None or (not thread.open and not typed):
        return
    if not identity.current().said:
        identity.render_ask(f"question_{key}")
        return
    if not thread.open:
        st.caption("It has ended meanwhile. What you wrote is kept here; sent, it stands under the answer.")
    text = st.text_area(
        "What it comes to",
        key=f"meeting_text_{key}",
        max_chars=review_compose.MAX_CHARS,
        height=110,
        persist_state="session",
    )
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        owner = st.text_input(
            "Who does it, if it is to be done later", key=f"meeting_owner_{key}", max_chars=80, persist_state="session"
        )
    with right, st.container(horizontal=True, gap="small"):
        for outcome, label, icon, help in _ENDS if thread.open else _ENDS[:1]:
            if st.button(label, icon=icon, key=f"meeting_end_{outcome}_{key}", help=help):
                _end(case, topic, outcome, (text or "").strip(), (owner or "").strip())


def _end(case: Case, topic: str, outcome: Outcome, text: str, owner: str) -> None:
    owner = owner if outcome == "follow_up" else ""
    done = review_reads.act(
        case.run_id,
        "answer",
        (topic, text, outcome, owner),
        lambda reviews, who, event_id: reviews.answer(
            case.run_id, who, topic, text, outcome=outcome, owner=owner, event_id=event_id
        ),
    )
    if done is not None:
        for name in ("text", "owner"):
            st.session_state.pop(f"meeting_{name}_{_key(topic)}", None)
        urlstate.run_again()


def _subject(thread: Thread) -> str:
    said = about(thread.comment.anchor)
    return said[:1].lower() + said[1:]


def _value(case: Case, thread: Thread) -> str:
    """What the question is about, as the run has it."""
    anchor = thread.comment.anchor
    value = case.run.params.get(anchor.key) if anchor.kind == "param" else None
    return f" \\= {plain(value, 40)}" if value else ""


def _text(text: str, key: str) -> None:
    shown = note_editor.browser_text(text)
    note_editor.note_view(shown, {}, f"meeting_said_{_key(key)}", partial(notes_open.open_note))


def _key(topic: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in topic)[:80]
