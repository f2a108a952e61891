"""What a review is, as it follows from its events: frozen values for pages, the command line and the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mlreview.review.bodies import Anchor, Comment, Outcome, RequestBody
from mlreview.review.content import Comparison, Content
from mlreview.review.events import Actor, BrokenEvent, Claim, ReviewEvent
from mlreview.review.people import Identity
from mlreview.review.transitions import STATE_WORDS, State

Role = Literal["primary", "secondary", "other"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a review needs to know of its run.

    Attributes:
        status: As MLflow has it: ``FINISHED`` ...
        lifecycle: ``active`` or ``deleted``.
        authors: Names under which the run was made, as recorded: MLflow's user, the git author.
        claims: Of sequence numbers.
        content: What the run holds now; ``None`` where it was not looked at: then nothing is said to be outdated.
        contents: What was decided on, by digest, as far as it is kept.
    """

    run_id: str
    experiment_id: str
    status: str = "FINISHED"
    lifecycle: str = "active"
    authors: tuple[str, ...] = ()
    claims: Mapping[int, Claim] = field(default_factory=dict)
    content: Content | None = None
    contents: Mapping[str, Content] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for review.

    Attributes:
        sequence: How often it was asked in this round, from 0; a later one reschedules.
    """

    body: RequestBody
    actor: Actor
    at: int
    event_id: str
    round: int
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One approval.

    Attributes:
        person: Who gave it.
        role: Which of the asked reviewers that is.
        counts: It is one of those that are needed, and nothing speaks against it.
        why_not: Why it does not count, in words; else empty.
        comparison: How the run differs from what was approved; ``None`` where nobody has looked.
        parts: Digests of the sections of what was approved, where that could not be kept.
    """

    person: Identity
    actor: Actor
    event_id: str
    at: int
    seq: int
    role: Role
    text: str
    digest: str
    counts: bool
    why_not: str = ""
    comparison: Comparison | None = None
    parts: tuple[str, ...] = ()

    @property
    def outdated(self) -> bool:
        """The run's content is not what was approved."""
        return self.comparison is not None and bool(self.comparison.changed)


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody asked for changes: nothing is approved until it is lifted.

    Attributes:
        hold_id: Of the event, of the comment, or ``seq.<n>`` where the decision itself is gone.
        text: What has to change.
        missing: Its event was removed, or is just being written: only its claim is left.
        lifted_by, lifted_at, reason: Who lifted it, when and why; ``None`` while it holds.
    """

    hold_id: str
    person: Identity
    actor: Actor
    at: int
    seq: int
    text: str
    anchor: Anchor
    missing: bool = False
    lifted_by: Actor | None = None
    lifted_at: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """It was not lifted."""
        return self.lifted_by is None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer or a remark in a thread."""

    comment_id: str
    actor: Actor
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Closing:
    """How a thread ended: ``answered``, ``follow_up``, ``required_change``, or ``resolved``."""

    outcome: Outcome | Literal["resolved"]
    actor: Actor
    at: int
    text: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and what was said to it.

    Attributes:
        comment_id: What answers name.
        closing: How it ended; ``None`` while it is open.
    """

    comment_id: str
    comment: Comment
    actor: Actor
    at: int
    event_id: str
    replies: tuple[Reply, ...] = ()
    closing: Closing | None = None

    @property
    def open(self) -> bool:
        """A question without an answer, a follow-up or a required change that is not done."""
        return self.closing is None and self.comment.kind in ("question", "follow_up", "required_change")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to be done later.

    Attributes:
        follow_up_id: Of the comment, or of the answer that made it one.
        owner: As typed; empty where nobody was named.
        done: How it ended; ``None`` while it is open.
    """

    follow_up_id: str
    run_id: str
    text: str
    owner: str
    actor: Actor
    at: int
    anchor: Anchor
    done: Closing | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A decision that claimed its number and is not there: removed, or just being written.

    Attributes:
        seq: Its number, or the first of ``count`` that are missing.
        claim: What is known of it; ``None`` where not even that is there.
    """

    seq: int
    claim: Claim | None
    count: int = 1

    def describe(self) -> str:
        """In words."""
        if self.claim is None or not self.claim.kind:
            return f"Decision {self.seq} is missing, and nothing says what it was"
        return f"Decision {self.seq} ({self.claim.kind.replace('_', ' ')}, by {self.claim.actor}) is missing"


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is whole and does not count. ``reason`` is in words."""

    event: ReviewEvent
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """Where a review stands.

    Attributes:
        state: See ``transitions``.
        round: How many times a review was begun; 0 before the first request.
        request: The current request; ``None`` before the first, and after it was withdrawn still the last one.
        requests: All of them, oldest first.
        votes: Approvals of this round, in order; outdated ones stay.
        past_votes: Those of earlier rounds, and those that were taken back.
        holds: All of them, in order; ``Hold.holds`` says which still do.
        threads: Comments with what was said to them, oldest first.
        follow_ups: Oldest first, done or not.
        events: Every whole event, by time.
        ignored: Those among them that do not count, with the reason.
        broken: Tags that should be events and are none.
        gaps: Decisions that are missing.
        next_seq: Number of the next decision.
        content: What the run holds now, where it was looked at.
        authors: Names of its authors, as recorded, who can't approve it.
        authors_unknown: Nobody knows who made the run: it was an account that many share.
        run_problem: Why it can't be approved as it is (training, failed, deleted), in words; else empty.
        waiting_for: Reviewers, as typed, whose approval is missing or outdated.
        decided_at: When it came to its state (ms, UTC), where a decision led there.
    """

    run_id: str
    experiment_id: str
    state: State
    round: int = 0
    request: Request | None = None
    requests: tuple[Request, ...] = ()
    votes: tuple[Vote, ...] = ()
    past_votes: tuple[Vote, ...] = ()
    holds: tuple[Hold, ...] = ()
    threads: tuple[Thread, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    events: tuple[ReviewEvent, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    broken: tuple[BrokenEvent, ...] = ()
    gaps: tuple[Gap, ...] = ()
    next_seq: int = 1
    content: Content | None = None
    authors: tuple[str, ...] = ()
    authors_unknown: bool = False
    run_problem: str = ""
    waiting_for: tuple[str, ...] = ()
    decided_at: int | None = None

    @property
    def words(self) -> str:
        """The state as people read it."""
        return STATE_WORDS[self.state]

    @property
    def digest(self) -> str:
        """Of what the run holds now: hand it to ``Reviews.approve`` as ``seen``."""
        return self.content.digest if self.content else ""

    @property
    def open_questions(self) -> tuple[Thread, ...]:
        """Questions without an answer: the agenda."""
        return tuple(one for one in self.threads if one.open and one.comment.kind == "question")

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        """What keeps it from being approved."""
        return tuple(one for one in self.holds if one.holds)

    @property
    def open_follow_ups(self) -> tuple[FollowUp, ...]:
        """What is still to be done."""
        return tuple(one for one in self.follow_ups if one.done is None)

    @property
    def outdated_votes(self) -> tuple[Vote, ...]:
        """Approvals of something that the run does not hold any more."""
        return tuple(one for one in self.votes if one.outdated)
