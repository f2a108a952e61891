"""From events to the review: a pure projection that anybody can repeat.

Decisions are taken in the order of their sequence numbers, remarks in the order of their times. An event that breaks a
rule is listed and does not count; a request for changes always holds. Where a decision is missing its claim still says
what it was: a missing hold holds, a missing approval is none.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlreview.review.bodies import (
    RUN,
    AnswerBody,
    ApproveBody,
    ChangesBody,
    CommentBody,
    DraftBody,
    LiftBody,
    RequestBody,
    ResolveBody,
    WithdrawBody,
)
from mlreview.review.content import Comparison, compare, compare_parts
from mlreview.review.events import Actor, BrokenEvent, Claim, ReviewEvent
from mlreview.review.people import People
from mlreview.review.results import Closing, Gap, Hold, Ignored, Request, Review, Role, RunFacts, Thread, Vote
from mlreview.review.threads import follow_ups_of, threads_of
from mlreview.review.transitions import State, allowed

_PROBLEMS = {
    "RUNNING": "the run is still training",
    "SCHEDULED": "the run has not begun training",
    "FAILED": "the run failed",
    "KILLED": "the run was killed",
}


def project(
    facts: RunFacts, events: Sequence[ReviewEvent], people: People, broken: Sequence[BrokenEvent] = ()
) -> Review:
    """Where the review of a run stands.

    Args:
        facts: Of the run.
        events: Whole events among its tags, in any order.
        people: The team.
        broken: Tags that should be events and are none: handed through.
    """
    remarks, decisions, unclaimed = _sorted_out(facts, events)
    fold = _Fold(facts, people, [one for one in remarks if one.kind == "draft"])
    for number, claim, event in decisions:
        if event is None:
            fold.missing(number, claim)
        else:
            fold.decide(event)
    whole = sorted([*remarks, *(event for _, _, event in decisions if event)], key=lambda one: (one.at, one.event_id))
    return fold.result(whole, [*broken, *unclaimed])


def problem_of(facts: RunFacts) -> str:
    """Why a run can't be approved as it is, in words; else empty."""
    return "the run is deleted" if facts.lifecycle != "active" else _PROBLEMS.get(facts.status, "")


def _sorted_out(
    facts: RunFacts, events: Sequence[ReviewEvent]
) -> tuple[list[ReviewEvent], list[tuple[int, Claim | None, ReviewEvent | None]], list[BrokenEvent]]:
    """Remarks; decisions by number, ``None`` where one is missing; and events that their claims do not know."""
    remarks, by_number, unclaimed = [], {}, []
    for event in events:
        claim = facts.claims.get(event.seq) if event.seq is not None else None
        if event.seq is None:
            remarks.append(event)
        elif claim is None:
            unclaimed.append(_broken(event, f"its number {event.seq} was never claimed: it was not made by mlreview"))
        elif claim.hash != event.hash:
            unclaimed.append(_broken(event, f"it is not what claimed number {event.seq}: it was altered or forged"))
        else:
            by_number[event.seq] = event
    decisions: list[tuple[int, Claim | None, ReviewEvent | None]] = []
    last = 0
    for number, claim in sorted(facts.claims.items()):
        if number > last + 1:
            decisions.append((last + 1, None, None))
        decisions.append((number, claim, by_number.get(number)))
        last = number
    return remarks, decisions, unclaimed


def _broken(event: ReviewEvent, reason: str) -> BrokenEvent:
    return BrokenEvent(f"mlreview.event.{event.event_id}", reason)


