"""Reads and writes the reviews of a store: what pages and the command line call. How it is written: ``recording``."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlreview.entities import Run
from mlreview.review.bodies import (
    AnswerBody,
    ApproveBody,
    BaselineRef,
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
from mlreview.review.content import Content
from mlreview.review.digest import HASH_BYTES, renewed
from mlreview.review.events import Actor
from mlreview.review.people import People
from mlreview.review.projection import tags_of
from mlreview.review.reading import Reading
from mlreview.review.recording import Notify, Recorder, Sign
from mlreview.review.results import Review
from mlreview.store.base import RunStore, RunWriter

Differences = Mapping[str, tuple[str | None, str | None]]
"""By tag: what is stored, and what it should be; ``None`` for no tag."""


class Reviews:
    """The reviews of one store. Safe to use from several threads.

    Args:
        store: To read from.
        writer: To write with; ``None`` for reading alone.
        people: The team; see ``people.people_from``.
        hash_bytes: How many bytes of a model's files are read and hashed.
        notify: Told of each new event once it is in the store, with the review as it is then; what it raises is
            logged and changes nothing.
        sign: Puts a signature under each decision; ``None`` for none.
    """

    def __init__(
        self,
        store: RunStore,
        writer: RunWriter | None = None,
        people: People | None = None,
        *,
        hash_bytes: int = HASH_BYTES,
        notify: Notify | None = None,
        sign: Sign | None = None,
    ) -> None:
        self._store = store
        self.people = people or People()
        self._reading = Reading(store, self.people, hash_bytes)
        self._recorder = Recorder(store, writer, self._reading, notify, sign)

    # --- reading

    def read(self, run_id: str, *, content: Content | bool = True, hash_bytes: int | None = None) -> Review:
        """Where the review of a run stands. Changes nothing.

        Args:
            run_id: The run, active or deleted.
            content: Look at what the run holds, so that outdated approvals are named, which costs reads of artifacts;
                or an earlier ``Review.content``, to hold approvals against that: cheap, for a page that refreshes.
            hash_bytes: Bytes of files to read for that; as the service was made, unless given.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The store can't be read.
        """
        run = self._store.run(run_id)
        if content is True:
            return self._reading.project(run, self._reading.content(run, hash_bytes))
        return self._reading.project(run, content or None)

    def look_again(self, run_id: str, earlier: Content | None) -> tuple[Run, Review]:
        """A run and its review as they are now, for a page that refreshes: one read, and none of its files.

        Args:
            run_id: The run.
            earlier: ``Review.content`` as it was read before: files are taken to be as they were then.

        Raises:
            NotFoundError: There is no such run.
            StoreError: The store can't be read.
        """
        run = self._store.run(run_id)
        return run, self._reading.project(run, renewed(earlier, run) if earlier else None)

    # --- writing

    def draft(self, run_id: str, actor: Actor, text: str = "", *, event_id: str | None = None) -> Review:
        """Share the link early. Nobody is asked to decide."""
        known = self.read(run_id, content=False)
        sent = next((one.body for one in known.events if one.event_id == event_id and one.kind == "draft"), None)
        body = sent or made(DraftBody, text=text, after=known.next_seq - 1)
        return self._recorder.remark(run_id, actor, "draft", body, event_id)

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
        return self._recorder.decide(run_id, actor, "requested", body, event_id)

    def comment(self, run_id: str, actor: Actor, text: str, *, event_id: str | None = None, **more: Any) -> Review:
        """One comment; ``more`` as in ``Comment``: ``kind``, ``anchor``, ``owner``, ``reply_to``."""
        return self.comments(run_id, actor, (made(Comment, text=text, **more),), event_id=event_id)

    def comments(
        self, run_id: str, actor: Actor, comments: Sequence[Comment], *, event_id: str | None = None
    ) -> Review:
        """Several comments that were held, sent as one."""
        body = CommentBody(tuple(comments))
        if any(one.kind == "required_change" for one in comments):
            return self._recorder.decide(run_id, actor, "comment", body, event_id)
        return self._recorder.remark(run_id, actor, "comment", body, event_id)

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
            return self._recorder.decide(run_id, actor, "answered", body, event_id)
        return self._recorder.remark(run_id, actor, "answered", body, event_id)

    def resolve(self, run_id: str, actor: Actor, target: str, text: str = "", *, event_id: str | None = None) -> Review:
        """A suggestion, follow-up or required change is done."""
        review = self.read(run_id, content=False)
        holding = any(one.hold_id == target for one in review.holds)
        body = made(ResolveBody, target=target, text=text, holding=holding)
        if holding:
            return self._recorder.decide(run_id, actor, "resolved", body, event_id)
        return self._recorder.remark(run_id, actor, "resolved", body, event_id)

    def approve(
        self,
        run_id: str,
        actor: Actor,
        text: str = "",
        *,
        follow_ups: Sequence[Comment] = (),
        lifts: Sequence[str] = (),
        seen: Content | str | None = None,
        event_id: str | None = None,
    ) -> Review:
        """May ship.

        Args:
            run_id: The run.
            actor: Who approves.
            text: Why.
            follow_ups: What is to be done later.
            lifts: Ids of the approver's own holds that this lifts.
            seen: ``Review.content``, or its digest, of what the approver looked at; refused where the run holds
                something else now.
            event_id: Of this press of the button.
        """
        body = made(ApproveBody, text=text, follow_ups=tuple(follow_ups), lifts=tuple(lifts))
        return self._recorder.decide(run_id, actor, "approved", body, event_id, seen)

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
        return self._recorder.decide(run_id, actor, "changes_requested", body, event_id)

    def lift(
        self, run_id: str, actor: Actor, holds: Sequence[str], reason: str = "", *, event_id: str | None = None
    ) -> Review:
        """Lift holds of one's own, or as the lead, with a reason, those of somebody else."""
        return self._recorder.decide(
            run_id, actor, "lifted", made(LiftBody, holds=tuple(holds), reason=reason), event_id
        )

    def withdraw(
        self, run_id: str, actor: Actor, text: str = "", *, approval: bool = False, event_id: str | None = None
    ) -> Review:
        """Take the review back, or one's own approval."""
        body = made(WithdrawBody, what="approval" if approval else "review", text=text)
        return self._recorder.decide(run_id, actor, "withdrawn", body, event_id)

    def record(
        self, run_id: str, actor: Actor, body: PromoteBody | OverrideBody, *, event_id: str | None = None
    ) -> Review:
        """Record a deployment, or an override of the gate."""
        kind: Kind = "promoted" if isinstance(body, PromoteBody) else "override"
        return self._recorder.decide(run_id, actor, kind, body, event_id)

    def rebuild(self, run_id: str, *, repair: bool = False) -> tuple[Review, Differences]:
        """Project the review anew and hold it against the tags for fast reading.

        Args:
            run_id: The run.
            repair: Rewrite the tags that differ.

        Returns:
            The review; and by tag what was stored and what it should be, where the two differ.
        """
        run = self._store.run(run_id)
        review = self._reading.project(run, self._reading.content(run))
        wanted = tags_of(review)
        wrong = {key: (run.tags.get(key), value) for key, value in wanted.items() if run.tags.get(key) != value}
        if repair:
            self._recorder.write_tags(run_id, review.content)
        return review, wrong
