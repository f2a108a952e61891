"""Conversation: what was asked, suggested and required, what became of it, and a place to say more."""

import streamlit as st

from mlreview.review.bodies import RUN, Anchor, Comment, Outcome, made
from mlreview.review.results import FollowUp, Thread
from mlreview.ui import identity, note_editor, notes_open, review_changes, review_compose, review_reads, review_visit
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import KIND_ICONS, KIND_WORDS, about, actor, exactly, happened, person, when
from mlreview.ui.text import plain

_OUTCOMES: dict[Outcome, str] = {
    "answered": "Answer",
    "follow_up": "Make it a follow-up",
    "required_change": "Require a change",
}
_ENDED = {
    "answered": "Answered",
    "follow_up": "Became a follow-up",
    "required_change": "Became a required change",
    "resolved": "Done",
}
_SHOWN_EVENTS = 100


def render(case: Case, before: str = "") -> None:
    """All of it, in a fragment: answering one question draws nothing else anew."""
    _render(case, before)


@st.fragment
def _render(case: Case, before: str) -> None:
    review_compose.render_held(case)
    threads = case.review.threads
    open_ = [one for one in threads if one.open]
    other = [one for one in threads if not one.open]
    if not threads:
        st.caption("Nothing has been said yet.")
    for one in open_:
        _render_thread(case, one, before)
    _render_follow_ups(case)
    fresh = [one for one in other if _is_new(one, before)]
    for one in fresh:
        _render_thread(case, one, before)
    rest = [one for one in other if one not in fresh]
    if rest:
        label = f"{len(rest)} earlier" if open_ or fresh else f"{len(rest)} comment{'' if len(rest) == 1 else 's'}"
        with st.expander(label, icon=":material/forum:", expanded=not open_ and len(rest) <= 4):
            for one in rest:
                _render_thread(case, one, before)
    st.markdown("**Say something**")
    if identity.current().said:
        review_compose.render(case, anchors(case), "review_say")
    else:
        identity.render_ask("say")
    _render_history(case)


def anchors(case: Case) -> list[Anchor]:
    """Everything that one can comment on, the run first."""
    headings = [Anchor("heading", one[:500]) for one in (*case.written.filled, *case.written.missing)]
    return [RUN, *headings, *review_changes.anchors(case)]


def _is_new(thread: Thread, before: str) -> bool:
    said = [(thread.event_id, thread.actor), *((one.comment_id, one.actor) for one in thread.replies)]
    if thread.closing is not None and thread.closing.event_id:
        said.append((thread.closing.event_id, thread.closing.actor))
    return any(review_visit.is_new(event_id, who.name, before) for event_id, who in said)


def _render_thread(case: Case, thread: Thread, before: str) -> None:
    comment = thread.comment
    with st.container(border=True, key=f"review_thread_{_key(thread.comment_id)}", gap="xsmall"):
        state = ":orange-badge[Open] " if thread.open else ""
        new = " :violet-badge[New]" if _is_new(thread, before) else ""
        on = "" if comment.anchor == RUN else f" · {plain(about(comment.anchor), 100)}"
        owner = f" · {person(comment.owner, case.people)} does it" if comment.owner else ""
        st.markdown(
            f"{KIND_ICONS[comment.kind]} **{KIND_WORDS[comment.kind]}** {state}{new} "
            f"{actor(thread.actor, case.people)} :gray[{when(thread.at)}{on}{owner}]",
            help=exactly(thread.at),
        )
        _text(comment.text, thread.comment_id)
        for reply in thread.replies:
            st.markdown(
                f":material/subdirectory_arrow_right: {actor(reply.actor, case.people)} :gray[{when(reply.at)}]"
            )
            _text(reply.text, reply.comment_id)
        ended = thread.closing
        if ended is not None:
            st.markdown(
                f":green[:material/check:] **{_ENDED[ended.outcome]}** by {actor(ended.actor, case.people)} "
                f":gray[{when(ended.at)}]"
            )
            if ended.text:
                _text(ended.text, f"{thread.comment_id}_end")
        _render_tools(case, thread)


def _text(text: str, key: str) -> None:
    note_editor.note_view(note_editor.browser_text(text), {}, f"review_text_{_key(key)}", notes_open.open_note)


def _render_tools(case: Case, thread: Thread) -> None:
    with st.container(horizontal=True):
        if thread.open and thread.comment.kind == "question":
            with st.popover("Answer", icon=":material/reply:", key=f"review_answer_{_key(thread.comment_id)}"):
                _render_answer(case, thread)
        elif thread.closing is None and thread.comment.kind in ("suggestion", "follow_up", "required_change"):
            with st.popover("Done", icon=":material/check:", key=f"review_done_{_key(thread.comment_id)}"):
                _render_resolve(case, thread.comment_id)
        reply = f"review_reply_{_key(thread.comment_id)}"
        with st.popover("Reply", icon=":material/chat_bubble:", type="tertiary", key=reply):
            _render_reply(case, thread)


