"""Writing comments: on the run or one thing of it, sent at once, or held and sent together as one review."""

from collections.abc import Sequence

import streamlit as st

from mlreview.errors import MlreviewError
from mlreview.review.bodies import RUN, Anchor, AnchorKind, Comment, CommentKind, made
from mlreview.ui import identity, review_reads
from mlreview.ui.errors import show_error
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import KIND_ICONS, KIND_WORDS, about
from mlreview.ui.text import clip, first_line, plain

_HELD = "_review.held"
_ROUNDS = "_review.rounds"
MAX_CHARS = 4_000
"""Of one comment: an event holds about 7,500 characters of JSON."""


def held(run_id: str) -> list[Comment]:
    """Comments that this person has written and not sent."""
    return st.session_state.setdefault(_HELD, {}).setdefault(run_id, [])


def render(case: Case, anchors: Sequence[Anchor], key: str) -> None:
    """The form: what it is about, of what kind, the text, and who owns a follow-up."""
    turn = st.session_state.setdefault(_ROUNDS, {}).get(key, 0)
    own = f"{key}_{case.run_id}_{turn}"
    if len(anchors) > 1:
        anchor = st.selectbox("About", list(anchors), key=f"{own}_about", format_func=_about)
    else:
        anchor = anchors[0] if anchors else RUN
        if anchor != RUN:
            st.caption(f"About: {plain(about(anchor), 120)}")
    kind: CommentKind = st.segmented_control(
        "Kind",
        list(KIND_WORDS),
        default="question",
        required=True,
        key=f"{own}_kind",
        format_func=lambda one: f"{KIND_ICONS[one]} {KIND_WORDS[one]}",
        label_visibility="collapsed",
    )
    text = st.text_area("Text, in Markdown", key=f"{own}_text", max_chars=MAX_CHARS, height=110)
    owner = ""
    if kind == "follow_up":
        owner = st.text_input("Who does it", key=f"{own}_owner", max_chars=80, placeholder="A name; may stay open")
    with st.container(horizontal=True):
        now = st.button("Send", icon=":material/send:", key=f"{own}_send")
        later = st.button(
            "Hold",
            icon=":material/inbox:",
            key=f"{own}_hold",
            help="Keep it with others of yours, and send all of them at once",
        )
    if not (now or later):
        return
    if not (text or "").strip():
        st.warning("Write something first.", icon=":material/edit:")
        return
    try:
        comment = made(Comment, text=(text or "").strip(), kind=kind, anchor=anchor, owner=(owner or "").strip())
    except MlreviewError as error:
        show_error(error)
        return
    if later:
        held(case.run_id).append(comment)
    elif not send(case, [comment]):
        return
    st.session_state[_ROUNDS][key] = turn + 1
    st.rerun(scope="app")


def send(case: Case, comments: Sequence[Comment]) -> bool:
    """Send comments as one review; whether they are in the store."""
    sent = tuple(comments)
    done = review_reads.act(
        case.run_id,
        "comments",
        sent,
        lambda reviews, actor, event_id: reviews.comments(case.run_id, actor, sent, event_id=event_id),
    )
    if done is not None:
        st.toast("Sent." if len(sent) == 1 else f"{len(sent)} comments sent.", icon=":material/send:")
    return done is not None


def render_here(case: Case, anchors: Sequence[Anchor], key: str) -> None:
    """Where something is read: a button to comment on it."""
    if not anchors:
        return
    with st.popover("Comment", icon=":material/add_comment:", type="tertiary", key=f"review_here_{key}"):
        _fragment(case, tuple(anchors), f"here_{key}")


@st.fragment
def _fragment(case: Case, anchors: tuple[Anchor, ...], key: str) -> None:
    if identity.current().said:
        render(case, anchors, key)
    else:
        identity.render_ask(key)


def render_threads_here(case: Case, kinds: Sequence[AnchorKind]) -> None:
    """Where something is read: what was said about it, a line each."""
    found = [one for one in case.review.threads if one.comment.anchor.kind in kinds]
    lines = []
    for one in sorted(found, key=lambda one: not one.open)[:8]:
        done = "" if one.open or one.comment.kind == "comment" else " :gray[· done]"
        who = plain(case.people.who(one.actor.name).label, 40)
        lines.append(
            f"{KIND_ICONS[one.comment.kind]} :gray[{plain(one.comment.anchor.key, 60)}] "
            f"{plain(first_line(one.comment.text), 160)} :gray[— {who}]{done}"
        )
    if lines:
        st.markdown("  \n".join(lines))


def render_held(case: Case) -> None:
    """What is held, with the button that sends all of it."""
    waiting = held(case.run_id)
    if not waiting:
        return
    with st.container(border=True, key="review_held"):
        count = len(waiting)
        st.markdown(f"**{count} comment{'' if count == 1 else 's'} held, not sent yet.** Only you can see them.")
        for at, one in enumerate(waiting):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"{KIND_ICONS[one.kind]} :gray[{plain(about(one.anchor), 80)}] {plain(first_line(one.text), 200)}",
                    width="stretch",
                )
                st.button(
                    "Drop", key=f"review_drop_{at}_{count}", type="tertiary", on_click=_drop, args=(case.run_id, at)
                )
        if st.button(f"Send {'it' if count == 1 else f'all {count}'}", icon=":material/send:", key="review_send_held"):
            if not identity.current().said:
                st.warning("Say who you are first: they stand under your name.", icon=":material/person:")
            elif send(case, list(waiting)):
                waiting.clear()
                st.rerun(scope="app")


def _drop(run_id: str, at: int) -> None:
    del held(run_id)[at]


def _about(anchor: Anchor) -> str:
    return clip(about(anchor), 100)
