"""What earlier reviews of the model left to be done: carried into this one with its request, until somebody does it."""

import streamlit as st

from mlreview.errors import MlreviewError
from mlreview.review.queue import QueuedFollowUp
from mlreview.ui import pages, review_reads
from mlreview.ui.errors import show_error
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import KIND_ICONS, person
from mlreview.ui.text import first_line, plain

_MOST = 20


def open_ones(case: Case) -> tuple[QueuedFollowUp, ...]:
    """Those that are still open, the oldest first; what can't be read is said in place, and there are none."""
    request = case.review.request
    if not case.asked or request is None or not request.body.carried:
        return ()
    try:
        return review_reads.carried(request)
    except MlreviewError as error:
        show_error(error)
        return ()


def line(case: Case, one: QueuedFollowUp) -> str:
    """One of them in one line of Markdown: what, who does it, from the review of which run."""
    owner = f"{person(one.owner, case.people)} does it" if one.owner else "nobody was named"
    return (
        f"{KIND_ICONS['follow_up']} {plain(first_line(one.text), 200)} "
        f":gray[· {owner} · from the review of {plain(one.run_name, 60)}]"
    )


def render(case: Case) -> None:
    """All of them on the run's page, each with the way to the review that it came from."""
    found = open_ones(case)
    if not found:
        return
    with st.container(border=True, key="review_carried", gap="xsmall"):
        st.markdown(f"**Carried over from earlier reviews: {len(found)} open**")
        for one in found[:_MOST]:
            st.markdown(line(case, one))
        for run_id in list(dict.fromkeys(one.run_id for one in found))[:3]:
            name = next(one.run_name for one in found if one.run_id == run_id)
            pages.run_button(f"Review of {plain(name, 60)}", run_id, f"review_carried_{run_id}")
        if len(found) > _MOST:
            st.caption(f"and {len(found) - _MOST} more")
