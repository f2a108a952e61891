"""What an event of a review says, by its kind. What has its default is left out of what is stored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from mlreview.errors import BadInputError

Kind = Literal[
    "draft",
    "requested",
    "comment",
    "answered",
    "resolved",
    "approved",
    "changes_requested",
    "lifted",
    "withdrawn",
    "promoted",
    "override",
]
CommentKind = Literal["comment", "question", "suggestion", "follow_up", "required_change"]
AnchorKind = Literal["run", "param", "metric", "plot", "heading"]
Outcome = Literal["answered", "follow_up", "required_change"]

# What was stored is hostile: another type, or a field that is not known, makes an event broken.
STRICT = ConfigDict(strict=True, extra="forbid")
Text = Annotated[str, Field(max_length=7_500)]
Name = Annotated[str, Field(max_length=250)]
Names = Annotated[tuple[Name, ...], Field(strict=False, max_length=50)]

LATEST = 4_102_444_800_000
"""1 January 2100 (ms, UTC): later times are nonsense, and further on no calendar, and no page, can say them."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Anchor:
    """What a comment is about.

    Attributes:
        kind: The whole run, or one param, metric, plot (an artifact or a curve) or heading of the note.
        key: Which one; empty for the run.
    """

    kind: AnchorKind = "run"
    key: Text = ""


RUN: Anchor = Anchor()


@dataclass(frozen=True, slots=True, config=STRICT)
class Comment:
    """One remark. Its id is ``<event id>.<n>``, counted from 0.

    Attributes:
        text: Markdown, as written.
        kind: A ``question`` is open until it is answered; a ``follow_up`` has an owner and is carried into the model's
            next review; a ``required_change`` holds the review until who asked for it, or the lead, says it is done.
        anchor: What it is about.
        owner: Of a follow-up, as typed.
        reply_to: Id of the comment that this one replies to; a reply closes nothing.
    """

    text: Text
    kind: CommentKind = "comment"
    anchor: Anchor = RUN
    owner: Name = ""
    reply_to: Name = ""


Comments = Annotated[tuple[Comment, ...], Field(strict=False, max_length=100)]


@dataclass(frozen=True, slots=True, config=STRICT)
class BaselineRef:
    """What the run would replace: what was deployed *when the review was requested*.

    Attributes:
        run_id: Empty without a baseline.
        name: Of that run, then.
        source: Which rule found it: ``deployed``, ``team`` ...
        reason: In words: "deployed as champion, v1 of sports-classifier".
    """

    run_id: Name = ""
    name: Name = ""
    source: Name = ""
    reason: Text = ""


@dataclass(frozen=True, slots=True, config=STRICT)
class DraftBody:
    """The link is shared early; nobody is asked to decide.

    Attributes:
        after: Number of the last decision before it: a draft counts until the next withdrawal.
    """

    text: Text = ""
    after: int = 0


