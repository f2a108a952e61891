"""Deploys what was checked, and exactly that, and keeps on record who did so, when, why, and what was there before."""

import hashlib
from dataclasses import dataclass

from mlreview import names
from mlreview.entities import RunQuery
from mlreview.errors import BadInputError, WriteError
from mlreview.review.bodies import OverrideBody, PromoteBody, made
from mlreview.review.content import compare
from mlreview.review.events import Actor, check_event_id, new_event_id
from mlreview.review.gate import Demands, GateAnswer, ask_about
from mlreview.review.people import People
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.review.subject import Subject, find_subject
from mlreview.store.base import RunStore, RunWriter

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_CHARS = 10


@dataclass(frozen=True, slots=True)
class Target:
    """Where something is deployed: an alias of its registered model, or an environment without a registry."""

    alias: str = ""
    environment: str = ""

    def address(self, subject: Subject) -> str:
        """As it is recorded: ``models:/NAME@ALIAS``, or the environment."""
        return f"models:/{subject.version.name}@{self.alias}" if self.alias and subject.version else self.environment


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of it.

    Attributes:
        answer: Of the gate.
        to: Where.
        promoted: It is deployed and on record.
        replaced: Version or run that was there before; empty where nothing was.
        event_id: Of the record.
        override: Why it was deployed although the gate said no; else empty.
        problem: Why nothing was done, other than the gate's answer; else empty.
    """

    answer: GateAnswer
    to: str
    promoted: bool
    replaced: str = ""
    event_id: str = ""
    override: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants deployed.

    Attributes:
        subject: As for the gate.
        target: Where.
        reason: Why; may be empty.
        override: Why it is to be deployed even if the gate says no; empty to obey.
        event_id: Of this press of the button; sent again with the same id it is the same deployment.
    """

    subject: str
    target: Target
    reason: str = ""
    override: str = ""
    event_id: str = ""


def promote(
    store: RunStore, writer: RunWriter, reviews: Reviews, people: People, actor: Actor, wish: Wish, demands: Demands
) -> Promotion:
    """Check, deploy what was checked, look that it is there, record it.

    An alias that names the subject is pinned to its version number before anything is checked. An override is on record
    before anything is moved.

    Raises:
        BadInputError: That can't be deployed there; nothing was done.
        WriteError: It is deployed and not on record, or not known to be: the message says which. Send it again with
            the same id.
        MlreviewError: The store does not answer; nothing was done.
    """
    subject, target = find_subject(store, wish.subject), wish.target
    if target.alias and subject.version is None:
        raise BadInputError(
            "Only a registered version can be given an alias.", hint="Name it as models:/NAME/VERSION, or deploy --to."
        )
    if not target.alias and (not target.environment.strip() or target.environment.startswith("models:/")):
        raise BadInputError("An environment needs a name.", hint="Such as production.")
    event_id = check_event_id(wish.event_id or new_event_id())
    to = target.address(subject)
    before = _there_now(store, writer, subject, target)
    answer = ask_about(store, people, subject, demands)
    if not answer.passed and demands.policy.enforce and not wish.override.strip():
        return Promotion(answer, to, False, before)
    if answer.review is None:
        return Promotion(answer, to, False, before, problem="A version without a run can't be recorded as deployed.")
    known = {one.event_id: one.body for one in answer.review.events}
    done = known.get(event_id)
    if isinstance(done, PromoteBody):
        return Promotion(
            answer, to, True, done.replaced, event_id, wish.override if _sibling(event_id) in known else ""
        )
    override = "" if answer.passed else wish.override.strip()
    if override and _sibling(event_id) not in known:
        body = made(OverrideBody, reason=override, requirements=tuple(one.name[:250] for one in answer.failed))
        reviews.record(subject.run_id, actor, body, event_id=_sibling(event_id))
    problem = _moved_meanwhile(store, writer, reviews, subject, target, before, answer)
    if problem:
        return Promotion(answer, to, False, before, override=override, problem=problem)
    if target.alias and subject.version is not None:
        writer.set_alias(subject.version.name, target.alias, subject.version.version)
    version = subject.version.version if subject.version else ""
    body = made(PromoteBody, to=to, version=version, replaced=before, text=wish.reason, passed=answer.passed)
    try:
        event_id = _not_lost(event_id, answer.review)
        reviews.record(subject.run_id, actor, body, event_id=event_id)
    except WriteError as error:
        done = f"{to} points at version {version} now, but that" if target.alias else "That"
        raise WriteError(f"{done} is not on record: {error.message}", hint=error.hint) from error
    return Promotion(answer, to, True, before, event_id, override)


def _there_now(store: RunStore, writer: RunWriter, subject: Subject, target: Target) -> str:
    """The version or the run that is there; empty for none."""
    if target.alias and subject.version is not None:
        return writer.read_alias(subject.version.name, target.alias) or ""
    experiment = store.run(subject.run_id).experiment_id
    tags = (names.DEPLOYED_TO_TAG, names.DEPLOYED_AT_TAG)
    table = store.runs(RunQuery((experiment,), metrics=(), tags=tags))
    to, at = (table.tags[key] for key in tags)
    rows = [row for row in range(len(table)) if to[row] == target.environment]
    return table.run_ids[max(rows, key=lambda row: (at[row] or "", table.run_ids[row]))] if rows else ""


def _moved_meanwhile(
    store: RunStore,
    writer: RunWriter,
    reviews: Reviews,
    subject: Subject,
    target: Target,
    before: str,
    answer: GateAnswer,
) -> str:
    """What others did while the gate looked: nothing is moved then. In words; empty for nothing."""
    if target.alias and subject.version is not None:
        now = writer.read_alias(subject.version.name, target.alias) or ""
        if now != before:
            was, is_now = (f"v{one}" if one else "nothing" for one in (before, now))
            return f"Somebody moved {target.alias} from {was} to {is_now} while this was checked. Nothing was moved."
    then, now = answer.review, reviews.read(subject.run_id, hash_bytes=0)
    comparison = compare(then.content, now.content).describe() if then and then.content and now.content else ""
    return f"The run changed while this was checked: {comparison}. Nothing was moved." if comparison else ""


def _not_lost(event_id: str, review: Review) -> str:
    """The id; another one where a record of that id was begun and cut off, since nobody knows what it said."""
    lost = {one.claim.event_id for one in review.gaps if one.claim}
    while event_id in lost:
        event_id = _sibling(event_id, "again")
    return event_id


def _sibling(event_id: str, what: str = "override") -> str:
    """An id of the same moment that belongs to this one: the override of a deployment, sent again, is the same one."""
    digest = int.from_bytes(hashlib.sha256(f"{event_id} {what}".encode()).digest(), "big")
    tail = "".join(_CROCKFORD[(digest >> 5 * at) & 31] for at in range(len(event_id) - _TIME_CHARS))
    return event_id[:_TIME_CHARS] + tail
