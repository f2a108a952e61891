"""What is deployed, where, and since when: from registered versions, recorded deployments and their events; pure.

MLflow keeps no history of its aliases. What ``mlreview promote`` did is known from its events; of every other move
only the time between which it must have happened can be told, from these events and from when versions were made.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mlreview import names
from mlreview.analysis.baseline import says_deployed
from mlreview.entities import ModelVersion, Run, RunTable
from mlreview.review.bodies import OverrideBody, PromoteBody
from mlreview.review.events import Actor, ReviewEvent
from mlreview.review.results import Review

PRODUCTION_COLUMNS = (names.DEPLOYED_TO_TAG, names.DEPLOYED_AT_TAG)
"""Tags of runs that recorded deployments are found by."""

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_VERSION = re.compile(r"(?:models:/.*/|v(?:ersion )?)?(\d+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a model is deployed to.

    Attributes:
        kind: An alias of a registered model; an environment that a deployment was recorded for; or a registered model
            that no alias points at.
        name: Of the alias or the environment; empty for a model without an alias.
        model: The registered model; empty for an environment.
        version: The version there: that of the alias, or the newest.
        run_id: The run behind it; ``None`` where nothing says which.
        serves: Its name says that it is in use: ``champion``, ``production``, an environment.
        since: When that was recorded (ms, UTC); ``None`` where nobody knows.
        experiment_id: Of an environment: each experiment has its own.
    """

    kind: Literal["alias", "environment", "model"]
    name: str
    model: str = ""
    version: ModelVersion | None = None
    run_id: str | None = None
    serves: bool = True
    since: int | None = None
    experiment_id: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other place."""
        return f"{self.kind}\n{self.model or self.experiment_id}\n{self.name}"

    @property
    def address(self) -> str:
        """As an event names it."""
        return f"models:/{self.model}@{self.name}" if self.kind == "alias" else self.name


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether what is deployed holds a valid review.

    Attributes:
        valid: ``None`` where the run's content was not looked at.
        short: In two or three words.
        reason: In a sentence without its full stop.
    """

    valid: bool | None
    short: str
    reason: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A place with what is known of what stands there.

    Attributes:
        place: Where.
        standing: Of its review.
        run: Behind it; ``None`` where it is not in the store or was not read.
        review: Of that run, likewise.
    """

    place: Place
    standing: Standing
    run: Run | None = None
    review: Review | None = None

    @property
    def promotion(self) -> ReviewEvent | None:
        """The event that brought this run here last."""
        found = _promotions(self.place, [self.review] if self.review else [])
        return found[-1][0] if found else None

    @property
    def override(self) -> str:
        """Why it was brought here although the gate said no; empty where it was not."""
        found = _promotions(self.place, [self.review] if self.review else [])
        return found[-1][1] if found else ""


@dataclass(frozen=True, slots=True)
class Move:
    """Something came to a place.

    Attributes:
        version: Of the registered model; empty where only a run is known.
        run_id: Behind it; empty where nobody knows.
        at: When (ms, UTC), where an event says so.
        actor: Who moved it, likewise.
        text: Why.
        override: Why it was deployed although the gate said no; empty where it did not.
        after, before: Of a move outside mlreview: when it happened at the earliest and at the latest (ms, UTC), as
            far as can be known.
    """

    version: str
    run_id: str = ""
    at: int | None = None
    actor: Actor | None = None
    text: str = ""
    override: str = ""
    after: int | None = None
    before: int | None = None


def places(versions: Sequence[ModelVersion], table: RunTable) -> tuple[Place, ...]:
    """Every alias, every registered model without one, and every environment that a deployment was recorded for.

    Args:
        versions: Everything in the registry.
        table: Of runs, read with ``PRODUCTION_COLUMNS``.
    """
    found: list[Place] = []
    models: dict[str, list[ModelVersion]] = {}
    for version in versions:
        models.setdefault(version.name, []).append(version)
        found += (
            Place("alias", alias, version.name, version, version.run_id or None, says_deployed(alias))
            for alias in version.aliases
        )
    for name, listed in models.items():
        if not any(one.aliases for one in listed):
            newest = max(listed, key=_number)
            found.append(Place("model", "", name, newest, newest.run_id or None, serves=False))
    known = {one.address for one in found}
    found += (one for one in _environments(table) if one.name not in known)
    return tuple(sorted(found, key=lambda one: (not one.serves, one.kind == "model", one.model, one.name)))


def _environments(table: RunTable) -> Iterable[Place]:
    to, at = (table.tags.get(key) for key in PRODUCTION_COLUMNS)
    newest: dict[tuple[str, str], Place] = {}
    for row, environment in enumerate(to if to is not None else ()):
        if not environment:
            continue
        since = _milliseconds(at[row] if at is not None else None)
        experiment = table.experiment_ids[row]
        before = newest.get((experiment, environment))
        if before is None or (since or 0) > (before.since or 0):
            newest[experiment, environment] = Place(
                "environment", environment, run_id=table.run_ids[row], since=since, experiment_id=experiment
            )
    return newest.values()


def standing_of(place: Place, run: Run | None, review: Review | None, problem: str = "") -> Standing:
    """Whether what is deployed holds a valid review, and why not.

    Args:
        place: Where it stands.
        run: Behind it, as far as it was read.
        review: Of the run.
        problem: Why the run was not read; empty where it was.
    """
    if place.run_id is None:
        return Standing(False, "No run known", "Nothing says which run it is from, so nothing was reviewed")
    if run is None or review is None:
        return Standing(
            None if problem else False, "Run not found", problem or "The run behind it is not in this store"
        )
    if review.state == "approved":
        by = listed(one.person.label or one.actor.name for one in review.votes if one.counts and not one.outdated)
        if review.content is None:
            return Standing(None, "Approved, as recorded", f"Approved by {by}; what the run holds was not looked at")
        return Standing(True, "Valid review", f"Approved by {by}, for what it holds now")
    gap = review.gaps[0].describe() if review.gaps else ""
    lacking = f". Besides, {gap[:1].lower()}{gap[1:]}" if gap else ""
    return Standing(False, *_without(review, lacking))


def _without(review: Review, lacking: str) -> tuple[str, str]:
    if review.run_problem == "the run is deleted":
        return "Run deleted", f"The run behind it was deleted, so nothing holds for it any more{lacking}"
    if review.state == "outdated":
        vote = next((one for one in review.votes if one.outdated and one.comparison), None)
        if vote is not None and vote.comparison is not None:
            who = vote.person.label or vote.actor.name
            return "Review outdated", f"{vote.comparison.describe()} after {who} approved{lacking}"
        return "Review outdated", f"It has changed since it was approved{lacking}"
    if review.state == "changes_requested":
        who = listed(dict.fromkeys(one.actor.name for one in review.open_holds))
        return "Changes requested", f"{who} asked for changes, which nobody has lifted{lacking}"
    if review.state == "in_review":
        return "Review not finished", f"It still waits for {listed(review.waiting_for) or 'a decision'}{lacking}"
    if review.state == "withdrawn":
        return "Review withdrawn", f"The review was withdrawn{lacking}"
    if review.state == "draft":
        return "Never reviewed", f"It was shared as a draft, and nobody was asked to review it{lacking}"
    return "Never reviewed", f"Nobody was asked to review it{lacking}"


def sorted_deployments(found: Iterable[Deployed]) -> tuple[Deployed, ...]:
    """What serves without a valid review on top, then what could not be looked at, then the rest."""
    order = {False: 0, None: 1, True: 2}

    def rank(one: Deployed) -> tuple[int, int, str, str]:
        place = one.place
        urgency = order[one.standing.valid] if place.serves else 3 + (place.kind == "model")
        return urgency, place.kind != "environment", place.model.casefold(), place.name.casefold()

    return tuple(sorted(found, key=rank))


def counted(review: Review | None) -> tuple[ReviewEvent, ...]:
    """The events of a review that count, by time."""
    if review is None:
        return ()
    void = {one.event.event_id for one in review.ignored}
    return tuple(one for one in review.events if one.event_id not in void)


def names_place(event: ReviewEvent, place: Place) -> bool:
    """Whether an event speaks of a deployment to this place."""
    return isinstance(event.body, PromoteBody) and bool(place.name) and event.body.to == place.address


def history(
    place: Place, versions: Sequence[ModelVersion], reviews: Iterable[Review], now: int | None = None
) -> tuple[Move, ...]:
    """How things came to a place, newest first.

    Args:
        place: An alias or an environment.
        versions: Of the registered model.
        reviews: Of the runs that may have been there.
        now: The latest moment at which a move that nobody recorded can have happened (ms, UTC).
    """
    known = {one.version: one for one in versions}
    moves: list[Move] = []
    current: tuple[str, str] | None = None
    since: int | None = None
    for event, override in _promotions(place, reviews):
        body = event.body
        assert isinstance(body, PromoteBody)
        before = _named(body.replaced, known)
        if before is not None and (current is None or not _same(before, current)):
            moves.append(_outside(before, known, since, event.at))
        version = found[1] if (found := _VERSION.fullmatch(body.version.strip())) else body.version
        current, since = (version, event.run_id), event.at
        moves.append(Move(version, event.run_id, event.at, event.actor, body.text, override))
    there = (place.version.version if place.version else "", place.run_id or "")
    if current is None or not _same(there, current):
        # Of an environment the tag itself says when; whoever wrote it, it was not `promote`.
        exactly = place.since if place.kind == "environment" else None
        moves.append(_outside(there, known, exactly or since, exactly or now))
    return tuple(reversed(moves))


def _promotions(place: Place, reviews: Iterable[Review]) -> list[tuple[ReviewEvent, str]]:
    """Deployments to a place by time, each with the reason of the override that belongs to it."""
    found = []
    for review in reviews:
        override = ""
        for event in sorted(counted(review), key=lambda one: one.seq or 0):
            if isinstance(event.body, OverrideBody):
                override = event.body.reason
            elif isinstance(event.body, PromoteBody):
                if names_place(event, place):
                    found.append((event, override))
                override = ""
    return sorted(found, key=lambda one: (one[0].at, one[0].event_id))


def _outside(there: tuple[str, str], known: dict[str, ModelVersion], after: int | None, before: int | None) -> Move:
    """A move that no event tells of: after the last known one, and not before the version was made."""
    made = known[there[0]].creation_time if there[0] in known else None
    times = [one for one in (after, made) if one is not None]
    return Move(*there, after=max(times, default=None), before=before)


def _named(text: str, known: dict[str, ModelVersion]) -> tuple[str, str] | None:
    """What an event says was there before, as version and run; ``None`` where it says nothing."""
    text = text.strip()
    found = _VERSION.fullmatch(text)
    if found and not _RUN_ID.fullmatch(text):
        version = known.get(found[1])
        return found[1], (version.run_id or "") if version else ""
    return ("", text) if text else None


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] if one[0] and other[0] else one[1] == other[1]


def rival_of(place: Place, everything: Sequence[Place], versions: Sequence[ModelVersion]) -> tuple[str, str] | None:
    """What to compare a deployment with: what serves, for one that does not; else the version before it.

    Returns:
        What it is called, and its run; ``None`` where there is nothing.
    """
    if not place.model or place.run_id is None:
        return None
    if not place.serves:
        for other in everything:
            if other.model == place.model and other.serves and other.run_id not in (None, place.run_id):
                return f"{other.name} (v{other.version.version})" if other.version else other.name, other.run_id or ""
    number = _number(place.version) if place.version else 0
    before = [
        one
        for one in versions
        if one.name == place.model and one.run_id and one.run_id != place.run_id and _number(one) < number
    ]
    newest = max(before, key=_number, default=None)
    return (f"v{newest.version}", newest.run_id or "") if newest else None


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    found = [" ".join(one.split())[:80] for one in words]
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def _number(version: ModelVersion) -> int:
    return int(version.version) if version.version.isdigit() else 0


def _milliseconds(text: str | None) -> int | None:
    """A time as a tag has it; whatever can't be read is not known."""
    try:
        return round(datetime.fromisoformat((text or "").replace("Z", "+00:00")).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
