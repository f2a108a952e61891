"""The queue: which reviews wait for whom, and what is still to be done; from a table of runs, without opening each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mlreview import names
from mlreview.entities import ModelVersion, RunQuery, RunTable
from mlreview.review.bodies import LATEST
from mlreview.review.people import People
from mlreview.review.projection import PROJECTED_TAGS, QUEUE_TAG
from mlreview.review.transitions import STATES, State

QUEUE_COLUMNS = PROJECTED_TAGS
"""Tags of runs that the queue is made of."""

Group = Literal["waiting_for_me", "asked_by_me", "changes_requested", "outdated", "in_review", "drafts", "decided"]
GROUPS: tuple[Group, ...] = (
    "waiting_for_me",
    "asked_by_me",
    "changes_requested",
    "outdated",
    "in_review",
    "drafts",
    "decided",
)
GROUP_WORDS: dict[Group, str] = {
    "waiting_for_me": "Waiting for me",
    "asked_by_me": "Asked by me",
    "changes_requested": "Changes requested",
    "outdated": "Outdated",
    "in_review": "In review",
    "drafts": "Drafts",
    "decided": "Decided",
}


@dataclass(frozen=True, slots=True)
class QueuedFollowUp:
    """Something that is still to be done."""

    follow_up_id: str
    run_id: str
    run_name: str
    experiment_id: str
    owner: str
    text: str
    at: int

    @property
    def reference(self) -> str:
        """As ``RequestBody.carried`` names it."""
        return f"{self.run_id}/{self.follow_up_id}"


@dataclass(frozen=True, slots=True)
class QueuedReview:
    """One run's review, as the tags for tables say.

    Attributes:
        since: When it was requested, or decided (ms, UTC); its age counts from here.
        questions: How many are open.
    """

    run_id: str
    run_name: str
    experiment_id: str
    state: State
    requested_by: str = ""
    requested_at: int | None = None
    decided_at: int | None = None
    primary: str = ""
    secondary: str = ""
    due: str = ""
    meeting: int | None = None
    waiting_for: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    questions: int = 0
    authors: tuple[str, ...] = ()
    follow_ups: tuple[QueuedFollowUp, ...] = ()

    @property
    def since(self) -> int | None:
        """Since when it is as it is."""
        return self.decided_at or self.requested_at


@dataclass(frozen=True, slots=True)
class Queue:
    """Reviews by group, the one that waits longest first; decided ones newest first. A review is in one group.

    Attributes:
        groups: In the order of ``GROUPS``, without empty ones.
        follow_ups: Open ones by owner, as typed; the oldest first.
        unreadable: Runs whose tags for tables can't be read: ``mlreview review show --repair`` rewrites them.
    """

    groups: tuple[tuple[Group, tuple[QueuedReview, ...]], ...]
    follow_ups: tuple[tuple[str, tuple[QueuedFollowUp, ...]], ...]
    unreadable: tuple[str, ...] = ()


def queue_query(experiment_ids: Iterable[str]) -> RunQuery:
    """What to read for a queue."""
    return RunQuery(tuple(experiment_ids), metrics=(), tags=QUEUE_COLUMNS)


def make_queue(table: RunTable, me: str | None, people: People) -> Queue:
    """Sort the reviews of a table's runs.

    Args:
        table: Read with ``QUEUE_COLUMNS``.
        me: Who looks; ``None`` for nobody: then nothing waits for "me".
        people: The team.
    """
    reviews, unreadable = queued(table)
    found: dict[Group, list[QueuedReview]] = {group: [] for group in GROUPS}
    for review in reviews:
        group = _group(review, me, people)
        if group is not None:
            found[group].append(review)
    for group, listed in found.items():
        listed.sort(key=lambda one: (one.since or 0, one.run_id), reverse=group == "decided")
    owners: dict[str, list[QueuedFollowUp]] = {}
    for one in sorted((one for review in reviews for one in review.follow_ups), key=lambda one: one.at):
        key = next((owner for owner in owners if owner == one.owner or people.same(owner, one.owner)), one.owner)
        owners.setdefault(key, []).append(one)
    return Queue(
        tuple((group, tuple(found[group])) for group in GROUPS if found[group]),
        tuple((owner, tuple(listed)) for owner, listed in sorted(owners.items())),
        unreadable,
    )


def queued(table: RunTable) -> tuple[tuple[QueuedReview, ...], tuple[str, ...]]:
    """The reviews of a table's runs, and the runs whose tags can't be read."""
    states, details = table.tags[names.REVIEW_STATE_TAG], table.tags[QUEUE_TAG]
    decided = table.tags[names.DECIDED_AT_TAG]
    found, unreadable = [], []
    for row, run_id in enumerate(table.run_ids):
        if states[row] is None and details[row] is None:
            continue
        try:
            found.append(_read(run_id, table, row, states[row] or "none", details[row] or "{}", decided[row]))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
            unreadable.append(run_id)
    return tuple(found), tuple(unreadable)


def carried_over(
    table: RunTable, run_id: str, experiment_id: str, versions: Sequence[ModelVersion] | None
) -> tuple[QueuedFollowUp, ...]:
    """Open follow-ups of the model's earlier reviews, for the review of ``run_id``: the oldest first.

    Args:
        table: Of the runs to look among, read with ``QUEUE_COLUMNS``.
        run_id: The run to be reviewed.
        experiment_id: Of it.
        versions: Everything in the registry: runs of the same registered model count; ``None`` where it is not known.
            A run that is registered nowhere goes by its experiment.
    """
    of_run: dict[str, set[str]] = {}
    for version in versions or ():
        if version.run_id:
            of_run.setdefault(version.run_id, set()).add(version.name)
    mine = of_run.get(run_id, set())

    def same_model(other: QueuedReview) -> bool:
        theirs = of_run.get(other.run_id, set())
        return bool(mine & theirs) or ((not mine or not theirs) and other.experiment_id == experiment_id)

    reviews, _ = queued(table)
    found = [one for review in reviews if review.run_id != run_id and same_model(review) for one in review.follow_ups]
    return tuple(sorted(found, key=lambda one: (one.at, one.follow_up_id)))


def _group(review: QueuedReview, me: str | None, people: People) -> Group | None:
    open_ = review.state in ("in_review", "changes_requested", "outdated")
    if open_ and me and review.state != "changes_requested" and people.is_among(me, review.waiting_for):
        return "waiting_for_me"
    if open_ and me and people.same(me, review.requested_by):
        return "asked_by_me"
    groups: dict[State, Group] = {
        "changes_requested": "changes_requested",
        "outdated": "outdated",
        "in_review": "in_review",
        "draft": "drafts",
        "approved": "decided",
        "withdrawn": "decided",
    }
    return groups.get(review.state)


def _read(run_id: str, table: RunTable, row: int, state: str, details: str, decided: str | None) -> QueuedReview:
    if state not in STATES:
        raise ValueError(state)
    known: Any = json.loads(details)
    name, experiment = table.names[row] or run_id[:8], table.experiment_ids[row]
    follow_ups = tuple(
        QueuedFollowUp(_text(one[0]), run_id, name, experiment, _text(one[1]), _text(one[2]), _time(one[3]))
        for one in known.get("follow_ups", ())
    )
    when = known.get("at")
    meeting = known.get("meeting")
    return QueuedReview(
        run_id,
        name,
        experiment,
        next(one for one in STATES if one == state),
        _text(known.get("by", "")),
        None if when is None else _time(when),
        None if not decided else round(datetime.fromisoformat(decided.replace("Z", "+00:00")).timestamp() * 1000),
        _text(known.get("primary", "")),
        _text(known.get("secondary", "")),
        _text(known.get("due", "")),
        None if meeting is None else _time(meeting),
        tuple(_text(one) for one in known.get("waiting_for", ())),
        tuple(_text(one) for one in known.get("held_by", ())),
        int(known.get("questions", 0)),
        tuple(_text(one) for one in known.get("authors", ())),
        follow_ups,
    )


def _time(value: Any) -> int:
    found = int(value)
    if not 0 <= found <= LATEST:
        raise ValueError("a time that can't be")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
