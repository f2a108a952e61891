"""The first viewport of a run's page: who would replace what, and whether it should; where the review stands."""

import streamlit as st

from mlreview.analysis.code_links import commit_address, pull_request_address, web_address
from mlreview.analysis.diff_code import COMMIT, REMOTE
from mlreview.names import NOTE_TAG
from mlreview.review.results import Hold, Vote
from mlreview.review.summary import Outlook
from mlreview.ui import pages, reads, review_visit
from mlreview.ui.curves_verdicts import badge
from mlreview.ui.leaderboard_columns import run_link
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import STATE_LOOKS, actor, exactly, person, when
from mlreview.ui.text import plain

OUTLOOKS: dict[Outlook, str] = {
    "better": ":green-badge[:material/trending_up: Better]",
    "worse": ":red-badge[:material/trending_down: Worse]",
    "unclear": ":gray-badge[:material/drag_handle: Too close to tell]",
    "none": "",
}
_MOST_CHANGES = 6


def render_heading(case: Case) -> None:
    """The run's name, where its review stands, and the ways to everything about it elsewhere."""
    colour, icon = STATE_LOOKS[case.review.state]
    st.header(f"{plain(case.name, 120)} :{colour}-badge[{icon} {case.review.words}]", anchor=False)
    links = [f"[{label}]({address})" for label, address in _links(case)]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pages.run_button("All reviews", None, "review_all")
        if case.has_baseline:
            pages.compare_link([case.baseline.run_id, case.run_id], "Compare in full")
        if links:
            st.markdown(" &nbsp;·&nbsp; ".join(links), width="content")


def _links(case: Case) -> list[tuple[str, str]]:
    """Addresses made by us, from parts that were checked."""
    found = []
    tags = case.run.tags
    pull = pull_request_address([*tags.values(), tags.get(NOTE_TAG, "")])
    if pull:
        found.append(("Pull request", pull))
    if case.compared is not None and case.has_baseline:
        code = case.compared.code_comparisons[list(case.compared.recorded.runs.run_ids).index(case.run_id)]
        if code:
            found.append(("Code since the baseline", code))
    remote = next((tags[key] for key in REMOTE if tags.get(key)), None)
    commit = next((tags[key] for key in COMMIT if tags.get(key)), None)
    own = commit_address(remote, commit) or (web_address(remote) if remote else None)
    if own:
        found.append(("Its commit" if commit_address(remote, commit) else "Its repository", own))
    ui = reads.store().info().ui_url
    if ui:
        found.append(("MLflow", run_link(ui, case.run.experiment_id, case.run_id)))
    return found


def render_sentences(case: Case, before: str = "") -> None:
    """Who would replace what, and whether it should."""
    said = case.summary
    with st.container(border=True, key="review_summary", gap="small"):
        st.markdown(f"### {plain(said.headline, 400)}")
        lines = [f"{plain(said.metric, 400)} {OUTLOOKS[said.outlook]}"]
        if case.verdict is not None:
            also = " ".join(badge(one) for one in (case.verdict.verdict, *case.verdict.also))
            lines.append(f"Fit: {also}")
        lines.append(plain(" ".join(part for part in (said.differs, said.records) if part), 600))
        if said.talk:
            lines.append(f"**{plain(said.talk, 200)}**")
        fresh = review_visit.count_new(case.review, before)
        if fresh:
            lines.append(f":violet-badge[:material/fiber_new: {fresh} new since your last visit]")
        st.markdown("\n\n".join(lines))


