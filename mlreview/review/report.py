"""A review as plain values, for ``mlreview review show --json`` and whoever reads that."""

import json
from typing import Any

from mlreview.review.content import Comparison
from mlreview.review.events import Actor, encode
from mlreview.review.projection import iso
from mlreview.review.results import Hold, Review, Thread, Vote


def requirements_of(review: Review) -> tuple[tuple[str, bool, str], ...]:
    """What has to be so for the review to count as approved: name, whether it is so, and the reason in words.

    A team's policy may ask for more.
    """
    found: list[tuple[str, bool, str]] = []
    asked = review.request.body.reviewers if review.request and review.state not in ("none", "withdrawn") else ()
    said = {"none": "nobody has asked for one", "draft": "it is a draft", "withdrawn": "it was withdrawn"}
    found.append(("requested", bool(asked), said.get(review.state, "")))
    for role, name in zip(("primary", "secondary"), asked, strict=False):
        given = [one for one in review.votes if one.role == role]
        reason = given[-1].why_not if given else f"{name} has not approved"
        if given and given[-1].comparison is not None and given[-1].outdated:
            reason = f"{given[-1].comparison.describe()} after {given[-1].actor.name} approved"
        found.append((f"{role} reviewer", name not in review.waiting_for, reason))
    holds = review.open_holds
    reason = "; ".join(f"{one.actor.name}: {one.text[:200]}" for one in holds[:3])
    found.append(("no changes requested", not holds, reason))
    found.append(("finished run", not review.run_problem, review.run_problem))
    found.append(("complete record", not review.gaps, "; ".join(one.describe() for one in review.gaps[:3])))
    return tuple((name, passed, "" if passed else reason) for name, passed, reason in found)


def review_report(review: Review) -> dict[str, Any]:
    """Everything about a review; times are ISO 8601 in UTC."""
    request = review.request
    return {
        "run_id": review.run_id,
        "state": review.state,
        "digest": review.digest or None,
        "round": review.round,
        "request": None
        if request is None
        else {
            "by": _actor(request.actor),
            "at": iso(request.at),
            "primary": request.body.primary,
            "secondary": request.body.secondary or None,
            "attendees": list(request.body.attendees),
            "due": request.body.due or None,
            "question": request.body.question or None,
            "meeting": None if request.body.meeting is None else iso(request.body.meeting),
            "baseline": None if request.body.baseline is None else request.body.baseline.run_id or None,
            "carried": list(request.body.carried),
        },
        "requirements": [
            {"name": name, "passed": passed, "reason": reason} for name, passed, reason in requirements_of(review)
        ],
        "waiting_for": list(review.waiting_for),
        "votes": [_vote(one) for one in review.votes],
        "holds": [_hold(one) for one in review.holds],
        "threads": [_thread(one) for one in review.threads],
        "follow_ups": [
            {"id": one.follow_up_id, "text": one.text, "owner": one.owner or None, "open": one.done is None}
            for one in review.follow_ups
        ],
        "authors": list(review.authors),
        "authors_unknown": review.authors_unknown,
        "events": [json.loads(encode(one)) for one in review.events],
        "ignored": [{"id": one.event.event_id, "reason": one.reason} for one in review.ignored],
        "broken": [{"key": one.key, "reason": one.reason} for one in review.broken],
        "gaps": [{"seq": one.seq, "said": one.describe()} for one in review.gaps],
    }


def _actor(actor: Actor) -> dict[str, Any]:
    return {"name": actor.name, "verified": actor.verified, "via": actor.via}


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "id": vote.event_id,
        "by": _actor(vote.actor),
        "role": vote.role,
        "at": iso(vote.at),
        "text": vote.text,
        "counts": vote.counts,
        "why_not": vote.why_not or None,
        "outdated": vote.outdated,
        "digest": vote.digest or None,
        **_comparison(vote.comparison),
    }


def _comparison(found: Comparison | None) -> dict[str, Any]:
    if found is None:
        return {"changed": None, "added": None, "unverified": None}
    return {
        "changed": [
            {"section": one.section, "key": one.key, "before": one.before, "after": one.after, "said": one.describe()}
            for one in found.changed
        ],
        "added": list(found.added),
        "unverified": list(found.unverified),
    }


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.hold_id,
        "by": _actor(hold.actor),
        "text": hold.text,
        "open": hold.holds,
        "missing": hold.missing,
        "lifted_by": _actor(hold.lifted_by) if hold.lifted_by else None,
        "reason": hold.reason or None,
    }


def _thread(thread: Thread) -> dict[str, Any]:
    comment, closing = thread.comment, thread.closing
    return {
        "id": thread.comment_id,
        "kind": comment.kind,
        "on": {"kind": comment.anchor.kind, "key": comment.anchor.key or None},
        "by": _actor(thread.actor),
        "at": iso(thread.at),
        "text": comment.text,
        "open": thread.open,
        "replies": [{"by": _actor(one.actor), "at": iso(one.at), "text": one.text} for one in thread.replies],
        "ended": None
        if closing is None
        else {"as": closing.outcome, "by": _actor(closing.actor), "at": iso(closing.at), "text": closing.text},
    }
