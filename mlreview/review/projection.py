"""The review as a few tags, for tables and queues: a projection of the events that can always be rebuilt."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from mlreview import names
from mlreview.review.bodies import PromoteBody
from mlreview.review.results import Review

QUEUE_TAG: Final = names.REVIEW_QUEUE_TAG

PROJECTED_TAGS: Final = (names.REVIEW_STATE_TAG, names.DECIDED_AT_TAG, QUEUE_TAG)
_MOST = 7_900


def tags_of(review: Review) -> Mapping[str, str | None]:
    """The tags, by key; ``None`` for one that should not be there."""
    if not review.events and not review.gaps:
        return dict.fromkeys(PROJECTED_TAGS)
    return {
        names.REVIEW_STATE_TAG: None if review.state == "none" else review.state,
        names.DECIDED_AT_TAG: None if review.decided_at is None else iso(review.decided_at),
        QUEUE_TAG: queue_text(review),
        **_deployed(review),
    }


def _deployed(review: Review) -> Mapping[str, str]:
    """Where the run was last recorded as deployed to, without a registry; what others wrote there stays."""
    void = {one.event.event_id for one in review.ignored}
    found = [
        (one.seq or 0, one.body.to, one.at)
        for one in review.events
        if isinstance(one.body, PromoteBody) and one.event_id not in void and not one.body.to.startswith("models:/")
    ]
    if not found:
        return {}
    _, to, at = max(found)
    return {names.DEPLOYED_TO_TAG: to, names.DEPLOYED_AT_TAG: iso(at)}


def queue_text(review: Review) -> str | None:
    """What the queue reads; texts are cut rather than a limit missed."""
    asked = review.request
    if asked is None and not review.follow_ups and not review.open_questions:
        return None
    follow_ups = [[one.follow_up_id, one.owner[:80], one.text[:120], one.at] for one in review.open_follow_ups]
    found = {
        "round": review.round,
        "by": asked.actor.name[:250] if asked else "",
        "at": asked.at if asked else None,
        "primary": asked.body.primary if asked else "",
        "secondary": asked.body.secondary if asked else "",
        "due": asked.body.due if asked else "",
        "meeting": asked.body.meeting if asked else None,
        "waiting_for": list(review.waiting_for),
        "held_by": sorted({one.actor.name[:250] for one in review.open_holds}),
        "questions": len(review.open_questions),
        "authors": [one[:250] for one in review.authors[:10]],
        "digest": review.votes[-1].digest if review.votes else "",
        "follow_ups": follow_ups,
        "follow_ups_total": len(follow_ups),
    }
    while True:
        text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if len(text) <= _MOST or not follow_ups:
            return text[:_MOST]
        follow_ups.pop()


def iso(milliseconds: int) -> str:
    """ISO 8601, UTC, so that texts sort as times do."""
    stamp = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
