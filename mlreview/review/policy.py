"""Holds a policy against the facts, requirement by requirement: a pure function that anybody can repeat."""

import math
from collections.abc import Iterable

from mlreview.policy import Policy
from mlreview.review.bodies import ApproveBody, LiftBody, PromoteBody, ResolveBody
from mlreview.review.events import ReviewEvent
from mlreview.review.gate_words import apart, changed, first, label, labels, listed, moment, short
from mlreview.review.requirements import GateFacts, Regression, Requirement, SignatureCheck
from mlreview.review.results import Gap, Hold, Review, Vote

_HARMLESS = frozenset({"promoted", "override"})
"""Kinds of decisions that ship nothing by themselves: one that is missing is named, and stops nothing."""

_WAIVED = ("reviewers", "author", "fields", "note", "verdict", "minimum:", "maximum:", "regression:")
"""What a version that has passed and was deployed need not meet once more, to be rolled back to."""

_NONE = SignatureCheck(False, problem="is not signed")
_ADMIN = "whoever runs the MLflow server"


def evaluate(policy: Policy, facts: GateFacts) -> tuple[Requirement, ...]:
    """Every requirement of a policy, in the order in which people should look at them.

    Args:
        policy: Of the team.
        facts: Of the run, and of the registered version where that is the subject.
    """
    found = [_run(facts), _record(facts), *_version(facts), *_approvals(policy, facts), _holds(facts)]
    if policy.known_author:
        found.append(_author(facts))
    if policy.verified_identities:
        found.append(_identities(facts))
    if policy.signed_decisions:
        found.append(_signatures(facts))
    if policy.required_fields:
        found.append(_fields(facts))
    if policy.note_headings:
        found.append(_note(facts))
    if policy.verdicts:
        found.append(_verdict(policy, facts))
    found += [_limit(facts, "minimum", key, limit) for key, limit in policy.minimum.items()]
    found += [_limit(facts, "maximum", key, limit) for key, limit in policy.maximum.items()]
    found += [_regression(facts, one, policy.max_regression[one.metric]) for one in facts.regressions]
    if policy.model_files != "any":
        found.append(_files(policy, facts))
    before = deployment(policy, facts)
    return tuple(_waived(one, before) if before else one for one in found)


def deployment(policy: Policy, facts: GateFacts) -> ReviewEvent | None:
    """The newest deployment of exactly this, after the approvals that still hold, which the gate let pass."""
    votes = valid_votes(facts.review)
    if not votes:
        return None
    from mlreview.analysis.baseline import says_deployed  # numpy: not for runs that nobody approved

    void = {one.event.event_id for one in facts.review.ignored}
    for event in reversed(facts.review.events):
        body = event.body
        if not isinstance(body, PromoteBody) or not body.passed or event.event_id in void:
            continue
        if (event.seq or 0) < max(one.seq for one in votes):
            continue
        if body.to.startswith("models:/") and not says_deployed(body.to.rpartition("@")[2]):
            continue  # a challenger has passed, and was never in use: there is nothing to go back to
        if not policy.signed_decisions or facts.signatures.get(event.event_id, _NONE).valid:
            return event
    return None


def valid_votes(review: Review) -> tuple[Vote, ...]:
    """Approvals by those who were asked, of what the run holds now."""
    return tuple(one for one in review.votes if one.counts and one.comparison is not None and not one.outdated)


# --- the record


def _run(facts: GateFacts) -> Requirement:
    review = facts.review
    if review.run_problem:
        return Requirement("run", False, review.run_problem, labels(facts, review.authors) or ("the author",))
    return Requirement("run", True, "the run has finished")


def _record(facts: GateFacts) -> Requirement:
    """Nothing that counts was forged, altered or removed."""
    review = facts.review
    last = max((one.seq for one in valid_votes(review)), default=0)
    wrong = [f"event {one.key.removeprefix('mlreview.event.')[:40]}: {one.reason}" for one in review.broken]
    for event_id, check in facts.signatures.items():
        if check.forged:
            wrong.append(f"event {event_id} {check.problem}")
    # What everybody has approved after looking again is healed; a missing hold holds until it is lifted.
    open_gaps = [one for one in review.gaps if _matters(one) and not _healed(one, review, last)]
    wrong += [f"{one.describe()}: it was removed, or never finished" for one in open_gaps]
    if wrong:
        gap_only = bool(open_gaps) and not review.broken
        who = labels(facts, _reviewers(review)) if gap_only else (_ADMIN,)
        return Requirement("record", False, first(wrong), who or (_ADMIN,))
    decisions = sum(one.decides for one in review.events)
    known = [one.describe() for one in review.gaps]
    said = f"{decisions:,} decisions, none altered" if decisions else "no decisions yet"
    return Requirement("record", True, f"{said}; {'; '.join(known)}, which changes nothing" if known else said)


