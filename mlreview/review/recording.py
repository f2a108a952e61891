"""Writes events, so that no decision is lost, doubled, or made twice over.

A decision is checked against the rules, claims the next number (``mlreview.seq.<n>``, a param: the first writer wins),
and then its tag is written and read back. Who loses a number looks at the review again, checks the rules again and
claims the next one. The id of an event is made by whoever acts: sent again with the same id, after an answer that did
not come, it is the same event. Tags for tables are written last, and can be rebuilt from the events at any time.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from mlreview import names
from mlreview.entities import Run
from mlreview.errors import MlreviewError, WriteError
from mlreview.review.bodies import Body, Kind
from mlreview.review.content import Content, compare
from mlreview.review.events import (
    Actor,
    Claim,
    ReviewEvent,
    check_event_id,
    claim_value,
    claims_of,
    encode,
    new_event_id,
    parse,
    seq_param,
    time_of,
)
from mlreview.review.projection import tags_of
from mlreview.review.reading import Reading
from mlreview.review.results import Review
from mlreview.review.rules import NOTHING_WRITTEN, RefusedError, check
from mlreview.review.versions import tag_versions
from mlreview.store.base import RunStore, RunWriter

Notify = Callable[[Review, ReviewEvent], None]
Sign = Callable[[ReviewEvent], ReviewEvent]

_CLAIMS = 200
"""How often a decision that keeps losing its number tries the next one."""

_PROJECTIONS = 5
_log = logging.getLogger(__name__)


class Recorder:
    """Writes the events of one store.

    Args:
        store: To read from.
        writer: To write with; ``None`` where nothing may be written.
        reading: Projects reviews.
        notify: Told of each new event.
        sign: Puts a signature under each decision, which no hash holds: it can't be claimed before it is made.
    """

    def __init__(
        self,
        store: RunStore,
        writer: RunWriter | None,
        reading: Reading,
        notify: Notify | None = None,
        sign: Sign | None = None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._reading = reading
        self._notify = notify
        self._sign = sign or (lambda event: event)

    def remark(self, run_id: str, actor: Actor, kind: Kind, body: Body, event_id: str | None) -> Review:
        """Write an event that decides nothing."""
        writer = self._writing()
        event_id = check_event_id(event_id or new_event_id())
        run = self._store.run(run_id)
        event = ReviewEvent(event_id, kind, run_id, run.experiment_id, time_of(event_id), actor, body)
        text = encode(event)
        review = self._reading.project(run, None)
        written = _written_before(run, event)
        if not written:
            check(review, self._reading.people, actor, kind, body)
            writer.set_tag(run_id, names.EVENT_TAG_PREFIX + event_id, text)
        # What a run holds matters to approvals alone, and costs reads of its files.
        content = self._reading.content(run) if review.votes else None
        return self._finish(event, content, tell=not written)

    def decide(
        self,
        run_id: str,
        actor: Actor,
        kind: Kind,
        body: Body,
        event_id: str | None,
        seen: Content | str | None = None,
    ) -> Review:
        """Claim a number for a decision, then write its event."""
        writer = self._writing()
        event_id = check_event_id(event_id or new_event_id())
        parts: tuple[str, ...] | None = None
        least = 1
        for _ in range(_CLAIMS):
            run = self._store.run(run_id)
            event = ReviewEvent(event_id, kind, run_id, run.experiment_id, time_of(event_id), actor, body, seq=1)
            encode(
                self._sign(replace(event, seq=999_999_999, digest="0" * 64))
            )  # too long is said before anything is written
            content = self._reading.content(run)
            if _written_before(run, event):
                return self._finish(event, content, tell=False)
            review = self._reading.project(run, content)
            claimed = next((one for one in claims_of(run.params).values() if one.event_id == event_id), None)
            if claimed is None:
                check(review, self._reading.people, actor, kind, body)
                _check_seen(seen, content)
            if parts is None:
                parts = self._reading.contents.keep(writer, run_id, content)
            # A replica that is read from may not show yet what this very decision lost a number to.
            seq = claimed.seq if claimed else max(review.next_seq, least)
            event = replace(event, digest=content.digest, parts=parts, seq=seq)
            if claimed is not None:
                event = _as_claimed(event, claimed)
            least = seq + 1
            if writer.log_param(run_id, seq_param(seq), claim_value(event)) == claim_value(event):
                writer.set_tag(run_id, names.EVENT_TAG_PREFIX + event_id, encode(self._sign(event)))
                return self._finish(event, content, tell=True)
        raise WriteError("Others kept deciding at the same moment.", hint=f"{NOTHING_WRITTEN} Try again.")

    def write_tags(self, run_id: str, content: Content | None) -> Review:
        """Bring the tags for fast reading up to date, and look again, until they are what the events say.

        Whoever writes an event last sees all events, and whoever then overwrites a tag with an older view sees that
        it does not fit: so the tags end up right, whatever the order.
        """
        writer = self._writing()
        for _ in range(_PROJECTIONS):
            run = self._store.run(run_id)
            review = self._reading.project(run, content)
            wrong = {key: value for key, value in tags_of(review).items() if run.tags.get(key) != value}
            if not wrong:
                return review
            for key, value in wrong.items():
                try:
                    if value is None:
                        writer.delete_tag(run_id, key)
                    else:
                        writer.set_tag(run_id, key, value)
                except WriteError:  # somebody else writes the same tag; the next look tells
                    continue
        return review

    def _finish(self, event: ReviewEvent, content: Content | None, tell: bool) -> Review:
        try:
            review = self.write_tags(event.run_id, content)
        except MlreviewError:  # the event is in the store; a tag for tables can be rebuilt
            _log.warning("The tags of the review of run %s could not be brought up to date", event.run_id)
            review = self._reading.project(self._store.run(event.run_id), content)
        if event.decides:
            tag_versions(self._store, self._writing(), review)
        if tell and self._notify is not None:
            try:
                self._notify(review, event)
            except Exception:  # it is told of what has happened; whether it listens changes nothing
                _log.warning("Somebody could not be told of a %s of run %s", event.kind, event.run_id, exc_info=True)
        return review

    def _writing(self) -> RunWriter:
        if self._writer is None:
            raise WriteError("This store was opened for reading only.", hint=NOTHING_WRITTEN)
        return self._writer


def _as_claimed(event: ReviewEvent, claim: Claim) -> ReviewEvent:
    """The event that died after its claim: it was decided on what the run held then, whatever it holds now.

    Raises:
        WriteError: It is not the event that made the claim.
    """
    for parts in ((), event.parts):
        found = replace(event, digest=claim.digest.removeprefix("-"), parts=parts)
        if found.hash == claim.hash:
            return found
    raise WriteError(
        "A decision with this id was begun earlier and not finished, and it was another one.",
        hint="It does not count. Look at the run again, and decide anew.",
    )


def _check_seen(seen: Content | str | None, now: Content) -> None:
    """Refuse a decision on what somebody did not see."""
    if seen is None or seen == "":
        return
    changed = compare(seen, now).describe() if isinstance(seen, Content) else "something" * (seen != now.digest)
    if changed:
        raise RefusedError(
            f"The run has changed since you looked at it: {changed}.",
            hint=f"{NOTHING_WRITTEN} Look at it again, then decide.",
        )


def _written_before(run: Run, event: ReviewEvent) -> bool:
    """Whether this very event is in the store already."""
    key = names.EVENT_TAG_PREFIX + event.event_id
    value = run.tags.get(key)
    if value is None:
        return False
    found = parse(key, value, run.run_id, run.experiment_id)
    same = (event.kind, event.body, event.actor)
    if isinstance(found, ReviewEvent) and (found.kind, found.body, found.actor) == same:
        return True
    raise WriteError("This id stands for another event already.", hint=f"{NOTHING_WRITTEN} Send it with its own id.")
