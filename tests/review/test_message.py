"""What a review says elsewhere: a chat message, a calendar file, a webhook."""

import json

import pytest

from mlreview.errors import StoreError
from mlreview.review.bodies import BaselineRef, Comment
from mlreview.review.events import Actor
from mlreview.review.message import About, calendar_file, request_message, run_url
from mlreview.review.people import People, PersonEntry
from mlreview.review.webhook import notifier, post
from tests.review.memory import RUN, Memory, reviews_of
from tests.store.servers import Answer, Seen, answering

TEAM = People(
    (
        PersonEntry("ada", "Ada Lovelace", ("ada@example.com",)),
        PersonEntry("bob", 'Bob "B" Stone', ("bob@example.com",)),
    )
)
ABOUT = About("32d-lr0.1", "https://reviews.example/run?run=1", "val_AUROC 0.917, +0.013, inside noise.")
NOON = 1_796_126_400_000  # 2026-12-01 12:00 UTC
HOSTILE = "name\r\nATTENDEE:mailto:eve@example.com, or \\n; so " + "é" * 100


def unfolded(text: str | None) -> list[str]:
    assert text is not None
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def test_a_request_is_a_message_that_can_be_sent_as_it_is() -> None:
    reviews = reviews_of(Memory(), TEAM)
    baseline = BaselineRef("b" * 32, "8d", "deployed", "deployed as champion, v1 of sports")
    review = reviews.request(
        RUN,
        Actor("ada", verified=True),
        "bob",
        "carol",
        due="2026-12-01",
        question="Is the split right?",
        meeting=NOON,
        baseline=baseline,
        attendees=["dan"],
    )
    assert review.request is not None
    assert request_message(review.request, ABOUT).splitlines() == [
        "Review asked: 32d-lr0.1, by ada",
        "Would replace: 8d (deployed as champion, v1 of sports)",
        "val_AUROC 0.917, +0.013, inside noise.",
        "Reviewers: bob (primary), carol (secondary)",
        "Also invited: dan",
        "Please look at: Is the split right?",
        "Due: Tuesday, 1 December 2026",
        "Meeting: Tuesday, 1 December 2026, 12:00 UTC, 30 minutes",
        "https://reviews.example/run?run=1",
    ]


def test_the_calendar_requires_reviewers_and_leaves_others_free_to_come() -> None:
    reviews = reviews_of(Memory(), TEAM)
    asked = reviews.request(RUN, Actor("ada"), "bob", "carol@example.com", meeting=NOON, attendees=["dan", "e@x.org"])
    lines = unfolded(calendar_file(asked, ABOUT, TEAM))
    assert "DTSTART:20261201T120000Z" in lines
    assert "DTEND:20261201T123000Z" in lines
    assert 'ORGANIZER;CN="Ada Lovelace":mailto:ada@example.com' in lines
    people = [line for line in lines if line.startswith("ATTENDEE")]
    assert [(line.split(";")[1], line.rpartition(":")[2]) for line in people] == [
        ("ROLE=REQ-PARTICIPANT", "bob@example.com"),
        ("ROLE=REQ-PARTICIPANT", "carol@example.com"),
        ("ROLE=OPT-PARTICIPANT", "e@x.org"),
    ]
    assert 'CN="Bob B Stone"' in people[0]


def test_rescheduling_moves_the_meeting_and_withdrawing_cancels_it() -> None:
    reviews = reviews_of(Memory(), TEAM)
    assert calendar_file(reviews.request(RUN, Actor("ada"), "bob"), ABOUT, TEAM) is None
    first = unfolded(calendar_file(reviews.request(RUN, Actor("ada"), "bob", meeting=NOON), ABOUT, TEAM))
    later = unfolded(calendar_file(reviews.request(RUN, Actor("ada"), "bob", meeting=NOON + 3_600_000), ABOUT, TEAM))
    gone = unfolded(calendar_file(reviews.withdraw(RUN, Actor("ada")), ABOUT, TEAM))
    uids = {next(line for line in lines if line.startswith("UID:")) for lines in (first, later, gone)}
    assert uids == {f"UID:{RUN}-1@mlreview"}
    assert [next(line for line in lines if "SEQUENCE" in line) for lines in (first, later, gone)] == [
        "SEQUENCE:1",
        "SEQUENCE:2",
        "SEQUENCE:3",
    ]
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(gone)
    again = unfolded(calendar_file(reviews.request(RUN, Actor("ada"), "bob", meeting=NOON), ABOUT, TEAM))
    assert f"UID:{RUN}-2@mlreview" in again


def test_what_people_typed_adds_no_line_to_the_calendar() -> None:
    reviews = reviews_of(Memory(), TEAM)
    asked = reviews.request(RUN, Actor("ada"), "bob", question=HOSTILE, meeting=NOON)
    lines = unfolded(calendar_file(asked, About(HOSTILE), TEAM))
    assert [line for line in lines if line.startswith("ATTENDEE")] == [
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Bob B Stone":mailto:bob@example.com'
    ]
    assert sum(line.startswith("SUMMARY:") for line in lines) == 1


def test_a_webhook_is_told_of_requests_questions_and_decisions_without_secrets() -> None:
    with answering(lambda _: Answer()) as site:
        reviews = reviews_of(Memory(), TEAM, notify=notifier(f"{site.url}/hook", lambda _: ABOUT))
        reviews.draft(RUN, Actor("ada"))
        reviews.request(RUN, Actor("ada"), "bob")
        reviews.comment(RUN, Actor("bob"), "nice")
        reviews.comment(RUN, Actor("bob"), "why password=hunter2hunter2?", kind="question")
        reviews.approve(RUN, Actor("bob"), follow_ups=(Comment("drift", "follow_up", owner="ada"),))
        told = [json.loads(request.body) for request in site.seen]
    assert [(one["event"], one["state"]) for one in told] == [
        ("requested", "in_review"),
        ("comment", "in_review"),
        ("approved", "approved"),
    ]
    assert "hunter2" not in json.dumps(told)
    assert told[2]["text"].startswith("32d-lr0.1: approved with follow-ups by bob (unverified). It is approved now.")
    assert [request.headers["Content-Type"] for request in site.seen] == ["application/json"] * 3


@pytest.mark.parametrize("status", [500, 302, None])
def test_a_webhook_that_fails_loses_no_event_and_sends_nobody_elsewhere(status: int | None) -> None:
    def answer(request: Seen) -> Answer:
        return Answer(status or 200, None if status is None else "{}")

    with answering(answer) as site:
        url = f"{site.url}/hook?key=hidden"
        reviews = reviews_of(Memory(), TEAM, notify=notifier(url, lambda _: ABOUT))
        assert reviews.request(RUN, Actor("ada"), "bob").state == "in_review"
        with pytest.raises(StoreError, match=r"was not told|answered") as caught:
            post(url, {})
    assert "hidden" not in str(caught.value)


def test_a_link_needs_the_address_of_the_dashboard() -> None:
    assert run_url("https://reviews.example", "1 2") == "https://reviews.example/run?run=1+2"
    assert run_url(None, "1") == ""
