"""Words and signs that the sections of a review share."""

import streamlit as st

from mlreview.review.bodies import Anchor, CommentKind
from mlreview.review.events import Actor, ReviewEvent
from mlreview.review.people import People
from mlreview.review.transitions import State
from mlreview.ui.text import ago, moment, plain

STATE_LOOKS: dict[State, tuple[str, str]] = {
    "none": ("gray", ":material/circle:"),
    "draft": ("gray", ":material/edit_note:"),
    "in_review": ("blue", ":material/forum:"),
    "changes_requested": ("orange", ":material/published_with_changes:"),
    "approved": ("green", ":material/check_circle:"),
    "outdated": ("orange", ":material/history:"),
    "withdrawn": ("gray", ":material/undo:"),
}
KIND_WORDS: dict[CommentKind, str] = {
    "comment": "Comment",
    "question": "Question",
    "suggestion": "Suggestion",
    "follow_up": "Follow-up",
    "required_change": "Required change",
}
KIND_ICONS: dict[CommentKind, str] = {
    "comment": ":material/chat_bubble:",
    "question": ":material/help:",
    "suggestion": ":material/lightbulb:",
    "follow_up": ":material/event_repeat:",
    "required_change": ":material/block:",
}
_ANCHOR_WORDS = {"run": "the run", "param": "param", "metric": "metric", "plot": "plot", "heading": "note"}
_EVENT_WORDS = {
    "draft": "shared it as a draft",
    "requested": "asked for a review",
    "comment": "commented",
    "answered": "ended a question",
    "resolved": "said that something is done",
    "approved": "approved",
    "changes_requested": "requested changes",
    "lifted": "lifted a request for changes",
    "withdrawn": "took something back",
    "promoted": "deployed it",
    "override": "shipped it although the gate said no",
}


def person(name: str, people: People) -> str:
    """Somebody's name as the team writes it, as Markdown."""
    return plain(people.who(name).label or name, 60)


def actor(who: Actor, people: People) -> str:
    """Who acted, with what is known of it, as Markdown."""
    name = person(who.name, people)
    return f"**{name}**" if who.verified else f"**{name}** :gray[(unverified)]"


def when(at: int | None) -> str:
    """How long ago, as Markdown."""
    return plain(ago(at))


def exactly(at: int) -> str:
    """Day and time in the viewer's zone, as plain Markdown."""
    return plain(moment(at, st.context.timezone))


def about(anchor: Anchor) -> str:
    """What a comment is about, for a person, not as Markdown."""
    if anchor.kind == "run":
        return "The whole run"
    return f"{_ANCHOR_WORDS[anchor.kind].capitalize()}: {anchor.key}"


def happened(event: ReviewEvent) -> str:
    """What somebody did, in words that follow a name."""
    said = _EVENT_WORDS[event.kind]
    body = event.body
    what = getattr(body, "what", "")
    if event.kind == "withdrawn":
        return "took the own approval back" if what == "approval" else "withdrew the review"
    if event.kind == "comment" and len(event.comments) > 1:
        return f"sent {len(event.comments)} comments"
    if event.kind == "comment" and event.comments:
        kind = event.comments[0][1].kind
        return {
            "question": "asked a question",
            "suggestion": "made a suggestion",
            "follow_up": "noted a follow-up",
            "required_change": "required a change",
        }.get(kind, said)
    if event.kind == "approved" and event.comments:
        return f"approved with {len(event.comments)} follow-up{'' if len(event.comments) == 1 else 's'}"
    to = getattr(body, "to", "")
    return f"deployed it to {to}" if event.kind == "promoted" and to else said
