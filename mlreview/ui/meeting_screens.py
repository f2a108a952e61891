"""The screens of a meeting, but for its questions: each one thing, short enough to be read from the back of a room."""

from itertools import islice

import streamlit as st

from mlreview.analysis.plots import MAX_BYTES, PlotPoints, describe, read_plot
from mlreview.charts.enlarge import enlarged
from mlreview.charts.plots import plot_figure
from mlreview.charts.theme import CONFIG
from mlreview.entities import RunQuery
from mlreview.errors import MlreviewError
from mlreview.names import CODE_FOLDER, NOTE_TAG
from mlreview.notes.links import mentioned_runs
from mlreview.reproduce.evidence import EVIDENCE_TAGS, evidence_words, reproductions_of
from mlreview.review.agenda import agreed
from mlreview.review.record import drawn_of
from mlreview.review.summary import version_of
from mlreview.ui import (
    compare_cells,
    meeting_curves,
    meeting_stage,
    note_editor,
    notes_open,
    reads,
    review_carried,
    review_decide,
    review_summary,
)
from mlreview.ui.compare_cells import Sight
from mlreview.ui.curves_verdicts import badge
from mlreview.ui.notes_runs import info_of
from mlreview.ui.review_case import Case
from mlreview.ui.review_words import STATE_LOOKS, actor, person
from mlreview.ui.text import clip, first_line, plain

_MOST_ROWS = 9
_MOST_METRICS = 4
_VALUE_CHARS = 70
_HEADING_CHARS = 64
_MOST_PLOTS = 3
_MOST_TRIED = 9
_PLOT_FACTOR = 1.6
_MOST_AGREED = 12
_MOST_CARRIED = 4
_MAX_IMAGE_BYTES = 5_000_000
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_AGREED_SIGNS = {
    "change": ":orange[:material/block:]",
    "follow_up": ":material/event_repeat:",
    "answer": ":green[:material/check:]",
}


def render_votes(case: Case, stale: str = "") -> None:
    """One line on every screen: where it stands, who said what, what is open. Its height never changes.

    Args:
        case: As it is now.
        stale: Why what is shown may be older than that; else empty.
    """
    review = case.review
    colour, icon = STATE_LOOKS[review.state]
    parts = [f":{colour}-badge[{icon} {review.words}]", *(_vote(case, name) for name in _asked(case))]
    questions = len(review.open_questions)
    parts.append(f"{questions} open question{'' if questions == 1 else 's'}" if questions else "no open question")
    if stale:
        parts = [f":orange[:material/cloud_off: Not current: {plain(stale, 160)}]"]
    st.markdown(" &nbsp; ".join(parts))


def _asked(case: Case) -> tuple[str, ...]:
    return case.review.request.body.reviewers if case.asked and case.review.request else ()


def _vote(case: Case, name: str) -> str:
    shown = plain(case.people.who(name).label or name, 24)
    if any(case.people.same(one.actor.name, name) for one in case.review.open_holds):
        return f":orange[:material/block: {shown}: changes]"
    vote = next((one for one in case.review.votes if case.people.same(one.actor.name, name)), None)
    if vote is None:
        return f":gray[:material/schedule: {shown}: not yet]"
    if vote.outdated or not vote.counts:
        return f":orange[:material/history: {shown}: {'outdated' if vote.outdated else 'does not count'}]"
    return f":green[:material/check_circle: {shown}: approved]"


def render_summary(case: Case) -> None:
    """Who would replace what, and whether it should."""
    review_summary.render_warnings(case)
    said = case.summary
    st.header(plain(said.headline, 300), anchor=False)
    with st.container(key="meeting_lead"):
        lines = [f"{plain(said.metric, 300)} {review_summary.OUTLOOKS[said.outlook]}"]
        if case.verdict is not None:
            lines.append("Fit: " + " ".join(badge(one) for one in (case.verdict.verdict, *case.verdict.also)))
        lines += [plain(one, 300) for one in (said.differs, said.records) if one]
        st.markdown("\n\n".join(lines))
    asked = case.review.request
    if case.asked and asked is not None and asked.body.question:
        st.markdown(f":material/help: {person(asked.actor.name, case.people)} asks: {plain(asked.body.question, 240)}")
    carried = review_carried.open_ones(case)
    if carried:
        count = len(carried)
        st.markdown(f"**Carried over from earlier reviews: {count} open**")
        lines = [review_carried.line(case, one) for one in carried[:_MOST_CARRIED]]
        more = [f"and {count - _MOST_CARRIED} more"] if count > _MOST_CARRIED else []
        st.markdown("  \n".join([*lines, *more]))