@dataclass(frozen=True, slots=True, config=STRICT)
class RequestBody:
    """Who is asked to review, until when.

    Attributes:
        primary, secondary: Reviewers, as typed; ``secondary`` may be empty.
        attendees: Others who are told and invited; their approval is not needed.
        due: A day, ``2026-11-25``; empty without one.
        question: What the reviewers should look at most.
        meeting: Start of the meeting (ms, UTC).
        minutes: Its length.
        baseline: What the run would replace, as it was then.
        carried: Ids of open follow-ups of the model's earlier reviews: ``<run id>/<comment id>``.
    """

    primary: Name
    secondary: Name = ""
    attendees: Names = ()
    due: Name = ""
    question: Text = ""
    meeting: Annotated[int, Field(ge=0, le=LATEST)] | None = None
    minutes: Annotated[int, Field(ge=1, le=1_440)] = 30
    baseline: BaselineRef | None = None
    carried: Names = ()

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Primary, then secondary if there is one."""
        return (self.primary, self.secondary) if self.secondary else (self.primary,)


@dataclass(frozen=True, slots=True, config=STRICT)
class CommentBody:
    """Remarks that were sent at once."""

    comments: Comments


@dataclass(frozen=True, slots=True, config=STRICT)
class AnswerBody:
    """A question is closed: answered, or turned into a follow-up or a required change.

    Attributes:
        target: Id of the question.
        text: The answer.
        outcome: How it ends.
        owner: Of the follow-up.
    """

    target: Name
    text: Text = ""
    outcome: Outcome = "answered"
    owner: Name = ""


@dataclass(frozen=True, slots=True, config=STRICT)
class ResolveBody:
    """A suggestion, a follow-up or a required change is done, or dropped.

    Attributes:
        target: Id of the comment.
        text: Why; the lead's reason where somebody else asked for the change.
        holding: The target is a required change, so this decides.
    """

    target: Name
    text: Text = ""
    holding: bool = False


@dataclass(frozen=True, slots=True, config=STRICT)
class ApproveBody:
    """May ship.

    Attributes:
        text: Why.
        follow_ups: What is to be done later: comments of kind ``follow_up``. Their ids count as a comment's do.
        lifts: Event ids of the approver's own holds that this lifts.
    """

    text: Text = ""
    follow_ups: Comments = ()
    lifts: Names = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class ChangesBody:
    """Must not ship until this reviewer, or the lead, lifts it.

    Attributes:
        text: What has to change.
        comments: Single changes, of kind ``required_change``.
    """

    text: Text = ""
    comments: Comments = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class LiftBody:
    """Holds are lifted, by who placed them, or by the lead with a reason.

    Attributes:
        holds: Event ids of the holds, or ids of required changes.
        reason: Needed from the lead.
    """

    holds: Names
    reason: Text = ""


@dataclass(frozen=True, slots=True, config=STRICT)
class WithdrawBody:
    """The review is withdrawn, or one reviewer's own approval.

    Attributes:
        what: ``review`` or ``approval``.
        text: Why.
    """

    what: Literal["review", "approval"] = "review"
    text: Text = ""


@dataclass(frozen=True, slots=True, config=STRICT)
class PromoteBody:
    """Deployed, by ``promote``.

    Attributes:
        to: Environment, or ``models:/NAME@ALIAS``.
        version: Of the registered model, if any.
        replaced: Run or version that was there before.
        text: Why.
        passed: The gate was asked, and every requirement was met then.
    """

    to: Name
    version: Name = ""
    replaced: Name = ""
    text: Text = ""
    passed: bool = False


@dataclass(frozen=True, slots=True, config=STRICT)
class OverrideBody:
    """Shipped although the gate said no.

    Attributes:
        reason: Why; never empty.
        requirements: Names of the requirements that were not met.
    """

    reason: Annotated[str, Field(min_length=1, max_length=7_500)]
    requirements: Names = ()


Body = (
    DraftBody
    | RequestBody
    | CommentBody
    | AnswerBody
    | ResolveBody
    | ApproveBody
    | ChangesBody
    | LiftBody
    | WithdrawBody
    | PromoteBody
    | OverrideBody
)

BODIES: Mapping[Kind, type[Body]] = {
    "draft": DraftBody,
    "requested": RequestBody,
    "comment": CommentBody,
    "answered": AnswerBody,
    "resolved": ResolveBody,
    "approved": ApproveBody,
    "changes_requested": ChangesBody,
    "lifted": LiftBody,
    "withdrawn": WithdrawBody,
    "promoted": PromoteBody,
    "override": OverrideBody,
}


def made(kind: Any, /, **values: Any) -> Any:
    """A body, a ``Comment`` or an ``Anchor`` of what somebody typed.

    Raises:
        BadInputError: A value does not fit, in words; the class itself raises pydantic's ``ValidationError``.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = " ".join(str(part) for part in first["loc"])
        raise BadInputError(f"{where or 'That'} does not fit: {first['msg']}.", hint="Nothing was written.") from None
