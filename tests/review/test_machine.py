"""Hypothesis plays a team against one review, beside a small model of the rules that says what must be true."""

import itertools
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mlreview import names
from mlreview.review import state
from mlreview.review.bodies import Comment
from mlreview.review.events import Actor, new_event_id
from mlreview.review.people import People
from mlreview.review.projection import tags_of
from mlreview.review.results import Review
from mlreview.review.rules import RefusedError
from mlreview.review.transitions import TABLE
from tests.review.memory import RUN, Memory, reviews_of

TEAM = People(leads=("dan",))
# Ada made the run; Bob and Carol are asked; Dan leads; Eve is a colleague; root is anybody.
SPELT = {
    "ada": ("ada", "Lovelace, Ada", "ADA@example.com"),
    "bob": ("bob", "Bob", "bob@example.com"),
    "carol": ("carol", "Cárol"),
    "dan": ("dan",),
    "eve": ("eve",),
    "root": ("root", "github-actions[bot]"),
}
WHO = st.sampled_from(sorted(SPELT))
HOW = st.integers(0, 9)


class Machine(RuleBasedStateMachine):
    """The model: what is requested, who holds, who approved which content."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.reviews = reviews_of(self.memory, TEAM)
        self.requested = self.withdrawn = self.drafted = False
        self.requesters: set[str] = set()
        self.drafters: set[str] = set()
        self.holds: dict[str, str] = {}
        self.votes: dict[str, float] = {}
        self.questions: set[str] = set()
        self.sent: list[tuple[Callable[..., Review], tuple, dict]] = []
        self.numbers = itertools.count()

    # --- what people do

    def act(
        self, fits: bool, work: Callable[..., Review], who: str, how: int, *arguments: object, **more: object
    ) -> bool:
        """Do it; it is refused when, and only when, the model says so, and then nothing was written."""
        actor = Actor(SPELT[who][how % len(SPELT[who])])
        sent = (work, (RUN, actor, *arguments), {**more, "event_id": new_event_id()})
        before, params, tags = self.reviews.read(RUN).state, dict(self.memory.params), dict(self.memory.tags)
        try:
            review = sent[0](*sent[1], **sent[2])
        except RefusedError:
            assert not fits
            assert (self.memory.params, self.memory.tags) == (params, tags)
            return False
        assert fits
        transition = TABLE[next(one for one in review.events if one.event_id == sent[2]["event_id"]).kind]
        assert before in transition.before
        assert review.state in transition.after
        self.sent.append(sent)
        return True

    @property
    def open(self) -> bool:
        return self.requested and not self.withdrawn

    def approved(self, now: float | None) -> bool:
        votes = [self.votes.get(one) for one in ("bob", "carol")]
        return None not in votes and (now is None or votes == [now, now])

    @rule(who=WHO, how=HOW)
    def draft(self, who: str, how: int) -> None:
        if self.act(not self.open, self.reviews.draft, who, how):
            self.drafted = True
            self.requested = self.withdrawn = False
            self.drafters.add(who)

    @rule(who=st.sampled_from(["ada", "dan", "eve", "root"]), how=HOW)
    def request(self, who: str, how: int) -> None:
        done = not self.open or (not self.holds and self.approved(None))
        if self.act(who != "root", self.reviews.request, who, how, "bob", "carol"):
            self.votes = {} if done else self.votes
            self.requested, self.withdrawn, self.drafted = True, False, False
            self.requesters.add(who)

    @rule(who=WHO, how=HOW)
    def approve(self, who: str, how: int) -> None:
        author = who == "ada" or who in self.requesters
        fits = self.open and who != "root" and not author and who not in self.holds.values()
        if self.act(fits, self.reviews.approve, who, how):
            self.votes[who] = self.memory.metrics["val_AUROC"]

    @rule(who=WHO, how=HOW)
    def request_changes(self, who: str, how: int) -> None:
        author = who == "ada" or who in self.requesters
        if self.act(self.open and who != "root" and not author, self.reviews.request_changes, who, how, "no"):
            self.holds[self.reviews.read(RUN).holds[-1].hold_id] = who

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), who=WHO, how=HOW, reason=st.sampled_from(["", "away"]))
    def lift(self, data: st.DataObject, who: str, how: int, reason: str) -> None:
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        fits = who == self.holds[hold] or (who == "dan" and bool(reason))
        if self.act(fits, self.reviews.lift, who, how, [hold], reason):
            del self.holds[hold]

    @rule(who=WHO, how=HOW)
    def withdraw(self, who: str, how: int) -> None:
        may = who in ("ada", "dan") or who in self.requesters or who in self.drafters
        if self.act((self.open or self.drafted) and may and who != "root", self.reviews.withdraw, who, how):
            self.withdrawn, self.drafted = True, False

    @rule(who=WHO, how=HOW, kind=st.sampled_from(["question", "comment"]))
    def comment(self, who: str, how: int, kind: Any) -> None:
        self.act(True, self.reviews.comments, who, how, [Comment(f"{kind} {next(self.numbers)}", kind)])
        if kind == "question":
            self.questions.add(self.reviews.read(RUN).threads[-1].comment_id)

    @precondition(lambda self: self.questions)
    @rule(data=st.data(), who=WHO, how=HOW)
    def answer(self, data: st.DataObject, who: str, how: int) -> None:
        question = data.draw(st.sampled_from(sorted(self.questions)))
        self.act(True, self.reviews.answer, who, how, question, "because")
        self.questions.discard(question)

    # --- what happens to them

    @rule(value=st.sampled_from([0.917, 0.921]))
    def the_metric_changes(self, value: float) -> None:
        self.memory.metrics["val_AUROC"] = value
        self.reviews.rebuild(RUN, repair=True)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_answer_was_lost_and_it_is_sent_again(self, data: st.DataObject) -> None:
        work, arguments, more = data.draw(st.sampled_from(self.sent))
        events = len(self.reviews.read(RUN).events)
        work(*arguments, **more)
        assert len(self.reviews.read(RUN).events) == events

    @rule(text=st.sampled_from(["", "{}", "[]", '{"kind":"approved"}', "\x00", '{"version":2}']))
    def somebody_writes_nonsense_where_events_are(self, text: str) -> None:
        self.memory.tags[names.EVENT_TAG_PREFIX + new_event_id()] = text

    # --- what must be true

    @invariant()
    def it_stands_where_the_model_says(self) -> None:
        now = self.memory.metrics["val_AUROC"]
        review = reviews_of(self.memory, TEAM).read(RUN)
        if self.withdrawn:
            expected = "withdrawn"
        elif not self.requested:
            expected = "draft" if self.drafted else "none"
        elif self.holds:
            expected = "changes_requested"
        elif self.approved(now):
            expected = "approved"
        else:
            expected = "outdated" if self.approved(None) else "in_review"
        assert review.state == expected
        assert {one.hold_id for one in review.open_holds} == set(self.holds)
        assert {one.comment_id for one in review.open_questions} == self.questions
        # Decisions have one order, and none is missing.
        numbers = [one.seq for one in review.events if one.seq is not None]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)) == list(range(1, review.next_seq))
        assert (review.gaps, review.ignored) == ((), ())
        wanted = tags_of(review)
        assert {key: self.memory.tags.get(key) for key in wanted} == wanted


SOAK = "MLREVIEW_SOAK_SECONDS" in os.environ
QUICKLY = settings(
    max_examples=400 if SOAK else 30,
    stateful_step_count=40 if SOAK else 16,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def test_a_review_stands_where_the_rules_say_whatever_people_do() -> None:
    run_state_machine_as_test(Machine, settings=QUICKLY)


def test_the_machine_fails_when_a_rule_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that can't fail proves nothing: here a request for changes is forgotten when it is asked again."""
    requested = state._Fold._requested

    def forgetful(fold: Any, *arguments: Any) -> None:
        requested(fold, *arguments)
        fold.holds.clear()

    monkeypatch.setattr(state._Fold, "_requested", forgetful)
    with pytest.raises((AssertionError, RefusedError)):
        run_state_machine_as_test(
            Machine, settings=settings(QUICKLY, max_examples=300, phases=(Phase.generate,), report_multiple_bugs=False)
        )
