"""Asking for a review, sharing a draft; the chat message and the calendar file that come with a request."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from mlreview.review.message import About, calendar_file, request_message, run_url
from mlreview.review.results import Review
from mlreview.ui import identity, reads, review_reads
from mlreview.ui.review_case import Case
from mlreview.ui.text import clip, plain

_SENT = "_review.requested"
MINUTES = 30


def render_buttons(case: Case) -> None:
    """What begins a review, or changes what was asked."""
    review = case.review
    label = "Change the request" if case.asked and review.state != "withdrawn" else "Request a review"
    if st.button(label, icon=":material/person_add:", key="review_request"):
        st.session_state.pop(_SENT, None)
        _ask(case)
    if review.state in ("none", "withdrawn") and st.button(
        "Share a draft", icon=":material/ios_share:", key="review_draft", help="Early: nobody is asked to decide"
    ):
        _draft(case)


@st.dialog("Share a draft", on_dismiss="rerun")
def _draft(case: Case) -> None:
    if not identity.current().said:
        identity.render_ask("draft")
        return
    st.markdown("Whoever opens the link can read and comment. Nobody is asked to decide.")
    text = st.text_area("What to look at, if anything", key="review_draft_text", max_chars=2_000) or ""
    if st.button("Share", icon=":material/ios_share:", key="review_draft_send"):
        done = review_reads.act(
            case.run_id,
            "draft",
            text.strip(),
            lambda reviews, actor, event_id: reviews.draft(case.run_id, actor, text.strip(), event_id=event_id),
        )
        if done is not None:
            st.rerun()


@st.dialog("Request a review", width="medium", on_dismiss="rerun")
def _ask(case: Case) -> None:
    """The form; when it was sent, what to tell the reviewers."""
    if not identity.current().said:
        identity.render_ask("request")
        return
    sent: Review | None = st.session_state.get(_SENT)
    if sent is not None:
        st.success("The review is requested. Tell the reviewers:", icon=":material/check_circle:")
        render_message(case, sent)
        if st.button("Close", key="review_request_close"):
            st.rerun()
        return
    before = case.review.request.body if case.asked and case.review.request else None
    known = _known(case)
    left, right = st.columns(2)
    with left:
        primary = _name("Primary reviewer", known, before.primary if before else "", "review_primary")
    with right:
        secondary = _name("Secondary reviewer", known, before.secondary if before else "", "review_secondary")
    attendees = st.multiselect(
        "Also invited",
        list(dict.fromkeys([*known, *(before.attendees if before else ())])),
        default=list(before.attendees) if before else [],
        key="review_attendees",
        accept_new_options=True,
        format_func=lambda one: clip(one, 60),
        placeholder="They are told; their approval is not needed",
    )
    question = st.text_area(
        "What should they look at most?",
        value=before.question if before else "",
        key="review_question",
        max_chars=2_000,
        height=80,
    )
    left, right = st.columns(2)
    with left:
        due = st.date_input("Due", value=_day(before.due if before else ""), key="review_due")
    with right:
        meeting = st.datetime_input(
            f"Meeting, {MINUTES} minutes",
            value=_local(before.meeting) if before else None,
            key="review_meeting",
            help=f"In your time zone, {st.context.timezone or 'UTC'}",
        )
    found = review_reads.background(case.run)
    baseline = before.baseline if before and before.baseline else found.baseline
    name = plain(baseline.name or baseline.run_id[:8], 80)
    why = plain(baseline.reason, 200)
    st.caption(
        f"Kept with the request: it would replace {name}, {why}."
        if baseline.run_id
        else f"It would replace nothing: {why}."
    )
    left_over = len(found.follow_ups)
    if left_over:
        some = f"{left_over} open follow-up{'' if left_over == 1 else 's'}"
        st.caption(f"Carried over from earlier reviews of the model: {some}.")
    if not st.button("Send the request", icon=":material/send:", key="review_request_send"):
        return
    asked = {
        "primary": (primary or "").strip(),
        "secondary": (secondary or "").strip(),
        "attendees": tuple(one.strip() for one in attendees if one.strip()),
        "due": due.isoformat() if isinstance(due, date) else "",
        "question": (question or "").strip(),
        "meeting": _milliseconds(meeting),
        "minutes": MINUTES,
        "baseline": baseline,
        "carried": tuple(one.reference for one in found.follow_ups[:50]),
    }
    done = review_reads.act(
        case.run_id,
        "request",
        asked,
        lambda reviews, actor, event_id: reviews.request(case.run_id, actor, **asked, event_id=event_id),
    )
    if done is not None:
        st.session_state[_SENT] = done
        st.rerun(scope="fragment")


def render_message(case: Case, review: Review) -> None:
    """The chat message in a box to copy from, and the calendar file."""
    if review.request is None:
        return
    said = About(case.name, run_url(_address(), case.run_id), case.summary.text)
    st.code(request_message(review.request, said), language=None, wrap_lines=True)
    calendar = calendar_file(review, said, case.people)
    if calendar is not None:
        st.download_button(
            "Calendar file",
            calendar.encode(),
            file_name="model-review.ics",
            mime="text/calendar",
            icon=":material/event:",
            key="review_calendar",
            on_click="ignore",
        )


def _address() -> str | None:
    """Of this dashboard: as the settings have it, else as this browser opened it."""
    address = reads.settings().app_url
    if address is None and st.context.url:
        address = st.context.url.split("?")[0].rstrip("/").removesuffix("/run")
    return address


def _known(case: Case) -> list[str]:
    """Names to choose from: the team, and who took part already."""
    team = [entry.name or entry.key for entry in case.people.entries]
    return list(dict.fromkeys([*team, *(one.actor.name for one in case.review.events)]))


def _name(label: str, known: list[str], value: str, key: str) -> str | None:
    options: list[str] = list(dict.fromkeys([value, *known] if value else known))
    return st.selectbox(
        label,
        options,
        index=0 if value else None,
        key=key,
        accept_new_options=True,
        format_func=lambda one: clip(one, 60),
        placeholder="Choose or type a name",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")


def _local(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(_zone()).replace(tzinfo=None)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.replace(tzinfo=_zone()).timestamp() * 1000)
