"""What may be done in a review, checked before anything is written; the projection checks the same when it reads."""

from typing import NoReturn

from mlreview.errors import BadInputError
from mlreview.review.bodies import (
    AnswerBody,
    ApproveBody,
    Body,
    ChangesBody,
    CommentBody,
    Kind,
    LiftBody,
    OverrideBody,
    RequestBody,
    ResolveBody,
    WithdrawBody,
)
from mlreview.review.events import Actor
from mlreview.review.people import People
from mlreview.review.results import Hold, Review
from mlreview.review.transitions import TABLE, allowed

NOTHING_WRITTEN = "Nothing was written."
_TWO_PEOPLE = "Two people who share a name are told apart by [people] in mlreview.toml."


class RefusedError(BadInputError):
    """The rules of the review say no; nothing was written."""


def check(review: Review, people: People, actor: Actor, kind: Kind, body: Body) -> None:
    """Refuse what the rules do not allow.

    Raises:
        RefusedError: Why, and what to do instead. Nothing was written.
    """
    if not allowed(kind, review.state):
        _refuse_state(review, kind)
    if isinstance(body, RequestBody):
        _request(review, people, actor, body)
    elif isinstance(body, ApproveBody):
        _approve(review, people, actor, body)
    elif isinstance(body, ChangesBody):
        _changes(review, people, actor, body)
    elif isinstance(body, LiftBody):
        if not body.holds:
            _refuse("Nothing is named to lift.", "Name the request for changes.")
        for hold_id in body.holds:
            _lift(review, people, actor, hold_id, body.reason)
    elif isinstance(body, ResolveBody):
        _resolve(review, people, actor, body)
    elif isinstance(body, AnswerBody):
        _answer(review, people, actor, body)
    elif isinstance(body, CommentBody):
        _comments(review, people, actor, body)
    elif isinstance(body, WithdrawBody):
        _withdraw(review, people, actor, body)
    elif isinstance(body, OverrideBody) and not body.reason.strip():
        _refuse("An override needs a reason.", "Say why.")


def author_among(review: Review, people: People, name: str) -> str | None:
    """The recorded author who is, or may be, this person."""
    return next((one for one in review.authors if people.same(name, one)), None)


def _request(review: Review, people: People, actor: Actor, body: RequestBody) -> None:
    _known(people, actor, "ask for a review")
    if not body.primary.strip():
        _refuse("A review needs a primary reviewer.", "Name one.")
    for reviewer in body.reviewers:
        if not people.who(reviewer).known:
            _refuse(f"{reviewer!r} could be anybody, so it can't be a reviewer.", "Name a person.")
        author = author_among(review, people, reviewer)
        if author is None and people.same(reviewer, actor.name) and not _was_asked(review, people, actor.name):
            author = actor.name
        if author is not None:
            _refuse(
                f"{reviewer!r} can't review this run: {_as(reviewer, author)}.",
                f"Ask somebody else. {_TWO_PEOPLE}",
            )
    if body.secondary and people.same(body.primary, body.secondary):
        _refuse("Both reviewers are the same person.", "Name two people, or leave the second out.")


def _approve(review: Review, people: People, actor: Actor, body: ApproveBody) -> None:
    _known(people, actor, "approve")
    author = author_among(review, people, actor.name)
    if author is not None:
        _refuse(
            f"{actor.name!r} can't approve this run: {_as(actor.name, author)}.",
            f"Nobody approves a run of their own. {_TWO_PEOPLE}",
        )
    if review.run_problem:
        _refuse(f"This can't be approved: {review.run_problem}.", "Approve a run that has finished.")
    own = [one for one in review.open_holds if _placed(people, actor, one) and one.hold_id not in body.lifts]
    if own:
        _refuse(
            f"You have asked for changes here: {own[0].text[:100] or 'no text'}",
            "Lift that first, then approve.",
        )
    for one in body.follow_ups:
        if one.kind != "follow_up":
            _refuse("An approval carries follow-ups alone.", "Send other comments by themselves.")
        if not one.text.strip():
            _refuse("A follow-up needs a text.", "Say what is to be done.")


def _changes(review: Review, people: People, actor: Actor, body: ChangesBody) -> None:
    _known(people, actor, "request changes")
    if author_among(review, people, actor.name) is not None:
        _refuse("Nobody requests changes of a run of their own.", "Withdraw the review, or comment.")
    if not body.text.strip() and not body.comments:
        _refuse("A request for changes needs a text.", "Say what has to change.")
    if any(not one.text.strip() for one in body.comments):
        _refuse("A comment needs a text.", "Say what has to change.")


