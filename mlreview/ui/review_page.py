"""The page of one run: its review, from who would replace what to the last comment."""

from collections.abc import Callable

import streamlit as st

from mlreview.ui import (
    identity,
    meeting,
    pages,
    review_carried,
    review_changes,
    review_conversation,
    review_curves,
    review_decide,
    review_evidence,
    review_export,
    review_narrative,
    review_reproduce,
    review_summary,
    review_visit,
)
from mlreview.ui.errors import error_boundary
from mlreview.ui.review_case import Case
from mlreview.ui.text import plain

SECTIONS: tuple[tuple[str, str, Callable[[Case], None]], ...] = (
    ("narrative", "Narrative", review_narrative.render),
    ("changes", "Changes", review_changes.render),
    ("curves", "Curves", review_curves.render),
    ("evidence", "Evidence", review_evidence.render),
    ("reproduce", "Reproduce", review_reproduce.render),
)
"""Anchor in the address, title, and what draws it, in the order of the page; the conversation follows."""


def explain_missing(run_id: str) -> None:
    """There is no such run."""
    st.header("Reviews", anchor=False)
    st.warning(f"The run {plain(run_id, 64)} is not in this store.", icon=":material/search_off:", title="No such run")
    pages.run_button("All reviews", None, "review_all")


def render(case: Case) -> None:
    """The whole page."""
    before = review_visit.remember(case.review)
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.container(width="stretch", gap="xsmall"):
            review_summary.render_heading(case)
        meeting.switch()
        identity.render("As whom you act in reviews")
    review_summary.render_warnings(case)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        review_summary.render_sentences(case, before)
    with right, st.container(border=True, key="review_people", gap="small"):
        review_summary.render_people(case)
        review_decide.render(case)
    open_ = sum(one.open for one in case.review.threads)
    talk = f"Conversation ({open_} open)" if open_ else "Conversation"
    ways = [f"[{title}](#{anchor})" for anchor, title, _ in SECTIONS] + [f"[{talk}](#conversation)"]
    st.markdown(" &nbsp;·&nbsp; ".join(ways))
    for anchor, title, draw in SECTIONS:
        st.subheader(title, anchor=anchor, divider="gray")
        with error_boundary():  # what one section can't show doesn't take the others away
            draw(case)
    st.subheader("Conversation", anchor="conversation", divider="gray")
    with error_boundary():
        review_carried.render(case)
        review_conversation.render(case, before)
        review_export.render(case)