def render_note(case: Case) -> None:
    """The whole note, as it reads now."""
    text = case.run.tags.get(NOTE_TAG) or ""
    found = case.written
    if not text.strip():
        st.header("This run has no note yet", anchor=False)
        st.markdown("Why it was trained, what was tried and failed, what somebody should know who picks it up.")
        return
    missing = f" Missing: {', '.join(plain(one, 60) for one in found.missing)}." if found.missing else ""
    st.caption(f"{len(found.filled)} of {found.total} sections are filled in.{missing}")
    shown = note_editor.browser_text(text)
    key = f"meeting_note_{case.run_id}"
    note_editor.note_view(shown, info_of(tuple(mentioned_runs(shown))), key, notes_open.open_note)


def render_changes(case: Case) -> None:
    """What differs from what the run would replace, the most telling first."""
    if case.compared is None or not case.has_baseline:
        st.header("There is nothing to hold it against", anchor=False)
        if case.baseline.reason:
            st.markdown(f"{plain(case.baseline.reason, 300)}.")
        return
    rows = difference_rows(case)
    said = case.summary.differs or "What differs"
    # The rows below name them: in one line, or not at all.
    st.header(plain(said if len(said) <= _HEADING_CHARS else said.partition(":")[0], 200), anchor=False)
    version = version_of(case.baseline)
    name = clip(case.baseline.name or case.baseline.run_id[:8], 60)
    runs = (f"{version} ({name})" if version else name, clip(case.name, 60))
    meeting_stage.table("What differs", runs, rows[:_MOST_ROWS], "meeting_changes")
    if len(rows) > _MOST_ROWS:
        st.caption(f"and {len(rows) - _MOST_ROWS} more; the run's page shows all of them")


def difference_rows(case: Case) -> list[meeting_stage.Row]:
    """Differences of the two runs: the metric that ranks, then params, the model, data and code, then other metrics."""
    seen = case.compared
    if seen is None:
        return []
    ids = list(seen.recorded.runs.run_ids)
    here, base = ids.index(case.run_id), ids.index(case.baseline.run_id)
    made = compare_cells.table(seen, Sight(), [{} for _ in ids])
    sections = {one["name"]: one["rows"] for one in made["sections"]}
    ranking = seen.ranking.metric if seen.ranking else None
    metrics = [one for one in sections.get("metrics", ()) if one["id"][1] != ranking]
    first = [one for one in sections.get("metrics", ()) if one["id"][1] == ranking]
    middle = [
        one
        for name in ("params", "model", "data", "code", "environment")
        for one in sections.get(name, ())
        if not one["dim"]
    ]
    return [_row(one, base, here) for one in (*first, *middle[:_MOST_ROWS], *metrics[:_MOST_METRICS])]


def _row(row: dict, base: int, here: int) -> meeting_stage.Row:
    before, now = row["cells"][base], row["cells"][here]
    state = next((one for one in ("better", "worse") if one in now["state"].split()), "")
    return meeting_stage.Row(
        clip(row["key"], _VALUE_CHARS),
        clip(before["text"], _VALUE_CHARS),
        clip(now["text"], _VALUE_CHARS),
        now.get("delta", ""),
        state,
    )


def render_curves(case: Case) -> None:
    """The run's training beside that of its baseline."""
    meeting_curves.render(case)