def _lift(review: Review, people: People, actor: Actor, hold_id: str, reason: str) -> None:
    hold = next((one for one in review.holds if one.hold_id == hold_id), None)
    if hold is None or not hold.holds:
        _refuse("That does not hold the review, or not any more.", "Look at what is open.")
    if _placed(people, actor, hold):
        return
    if not people.is_lead(actor.name):
        _refuse(
            f"Only {hold.actor.name} can lift that, or the team's lead with a reason.",
            "Ask one of them. The lead is set in mlreview.toml.",
        )
    if not reason.strip():
        _refuse(f"To lift what {hold.actor.name} asked for, the lead gives a reason.", "Give one.")


def _resolve(review: Review, people: People, actor: Actor, body: ResolveBody) -> None:
    if body.holding:
        _lift(review, people, actor, body.target, body.text)
        return
    known = {one.comment_id for one in review.threads} | {one.follow_up_id for one in review.follow_ups}
    if body.target not in known:
        _refuse(f"There is no comment {body.target[:40]!r} in this review.", "Look at the list of them.")
    if any(one.comment_id == body.target and one.comment.kind == "question" for one in review.threads):
        _refuse("A question is open until it is answered.", "Answer it, or make it a follow-up or a required change.")


def _answer(review: Review, people: People, actor: Actor, body: AnswerBody) -> None:
    thread = next((one for one in review.threads if one.comment_id == body.target), None)
    if thread is None or thread.comment.kind != "question":
        _refuse(f"There is no question {body.target[:40]!r} in this review.", "Look at the list of them.")
    if body.outcome == "answered" and not body.text.strip():
        _refuse("An answer needs a text.", "Say what the answer is.")
    if body.outcome == "required_change":
        _may_hold(review, people, actor)


def _comments(review: Review, people: People, actor: Actor, body: CommentBody) -> None:
    if not body.comments:
        _refuse("There is nothing to send.", "Write a comment.")
    threads = {one.comment_id for one in review.threads}
    for one in body.comments:
        if not one.text.strip():
            _refuse("A comment needs a text.", "Write one.")
        if one.anchor.kind != "run" and not one.anchor.key:
            _refuse(f"A comment on a {one.anchor.kind} names it.", "Say which one.")
        if one.reply_to and one.reply_to not in threads:
            _refuse(f"There is no comment {one.reply_to[:40]!r} in this review.", "Look at the list of them.")
    if any(one.kind == "required_change" for one in body.comments):
        _may_hold(review, people, actor)


def _may_hold(review: Review, people: People, actor: Actor) -> None:
    _known(people, actor, "require a change")
    if not allowed("changes_requested", review.state):
        _refuse_state(review, "changes_requested")


def _withdraw(review: Review, people: People, actor: Actor, body: WithdrawBody) -> None:
    if body.what == "approval":
        if not any(people.same(actor.name, one.actor.name) for one in review.votes):
            _refuse("You have not approved this.", "Only an approval of your own can be taken back.")
        return
    _known(people, actor, "withdraw a review")
    drafted = [one.actor.name for one in review.events if one.kind == "draft"]
    if not people.is_among(actor.name, [*review.authors, *drafted, *people.leads]):
        _refuse(
            "Only an author of the run, who asked for the review, or the team's lead withdraws it.",
            "Request changes, or take your own approval back.",
        )


def _known(people: People, actor: Actor, what: str) -> None:
    if not people.who(actor.name).known:
        _refuse(
            f"{actor.name!r} could be anybody, so it can't {what}.",
            "Say who you are: sign in, type your name, or set MLREVIEW_USER on the command line.",
        )


def _was_asked(review: Review, people: People, name: str) -> bool:
    return review.request is not None and people.is_among(name, review.request.body.reviewers)


def _placed(people: People, actor: Actor, hold: Hold) -> bool:
    return people.same(actor.name, hold.actor.name)


def _as(name: str, author: str) -> str:
    same = "" if name == author else ", and that may be the same person"
    return f"{author} made it or asked for the review{same}"


def _refuse_state(review: Review, kind: Kind) -> NoReturn:
    doing = kind.replace("_", " ")
    if review.state in ("none", "draft") and "in_review" in TABLE[kind].before:
        _refuse(f"Nobody has asked for a review of this run, so it can't be {doing}.", "Request the review first.")
    if review.state == "withdrawn":
        _refuse("The review was withdrawn.", "Request it again.")
    _refuse(f"That can't be done to a review that is {review.words.lower()}.", "Look at where it stands now.")


def _refuse(message: str, hint: str) -> NoReturn:
    raise RefusedError(message, hint=f"{NOTHING_WRITTEN} {hint}")
