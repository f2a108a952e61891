"""Deciding: approve, with follow-ups as a rule; request changes; lift; take back. Who can't sees why."""

import streamlit as st

from mlreview.review.bodies import ApproveBody, Body, ChangesBody, Comment, Kind, LiftBody, WithdrawBody, made
from mlreview.review.results import Hold
from mlreview.review.rules import RefusedError, check
from mlreview.ui import identity, review_compose, review_reads, review_request
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import about, actor, when
from mlreview.ui.text import plain

_ROWS = "_review.follow_up_rows"
_MOST_ROWS = 10


def render(case: Case) -> None:
    """Every button that this person may press; for what they may not, the reason."""
    with st.container(horizontal=True, key="review_actions", gap="small"):
        if case.asked and case.review.state != "withdrawn":
            _render_decisions(case)
        review_request.render_buttons(case)
        if case.asked and case.review.state != "withdrawn":
            with st.popover("Message", icon=":material/content_copy:", key="review_message"):
                review_request.render_message(case, case.review)
        _render_more(case)
    _render_reasons(case)


def why_not(case: Case, kind: Kind, body: Body) -> str:
    """Why whoever acts can't do this now; empty where they can. The same rules decide when it is done."""
    person = identity.current()
    try:
        check(case.review, case.people, person.actor, kind, body)
    except RefusedError as error:
        return error.message
    return ""


def _own_holds(case: Case) -> list[Hold]:
    me = identity.current().name
    return [one for one in case.review.open_holds if _me(case, me, one.actor.name)]


def _me(case: Case, me: str, other: str) -> bool:
    return case.people.same(me, other) or me.strip().casefold() == other.strip().casefold()


def _approval(case: Case) -> ApproveBody:
    return ApproveBody(lifts=tuple(one.hold_id for one in _own_holds(case)))


def _approved_already(case: Case) -> str:
    me = identity.current().name
    mine = any(_me(case, me, one.actor.name) and one.counts and not one.outdated for one in case.review.votes)
    return "You have approved what the run holds now." if mine and not _own_holds(case) else ""


def _render_decisions(case: Case) -> None:
    known = identity.current().said
    no = (_approved_already(case) or why_not(case, "approved", _approval(case))) if known else ""
    if st.button("Approve", icon=":material/check_circle:", key="review_approve", disabled=bool(no)):
        st.session_state[_ROWS] = 1
        _approve(case)
    no = why_not(case, "changes_requested", ChangesBody("x")) if known else ""
    if st.button("Request changes", icon=":material/block:", key="review_changes", disabled=bool(no)):
        _changes(case)


def _render_reasons(case: Case) -> None:
    person = identity.current()
    if not case.asked or case.review.state == "withdrawn":
        return
    if not person.said:
        identity.render_ask("decide")
        return
    done = _approved_already(case)
    no = why_not(case, "approved", _approval(case))
    if done:
        st.caption(f":material/check_circle: {done}")
    elif no:
        st.caption(f":material/info: You can't approve this. {plain(no, 400)}")
    elif not case.people.is_among(person.name, case.review.request.body.reviewers if case.review.request else ()):
        st.caption(
            ":material/info: You were not asked to review this: an approval of yours is shown, and does not count."
        )
    if case.review.authors_unknown:
        st.caption(
            ":material/info: Who trained this run is not known: it was recorded under an account that many share. "
            "Only who asked for the review is kept from approving it."
        )


def _render_more(case: Case) -> None:
    me = identity.current()
    holds = [one for one in case.review.open_holds if not why_not(case, "lifted", LiftBody((one.hold_id,), "x"))]
    withdraw = not why_not(case, "withdrawn", WithdrawBody("review"))
    mine = any(_me(case, me.name, one.actor.name) for one in case.review.votes)
    back = mine and not why_not(case, "withdrawn", WithdrawBody("approval"))
    if not me.said or not (holds or withdraw or back):
        return
    with st.popover("More", icon=":material/more_horiz:", key="review_more"):
        if holds and st.button("Lift a request for changes", icon=":material/lock_open:", key="review_lift"):
            _lift(case, tuple(holds))
        if back and st.button("Take my approval back", icon=":material/undo:", key="review_take_back"):
            _withdraw(case, True)
        if withdraw and st.button("Withdraw the review", icon=":material/cancel:", key="review_withdraw"):
            _withdraw(case, False)


