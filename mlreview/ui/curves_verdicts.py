"""The verdict on each run's training, under its curves: a badge, the sentences, and the rule one click away."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mlreview.analysis.aliases import read_aliases
from mlreview.analysis.diagnosis import Diagnosis, diagnose_runs
from mlreview.analysis.fit_rules import RULES, Rule, Verdict, rule_of
from mlreview.entities import Curve, LoggedModel
from mlreview.ui import palette, reads, urlstate
from mlreview.ui.curves import Subject
from mlreview.ui.run_names import labels_of
from mlreview.ui.text import clip, plain

MAX_CARDS = 16
"""So many verdicts stand as cards; more become a table."""
_LOOKS: dict[Verdict, tuple[str, str]] = {
    "overfitting": ("red", ":material/trending_up:"),
    "diverged": ("red", ":material/error:"),
    "unstable": ("orange", ":material/ssid_chart:"),
    "underfitting": ("orange", ":material/trending_flat:"),
    "still_improving": ("blue", ":material/trending_down:"),
    "good_fit": ("green", ":material/check_circle:"),
    "insufficient_data": ("gray", ":material/help:"),
}


def judge(subject: Subject, curves: Sequence[Curve]) -> tuple[Diagnosis, ...]:
    """A verdict for each run, in order; ``curves`` as ``wanted_by_any_name`` wants them."""
    run_ids = tuple(subject.runs.run_ids)
    aliases = read_aliases(reads.settings().metric_aliases)
    return diagnose_runs(curves, run_ids, subject.ranking, _models(reads.key(), run_ids), aliases)


def render_verdicts(subject: Subject, verdicts: Sequence[Diagnosis]) -> None:
    """All verdicts, that on the run in focus first, then in the order of the runs."""
    if not verdicts:
        return
    focus = urlstate.get(urlstate.CurvesView).focus
    verdicts = sorted(verdicts, key=lambda found: found.run_id != focus)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Does it fit?", width="stretch", anchor=False)
        with st.popover("The rules", icon=":material/gavel:", help="When which verdict is given, and who says so"):
            given = {one for found in verdicts for one in (found.verdict, *found.also)}
            for rule in RULES:
                if rule.verdict in given:
                    _render_rule(rule)
    cards = verdicts if len(verdicts) <= MAX_CARDS else [found for found in verdicts if found.run_id == focus]
    if cards:
        styles = palette.run_styles(subject.styled)
        labels = labels_of(subject.runs)
        with st.container(gap="small", key="curves_verdicts"):
            for found in cards:
                name = f"{palette.swatch(styles[found.run_id])} **{plain(labels[found.run_id].full, 80)}**"
                _render_card(found, name)
    if len(verdicts) > MAX_CARDS:
        _render_table(subject, verdicts)


def _render_card(found: Diagnosis, name: str) -> None:
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badges = " ".join(badge(verdict) for verdict in (found.verdict, *found.also))
            st.markdown(f"{name} &nbsp; {badges}", width="stretch")
            if found.checks:
                with st.popover("Why", type="tertiary", key=f"curves_why_{found.run_id}", help="Rule by rule"):
                    st.markdown(why(found))
        st.markdown(plain(found.text, 900))


def why(found: Diagnosis) -> str:
    """Each rule held against the run, what was given first, with the run's figure beside the threshold; Markdown."""
    parts = []
    for rule in sorted(RULES, key=lambda rule: rule.verdict not in (found.verdict, *found.also)):
        lines = [
            f"{':material/check:' if check.holds else ':gray[:material/remove:]'} {plain(check.says, 400)}"
            for check in found.checks
            if check.verdict == rule.verdict
        ]
        if lines:
            given = rule.verdict in (found.verdict, *found.also)
            head = badge(rule.verdict) if given else f":gray[**Not** {rule.title.lower()}]"
            parts.append("  \n".join([head, *lines]))
    return "\n\n".join(parts)


def badge(verdict: Verdict) -> str:
    """The verdict as a badge, in Markdown."""
    colour, icon = _LOOKS[verdict]
    return f":{colour}-badge[{icon} {rule_of(verdict).title}]"


def _render_table(subject: Subject, verdicts: Sequence[Diagnosis]) -> None:
    labels = labels_of(subject.runs)
    st.dataframe(
        pd.DataFrame(
            {
                "Run": [labels[found.run_id].full for found in verdicts],
                "Verdict": [rule_of(found.verdict).title for found in verdicts],
                "Also": [", ".join(rule_of(verdict).title for verdict in found.also) for found in verdicts],
                "Because": [clip(found.text, 900) for found in verdicts],
            }
        ),
        hide_index=True,
        key="curves_verdicts_table",
        column_config={
            "Run": st.column_config.TextColumn(width=240),
            "Verdict": st.column_config.TextColumn(width=120),
            "Also": st.column_config.TextColumn(width=120),
            "Because": st.column_config.TextColumn(width="large"),
        },
    )


def _render_rule(rule: Rule) -> None:
    lines = [f"{badge(rule.verdict)}  \n{plain(rule.says, 600)}"]
    lines += [
        f"- {plain(threshold.says, 300)} :gray[({plain(threshold.source, 300)})]" for threshold in rule.thresholds
    ]
    st.markdown("\n".join([lines[0], "", *lines[1:]]))
    st.caption(f"Source: {plain(rule.source, 400)}")


@st.cache_resource(max_entries=16, ttl=60, show_spinner=False)
def _models(key: tuple[str, ...], run_ids: tuple[str, ...]) -> tuple[LoggedModel, ...] | None:
    return reads.store().logged_models(run_ids)


reads.forget_too(_models.clear)