def _matters(gap: Gap) -> bool:
    return gap.claim is None or gap.claim.kind not in _HARMLESS


def _healed(gap: Gap, review: Review, last: int) -> bool:
    votes = valid_votes(review)
    return bool(votes) and not review.waiting_for and gap.seq + gap.count - 1 < min(one.seq for one in votes) <= last


def _version(facts: GateFacts) -> list[Requirement]:
    if facts.version_problem is None:
        return []
    if facts.version_problem:
        return [Requirement("version", False, facts.version_problem, ("whoever registered it",))]
    return [Requirement("version", True, "the registered version is the model of this run")]


# --- the review


def _approvals(policy: Policy, facts: GateFacts) -> list[Requirement]:
    review = facts.review
    asked = _reviewers(review)
    votes = valid_votes(review)
    if review.state in ("none", "draft") or review.request is None:
        reason = "nobody has asked for a review of this run"
        return [Requirement("approvals", False, reason, labels(facts, review.authors) or ("the author",))]
    if review.state == "withdrawn":
        return [Requirement("approvals", False, "the review was withdrawn", labels(facts, review.authors))]
    found = []
    waiting = [one for one in asked if one in review.waiting_for]
    if waiting or not votes:
        reasons = _why_missing(facts) or [f"{listed(labels(facts, waiting or asked))} has not approved"]
        found.append(Requirement("approvals", False, "; ".join(reasons), _with_roles(facts, waiting or asked)))
    else:
        given = listed(f"{label(facts, one.actor.name)} on {moment(one.at)}" for one in votes)
        unseen = [text for one in votes if one.comparison for text in one.comparison.unverified]
        remark = f"; not compared: {listed(dict.fromkeys(unseen))}" if unseen else ""
        found.append(Requirement("approvals", True, f"approved by {given}, for what the run holds now{remark}"))
    lacking = [one for one in policy.roles if one not in {vote.role for vote in votes}]
    people = {vote.person.key for vote in votes}
    if lacking or len(people) < policy.reviewers:
        reason = f"{len(people)} of {policy.reviewers} people have approved"
        if lacking:
            reason = f"the approval of the {listed(lacking)} reviewer is missing"
        if not waiting and len(asked) < max(policy.reviewers, len(policy.roles)):
            reason += ", and nobody else was asked"
            found.append(Requirement("reviewers", False, reason, labels(facts, review.authors)))
        else:
            found.append(Requirement("reviewers", False, reason, _with_roles(facts, waiting or asked)))
    else:
        found.append(Requirement("reviewers", True, f"{len(people)} approved, {policy.reviewers} needed"))
    return found


def _why_missing(facts: GateFacts) -> list[str]:
    """Why approvals that were given do not count, and whose are missing."""
    review, said = facts.review, []
    for vote in review.votes:
        if vote.outdated and vote.counts and vote.comparison is not None:
            role = f"the {vote.role} reviewer, {label(facts, vote.actor.name)},"
            changes = [changed(one) for one in vote.comparison.changed[:3]]
            more = len(vote.comparison.changed) - 3
            changes += [f"{more:,} more"] if more > 0 else []
            said.append(f"{listed(changes)} after {role} approved on {moment(vote.at)}")
        elif not vote.counts:
            said.append(f"the approval of {vote.actor.name[:80]} does not count: {vote.why_not}")
    given = [one.actor.name for one in review.votes]
    never = [one for one in review.waiting_for if not facts.people.is_among(one, given)]
    if never:
        said.append(f"{listed(labels(facts, never))} {'has' if len(never) == 1 else 'have'} not approved")
    missing = [one for one in review.gaps if one.claim and one.claim.kind == "approved"]
    said += [one.describe() for one in missing]
    return said


