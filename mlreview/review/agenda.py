"""The agenda of a meeting: the open questions; and what was agreed on, as people read it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mlreview.review.events import Actor
from mlreview.review.results import Review, Thread


@dataclass(frozen=True, slots=True)
class Agreed:
    """One thing that the review came to.

    Attributes:
        kind: A change that is required, something to be done later, or a question that was answered.
        text: What it is.
        actor: Who said so.
        owner: Of a follow-up, as typed; may be empty.
        answer: To a question.
    """

    kind: Literal["change", "follow_up", "answer"]
    text: str
    actor: Actor
    owner: str = ""
    answer: str = ""


def agenda(review: Review, kept: Collection[str] = ()) -> tuple[Thread, ...]:
    """The questions to go through, oldest first.

    Args:
        review: As it stands.
        kept: Ids of questions that stay although they have ended: they were on the agenda when the meeting began, and
            what follows keeps its number.
    """
    return tuple(
        one for one in review.threads if one.comment.kind == "question" and (one.open or one.comment_id in kept)
    )


def agreed(review: Review) -> tuple[Agreed, ...]:
    """What holds the review, then what is to be done later, then what was answered; each oldest first."""
    questions = {one.comment_id: one for one in review.threads if one.comment.kind == "question"}
    asked = {one.closing.event_id: one for one in questions.values() if one.closing is not None}

    def text_of(event_id: str, text: str) -> str:
        return text or (asked[event_id].comment.text if event_id in asked else "")

    changes = [Agreed("change", text_of(one.hold_id, one.text), one.actor) for one in review.open_holds]
    later = [Agreed("follow_up", one.text, one.actor, one.owner) for one in review.open_follow_ups]
    answers = [
        Agreed("answer", one.comment.text, one.closing.actor, answer=one.closing.text)
        for one in questions.values()
        if one.closing is not None and one.closing.outcome == "answered"
    ]
    return (*changes, *later, *answers)