@st.dialog("Approve", width="medium", on_dismiss="rerun")
def _approve(case: Case) -> None:
    if not identity.current().said:
        identity.render_ask("approve")
        return
    st.markdown(plain(case.summary.headline, 300))
    questions = len(case.review.open_questions)
    if questions:
        st.caption(f":material/help: {questions} question{'' if questions == 1 else 's'} still open.")
    own = _own_holds(case)
    for one in own:
        st.caption(f":material/lock_open: Approving lifts what you asked for: {plain(one.text, 200)}")
    text = st.text_area("Why, if it is worth saying", key="review_approve_text", max_chars=2_000, height=80) or ""
    st.markdown("**Follow-ups**: what is to be done later, and by whom")
    follow_ups = []
    rows = st.session_state.setdefault(_ROWS, 1)
    for at in range(rows):
        left, right = st.columns([3, 1])
        hide = "visible" if at == 0 else "collapsed"
        what = left.text_input("To be done", key=f"review_todo_{at}", max_chars=1_000, label_visibility=hide) or ""
        owner = right.text_input("By", key=f"review_todo_by_{at}", max_chars=80, label_visibility=hide) or ""
        if what.strip():
            follow_ups.append((what.strip(), owner.strip()))
    with st.container(horizontal=True):
        send = st.button(
            f"Approve with {len(follow_ups)} follow-up{'' if len(follow_ups) == 1 else 's'}"
            if follow_ups
            else "Approve",
            icon=":material/check_circle:",
            key="review_approve_send",
        )
        if rows < _MOST_ROWS:
            st.button("Another follow-up", icon=":material/add:", key="review_todo_more", on_click=_one_more_row)
    if send:
        said = (text.strip(), tuple(follow_ups), case.review.digest)
        done = review_reads.act(
            case.run_id,
            "approve",
            said,
            lambda reviews, who, event_id: reviews.approve(
                case.run_id,
                who,
                text.strip(),
                follow_ups=[made(Comment, text=what, kind="follow_up", owner=owner) for what, owner in follow_ups],
                lifts=[one.hold_id for one in own],
                seen=case.review.content or case.review.digest,
                event_id=event_id,
            ),
        )
        if done is not None:
            st.rerun()


def _one_more_row() -> None:
    st.session_state[_ROWS] += 1


@st.dialog("Request changes", on_dismiss="rerun")
def _changes(case: Case) -> None:
    if not identity.current().said:
        identity.render_ask("changes")
        return
    st.markdown("Nothing is approved until you lift this, or the team's lead does, with a reason.")
    text = st.text_area("What has to change", key="review_changes_text", max_chars=review_compose.MAX_CHARS) or ""
    if st.button("Request changes", icon=":material/block:", key="review_changes_send"):
        done = review_reads.act(
            case.run_id,
            "changes",
            text.strip(),
            lambda reviews, who, event_id: reviews.request_changes(case.run_id, who, text.strip(), event_id=event_id),
        )
        if done is not None:
            st.rerun()


@st.dialog("Lift a request for changes", on_dismiss="rerun")
def _lift(case: Case, holds: tuple[Hold, ...]) -> None:
    chosen = []
    for one in holds:
        on = "" if one.anchor.kind == "run" else f" ({plain(about(one.anchor), 80)})"
        st.markdown(f"{actor(one.actor, case.people)} :gray[{when(one.at)}]{on}  \n{plain(one.text, 300)}")
        if st.checkbox("Lift this", value=len(holds) == 1, key=f"review_lift_{one.hold_id.replace('.', '_')}"):
            chosen.append(one.hold_id)
    reason = st.text_input("Why", key="review_lift_reason", max_chars=1_000) or ""
    if st.button("Lift", icon=":material/lock_open:", key="review_lift_send"):
        said = (tuple(chosen), reason.strip())
        done = review_reads.act(
            case.run_id,
            "lift",
            said,
            lambda reviews, who, event_id: reviews.lift(case.run_id, who, chosen, reason.strip(), event_id=event_id),
        )
        if done is not None:
            st.rerun()


@st.dialog("Take it back", on_dismiss="rerun")
def _withdraw(case: Case, approval: bool) -> None:
    what = "your approval" if approval else "the review"
    st.markdown(f"You take back {what}. What was said stays on record.")
    text = st.text_input("Why", key="review_withdraw_text", max_chars=1_000) or ""
    label = "Take my approval back" if approval else "Withdraw the review"
    if st.button(label, icon=":material/undo:", key="review_withdraw_send"):
        done = review_reads.act(
            case.run_id,
            "withdraw",
            (approval, text.strip()),
            lambda reviews, who, event_id: reviews.withdraw(
                case.run_id, who, text.strip(), approval=approval, event_id=event_id
            ),
        )
        if done is not None:
            st.rerun()