def _holds(facts: GateFacts) -> Requirement:
    review = facts.review
    if not review.open_holds:
        return Requirement("holds", True, "nobody has asked for changes that are not made")
    said = [f"{label(facts, one.actor.name)} asked for changes: {short(one.text)}" for one in review.open_holds]
    leads = [f"{label(facts, one)} (lead)" for one in facts.people.leads]
    who = dict.fromkeys([*(label(facts, one.actor.name) for one in review.open_holds), *leads])
    return Requirement("holds", False, first(said), tuple(who))


def _author(facts: GateFacts) -> Requirement:
    if not facts.review.authors_unknown:
        return Requirement("author", True, f"made by {listed(labels(facts, facts.review.authors))}")
    reason = "it is not known who made the run: an account that many share; so it may be one of the reviewers"
    return Requirement("author", False, reason, ("the author, by training under their own name",))


def _identities(facts: GateFacts) -> Requirement:
    """Signed in, or signed with a key that the team trusts as theirs."""
    unsure = []
    for event in _counting(facts, request=False):
        signed = facts.signatures.get(event.event_id, _NONE).valid
        if not event.actor.verified and not signed:
            unsure.append(event.actor.name)
    unsure += [
        hold.lifted_by.name
        for hold in _lifted(facts.review)
        if hold.lifted_by and not hold.lifted_by.verified and not _signed_lift(facts, hold)
    ]
    if unsure:
        names = labels(facts, dict.fromkeys(unsure))
        reason = f"nobody knows for sure that {listed(names)} acted: the name was only typed"
        return Requirement("identities", False, reason, names)
    return Requirement("identities", True, "everybody who decided was signed in, or signed")


def _signatures(facts: GateFacts) -> Requirement:
    wrong, who = [], []
    for event in (*_counting(facts), *_lifting(facts.review)):
        check = facts.signatures.get(event.event_id, _NONE)
        if not check.valid:
            said = f"the {event.kind.replace('_', ' ')} of {label(facts, event.actor.name)} {check.problem}"
            wrong.append(said)
            who.append(label(facts, event.actor.name))
    if wrong:
        return Requirement("signatures", False, first(wrong), tuple(dict.fromkeys(who)))
    return Requirement("signatures", True, "every decision that counts is signed with a trusted key")


# --- the run


def _fields(facts: GateFacts) -> Requirement:
    missing = [one for one in facts.fields if not one.recorded]
    if missing:
        said = f"{listed(one.title for one in missing)} {'is' if len(missing) == 1 else 'are'} not recorded"
        if facts.files_unread:
            reason = f"{said}, as far as can be told from here: {facts.files_unread}"
            return Requirement("fields", False, reason, ("whoever runs this command, with access to the files",))
        authors = labels(facts, facts.review.authors)
        return Requirement("fields", False, f"{said}; {missing[0].title} by: {missing[0].line}", authors)
    return Requirement("fields", True, f"all {len(facts.fields):,} required fields are recorded")


def _note(facts: GateFacts) -> Requirement:
    if facts.missing_headings:
        said = f"nobody has written anything under {listed(repr(one) for one in facts.missing_headings)}"
        return Requirement("note", False, said, labels(facts, facts.review.authors))
    return Requirement("note", True, "the note says what it has to")


def _verdict(policy: Policy, facts: GateFacts) -> Requirement:
    said = (facts.verdict or "insufficient_data").replace("_", " ")
    if facts.verdict in policy.verdicts:
        return Requirement("verdict", True, f"the verdict on its training is {said}")
    wanted = listed(one.replace("_", " ") for one in policy.verdicts)
    reason = f"the verdict on its training is {said}, and only {wanted} may ship"
    reason += f": {short(facts.verdict_text)}" if facts.verdict_text else ""
    return Requirement("verdict", False, reason, labels(facts, facts.review.authors))


def _limit(facts: GateFacts, kind: str, key: str, limit: float) -> Requirement:
    name, value = f"{kind}:{key}", facts.metrics.get(key)
    who = labels(facts, facts.review.authors)
    bound = "at least" if kind == "minimum" else "at most"
    if value is None:
        return Requirement(name, False, f"{key} was not logged; {bound} {limit:g} is demanded", who)
    if not math.isfinite(value):
        return Requirement(name, False, f"{key} is {value}; {bound} {limit:g} is demanded", who)
    passed = value >= limit if kind == "minimum" else value <= limit
    return Requirement(
        name, passed, f"{key} is {apart(value, limit)}; {bound} {limit:g} is demanded", () if passed else who
    )


