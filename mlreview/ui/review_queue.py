"""The queue: what waits for whom; open follow-ups by owner. Each line leads to its run."""

from dataclasses import replace

import streamlit as st

from mlreview.entities import RunTable
from mlreview.errors import MlreviewError
from mlreview.names import APPROVED, DECIDED_AT_TAG, REVIEW_STATE_TAG
from mlreview.review.people import People
from mlreview.review.queue import GROUP_WORDS, Group, QueuedFollowUp, QueuedReview, make_queue, queue_query
from mlreview.review.transitions import STATE_WORDS
from mlreview.ui import identity, pages, reads, review_visit, urlstate, writes
from mlreview.ui.review_words import STATE_LOOKS, person
from mlreview.ui.text import ago, plain

_SHOWN = 50
_CHECKED = 10
_HINTS: dict[Group, str] = {
    "waiting_for_me": "You were asked, and have not decided on what the run holds now.",
    "outdated": "Approved, and changed since.",
}


def render() -> None:
    """All reviews of the experiments in sight."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Reviews", width="stretch", anchor=False)
        identity.render("As whom you act in reviews")
    review_visit.remember(None)
    experiments = urlstate.get(urlstate.SharedView).experiments
    people = writes.reviews().people
    me = identity.current()
    table = _with_outdated(reads.runs(queue_query(experiments)).table)
    queue = make_queue(table, me.name if me.said else None, people)
    if not me.said:
        identity.render_ask("queue")
    if not queue.groups:
        st.info(
            "Open a run from the leaderboard, share it as a draft or request its review: it then stands here.",
            title="No reviews yet in these experiments",
            icon=":material/rate_review:",
        )
        pages.link("leaderboard", "To the leaderboard", width="content")
    for group, found in queue.groups:
        _render_group(group, found, people)
    if queue.unreadable:
        st.caption(
            f":material/broken_image: {len(queue.unreadable)} run(s) say something of a review that can't be read; "
            "`mlreview review show RUN --repair` rewrites it from the record."
        )
    if queue.follow_ups:
        st.subheader("Open follow-ups", anchor=False)
        for owner, listed in queue.follow_ups:
            _render_owner(owner, listed, people)


def _with_outdated(table: RunTable) -> RunTable:
    """The table with those approvals marked that hold no more: a run can change without anybody acting in its review.

    The newest ones alone are looked at, and by the sizes of their files: the run's own page hashes them.
    """
    states = table.tags[REVIEW_STATE_TAG]
    decided = table.tags[DECIDED_AT_TAG]
    approved = [row for row in range(len(table)) if states[row] == APPROVED]
    approved.sort(key=lambda row: decided[row] or "", reverse=True)
    changed = [row for row in approved[:_CHECKED] if _is_outdated(reads.key(), str(table.run_ids[row]))]
    if not changed:
        return table
    marked = states.copy()
    marked[changed] = "outdated"
    return replace(table, tags={**table.tags, REVIEW_STATE_TAG: marked})


@st.cache_resource(max_entries=256, ttl=60, show_spinner=False)
def _is_outdated(key: tuple[str, ...], run_id: str) -> bool:
    try:
        return writes.reviews().read(run_id, hash_bytes=0).state == "outdated"
    except MlreviewError:
        return False  # its own page says what is wrong


reads.forget_too(_is_outdated.clear)


def _render_group(group: Group, found: tuple[QueuedReview, ...], people: People) -> None:
    with st.container(key=f"queue_{group}", gap="xsmall"):
        st.subheader(f"{GROUP_WORDS[group]} :gray[{len(found)}]", anchor=False)
        if group in _HINTS:
            st.caption(_HINTS[group])
        for one in found[:_SHOWN]:
            _render_review(one, people)
        if len(found) > _SHOWN:
            st.caption(f"The first {_SHOWN} of {len(found):,}.")


def _render_review(one: QueuedReview, people: People) -> None:
    colour, icon = STATE_LOOKS[one.state]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        pages.run_button(f"**{plain(one.run_name, 80)}**", one.run_id, f"queue_open_{one.run_id}")
        parts = [f":{colour}-badge[{icon} {STATE_WORDS[one.state]}]"]
        if one.since:
            parts.append(plain(ago(one.since)))
        if one.requested_by:
            parts.append(f"asked by {person(one.requested_by, people)}")
        if one.held_by:
            parts.append(f"held by {', '.join(person(name, people) for name in one.held_by)}")
        elif one.waiting_for:
            parts.append(f"waits for {', '.join(person(name, people) for name in one.waiting_for)}")
        if one.questions:
            parts.append(f"**{one.questions} open question{'' if one.questions == 1 else 's'}**")
        if one.due:
            parts.append(f"due {plain(one.due, 20)}")
        st.markdown(" &nbsp;·&nbsp; ".join(parts), width="stretch")


def _render_owner(owner: str, listed: tuple[QueuedFollowUp, ...], people: People) -> None:
    st.markdown(f"**{person(owner, people) if owner else 'Nobody was named'}** :gray[{len(listed)}]")
    for one in listed[:_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.markdown(f":material/event_repeat: {plain(one.text, 160)} :gray[{plain(ago(one.at))}]", width="stretch")
            key = f"queue_follow_{''.join(sign for sign in one.reference if sign.isalnum())}"
            pages.run_button(plain(one.run_name, 60), one.run_id, key)