def render_people(case: Case) -> None:
    """Who is asked, what they said, until when."""
    review = case.review
    since = f", {when(review.decided_at)}" if review.decided_at else ""
    st.markdown(f"**{review.words}**{since}")
    if review.request is None or review.state in ("none", "draft"):
        told = next((one for one in reversed(review.events) if one.kind == "draft"), None)
        if told is not None:
            st.markdown(
                f"Shared early by {actor(told.actor, case.people)}, {when(told.at)}. Nobody is asked to decide."
            )
        else:
            st.markdown("Nobody has been asked to review this run.")
        return
    asked, lines = review.request, []
    for role, name in zip(("primary", "secondary"), asked.body.reviewers, strict=False):
        lines.append(f"{_stand(case, name)} :gray[· {role}]")
    st.markdown("  \n".join(lines))
    others = [one for one in review.votes if one.role == "other"]
    more = [f"Asked by {actor(asked.actor, case.people)}, {when(asked.at)}"]
    if asked.body.attendees:
        more.append(f"Also invited: {', '.join(person(one, case.people) for one in asked.body.attendees)}")
    if asked.body.due:
        more.append(f"Due {plain(asked.body.due, 40)}")
    if asked.body.meeting is not None:
        more.append(f":material/event: {exactly(asked.body.meeting)}, {asked.body.minutes} min")
    more += [f"{actor(one.actor, case.people)} approved too" for one in others]
    st.markdown("  \n".join(f":gray[{line}]" if "**" not in line else line for line in more))
    if asked.body.question:
        st.markdown(f":material/help: {plain(asked.body.question, 600)}")


def _stand(case: Case, name: str) -> str:
    """What one reviewer has said."""
    review, shown = case.review, person(name, case.people)
    hold: Hold | None = next((one for one in review.open_holds if case.people.same(one.actor.name, name)), None)
    if hold is not None:
        return f":orange[:material/block:] **{shown}** asked for changes, {when(hold.at)}"
    vote: Vote | None = next((one for one in review.votes if case.people.same(one.actor.name, name)), None)
    if vote is None:
        return f":material/schedule: **{shown}** has not decided"
    unverified = "" if vote.actor.verified else " :gray[(unverified)]"
    if vote.outdated:
        return f":orange[:material/history:] **{shown}**{unverified} approved what has changed since"
    if not vote.counts:
        return f":material/info: **{shown}**{unverified} approved, which does not count: {plain(vote.why_not, 200)}"
    unseen = "; ".join(vote.comparison.unverified) if vote.comparison else ""
    more = f" :gray[· not compared: {plain(unseen, 200)}]" if unseen else ""
    return f":green[:material/check_circle:] **{shown}**{unverified} approved, {when(vote.at)}{more}"


def render_warnings(case: Case) -> None:
    """What must be known before anything else is believed."""
    review = case.review
    if review.run_problem:
        st.warning(f"It can't be approved as it is: {plain(review.run_problem, 200)}.", icon=":material/hourglass_top:")
    _render_outdated(case)
    if review.gaps:
        st.error(
            "  \n".join(f"{plain(one.describe(), 300)}." for one in review.gaps[:5]),
            title="A decision was removed from this review, or is being written now",
            icon=":material/report:",
        )
    if review.broken:
        lines = [f"{plain(one.key, 80)}: {plain(one.reason, 300)}." for one in review.broken[:5]]
        more = [f"and {len(review.broken) - 5} more"] if len(review.broken) > 5 else []
        count = len(review.broken)
        st.warning(
            "  \n".join([*lines, *more]),
            title=f"{count} record{'' if count == 1 else 's'} of this review can't be read and count for nothing",
            icon=":material/broken_image:",
        )


def _render_outdated(case: Case) -> None:
    """What changed since it was approved; said once where several approved the same."""
    by_change: dict[str, list[Vote]] = {}
    for vote in case.review.outdated_votes:
        changed = vote.comparison.changed if vote.comparison else ()
        said = "; ".join(plain(one.describe(), 200) for one in changed[:_MOST_CHANGES])
        more = f"; and {len(changed) - _MOST_CHANGES} more" if len(changed) > _MOST_CHANGES else ""
        by_change.setdefault(said + more, []).append(vote)
    for said, votes in list(by_change.items())[:2]:
        who = " and ".join(f"{actor(one.actor, case.people)}, {when(one.at)}" for one in votes)
        st.warning(
            f"{said}. Approved before that by {who}.",
            title="The run is not what was approved",
            icon=":material/history:",
        )
