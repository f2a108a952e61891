"""States of a review and what leads from one to another: the one table, in code and, compared by a test, in docs."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from mlreview.review.bodies import Kind

State = Literal["none", "draft", "in_review", "changes_requested", "approved", "outdated", "withdrawn"]
STATES: Final[tuple[State, ...]] = get_args(State)

STATE_WORDS: Final[dict[State, str]] = {
    "none": "No review",
    "draft": "Draft",
    "in_review": "In review",
    "changes_requested": "Changes requested",
    "approved": "Approved",
    "outdated": "Outdated",
    "withdrawn": "Withdrawn",
}

STATE_MEANINGS: Final[dict[State, str]] = {
    "none": "nobody has shared or asked anything",
    "draft": "shared early; nobody is asked to decide",
    "in_review": "reviewers are asked, and one of their approvals is missing or no longer fits",
    "changes_requested": "somebody asked for changes, and neither that reviewer nor the lead has lifted it",
    "approved": "everybody who was asked has approved what the run holds now",
    "outdated": "everybody approved, and since then the run's content has changed",
    "withdrawn": "taken back by its author, who requested it, or the lead",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    Attributes:
        kind: Of the event.
        before: States in which it may happen.
        after: States that may follow.
        who: Who may do so, in words.
    """

    kind: Kind
    before: tuple[State, ...]
    after: tuple[State, ...]
    who: str


_OPEN: Final[tuple[State, ...]] = ("in_review", "changes_requested", "approved", "outdated")

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition("draft", ("none", "draft", "withdrawn"), ("draft",), "anybody"),
    Transition("requested", STATES, ("in_review", "changes_requested", "approved"), "anybody who is known"),
    Transition("comment", STATES, STATES, "anybody; a required change of an open review holds it"),
    Transition("answered", STATES, STATES, "anybody; ended as a required change it holds an open review"),
    Transition("resolved", STATES, STATES, "anybody; a required change: who asked for it, or the lead with a reason"),
    Transition(
        "approved",
        _OPEN,
        ("in_review", "changes_requested", "approved", "outdated"),
        "anybody who is known and not an author; it counts from those who are asked",
    ),
    Transition("changes_requested", _OPEN, ("changes_requested",), "anybody who is known and not an author"),
    Transition(
        "lifted",
        STATES,
        STATES,
        "who asked for the changes, or the lead with a reason",
    ),
    Transition(
        "withdrawn",
        ("draft", *_OPEN),
        ("withdrawn", "in_review", "changes_requested"),
        "the review: an author, who requested it, or the lead; an approval: who gave it",
    ),
    Transition("promoted", STATES, STATES, "whoever deploys"),
    Transition("override", STATES, STATES, "whoever deploys, with a reason"),
)

TABLE: Final[dict[Kind, Transition]] = {one.kind: one for one in TRANSITIONS}


def allowed(kind: Kind, state: State) -> bool:
    """Whether an event may happen in a state."""
    return state in TABLE[kind].before