class _Fold:
    """The state while decisions are taken one by one."""

    def __init__(self, facts: RunFacts, people: People, drafts: Sequence[ReviewEvent]) -> None:
        self.facts = facts
        self.drafts = drafts
        self.people = people
        self.requests: list[Request] = []
        self.requesters: list[str] = []
        self.votes: list[Vote] = []
        self.past: list[Vote] = []
        self.holds: dict[str, Hold] = {}
        self.ignored: list[Ignored] = []
        self.gaps: list[Gap] = []
        self.round = 0
        self.lost_request = False
        self.withdrawn = 0  # the number of the withdrawal, while it stands
        self.changed_at: int | None = None

    # --- one decision after the other

    def decide(self, event: ReviewEvent) -> None:
        before = self.state()
        if not allowed(event.kind, before) and event.kind != "changes_requested":
            self.ignored.append(Ignored(event, f"it came when there was {_situation(before)}"))
            return
        body = event.body
        if isinstance(body, RequestBody):
            self._requested(event, body, before)
        elif isinstance(body, ApproveBody):
            self._approved(event, body)
        elif isinstance(body, ChangesBody):
            self._hold(event, event.event_id, body.text)
            for comment_id, one in event.comments:
                if one.kind == "required_change":
                    self._hold(event, comment_id, one.text, one.anchor)
        elif isinstance(body, CommentBody):
            for comment_id, one in event.comments:
                if one.kind == "required_change":
                    self._hold(event, comment_id, one.text, one.anchor)
        elif isinstance(body, AnswerBody):
            self._hold(event, event.event_id, body.text)
        elif isinstance(body, LiftBody):
            self._lift(event, body.holds, body.reason)
        elif isinstance(body, ResolveBody):
            self._lift(event, (body.target,), body.text)
        elif isinstance(body, WithdrawBody):
            self._withdrawn(event, body)
        if self.state() != before:
            self.changed_at = event.at

    def missing(self, number: int, claim: Claim | None) -> None:
        """A decision is not there. Whatever could only help a run to ship is taken for not done."""
        self.gaps.append(Gap(number, claim))
        kind = claim.kind if claim else ""
        if claim is not None and kind in ("approved", "lifted", "resolved", "promoted", "override"):
            return
        if claim is not None and kind == "requested":
            self.lost_request = True
            self.past += self.votes
            self.votes = []
            return
        if claim is not None and kind == "withdrawn":
            self.past += self.votes
            self.votes = []
            return
        actor = Actor(claim.actor[:250]) if claim is not None and claim.actor else Actor("nobody known")
        hold_id = claim.event_id if claim is not None and claim.event_id else f"seq.{number}"
        text = "What was asked for is missing: the decision was removed, or is just being written."
        self.holds[hold_id] = Hold(hold_id, self.people.who(actor.name), actor, 0, number, text, RUN, missing=True)

    def _requested(self, event: ReviewEvent, body: RequestBody, before: State) -> None:
        asked = self.requests[-1] if self.requests else None
        begins = asked is None or before in ("none", "draft", "withdrawn", "approved")
        if begins:
            self.round += 1
            self.past += self.votes
            self.votes = []
        if begins or not self.people.is_among(event.actor.name, asked.body.reviewers if asked else ()):
            self.requesters.append(event.actor.name)
        sequence = 0 if begins or asked is None else asked.sequence + 1
        self.requests.append(Request(body, event.actor, event.at, event.event_id, self.round, sequence, event.digest))
        self.withdrawn = 0
        self.lost_request = False

    def _approved(self, event: ReviewEvent, body: ApproveBody) -> None:
        own = [one for one in self.holds.values() if one.holds and self._placed(event.actor, one)]
        for hold in own:
            if hold.hold_id in body.lifts:
                self._release(hold, event, "approved")
        why_not = self.why_not(event.actor.name)
        if not why_not and not event.digest:
            why_not = "it does not say what was approved"
        if not why_not and any(one.hold_id not in body.lifts for one in own):
            why_not = "this reviewer has asked for changes and not lifted that"
        self._drop_votes(event.actor)
        self.votes.append(
            Vote(
                self.people.who(event.actor.name),
                event.actor,
                event.event_id,
                event.at,
                event.seq or 0,
                "other",
                body.text,
                event.digest,
                counts=not why_not,
                why_not=why_not,
                parts=event.parts,
            )
        )

    def _hold(self, event: ReviewEvent, hold_id: str, text: str, anchor: Any = RUN) -> None:
        person = self.people.who(event.actor.name)
        self.holds[hold_id] = Hold(hold_id, person, event.actor, event.at, event.seq or 0, text, anchor)

    def _lift(self, event: ReviewEvent, wanted: Sequence[str], reason: str) -> None:
        lead = self.people.is_lead(event.actor.name) and bool(reason.strip())
        for hold_id in wanted:
            hold = self.holds.get(hold_id)
            if hold is None or not hold.holds:
                self.ignored.append(Ignored(event, "what it lifts does not hold"))
            elif not self._placed(event.actor, hold) and not lead:
                self.ignored.append(
                    Ignored(event, "only who asked for the changes, or the lead with a reason, lifts that")
                )
            else:
                self._release(hold, event, reason)

    def _release(self, hold: Hold, event: ReviewEvent, reason: str) -> None:
        self.holds[hold.hold_id] = replace(hold, lifted_by=event.actor, lifted_at=event.at, reason=reason)

    def _withdrawn(self, event: ReviewEvent, body: WithdrawBody) -> None:
        if body.what == "approval":
            if not self._drop_votes(event.actor):
                self.ignored.append(Ignored(event, "there was no approval to take back"))
        elif self.may_withdraw(event.actor.name):
            self.withdrawn = event.seq or 0
        else:
            self.ignored.append(Ignored(event, "only an author, who requested it, or the lead withdraws a review"))

    def _drop_votes(self, actor: Actor) -> bool:
        mine = [one for one in self.votes if self.people.same(actor.name, one.actor.name)]
        self.past += mine
        self.votes = [one for one in self.votes if one not in mine]
        return bool(mine)

    # --- rules

    def _placed(self, actor: Actor, hold: Hold) -> bool:
        return self.people.same(actor.name, hold.actor.name)

    def authors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.facts.authors, *self.requesters]))

    def why_not(self, name: str) -> str:
        """Why somebody's approval can't count; empty where it can."""
        if not self.people.who(name).known:
            return "an account that many share could be anybody, the author too"
        if self.people.is_among(name, self.authors()):
            return "nobody approves a run of their own"
        return ""

    def may_withdraw(self, name: str) -> bool:
        concerned = [*self.authors(), *(one.actor.name for one in self.drafts)]
        return self.people.is_among(name, [*concerned, *self.people.leads])

    # --- where it stands

    def assigned(self, outdated: bool = False) -> dict[str, Vote]:
        """The vote of each reviewer who is asked, each vote at most once; outdated ones too, or not."""
        found: dict[str, Vote] = {}
        for reviewer in self.requests[-1].body.reviewers if self.requests else ():
            for vote in self.votes:
                taken = any(one.event_id == vote.event_id for one in found.values())
                fits = vote.counts and (outdated or not vote.outdated) and not taken
                if fits and self.people.same(vote.actor.name, reviewer):
                    found[reviewer] = vote
                    break
        return found

    def state(self) -> State:
        """As if no content had changed since; ``result`` looks at that."""
        if self.lost_request:
            return "changes_requested" if any(one.holds for one in self.holds.values()) else "in_review"
        if self.withdrawn or not self.requests:
            if any(isinstance(one.body, DraftBody) and one.body.after >= self.withdrawn for one in self.drafts):
                return "draft"
            return "withdrawn" if self.withdrawn else "none"
        if any(one.holds for one in self.holds.values()):
            return "changes_requested"
        return "approved" if self._all_in(self.assigned(outdated=True)) else "in_review"

    def _all_in(self, votes: dict[str, Vote]) -> bool:
        return len(votes) == len(self.requests[-1].body.reviewers)

    def result(self, events: list[ReviewEvent], broken: list[BrokenEvent]) -> Review:
        self.votes = [self._measured(one) for one in self.votes]
        self.past = [self._measured(one) for one in self.past]
        state = self.state()
        problem = problem_of(self.facts)
        fresh = self.assigned()
        if state == "approved" and not self._all_in(fresh):
            state = "outdated"
        elif state == "approved" and problem:
            state = "in_review"
        void = {one.event.event_id for one in self.ignored}
        counting = [one for one in events if one.event_id not in void]
        threads, stray = threads_of(counting)
        threads = tuple(self._closed(one) for one in threads)
        asked = self.requests[-1].body.reviewers if self.requests else ()
        decided = state in ("approved", "outdated", "changes_requested", "withdrawn")
        return Review(
            self.facts.run_id,
            self.facts.experiment_id,
            state,
            self.round,
            self.requests[-1] if self.requests else None,
            tuple(self.requests),
            tuple(self.votes),
            tuple(sorted(self.past, key=lambda one: one.seq)),
            tuple(self.holds.values()),
            threads,
            follow_ups_of(counting, threads),
            tuple(events),
            (*self.ignored, *stray),
            tuple(broken),
            tuple(self.gaps),
            max(self.facts.claims, default=0) + 1,
            self.facts.content,
            self.authors(),
            authors_unknown=not any(self.people.who(one).known for one in self.facts.authors),
            run_problem=problem,
            waiting_for=tuple(one for one in asked if one not in fresh and state not in ("draft", "withdrawn")),
            decided_at=self.changed_at if decided else None,
        )

    def _closed(self, thread: Thread) -> Thread:
        """A required change is done when its hold was lifted, however that was said."""
        hold = self.holds.get(thread.comment_id)
        if hold is None or hold.lifted_by is None or thread.closing is not None:
            return thread
        return replace(thread, closing=Closing("resolved", hold.lifted_by, hold.lifted_at or 0, hold.reason, ""))

    def _measured(self, vote: Vote) -> Vote:
        """With its role, and what changed since."""
        asked = self.requests[-1].body.reviewers if self.requests else ()
        role: Role = "other"
        for name, one in zip(("primary", "secondary"), asked, strict=False):
            if role == "other" and self.people.same(vote.actor.name, one):
                role = name
        comparison = self._compared(vote.digest, vote.parts)
        if vote.counts and role == "other":
            return replace(vote, role=role, comparison=comparison, counts=False, why_not="was not asked to review")
        return replace(vote, role=role, comparison=comparison)

    def _compared(self, digest: str, parts: tuple[str, ...]) -> Comparison | None:
        now, then = self.facts.content, self.facts.contents.get(digest)
        if now is None or not digest:
            return None
        if digest == now.digest:
            return compare(now, now)  # what could not be read, or was told by its size alone, is still to be said
        return compare(then, now) if then is not None else compare_parts(parts, now)


def _situation(state: State) -> str:
    return {"none": "no review", "draft": "only a draft", "withdrawn": "no review any more"}.get(state, state)
