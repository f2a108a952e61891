"""What a review says to people elsewhere: a chat message, a calendar file, and what a webhook is sent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mlreview.review.bodies import CommentBody, OverrideBody, PromoteBody
from mlreview.review.content import clipped
from mlreview.review.events import ReviewEvent
from mlreview.review.people import People
from mlreview.review.results import Request, Review
from mlreview.secrets import hide_secrets

TOLD = frozenset({"requested", "approved", "changes_requested", "lifted", "withdrawn", "promoted", "override"})
"""Kinds of events that a webhook is told of; of comments those with a question or a required change."""

_MOST = 3_000


@dataclass(frozen=True, slots=True)
class About:
    """What a message says of the run.

    Attributes:
        run_name: As MLflow has it.
        url: Of the run's page; empty where the dashboard's address is not set.
        summary: One paragraph: who would replace what, and whether it should.
    """

    run_name: str
    url: str = ""
    summary: str = ""


def run_url(app_url: str | None, run_id: str) -> str:
    """The address of a run's page; empty where the dashboard's is not known."""
    return f"{app_url}/run?{urlencode({'run': run_id})}" if app_url else ""


def request_message(request: Request, about: About) -> str:
    """A chat message that asks for a review, ready to be sent."""
    body = request.body
    lines = [f"Review asked: {about.run_name}, by {_by(request.actor.name, request.actor.verified)}"]
    if body.baseline is not None and body.baseline.run_id:
        lines.append(f"Would replace: {body.baseline.name or body.baseline.run_id[:8]} ({body.baseline.reason})")
    if about.summary:
        lines.append(about.summary)
    second = f", {body.secondary} (secondary)" if body.secondary else ""
    lines.append(f"Reviewers: {body.primary} (primary){second}")
    if body.attendees:
        lines.append(f"Also invited: {', '.join(body.attendees)}")
    if body.question:
        lines.append(f"Please look at: {body.question}")
    if body.due:
        lines.append(f"Due: {_day(body.due)}")
    if body.meeting is not None:
        lines.append(f"Meeting: {_moment(body.meeting)}, {body.minutes} minutes")
    if about.url:
        lines.append(about.url)
    return _sent("\n".join(lines))


def event_message(review: Review, event: ReviewEvent, about: About) -> str:
    """A chat message that tells of any event."""
    if event.kind == "requested" and review.request is not None and review.request.event_id == event.event_id:
        return request_message(review.request, about)
    who = _by(event.actor.name, event.actor.verified)
    said = f"{about.run_name}: {_what(event)} by {who}. It is {review.words.lower()} now."
    texts = [getattr(event.body, "text", ""), getattr(event.body, "reason", "")]
    texts += [one.text for _, one in event.comments]
    quoted = [f"> {clipped(text, 400)}" for text in texts if text]
    missing = f"Waiting for: {', '.join(review.waiting_for)}" if review.waiting_for else ""
    return _sent("\n".join(part for part in (said, *quoted, missing, about.url) if part))


def is_told(event: ReviewEvent) -> bool:
    """Whether a webhook is told of it: requests, questions and decisions."""
    asks = isinstance(event.body, CommentBody) and any(
        one.kind in ("question", "required_change") for one in event.body.comments
    )
    return event.kind in TOLD or asks or event.decides


def webhook_payload(review: Review, event: ReviewEvent, about: About) -> dict[str, Any]:
    """What a webhook is sent; ``text`` is what chat programs show."""
    return {
        "text": event_message(review, event, about),
        "event": event.kind,
        "event_id": event.event_id,
        "state": review.state,
        "run_id": event.run_id,
        "run_name": hide_secrets(about.run_name),
        "experiment_id": event.experiment_id,
        "actor": event.actor.name,
        "verified": event.actor.verified,
        "at": datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "waiting_for": list(review.waiting_for),
        "open_questions": len(review.open_questions),
        "url": about.url,
    }


def calendar_file(review: Review, about: About, people: People) -> str | None:
    """The meeting as an iCalendar file (RFC 5545); ``None`` where no meeting is planned.

    Its UID stays the same for a round of review, and its SEQUENCE grows with each change of the request, so that a
    calendar moves the meeting rather than adding a second one. A withdrawn review cancels it.
    """
    request = review.request
    if request is None or request.body.meeting is None:
        return None
    body, begins = request.body, request.body.meeting
    cancelled = review.state == "withdrawn"
    start = datetime.fromtimestamp(begins / 1000, UTC)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Model Review//mlreview//EN",
        f"METHOD:{'CANCEL' if cancelled else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{review.run_id}-{request.round}@mlreview",
        f"SEQUENCE:{request.sequence + cancelled}",
        f"DTSTAMP:{_stamp(datetime.fromtimestamp(request.at / 1000, UTC))}",
        f"DTSTART:{_stamp(start)}",
        f"DTEND:{_stamp(start + timedelta(minutes=body.minutes))}",
        f"SUMMARY:{_escaped(hide_secrets(f'Model review: {about.run_name}'))}",
        f"DESCRIPTION:{_escaped(request_message(request, about))}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
    ]
    if about.url:
        lines.append(f"URL:{about.url}")
    organiser = address_of(request.actor.name, people)
    if organiser:
        lines.append(f"ORGANIZER;CN={_quoted(people.who(request.actor.name).label)}:mailto:{organiser}")
    for names, role in ((body.reviewers, "REQ-PARTICIPANT"), (body.attendees, "OPT-PARTICIPANT")):
        for name in names:
            mail = address_of(name, people)
            if mail:
                label = _quoted(people.who(name).label)
                lines.append(f"ATTENDEE;ROLE={role};PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN={label}:mailto:{mail}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def address_of(name: str, people: People) -> str | None:
    """The e-mail address of somebody: as the settings have it, or the name itself where it is one."""
    listed = people.entry(name)
    if listed is not None and listed.email:
        return listed.email[0]
    plain = name.strip()
    whole = plain.count("@") == 1 and not any(one.isspace() or one in '<>",;:\\' or ord(one) < 33 for one in plain)
    return plain if whole else None


def _what(event: ReviewEvent) -> str:
    body = event.body
    if isinstance(body, PromoteBody):
        return f"deployed to {body.to}{f' (version {body.version})' if body.version else ''}"
    if isinstance(body, OverrideBody):
        return "shipped although the gate said no,"
    if isinstance(body, CommentBody):
        asked = sum(one.kind == "question" for one in body.comments)
        if asked:
            return "a question was asked" if asked == 1 else f"{asked} questions were asked"
        return "comments were sent"
    return {
        "approved": f"approved{' with follow-ups' if event.comments else ''}",
        "changes_requested": "changes were requested",
        "lifted": "a request for changes was lifted",
        "withdrawn": "taken back",
        "answered": "a question was answered",
        "resolved": "a required change was accepted",
        "requested": "a review was asked",
        "draft": "shared as a draft",
    }[event.kind]


def _by(name: str, verified: bool) -> str:
    return name if verified else f"{name} (unverified)"


def _sent(text: str) -> str:
    hidden = hide_secrets(text)
    return hidden if len(hidden) <= _MOST else f"{hidden[: _MOST - 1]}…"


def _day(due: str) -> str:
    try:
        found = date.fromisoformat(due)
    except ValueError:
        return clipped(due)
    return f"{found:%A}, {found.day} {found:%B %Y}"


def _moment(milliseconds: int) -> str:
    found = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{found:%A}, {found.day} {found:%B %Y, %H:%M} UTC"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """A text as a value: control characters could begin a line of their own."""
    flat = "".join(one for one in text.replace("\r\n", "\n") if one == "\n" or one.isprintable())
    return flat.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return '"' + "".join(one for one in text if one.isprintable() and one not in '"\\') + '"'


def _folded(line: str) -> str:
    """Lines of at most 75 bytes; the rest follows behind a blank. No character is split."""
    pieces, piece = [], b""
    for one in line:
        data = one.encode()
        if len(piece) + len(data) > 74:
            pieces.append(piece.decode())
            piece = b""
        piece += data
    return "\r\n ".join([*pieces, piece.decode()])
