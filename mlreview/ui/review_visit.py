"""What this browser remembers of reviews: what was new at the last visit, and the name that was typed here.

Nothing of it is written to the store: who looked at what is nobody's business.
"""

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from mlreview.review.results import Review
from mlreview.ui import identity, notes_open, urlstate

_ULID_CHARS = 26
_component = component(
    "mlreview_review_visit",
    js=(Path(__file__).with_name("assets") / "review_visit.js").read_text(encoding="utf-8"),
)


def remember(review: Review | None) -> str:
    """Draw the part that asks the browser.

    Args:
        review: That is looked at; ``None`` for none in particular.

    Returns:
        Id of the newest event at the last visit; empty on the first one, and until the browser has answered.
    """
    key = f"review_visit_{review.run_id}" if review else "review_visit"
    state = st.session_state.get(key, {})
    before = state.get("before", "")
    newest = max((one.event_id for one in review.events), default="") if review else ""

    def named() -> None:
        urlstate.keep()
        name = st.session_state[key].get("name")
        if isinstance(name, str):
            identity.remember(name)

    _component(
        key=key,
        data={
            "store": notes_open.store_key(),
            "run": review.run_id if review else "",
            "newest": newest,
            "before": before,
            "name": identity.typed(),
            "acts": _acts(),
        },
        on_before_change=urlstate.keep,
        on_name_change=named,
    )
    return before if isinstance(before, str) else ""


def _acts() -> str | None:
    """As whom this session acts already: a kept name that says no more is not worth drawing the page once more.

    ``None`` where a login or a proxy says who acts, or is to: a kept name changes nothing there.
    """
    person = identity.current()
    if person.via == "typed":
        return person.name
    return "" if person.via == "process" else None


def is_new(event_id: str, actor_name: str, before: str) -> bool:
    """Whether something came after the last visit, and from somebody else."""
    return bool(before) and event_id[:_ULID_CHARS] > before and actor_name != identity.current().name


def count_new(review: Review, before: str) -> int:
    """How much is new."""
    return sum(is_new(one.event_id, one.actor.name, before) for one in review.events)
