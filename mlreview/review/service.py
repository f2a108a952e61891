"""Reads and writes the review of a run, so that no decision is lost, doubled, or made twice over.

A decision is checked against the rules, claims the next number (``mlreview.seq.<n>``, a param: the first writer wins),
and then its tag is written and read back. Who loses a number looks at the review again, checks the rules again and
claims the next one. The id of an event is made by whoever acts: sent again with the same id, after an answer that did
not come, it is the same event. Projections for tables are written last, and can be rebuilt from the events at any time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlreview import names
from mlreview.entities import Run
from mlreview.errors import WriteError
from mlreview.review import digest as digests
from mlreview.review.bodies import (
    AnswerBody,
    ApproveBody,
    BaselineRef,
    Body,
    ChangesBody,
    Comment,
    CommentBody,
    DraftBody,
    Kind,
    LiftBody,
    Outcome,
    OverrideBody,
    PromoteBody,
    RequestBody,
    ResolveBody,
    WithdrawBody,
    made,
)
from mlreview.review.contents import Contents
from mlreview.review.events import (
    Actor,
    ReviewEvent,
    check_event_id,
    claim_value,
    claims_of,
    encode,
    events_of,
    new_event_id,
    parse,
    seq_param,
    time_of,
)
from mlreview.review.people import People
from mlreview.review.projection import tags_of
from mlreview.review.results import Review, RunFacts
from mlreview.review.rules import NOTHING_WRITTEN, RefusedError, check
from mlreview.review.state import project
from mlreview.store.base import RunStore, RunWriter

_TRIES = 50
Differences = Mapping[str, tuple[str | None, str | None]]
"""By tag: what is stored, and what it should be; ``None`` for no tag."""


class Reviews:
    """The reviews of one store. Safe to use from several threads.

    Args:
        store: To read from.
        writer: To write with; ``None`` for reading alone.
        people: The team; see ``people.people_from``.
        hash_bytes: How many bytes of a model's files are read and hashed.
    """

    def __init__(
        self,
        store: RunStore,
        writer: RunWriter | None = None,
        people: People | None = None,
        *,
        hash_bytes: int = digests.HASH_BYTES,
    ) -> None:
        self._store = store
        self._writer = writer
        self.people = people or People()
        self._hash_bytes = hash_bytes
        self._contents = Contents(store)

    # --- reading

    def read(self, run_id: str, *, content: bool = True, hash_bytes: int | None = None) -> Review:
        """Where the review of a run stands. Changes nothing.

        Args:
            run_id: The run, active or deleted.
            content: Look at what the run holds, so that outdated approvals are named. Costs reads of artifacts.
            hash_bytes: Bytes of files to read for that; as the service was made, unless given.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The store can't be read.
        """
        return self._project(self._store.run(run_id), content, hash_bytes)

    def _project(self, run: Run, content: bool = True, hash_bytes: int | None = None) -> Review:
        events, broken = events_of(run.tags, run.run_id, run.experiment_id)
        now = None
        if content:
            now = digests.read_content(self._store, run, self._hash_bytes if hash_bytes is None else hash_bytes)
        facts = RunFacts(
            run.run_id,
            run.experiment_id,
            run.status,
            run.lifecycle,
            recorded_authors(run),
            claims_of(run.params),
            now,
            self._contents.of(run, {one.digest for one in events if one.digest}) if content else {},
        )
        return project(facts, events, self.people, broken)

    # --- writing

    def draft(self, run_id: str, actor: Actor, text: str = "", *, event_id: str | None = None) -> Review:
        """Share the link early. Nobody is asked to decide."""
        return self._remark(run_id, actor, "draft", DraftBody(text), event_id)

    def request(
        self,
        run_id: str,
        actor: Actor,
        primary: str,
        secondary: str = "",
        *,
        attendees: Sequence[str] = (),
        due: str = "",
        question: str = "",
        meeting: int | None = None,
        minutes: int = 30,
        baseline: BaselineRef | None = None,
        carried: Sequence[str] = (),
        event_id: str | None = None,
    ) -> Review:
        """Ask for a review, or change what was asked; see ``RequestBody``.

        Raises:
            RefusedError: The rules say no; nothing was written.
            WriteError: It is not known to be written. Send it again with the same id.
            MlreviewError: As for every write.
        """
        body = made(
            RequestBody,
            primary=primary.strip(),
            secondary=secondary.strip(),
            attendees=tuple(attendees),
            due=due,
            question=question,
            meeting=meeting,
            minutes=minutes,
            baseline=baseline,
            carried=tuple(carried),
        )
        return self._decide(run_id, actor, "requested", body, event_id)

    def comment(self, run_id: str, actor: Actor, text: str, *, event_id: str | None = None, **more: Any) -> Review:
        """One comment; ``more`` as in ``Comment``: ``kind``, ``anchor``, ``owner``, ``reply_to``."""
        return self.comments(run_id, actor, (made(Comment, text=text, **more),), event_id=event_id)

    def comments(
        self, run_id: str, actor: Actor, comments: Sequence[Comment], *, event_id: str | None = None
    ) -> Review:
        """Several comments that were held, sent as one."""
        body = CommentBody(tuple(comments))
        if any(one.kind == "required_change" for one in comments):
            return self._decide(run_id, actor, "comment", body, event_id)
        return self._remark(run_id, actor, "comment", body, event_id)

    def answer(
        self,
        run_id: str,
        actor: Actor,
        question: str,
        text: str = "",
        *,
        outcome: Outcome = "answered",
        owner: str = "",
        event_id: str | None = None,
    ) -> Review:
        """End a question: answered, as a follow-up with an owner, or as a required change."""
        body = made(AnswerBody, target=question, text=text, outcome=outcome, owner=owner)
        if outcome == "required_change":
            return self._decide(run_id, actor, "answered", body, event_id)
        return self._remark(run_id, actor, "answered", body, event_id)

    def resolve(self, run_id: str, actor: Actor, target: str, text: str = "", *, event_id: str | None = None) -> Review:
        """A suggestion, follow-up or required change is done."""
        review = self.read(run_id, content=False)
        holding = any(one.hold_id == target for one in review.holds)
        body = made(ResolveBody, target=target, text=text, holding=holding)
        if holding:
            return self._decide(run_id, actor, "resolved", body, event_id)
        return self._remark(run_id, actor, "resolved", body, event_id)

    def approve(
        self,
        run_id: str,
        actor: Actor,
        text: str = "",
        *,
        follow_ups: Sequence[Comment] = (),
        lifts: Sequence[str] = (),
        seen: str | None = None,
        event_id: str | None = None,
    ) -> Review:
        """May ship.

        Args:
            run_id: The run.
            actor: Who approves.
            text: Why.
            follow_ups: What is to be done later.
            lifts: Ids of the approver's own holds that this lifts.
            seen: ``Review.digest`` of what the approver looked at; refused where the run holds something else now.
            event_id: Of this press of the button.
        """
        body = made(ApproveBody, text=text, follow_ups=tuple(follow_ups), lifts=tuple(lifts))
        return self._decide(run_id, actor, "approved", body, event_id, seen)

    def request_changes(
        self,
        run_id: str,
        actor: Actor,
        text: str = "",
        *,
        comments: Sequence[Comment] = (),
        event_id: str | None = None,
    ) -> Review:
        """Must not ship until this reviewer, or the lead, lifts it."""
        body = made(ChangesBody, text=text, comments=tuple(comments))
        return self._decide(run_id, actor, "changes_requested", body, event_id)

    def lift(
        self, run_id: str, actor: Actor, holds: Sequence[str], reason: str = "", *, event_id: str | None = None
    ) -> Review:
        """Lift holds of one's own, or as the lead, with a reason, those of somebody else."""
        return self._decide(run_id, actor, "lifted", made(LiftBody, holds=tuple(holds), reason=reason), event_id)

    def withdraw(
        self, run_id: str, actor: Actor, text: str = "", *, approval: bool = False, event_id: str | None = None
    ) -> Review:
        """Take the review back, or one's own approval."""
        body = made(WithdrawBody, what="approval" if approval else "review", text=text)
        return self._decide(run_id, actor, "withdrawn", body, event_id)

    def record(
        self, run_id: str, actor: Actor, body: PromoteBody | OverrideBody, *, event_id: str | None = None
    ) -> Review:
        """Record a deployment, or an override of the gate."""
        kind: Kind = "promoted" if isinstance(body, PromoteBody) else "override"
        return self._decide(run_id, actor, kind, body, event_id)

    def rebuild(self, run_id: str, *, repair: bool = False) -> tuple[Review, Differences]:
        """Project the review anew and hold it against the tags for fast reading.

        Args:
            run_id: The run.
            repair: Rewrite the tags that differ.

        Returns:
            The review; and by tag what was stored and what it should be, where the two differ.
        """
        run = self._store.run(run_id)
        review = self._project(run)
        wanted = tags_of(review)
        wrong = {key: (run.tags.get(key), value) for key, value in wanted.items() if run.tags.get(key) != value}
        if repair:
            self._write_tags(review)
        return review, wrong

    # --- how

    def _remark(self, run_id: str, actor: Actor, kind: Kind, body: Body, event_id: str | None) -> Review:
        """Write an event that decides nothing."""
        writer = self._writing()
        event_id = check_event_id(event_id or new_event_id())
        run = self._store.run(run_id)
        event = ReviewEvent(event_id, kind, run_id, run.experiment_id, time_of(event_id), actor, body)
        text = encode(event)
        if not self._written_before(run, event):
            check(self._project(run, content=False), self.people, actor, kind, body)
            writer.set_tag(run_id, names.EVENT_TAG_PREFIX + event_id, text)
        return self._finish(run_id)

    def _decide(
        self, run_id: str, actor: Actor, kind: Kind, body: Body, event_id: str | None, seen: str | None = None
    ) -> Review:
        """Claim a number for a decision, then write its event."""
        writer = self._writing()
        event_id = check_event_id(event_id or new_event_id())
        parts: tuple[str, ...] | None = None
        least = 1
        for _ in range(_TRIES):
            run = self._store.run(run_id)
            event = ReviewEvent(event_id, kind, run_id, run.experiment_id, time_of(event_id), actor, body, seq=1)
            encode(replace(event, seq=999_999_999, digest="0" * 64))  # too long is said before anything is written
            if self._written_before(run, event):
                return self._finish(run_id)
            review = self._project(run)
            claimed = next((one for one in claims_of(run.params).values() if one.event_id == event_id), None)
            if parts is None and claimed is None:
                check(review, self.people, actor, kind, body)
            if parts is None:
                parts = self._contents.keep(writer, run_id, review.content)
            # A replica that is read from may not show yet what this very decision lost a number to.
            seq = claimed.seq if claimed else max(review.next_seq, least)
            event = replace(event, digest=review.digest, parts=parts, seq=seq)
            if claimed is None:
                check(review, self.people, actor, kind, body)
                if seen and seen != review.digest:
                    raise RefusedError(
                        "The run has changed since you looked at it.",
                        hint=f"{NOTHING_WRITTEN} Look at it again, then decide.",
                    )
            elif claimed.hash != event.hash:
                raise WriteError(
                    "This decision was begun earlier and not finished, and the run has changed since.",
                    hint="It does not count. Look at the run again, and decide anew.",
                )
            least = seq + 1
            if writer.log_param(run_id, seq_param(seq), claim_value(event)) == claim_value(event):
                writer.set_tag(run_id, names.EVENT_TAG_PREFIX + event_id, encode(event))
                return self._finish(run_id)
        raise WriteError("Others kept deciding at the same moment.", hint=f"{NOTHING_WRITTEN} Try again.")

    def _written_before(self, run: Run, event: ReviewEvent) -> bool:
        """Whether this very event is in the store already."""
        key = names.EVENT_TAG_PREFIX + event.event_id
        value = run.tags.get(key)
        if value is None:
            return False
        found = parse(key, value, run.run_id, run.experiment_id)
        if isinstance(found, ReviewEvent) and (found.kind, found.body, found.actor) == (
            event.kind,
            event.body,
            event.actor,
        ):
            return True
        raise WriteError(
            "This id stands for another event already.", hint=f"{NOTHING_WRITTEN} Send it with an id of its own."
        )

    def _finish(self, run_id: str) -> Review:
        """Look at what is there now, and bring the tags for fast reading up to date."""
        review = self.read(run_id)
        self._write_tags(review)
        return review

    def _write_tags(self, review: Review) -> None:
        run = self._store.run(review.run_id)
        for key, value in tags_of(review).items():
            if run.tags.get(key) != value:
                if value is None:
                    self._writing().delete_tag(review.run_id, key)
                else:
                    self._writing().set_tag(review.run_id, key, value)

    def _writing(self) -> RunWriter:
        if self._writer is None:
            raise WriteError("This store was opened for reading only.", hint=NOTHING_WRITTEN)
        return self._writer


def recorded_authors(run: Run) -> tuple[str, ...]:
    """Who made a run, as recorded: MLflow's user, the git author, who caused the CI job."""
    found = (run.user, run.tags.get(names.USER_TAG), run.tags.get(names.GIT_AUTHOR), run.tags.get(names.ENV_CI_ACTOR))
    return tuple(dict.fromkeys(one.strip() for one in found if one and one.strip() and one != names.UNKNOWN))