def _regression(facts: GateFacts, one: Regression, limit: float) -> Requirement:
    name = f"regression:{one.metric}"
    who = labels(facts, facts.review.authors)
    if one.problem:
        return Requirement(name, one.comparable, one.problem, () if one.comparable else who)
    noise = "the noise is not known" if math.isnan(one.margin) else f"noise ±{one.margin:.2g}"
    if one.worse <= 0:
        return Requirement(name, True, f"{one.words}: not worse")
    if one.worse <= one.margin:  # false where the margin is not known
        return Requirement(name, True, f"{one.words}: worse by {one.worse:.2g}, within noise ±{one.margin:.2g}")
    said = f"{one.words}: worse by {one.worse:.2g}, {limit:g} is allowed; {noise}"
    return Requirement(name, one.worse <= limit, said, () if one.worse <= limit else who)


def _files(policy: Policy, facts: GateFacts) -> Requirement:
    files = facts.files
    authors = labels(facts, facts.review.authors)
    if files is None:
        return Requirement("files", policy.model_files != "verified", "the model's files were not looked at")
    if files.unread:  # whoever can make one of them unreadable could have exchanged the others
        reason = f"{files.unread}; so nobody can tell whether they are what was approved"
        return Requirement("files", False, reason, ("whoever runs this command, with access to the files", *authors))
    if files.differing:
        return Requirement("files", False, first(list(files.differing)), authors)
    done = f"{files.verified:,} model files hashed, as training recorded them" if files.verified else ""
    if files.unverified:
        said = f"not verified: {'; '.join(files.unverified)}"
        passed = policy.model_files != "verified"
        who = () if passed else ("whoever runs this command, with --deep", *authors)
        return Requirement("files", passed, f"{done}; {said}" if done else said, who)
    return Requirement("files", True, done or "the run has no model")


# --- how


def _waived(found: Requirement, before: ReviewEvent) -> Requirement:
    if found.passed or not found.name.startswith(_WAIVED):
        return found
    to = before.body.to if isinstance(before.body, PromoteBody) else ""
    said = f"{found.reason}; let pass, because this very content had passed when it was deployed to {to} on "
    return Requirement(found.name, True, said + moment(before.at))


def _reviewers(review: Review) -> tuple[str, ...]:
    return review.request.body.reviewers if review.request else ()


def _counting(facts: GateFacts, request: bool = True) -> tuple[ReviewEvent, ...]:
    """Events of the approvals that hold, and of the request that they answer."""
    wanted = {one.event_id for one in valid_votes(facts.review)}
    if request and facts.review.request is not None:
        wanted.add(facts.review.request.event_id)
    return tuple(one for one in facts.review.events if one.event_id in wanted)


def _lifted(review: Review) -> tuple[Hold, ...]:
    return tuple(one for one in review.holds if not one.holds)


def _lifting(review: Review) -> tuple[ReviewEvent, ...]:
    """Events that lifted a hold."""
    lifted = {one.hold_id: one for one in _lifted(review)}
    found = []
    for event in review.events:
        body = event.body
        ids: tuple[str, ...] = ()
        if isinstance(body, LiftBody):
            ids = body.holds
        elif isinstance(body, ApproveBody):
            ids = body.lifts
        elif isinstance(body, ResolveBody) and body.holding:
            ids = (body.target,)
        if any(one in lifted and lifted[one].lifted_at == event.at for one in ids):
            found.append(event)
    return tuple(found)


def _signed_lift(facts: GateFacts, hold: Hold) -> bool:
    events = [one for one in _lifting(facts.review) if one.at == hold.lifted_at]
    return any(facts.signatures.get(one.event_id, _NONE).valid for one in events)


def _with_roles(facts: GateFacts, reviewers: Iterable[str]) -> tuple[str, ...]:
    asked = _reviewers(facts.review)
    return tuple(
        f"{label(facts, one)} ({'primary' if asked.index(one) == 0 else 'secondary'} reviewer)" for one in reviewers
    )
