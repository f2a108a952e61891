"""What the gate knows of a run, and what it answers: frozen values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlreview.fields import Field
from mlreview.review.people import People
from mlreview.review.results import Review


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the policy demands.

    Attributes:
        name: ``approvals``, ``minimum:val_AUROC`` ...; docs/policy.md lists them.
        passed: It is met.
        reason: Why, or why not; words without a full stop.
        who: Who can mend it, by name; empty where it is met.
    """

    name: str
    passed: bool
    reason: str
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """One metric beside the baseline's.

    Attributes:
        metric: Its key.
        worse: By how much it is worse than the baseline's, in its unit; negative where it is better; NaN where there is
            nothing to compare with, and ``problem`` says why.
        margin: A difference up to this is chance; NaN where that is unknown.
        words: Both values, and which run the baseline is.
        problem: Why they can't be compared; empty otherwise.
        comparable: False where the lack of a comparison is to be mended; a first model has nothing to be compared with.
    """

    metric: str
    worse: float = math.nan
    margin: float = math.nan
    words: str = ""
    problem: str = ""
    comparable: bool = True


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The model's files beside the manifest that training recorded.

    Attributes:
        verified: How many were hashed and are as recorded.
        differing: What is not as recorded, a phrase a file.
        unverified: What was not looked at byte by byte, and why, a phrase each.
        unread: Why nobody could look at any of them, not even at their sizes; else empty.
    """

    verified: int = 0
    differing: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What the signature of one decision is worth.

    Attributes:
        valid: It fits, and a key that is trusted for this very person made it.
        forged: There is a signature, and it does not fit what it stands under.
        problem: Why it is not valid, words that follow the event: "is not signed".
    """

    valid: bool
    forged: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """All that a policy can ask about.

    Attributes:
        review: With the run's content looked at.
        people: The team.
        fields: Required fields, recorded or not.
        files_unread: Why the run's files could not be listed, so that some fields look missing; else empty.
        missing_headings: Of the note, among those that the policy wants filled in.
        verdict: On the training; ``None`` where nobody asked.
        verdict_text: Its evidence, in words.
        metrics: Latest values.
        regressions: By the metrics that the policy limits.
        files: Of the model; ``None`` where nobody asked.
        signatures: By event id.
        version_problem: Why the registered version is not what was reviewed; ``None`` where the subject is a run.
    """

    review: Review
    people: People = field(default_factory=People)
    fields: tuple[Field, ...] = ()
    files_unread: str = ""
    missing_headings: tuple[str, ...] = ()
    verdict: str | None = None
    verdict_text: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    regressions: tuple[Regression, ...] = ()
    files: ModelFiles | None = None
    signatures: Mapping[str, SignatureCheck] = field(default_factory=dict)
    version_problem: str | None = None
