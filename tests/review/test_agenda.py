"""The agenda of a meeting, and what a review has come to, from made-up threads."""

from mlreview.review.agenda import agenda, agreed
from mlreview.review.bodies import RUN, Comment
from mlreview.review.events import Actor
from mlreview.review.people import Identity
from mlreview.review.results import Closing, FollowUp, Hold, Review, Thread

BEN, CLEO = Actor("Ben"), Actor("Cleo")


def question(number: int, closing: Closing | None = None) -> Thread:
    return Thread(f"q{number}.0", Comment(f"Why {number}?", kind="question"), BEN, number, f"q{number}", (), closing)


def review(*threads: Thread, holds: tuple[Hold, ...] = (), follow_ups: tuple[FollowUp, ...] = ()) -> Review:
    return Review("run", "1", "in_review", threads=threads, holds=holds, follow_ups=follow_ups)


def test_the_agenda_is_the_open_questions_in_the_order_they_were_asked():
    ended = question(2, Closing("answered", CLEO, 5, "Because.", "a2"))
    remark = Thread("c.0", Comment("Nice", kind="suggestion"), BEN, 4, "c")
    found = agenda(review(question(1), ended, question(3), remark))
    assert [one.comment_id for one in found] == ["q1.0", "q3.0"]


def test_a_question_that_ended_during_the_meeting_keeps_its_place():
    ended = question(1, Closing("answered", CLEO, 5, "Because.", "a1"))
    found = agenda(review(ended, question(2)), kept=["q1.0", "gone.0"])
    assert [one.comment_id for one in found] == ["q1.0", "q2.0"]


def test_what_was_agreed_names_changes_then_follow_ups_then_answers():
    change = question(1, Closing("required_change", BEN, 5, "", "a1"))
    later = question(2, Closing("follow_up", BEN, 6, "Watch it", "a2"))
    answered = question(3, Closing("answered", CLEO, 7, "Because.", "a3"))
    hold = Hold("a1", Identity("ben", "Ben"), BEN, 5, 1, "", RUN)
    follow_up = FollowUp("a2", "run", "Watch it", "Grace", BEN, 6, RUN)
    found = agreed(review(change, later, answered, holds=(hold,), follow_ups=(follow_up,)))
    assert [(one.kind, one.text, one.owner, one.answer) for one in found] == [
        ("change", "Why 1?", "", ""),
        ("follow_up", "Watch it", "Grace", ""),
        ("answer", "Why 3?", "", "Because."),
    ]