def _render_answer(case: Case, thread: Thread) -> None:
    if not identity.current().said:
        identity.render_ask(f"answer.{thread.comment_id}")
        return
    key = _key(thread.comment_id)
    outcome: Outcome = st.segmented_control(
        "It ends as",
        list(_OUTCOMES),
        default="answered",
        required=True,
        key=f"review_outcome_{key}",
        format_func=_OUTCOMES.__getitem__,
    )
    text = st.text_area("Text", key=f"review_answer_text_{key}", max_chars=review_compose.MAX_CHARS, height=100) or ""
    owner = ""
    if outcome == "follow_up":
        owner = st.text_input("Who does it", key=f"review_answer_owner_{key}", max_chars=80) or ""
    if st.button("Send", icon=":material/send:", key=f"review_answer_send_{key}"):
        said = (thread.comment_id, text.strip(), outcome, owner.strip())
        done = review_reads.act(
            case.run_id,
            "answer",
            said,
            lambda reviews, who, event_id: reviews.answer(
                case.run_id,
                who,
                thread.comment_id,
                text.strip(),
                outcome=outcome,
                owner=owner.strip(),
                event_id=event_id,
            ),
        )
        _again(done)


def _render_resolve(case: Case, target: str) -> None:
    if not identity.current().said:
        identity.render_ask(f"resolve.{target}")
        return
    key = _key(target)
    text = st.text_input("What was done, or why it is dropped", key=f"review_done_text_{key}", max_chars=1_000) or ""
    if st.button("Done", icon=":material/check:", key=f"review_done_send_{key}"):
        done = review_reads.act(
            case.run_id,
            "resolve",
            (target, text.strip()),
            lambda reviews, who, event_id: reviews.resolve(case.run_id, who, target, text.strip(), event_id=event_id),
        )
        _again(done)


def _render_reply(case: Case, thread: Thread) -> None:
    if not identity.current().said:
        identity.render_ask(f"reply.{thread.comment_id}")
        return
    key = f"{_key(thread.comment_id)}_{len(thread.replies)}"
    text = st.text_area("Reply", key=f"review_reply_text_{key}", max_chars=review_compose.MAX_CHARS, height=100) or ""
    if st.button("Send", icon=":material/send:", key=f"review_reply_send_{key}"):
        comment = made(Comment, text=text.strip(), reply_to=thread.comment_id, anchor=thread.comment.anchor)
        _again(True if review_compose.send(case, [comment]) else None)


def _again(done: object) -> None:
    if done is not None:
        st.rerun(scope="app")


def _render_follow_ups(case: Case) -> None:
    """Those that an answer or an approval made: they are no thread of their own."""
    threads = {one.comment_id for one in case.review.threads}
    for one in case.review.open_follow_ups:
        if one.follow_up_id not in threads:
            _render_follow_up(case, one)


def _render_follow_up(case: Case, one: FollowUp) -> None:
    with st.container(border=True, key=f"review_follow_{_key(one.follow_up_id)}", gap="xsmall"):
        owner = f"{person(one.owner, case.people)} does it" if one.owner else "nobody was named"
        st.markdown(
            f"{KIND_ICONS['follow_up']} **Follow-up** :orange-badge[Open] {actor(one.actor, case.people)} "
            f":gray[{when(one.at)} · {owner}]"
        )
        _text(one.text, one.follow_up_id)
        with st.popover("Done", icon=":material/check:", key=f"review_done_{_key(one.follow_up_id)}"):
            _render_resolve(case, one.follow_up_id)


def _render_history(case: Case) -> None:
    """Every event, newest first; what does not count says why."""
    events = case.review.events
    if not events:
        return
    ignored = {one.event.event_id: one.reason for one in case.review.ignored}
    count = len(events)
    label = f"History: {count} event{'' if count == 1 else 's'}"
    with st.expander(label, icon=":material/history:", key="review_history"):
        lines = []
        for one in reversed(events[-_SHOWN_EVENTS:]):
            void = ignored.get(one.event_id)
            why = f" :orange[does not count: {plain(void, 200)}]" if void else ""
            number = f" :gray[decision {one.seq}]" if one.seq else ""
            lines.append(f":gray[{exactly(one.at)}] {actor(one.actor, case.people)} {happened(one)}{number}{why}")
        st.markdown("  \n".join(lines))
        if count > _SHOWN_EVENTS:
            st.caption(f"The newest {_SHOWN_EVENTS} of {count}.")


def _key(comment_id: str) -> str:
    """An id as a part of a widget's key, which becomes a class in the browser."""
    return "".join(one if one.isalnum() else "_" for one in comment_id)[:80]
