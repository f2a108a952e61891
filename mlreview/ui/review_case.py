"""One run under review, as the sections of its page need it: put together once for a script run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from mlreview.analysis.diagnosis import Diagnosis
from mlreview.analysis.diagnosis_curves import wanted_metrics
from mlreview.analysis.diff_report import Compared, see_for_team
from mlreview.analysis.fit_rules import rule_of
from mlreview.analysis.params import varying_params
from mlreview.entities import ModelVersion, Run, RunQuery
from mlreview.errors import MlreviewError, NotFoundError
from mlreview.fields import Field, check_fields
from mlreview.names import NOTE_TAG
from mlreview.notes.template import Completeness, completeness
from mlreview.review.bodies import BaselineRef
from mlreview.review.people import People
from mlreview.review.record import read_facts
from mlreview.review.results import Review
from mlreview.review.summary import Standing, Summary, differing_names, move_of, summarise_standing
from mlreview.ui import curve_reads, notes_texts, reads, registry, review_reads, urlstate, writes
from mlreview.ui.curves import Subject, curve_pairs
from mlreview.ui.curves_verdicts import judge
from mlreview.ui.text import clip

_EARLY = ("none", "draft")


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What the run recorded.

    Attributes:
        fields: Each required field.
        files: Paths of the run's files.
        problem: Why they could not all be listed; else empty.
    """

    fields: tuple[Field, ...]
    files: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A run under review.

    Attributes:
        run, review: As they are now.
        name: For people.
        baseline: What it would replace: as the request kept it, or what a request would keep now.
        compared: The run beside its baseline, or alone; ``None`` where the runs can't be read.
        subject: The same for curves.
        verdict: On the run's training; ``None`` where there are no curves.
        recording: What was recorded.
        written: How much of the note is.
        summary: The first sentences.
        people: The team.
    """

    run: Run
    review: Review
    name: str
    baseline: BaselineRef
    compared: Compared | None
    subject: Subject | None
    verdict: Diagnosis | None
    recording: Recording
    written: Completeness
    summary: Summary
    people: People

    @property
    def run_id(self) -> str:
        """Of the run."""
        return self.run.run_id

    @property
    def has_baseline(self) -> bool:
        """The run stands beside another one."""
        return self.compared is not None and len(self.compared.labels) > 1

    @property
    def asked(self) -> bool:
        """Somebody has been asked to review it."""
        return self.review.request is not None and self.review.state not in _EARLY


def load(run_id: str) -> Case | None:
    """Read all that the page says of a run; where there is no such run that is said, and it is ``None``.

    Raises:
        StoreError: The store can't be read.
    """
    try:
        opened = review_reads.opened(run_id)
    except NotFoundError:
        return None
    run, review = opened.run, opened.review
    asked = review.request.body.baseline if review.request is not None else None
    baseline = asked or review_reads.background(run).baseline
    compared = _compare(run, baseline)
    subject = _subject(run, compared)
    verdict = _verdict(subject, run_id)
    recording = _recording(reads.key(), reads.settings().required_fields, run_id, opened.at)
    written = completeness(run.tags.get(NOTE_TAG), notes_texts.headings())
    standing = Standing(
        run=run.name or run_id[:8],
        baseline=baseline,
        metric=move_of(compared, run_id, baseline.run_id) if compared else None,
        fit=rule_of(verdict.verdict).title.lower() if verdict else "",
        differs=differing_names(compared) if compared and len(compared.labels) > 1 else None,
        note=(len(written.filled), written.total),
        fields=(sum(one.recorded for one in recording.fields), len(recording.fields)),
        questions=len(review.open_questions),
        changes=len(review.open_holds),
        follow_ups=len(review.open_follow_ups),
        gone=bool(baseline.run_id) and (compared is None or len(compared.labels) < 2),
        in_production=any(one.kind == "promoted" for one in review.events),
    )
    return Case(
        run=run,
        review=review,
        name=clip(run.name, 300) or run_id[:8],
        baseline=baseline,
        compared=compared,
        subject=subject,
        verdict=verdict,
        recording=recording,
        written=written,
        summary=summarise_standing(standing),
        people=writes.reviews().people,
    )


def versions_of(run_id: str) -> tuple[ModelVersion, ...]:
    """Registered versions that came from the run, as far as the registry has answered."""
    return tuple(one for one in registry.versions().versions or () if one.run_id == run_id)


def _compare(run: Run, baseline: BaselineRef) -> Compared | None:
    ids = (baseline.run_id, run.run_id) if baseline.run_id and baseline.run_id != run.run_id else (run.run_id,)
    try:
        recorded = reads.recorded(ids)
    except MlreviewError:
        return None
    if run.run_id not in recorded.runs.run_ids:
        return None
    ranked = urlstate.get(urlstate.LeaderboardView)
    seen = see_for_team(
        recorded, baseline.run_id or run.run_id, reads.experiments(), None, ranked.metric, ranked.direction
    )
    return replace(seen, baseline_reason=baseline.reason)


def _subject(run: Run, compared: Compared | None) -> Subject | None:
    """The run first: its curve lies on top, and its verdict is read first."""
    if compared is None:
        return None
    here = list(compared.recorded.runs.run_ids)
    ids: Sequence[str] = [run.run_id, *(one for one in here if one != run.run_id)]
    runs = compared.recorded.runs.take([here.index(one) for one in ids])
    return Subject(
        runs=runs,
        styled=tuple(ids),
        pairs=curve_pairs(runs),
        ranking=(compared.ranking.metric, compared.ranking.direction) if compared.ranking else None,
        varying=varying_params(runs.params, len(runs)),
        note="",
        query=RunQuery(run_ids=tuple(ids), lifecycle="all", params=None),
    )


def _verdict(subject: Subject | None, run_id: str) -> Diagnosis | None:
    if subject is None or not subject.runs.metrics:
        return None
    wanted = wanted_metrics(subject.runs.metrics, subject.ranking[0] if subject.ranking else None)
    verdicts = judge(subject, curve_reads.curves(subject.runs, wanted, lambda done, total: None))
    found = next((one for one in verdicts if one.run_id == run_id), None)
    return found if found is not None and found.metric is not None else None


@st.cache_resource(max_entries=64, show_spinner=False)
def _recording(key: tuple[str, ...], required: tuple[str, ...], run_id: str, at: float) -> Recording:
    """``at``: of the read of the run, so that what was recorded is as old as that."""
    facts, problem = read_facts(reads.store(), review_reads.opened(run_id).run)
    return Recording(check_fields(facts, required), tuple(facts.artifacts), problem)


reads.forget_too(_recording.clear)
