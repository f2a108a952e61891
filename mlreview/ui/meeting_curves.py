"""Curves for a room: the figure that the page draws, large, with the verdict under it in one sentence."""

import streamlit as st

from mlreview.analysis.aliases import read_aliases
from mlreview.analysis.fit_rules import rule_of
from mlreview.charts.curves import describe, draw
from mlreview.charts.enlarge import enlarged
from mlreview.charts.theme import CONFIG
from mlreview.ui import curve_reads, reads
from mlreview.ui.curves import default_pairs
from mlreview.ui.curves_figure import metrics_to_read, panels_of
from mlreview.ui.curves_verdicts import badge
from mlreview.ui.review_case import Case
from mlreview.ui.text import plain
from mlreview.ui.urlstate import CurvesView

_FACTOR = 2.0
_HEIGHT_PX = 580
_SENTENCE_CHARS = 240


def render(case: Case) -> None:
    """The run's training beside that of its baseline."""
    subject = case.subject
    if subject is None or not subject.runs.metrics or not subject.pairs:
        st.markdown("This run has logged no curve.")
        return
    if case.verdict is not None:
        badges = " ".join(badge(one) for one in (case.verdict.verdict, *case.verdict.also))
        said = case.verdict.text.removeprefix(f"{rule_of(case.verdict.verdict).title}: ")
        st.markdown(f"{badges} {plain(said, _SENTENCE_CHARS)}")
    view = CurvesView()
    pairs = default_pairs(subject)
    aliases = read_aliases(reads.settings().metric_aliases)
    keys = metrics_to_read(pairs, view, len(subject.runs))
    curves, _ = curve_reads.curves_by_any_name(subject.runs, keys, aliases, lambda done, total: None)
    verdicts = (case.verdict,) if case.verdict is not None else ()
    panels, looks, frame = panels_of(subject, pairs, curves, verdicts, round(_HEIGHT_PX / _FACTOR))
    if not panels:
        st.markdown("These runs have logged no point of these metrics yet.")
        return
    figure = enlarged(draw(panels, looks, frame).figure, _FACTOR)
    st.plotly_chart(figure, key="meeting_figure", config=CONFIG, alt=describe(panels, looks, frame.axis_title))
    st.caption("**──** validation · **╌╌** training · **●** best value")
