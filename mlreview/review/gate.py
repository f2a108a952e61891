"""Whether something may ship: reads the facts, asks the policy, and says so in one sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlreview import names
from mlreview.entities import Artifact, Run, RunQuery
from mlreview.errors import MlreviewError
from mlreview.fields import Field, RecordedFacts, check_fields
from mlreview.policy import Policy
from mlreview.review.digest import HASH_BYTES
from mlreview.review.events import ReviewEvent
from mlreview.review.gate_words import listed
from mlreview.review.model_files import check_files
from mlreview.review.people import People
from mlreview.review.policy import deployment, evaluate, valid_votes
from mlreview.review.reading import Reading
from mlreview.review.requirements import GateFacts, Requirement, SignatureCheck
from mlreview.review.results import Review
from mlreview.review.subject import Subject, find_subject, version_problem
from mlreview.store.base import RunStore

EVERYTHING = 1 << 62
"""Bytes to hash where all files are asked for."""

_DEPTH = 6
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Demands:
    """What the settings say.

    Attributes:
        policy: Of the team.
        required_fields: Names, for ``Policy.required_fields``.
        headings: Of the team's template for notes.
        deep: Hash all of the model's files, however large.
        verify: What the signature of a decision is worth; ``None`` where no key is trusted.
    """

    policy: Policy = field(default_factory=Policy)
    required_fields: Sequence[str] = names.REQUIRED_FIELDS
    headings: tuple[str, ...] = names.NOTE_HEADINGS
    deep: bool = False
    verify: Callable[[ReviewEvent], SignatureCheck] | None = None


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the gate says.

    Attributes:
        subject: What was asked about, pinned.
        run_name: Of the run behind it.
        requirements: Each with its reason.
        review: Of the run; ``None`` where the registered version names no run.
        rollback: The earlier deployment of the very same content, where there is one.
    """

    subject: Subject
    run_name: str
    requirements: tuple[Requirement, ...]
    review: Review | None
    rollback: ReviewEvent | None = None

    @property
    def passed(self) -> bool:
        """Every requirement is met."""
        return all(one.passed for one in self.requirements)

    @property
    def failed(self) -> tuple[Requirement, ...]:
        """What is not met."""
        return tuple(one for one in self.requirements if not one.passed)

    @property
    def digest(self) -> str:
        """Of what the run held when it was looked at."""
        return self.review.digest if self.review else ""

    @property
    def label(self) -> str:
        """Of the subject, for people."""
        if self.subject.version is not None or not self.run_name:
            return self.subject.label
        return f"{' '.join(self.run_name.split())[:80]} (run {self.subject.run_id[:8]})"

    def headline(self, enforce: bool, link: str = "") -> str:
        """The answer in plain words: what is wrong, since when, where to mend it, who can.

        Args:
            enforce: The policy stops what does not meet it.
            link: To the run's page; empty where nobody knows it.
        """
        if self.passed:
            votes = valid_votes(self.review) if self.review else ()
            by = f"approved by {listed(one.person.label for one in votes)}" if votes else "all that is demanded is met"
            return f"Passed: {self.label}, {by}, for what it holds now."
        order = {"version": 0, "run": 1, "approvals": 2, "holds": 3}
        first = min(self.failed, key=lambda one: order.get(one.name, 4))
        again = "Re-approve" if first.name == "approvals" and self.review and self.review.votes else "Look"
        lacks = "has no valid approval" if first.name in ("approvals", "reviewers") else "may not ship"
        said = [f"{'Blocked' if enforce else 'Would be blocked'}: {self.label} {lacks}.", f"{_sentence(first.reason)}."]
        record = next((one for one in self.failed if one.name == "record" and one is not first), None)
        if record is not None:
            said.append(f"{_sentence(record.reason)}.")
        others = [one.name for one in self.failed if one not in (first, record)]
        if others:
            said.append(f"Also not met: {listed(others)}.")
        if link:
            said.append(f"{again}: {link}.")
        if first.who:
            said.append(f"Can fix: {listed(first.who)}.")
        if not enforce:
            said.append("The policy is advisory, so this stops nothing.")
        return " ".join(said)

    def as_json(self, enforce: bool, link: str = "") -> dict[str, Any]:
        """What ``mlreview gate --json`` prints."""
        version = self.subject.version
        return {
            "passed": self.passed,
            "enforced": enforce,
            "subject": self.subject.text,
            "run_id": self.subject.run_id,
            "run_name": self.run_name,
            "model": version.name if version else None,
            "version": version.version if version else None,
            "digest": self.digest,
            "state": self.review.state if self.review else "none",
            "headline": self.headline(enforce, link),
            "link": link,
            "requirements": [
                {"name": one.name, "passed": one.passed, "reason": one.reason, "who": list(one.who)}
                for one in self.requirements
            ],
        }


