"""What follows the controls: the figure and the verdicts, drawn again by themselves while a run is in training."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from mlreview.analysis.aliases import read_aliases
from mlreview.analysis.diagnosis_names import wanted_by_any_name
from mlreview.analysis.pairs import Pair
from mlreview.ui import curve_reads, reads, urlstate
from mlreview.ui.curves import LONG_POINTS, Subject, expected_points
from mlreview.ui.curves_figure import metrics_to_read, render_figure
from mlreview.ui.curves_verdicts import judge, render_verdicts
from mlreview.ui.text import plain
from mlreview.ui.urlstate import CurvesView

LOOK_S = 5.0
"""How often a run in training is looked at, in seconds."""


def render(subject: Subject, pairs: Sequence[Pair]) -> None:
    """The figure and the verdicts."""
    if subject.in_training:
        _render_growing(subject, tuple(pairs))
    else:
        _render(subject, pairs)


@st.fragment(run_every=LOOK_S)
def _render_growing(subject: Subject, pairs: Sequence[Pair]) -> None:
    """The same, again and again, until no run is in training any more."""
    table = reads.runs(subject.query).table
    rows = {run_id: row for row, run_id in enumerate(table.run_ids)}
    now = replace(subject, runs=table.take([rows[run_id] for run_id in subject.runs.run_ids if run_id in rows]))
    if not now.in_training or len(now.runs) < len(subject.runs):
        st.rerun(scope="app")
    _render(now, pairs)


def _render(subject: Subject, pairs: Sequence[Pair]) -> None:
    view = urlstate.get(CurvesView)
    place = st.empty()

    def progress(done: int, total: int) -> None:
        if 0 < done < total:
            place.progress(done / total, f"Histories of {done} of {total} runs")
        elif done == total:
            place.empty()

    drawn = metrics_to_read(pairs, view, len(subject.runs))
    aliases = read_aliases(reads.settings().metric_aliases)
    judged = wanted_by_any_name(subject.runs.metrics, subject.ranking[0] if subject.ranking else None, aliases)
    together = tuple(dict.fromkeys((*drawn, *judged)))
    if expected_points(subject.runs, together) <= LONG_POINTS:
        read = curve_reads.curves(subject.runs, together, progress)
        verdicts = judge(subject, [curve for curve in read if curve.metric in judged])
        curves, taken = curve_reads.curves_by_any_name(subject.runs, drawn, aliases, progress)
        render_figure(subject, pairs, curves, verdicts)
    else:
        # Millions of points: the picture comes first, and the verdicts when their histories have been read too.
        curves, taken = curve_reads.curves_by_any_name(subject.runs, drawn, aliases, progress)
        render_figure(subject, pairs, curves, ())
        verdicts = judge(subject, curve_reads.curves(subject.runs, judged, progress))
    if taken:
        st.caption(f"Runs that lack a metric are drawn by another name of it: {', '.join(map(plain, taken))}")
    render_verdicts(subject, verdicts)


def explain_no_metrics(subject: Subject) -> None:
    """Say that there is nothing to draw."""
    runs = "This run has" if len(subject.runs) == 1 else f"These {len(subject.runs)} runs have"
    st.info(
        f"{runs} logged no metric. `mlflow.log_metric(key, value, step=epoch)`, or autologging, makes a curve.",
        icon=":material/info:",
    )
