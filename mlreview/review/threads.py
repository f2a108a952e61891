"""Comments and what was said to them; what is to be done later."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlreview.review.bodies import RUN, AnswerBody, ResolveBody
from mlreview.review.events import ReviewEvent
from mlreview.review.results import Closing, FollowUp, Ignored, Reply, Thread


def threads_of(events: Iterable[ReviewEvent]) -> tuple[tuple[Thread, ...], tuple[Ignored, ...]]:
    """Threads, oldest first, and events that speak of comments that are not there.

    Args:
        events: By time. Of two answers at the same moment the first closes the question, the other is a reply.
    """
    listed = list(events)
    threads: dict[str, Thread] = {}
    for event in listed:
        for comment_id, comment in event.comments:
            if not comment.reply_to:
                threads[comment_id] = Thread(comment_id, comment, event.actor, event.at, event.event_id)
    stray = []
    for event in listed:
        for comment_id, comment in event.comments:
            if comment.reply_to:
                reply = Reply(comment_id, event.actor, event.at, comment.text)
                if not _add(threads, comment.reply_to, reply):
                    # What it replied to is gone; what it says is not.
                    threads[comment_id] = Thread(comment_id, comment, event.actor, event.at, event.event_id)
        body = event.body
        if isinstance(body, AnswerBody | ResolveBody):
            outcome = body.outcome if isinstance(body, AnswerBody) else "resolved"
            closing = Closing(outcome, event.actor, event.at, body.text, event.event_id)
            if not _close(threads, body.target, closing) and not _made_elsewhere(body.target, listed):
                stray.append(Ignored(event, "what it answers is not there"))
    return tuple(sorted(threads.values(), key=lambda one: (one.at, one.comment_id))), tuple(stray)


def follow_ups_of(events: Sequence[ReviewEvent], threads: Sequence[Thread]) -> tuple[FollowUp, ...]:
    """Everything that is to be done later, oldest first: comments of that kind, and questions that ended as one."""
    found = [
        FollowUp(
            one.comment_id,
            _run_of(events, one.event_id),
            one.comment.text,
            one.comment.owner,
            one.actor,
            one.at,
            one.comment.anchor,
            one.closing,
        )
        for one in threads
        if one.comment.kind == "follow_up"
    ]
    closed = {
        event.body.target: Closing("resolved", event.actor, event.at, event.body.text, event.event_id)
        for event in reversed(events)
        if isinstance(event.body, ResolveBody)
    }
    anchors = {one.comment_id: one.comment for one in threads}
    for event in events:
        body = event.body
        if isinstance(body, AnswerBody) and body.outcome == "follow_up":
            asked = anchors.get(body.target)
            text = body.text or (asked.text if asked else "")
            found.append(
                FollowUp(
                    event.event_id,
                    event.run_id,
                    text,
                    body.owner,
                    event.actor,
                    event.at,
                    asked.anchor if asked else RUN,
                    closed.get(event.event_id),
                )
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.follow_up_id)))


def _add(threads: dict[str, Thread], target: str, reply: Reply) -> bool:
    thread = threads.get(target)
    if thread is None:
        return False
    threads[target] = replace(thread, replies=(*thread.replies, reply))
    return True


def _close(threads: dict[str, Thread], target: str, closing: Closing) -> bool:
    thread = threads.get(target)
    if thread is None:
        return False
    if thread.closing is None:
        threads[target] = replace(thread, closing=closing)
    else:
        _add(threads, target, Reply(closing.event_id, closing.actor, closing.at, closing.text))
    return True


def _made_elsewhere(target: str, events: Sequence[ReviewEvent]) -> bool:
    """The target is a follow-up or a required change that an answer made, or a hold."""
    return any(one.event_id == target for one in events)


def _run_of(events: Sequence[ReviewEvent], event_id: str) -> str:
    return next((one.run_id for one in events if one.event_id == event_id), "")