def _sentence(text: str) -> str:
    """With a capital, unless a name stands first: ``val_AUROC`` stays."""
    word = text.split(" ", 1)[0]
    return text if "_" in word or not word.islower() else f"{text[:1].upper()}{text[1:]}"


def ask(store: RunStore, people: People, text: str, demands: Demands) -> GateAnswer:
    """Whether a run or a registered version may ship. Changes nothing, and loads no model.

    Args:
        store: To read from.
        people: The team.
        text: A run's id, ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.
        demands: Of the settings.

    Raises:
        MlreviewError: The question can't be answered: the store does not answer, or there is no such thing.
    """
    return ask_about(store, people, find_subject(store, text), demands)


def ask_about(store: RunStore, people: People, subject: Subject, demands: Demands) -> GateAnswer:
    """The same of what was looked up already."""
    if subject.version is not None and not subject.run_id:
        reason = "the registered version names no run, so nobody knows what was trained, and nothing was reviewed"
        return GateAnswer(subject, "", (Requirement("version", False, reason, ("whoever registered it",)),), None)
    policy = demands.policy
    run = store.run(subject.run_id)
    # One look at the run for all of it: what is read twice can change in between.
    reading = Reading(store, people, EVERYTHING if demands.deep else HASH_BYTES)
    review = reading.project(run, reading.content(run))
    facts = _facts(store, people, run, review, subject, demands)
    return GateAnswer(subject, run.name or "", evaluate(policy, facts), review, deployment(policy, facts))


def _facts(store: RunStore, people: People, run: Run, review: Review, subject: Subject, demands: Demands) -> GateFacts:
    policy = demands.policy
    verdict, evidence = _verdict(store, run) if policy.verdicts else (None, "")
    regressions = ()
    if policy.max_regression:
        from mlreview.review.regressions import compare_with_baseline

        regressions = compare_with_baseline(store, run, policy.max_regression)
    fields, unread = _fields(store, run, demands.required_fields) if policy.required_fields else ((), "")
    return GateFacts(
        review,
        people,
        fields,
        unread,
        _missing_headings(run, policy.headings(demands.headings), demands.headings) if policy.note_headings else (),
        verdict,
        evidence,
        {key: metric.value for key, metric in run.metrics.items()},
        regressions,
        check_files(store, run, review.content) if policy.model_files != "any" and review.content else None,
        _signatures(review, demands),
        None if subject.version is None else version_problem(subject.version, run),
    )


def _fields(store: RunStore, run: Run, required: Sequence[str]) -> tuple[tuple[Field, ...], str]:
    """The required fields; and why the run's files could not be listed, which makes some of them look missing."""
    unread, inside, files = "", [], []
    try:
        files = _paths(lambda path: store.artifacts(run.run_id, path))
        for model in run.models:
            inside += _paths(lambda path, model=model: store.model_artifacts(model, path))
    except MlreviewError as error:
        unread = error.message
    metrics = {key: one.value for key, one in run.metrics.items()}
    recorded = RecordedFacts(run.params, metrics, run.tags, files, run.datasets, len(run.models), inside)
    return check_fields(recorded, required), unread


def _paths(listing: Callable[[str], tuple[Artifact, ...]]) -> list[str]:
    found: list[str] = []
    folders = [("", 0)]
    while folders and len(found) < _MOST_FILES:
        path, depth = folders.pop()
        for one in listing(path):
            if not one.is_dir:
                found.append(one.path)
            elif depth < _DEPTH:
                folders.append((one.path, depth + 1))
    return found


def _missing_headings(run: Run, wanted: tuple[str, ...], template: tuple[str, ...]) -> tuple[str, ...]:
    from mlreview.notes.template import completeness

    missing = {_folded(one) for one in completeness(run.tags.get(names.NOTE_TAG), template).missing}
    return tuple(one for one in wanted if _folded(one) in missing)


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _verdict(store: RunStore, run: Run) -> tuple[str, str]:
    from mlreview.analysis.diagnosis_read import diagnose_rows
    from mlreview.analysis.leaderboard import choose_ranking
    from mlreview.analysis.team import team_choice

    table = store.runs(RunQuery(run_ids=(run.run_id,), lifecycle="all"))
    here = [one for one in store.experiments("all") if one.experiment_id == run.experiment_id]
    choice = choose_ranking(table, team=team_choice(here) if here else None)
    found = diagnose_rows(store, table, (choice.metric, choice.direction) if choice else None)
    return (found[0].verdict, found[0].evidence[0] if found[0].evidence else "") if found else ("insufficient_data", "")


def _signatures(review: Review, demands: Demands) -> Mapping[str, SignatureCheck]:
    if demands.verify is None:
        return {}
    return {one.event_id: demands.verify(one) for one in review.events if one.decides}