def render_evidence(case: Case) -> None:
    """What was recorded, what is missing, the data, who has done it again, the plots."""
    recording = case.recording
    missing = [one for one in recording.fields if not one.recorded]
    there = len(recording.fields) - len(missing)
    if recording.fields:
        st.header(f"{there} of {len(recording.fields)} required fields recorded", anchor=False)
    else:
        st.header("Evidence", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        if recording.problem:
            st.markdown(":orange[:material/folder_off: Its files could not all be read.]")
        lines = [f":orange[:material/error: no {plain(one.title, 60)}]" for one in missing]
        lines += [f":green[:material/check:] {plain(one.title, 60)}" for one in recording.fields if one.recorded]
        st.markdown("  \n".join(lines))
    with right:
        _render_data(case)
        table = reads.runs(RunQuery((case.run.experiment_id,), metrics=(), tags=EVIDENCE_TAGS)).table
        said = evidence_words(reproductions_of(case.run_id, table))
        st.markdown(
            f":green[:material/check:] {plain(said[:1].upper() + said[1:], 200)}."
            if said
            else ":gray[:material/radio_button_unchecked: Nobody has reproduced it yet.]"
        )
    _render_plots(case)


def _render_data(case: Case) -> None:
    if not case.run.datasets:
        st.markdown(":orange[:material/error: No data set was recorded.]")
        return
    before = {}
    if case.compared is not None and case.has_baseline:
        recorded = case.compared.recorded.datasets
        before = {(one.name, one.context): one.digest for one in recorded if one.run_id == case.baseline.run_id}
    lines = []
    for one in case.run.datasets[:4]:
        digest = before.get((one.name, one.context))
        same = "" if digest is None else ", as before" if digest == one.digest else ", :orange[other data than before]"
        use = plain((one.context or "").capitalize(), 30) or "Data"
        lines.append(f":material/database: {use}: {plain(one.name, 60)}{same}")
    if len(case.run.datasets) > 4:
        lines.append(f"and {len(case.run.datasets) - 4} more data sets")
    st.markdown("  \n".join(lines))


def _render_plots(case: Case) -> None:
    """The first few plots that can be shown, of one height; what can't be drawn the run's page names."""
    paths = [path for path in drawn_of(case.recording.files) if not path.startswith(CODE_FOLDER)]
    readable = ((path, one) for path in paths[:_MOST_TRIED] if (one := _plot(case, path)) is not None)
    shown = list(islice(readable, _MOST_PLOTS))
    if not shown:
        return
    for column, (path, one) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            if isinstance(one, bytes):
                st.image(one, width="stretch")
                st.caption(plain(path.rpartition("/")[2], 40))
            else:
                told = f" · {plain(one.told, 40)}" if one.told else ""
                st.markdown(f"{one.title} :gray[· {plain(one.split, 24)}{told}]")
                figure = enlarged(plot_figure(one), _PLOT_FACTOR)
                st.plotly_chart(figure, key=f"meeting_plot_{path}", config=CONFIG, alt=clip(describe(one), 500))


def _plot(case: Case, path: str) -> PlotPoints | bytes | None:
    """Points or a picture; ``None`` for what is neither."""
    try:
        if path.endswith(".json"):
            return read_plot(reads.artifact(case.run_id, path, MAX_BYTES))
        data = reads.artifact(case.run_id, path, _MAX_IMAGE_BYTES)
    except (MlreviewError, ValueError):
        return None  # the run's page says why
    return data if data.startswith(_IMAGES) else None


def render_agreed(case: Case) -> None:
    """Who said what, and what was agreed on: changes, follow-ups, answers."""
    left, right = st.columns(2, gap="large")
    with left:
        review_summary.render_people(case)
    with right:
        found = agreed(case.review)
        st.markdown("**Agreed so far**" if found else "Nothing has been agreed on yet.")
        lines = []
        for one in found[:_MOST_AGREED]:
            who = f" :gray[· {person(one.owner, case.people)}]" if one.owner else ""
            answer = f" {actor(one.actor, case.people)}: {plain(first_line(one.answer), 160)}" if one.answer else ""
            lines.append(f"{_AGREED_SIGNS[one.kind]} {plain(first_line(one.text), 160)}{who}{answer}")
        if len(found) > _MOST_AGREED:
            lines.append(f"and {len(found) - _MOST_AGREED} more")
        st.markdown("\n\n".join(lines))


def render_decision(case: Case) -> None:
    """What this person may decide, from their own browser."""
    review_decide.render(case)
