"""The learning-curves figure on its page: from histories to panels, and the sentence on what stands behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from mlreview.analysis.curves import (
    Band,
    Line,
    Shape,
    Side,
    make_band,
    make_line,
    points_a_line,
    without_restored_point,
)
from mlreview.analysis.diagnosis import Diagnosis
from mlreview.analysis.fit_rules import rule_of
from mlreview.analysis.pairs import Pair
from mlreview.analysis.params import as_numbers, canonical_param
from mlreview.charts.curve_frame import Frame, Panel, RunLook
from mlreview.charts.curve_traces import CALM_FROM
from mlreview.charts.curves import describe, draw
from mlreview.charts.theme import CONFIG, RUN_COLOURS
from mlreview.entities import Curve, RunTable
from mlreview.ui import palette, urlstate
from mlreview.ui.curves import Subject, key_of
from mlreview.ui.curves_controls import local_shift, train_wanted
from mlreview.ui.run_names import labels_of
from mlreview.ui.text import clip, plain
from mlreview.ui.urlstate import CurvesView

MAX_PANELS = 36
_ABOUT = 4
_MAX_GROUPS = 20
_WENT_WRONG = ("overfitting", "diverged", "unstable")
"""Verdicts that begin somewhere."""


def sides_of(pair: Pair, train: bool) -> dict[str, Side]:
    """The metrics of a pair that are drawn, by key; training is left out only where there is something else."""
    held = pair.held_out
    sides: dict[str, Side] = {}
    if pair.train is not None and (train or held is None):
        sides[pair.train] = "train"
    if held is not None:
        sides[held] = "validation"
    return sides


def metrics_to_read(pairs: Sequence[Pair], view: CurvesView, runs: int) -> tuple[str, ...]:
    """Keys of the histories that the figure needs."""
    train = train_wanted(view, runs)
    return tuple(dict.fromkeys(key for pair in pairs for key in sides_of(pair, train)))


def render_figure(
    subject: Subject, pairs: Sequence[Pair], curves: Sequence[Curve], verdicts: Sequence[Diagnosis]
) -> None:
    """Draw the figure and say what stands behind it.

    Args:
        subject: The runs.
        pairs: What to draw.
        curves: Whole histories of ``metrics_to_read``.
        verdicts: On these runs, as far as they are known: what they say is marked.
    """
    view = urlstate.get(CurvesView)
    last = {found.run_id: found.last_step for found in verdicts}
    cleaned = [without_restored_point(curve, last.get(curve.run_id)) for curve in curves]
    shortened = {new.run_id for new, old in zip(cleaned, curves, strict=True) if new is not old}
    train = train_wanted(view, len(subject.runs))
    by_metric: dict[str, list[Curve]] = {}
    for curve in cleaned:
        by_metric.setdefault(curve.metric, []).append(curve)
    if view.group:
        panels, looks = _grouped(subject, pairs, by_metric, view, train)
    else:
        panels, looks = _single(subject, pairs, by_metric, view, train)
        panels = _with_onsets(panels, verdicts, view, len(subject.runs))
    drawn_panels = [panel for panel in panels if panel.lines or panel.bands]
    if not drawn_panels:
        _explain_nothing(view)
        return
    cut = drawn_panels[:MAX_PANELS]
    frame = _frame(subject, view, cut, by_metric, len(pairs))
    drawn = draw(cut, looks, frame)
    st.caption(_legend(cut, train, view, len(subject.runs)))
    st.plotly_chart(
        drawn.figure,
        key="curves_figure",
        config=CONFIG,
        alt=describe(cut, looks, frame.axis_title),
    )
    notes = [_coverage(cut)]
    if drawn.outside:
        notes.append(f"{_count(drawn.outside, 'point')} far off the picture (Adjust shows them)")
    if drawn.own_x:
        notes.append("each panel has an x axis of its own, since their lengths differ by more than ten times")
    short = ending_at_once(cut) if view.axis != "clock" and not drawn.own_x else 0
    if short:
        ends = "run ends" if short == 1 else "runs end"
        notes.append(f"{short:,} {ends} in the first 2 % of the axis: a range (Adjust) or a panel a run shows more")
    if drawn.not_on_log:
        notes.append(f"{_count(drawn.not_on_log, 'point')} at or below 0, which a logarithmic axis can't show")
    if shortened:
        notes.append(
            f"the last point of {_count(len(shortened), 'run')} left out: EarlyStopping logs its best epoch there again"
        )
    if len(drawn_panels) > len(cut):
        notes.append(f"{len(cut)} of {len(drawn_panels)} panels")
    without = _without_history(subject, by_metric, pairs, train)
    if without:
        notes.append(f"no history of these metrics: {without}")
    st.caption(" · ".join(notes))


def panels_of(
    subject: Subject, pairs: Sequence[Pair], curves: Sequence[Curve], found: Sequence[Diagnosis], height: int
) -> tuple[list[Panel], dict[str, RunLook], Frame]:
    """The panels of ``render_figure`` in one row of that many pixels, for a picture elsewhere; not for groups."""
    view = CurvesView()  # not as somebody left the page of curves
    last = {one.run_id: one.last_step for one in found}
    by_metric: dict[str, list[Curve]] = {}
    for curve in curves:
        by_metric.setdefault(curve.metric, []).append(without_restored_point(curve, last.get(curve.run_id)))
    panels, looks = _single(subject, pairs, by_metric, view, train_wanted(view, len(subject.runs)))
    panels = [one for one in _with_onsets(panels, found, view, len(subject.runs)) if one.lines]
    frame = replace(_frame(subject, view, panels, by_metric, len(pairs)), columns=max(1, len(panels)), height=height)
    return panels, looks, frame


def _single(
    subject: Subject, pairs: Sequence[Pair], by_metric: Mapping[str, list[Curve]], view: CurvesView, train: bool
) -> tuple[list[Panel], dict[str, RunLook]]:
    """Panels of runs' lines: one a metric, or one a run and metric."""
    count = sum(len(by_metric.get(key, ())) for pair in pairs for key in sides_of(pair, train))
    shape = Shape(view.axis, view.start, view.end, view.smoothing, points_a_line(count))  # type: ignore[arg-type]
    began = _starts(subject.runs)
    lines: dict[tuple[str, str], list[Line]] = {}
    for pair in pairs:
        direction = pair.name.direction
        if subject.ranking and subject.ranking[0] in pair.keys:
            direction = subject.ranking[1]
        for key, side in sides_of(pair, train).items():
            for curve in by_metric.get(key, ()):
                line = make_line(curve, side, shape, direction, began.get(curve.run_id))
                if line is not None:
                    lines.setdefault((key_of(pair), curve.run_id), []).append(line)
    looks = _looks(subject)
    run_ids = list(subject.runs.run_ids)
    if view.layout == "runs":
        several = len(pairs) > 1
        panels = [
            Panel(
                looks[run_id].short,
                key_of(pair) if several else "",
                tuple(lines.get((key_of(pair), run_id), ())),
            )
            for run_id in run_ids
            for pair in pairs
        ]
        return panels, looks
    panels = [
        Panel(
            key_of(pair),
            _subtitle(pair, train),
            tuple(line for run_id in run_ids for line in lines.get((key_of(pair), run_id), ())),
        )
        for pair in pairs
    ]
    return panels, looks


def _subtitle(pair: Pair, train: bool) -> str:
    return f"with {pair.train} dashed" if pair.complete and train else ""


def _with_onsets(panels: Sequence[Panel], verdicts: Sequence[Diagnosis], view: CurvesView, runs: int) -> list[Panel]:
    """Where the verdict on a run says that it went wrong, for panels that are about one run."""
    if view.axis != "step":
        return list(panels)
    found = {one.run_id: one for one in verdicts if one.onset is not None and one.verdict in _WENT_WRONG}
    marked = []
    for panel in panels:
        ids = {line.run_id for line in panel.lines}
        run_id = view.focus if view.focus in ids and view.layout == "metrics" else ids.pop() if len(ids) == 1 else None
        one = found.get(run_id or "")
        # Of a metric that the verdict doesn't speak of, the line would say what is not so.
        about = one is not None and any(line.metric in (one.metric, one.train_metric) for line in panel.lines)
        in_range = one is not None and any(line.x[0] <= (one.onset or 0) <= line.x[-1] for line in panel.lines)
        if one is not None and about and in_range:
            title = rule_of(one.verdict).title.lower()
            panel = replace(panel, onset=(float(one.onset or 0), f"{title} from here"))
        marked.append(panel)
    return marked


def _grouped(
    subject: Subject, pairs: Sequence[Pair], by_metric: Mapping[str, list[Curve]], view: CurvesView, train: bool
) -> tuple[list[Panel], dict[str, RunLook]]:
    """Panels of groups' means and bands."""
    groups = group_runs(subject.runs, view.group)
    shape = Shape(view.axis, view.start, view.end, view.smoothing)  # type: ignore[arg-type]
    began = _starts(subject.runs)
    looks: dict[str, RunLook] = {}
    panels = []
    for label in list(groups)[:_MAX_GROUPS]:
        style = palette.RunStyle(len(looks) % len(RUN_COLOURS), len(looks) // len(RUN_COLOURS))
        looks[label] = RunLook(label, label, RUN_COLOURS[style.slot], style.symbol)
    for pair in pairs:
        bands: list[Band] = []
        for label in looks:
            members = set(groups[label])
            for key, side in sides_of(pair, train).items():
                of_group = [curve for curve in by_metric.get(key, ()) if curve.run_id in members]
                if of_group:
                    band = make_band(label, of_group, side, shape, began)
                    if len(band.x):
                        bands.append(band)
        panels.append(Panel(key_of(pair), _subtitle(pair, train), (), tuple(bands)))
    return panels, looks


def group_runs(runs: RunTable, keys: Sequence[str]) -> dict[str, list[str]]:
    """Run ids by what they have in common, in the order of the values; numbers compare as numbers."""
    labelled: dict[str, list[str]] = {}
    order: dict[str, tuple] = {}
    numbers = {key: as_numbers(runs.params[key]) for key in keys if key in runs.params}
    for row, run_id in enumerate(runs.run_ids):
        parts, place = [], []
        for key in keys:
            column = runs.params.get(key)
            value = None if column is None else column[row]
            spelt = "not logged" if value is None else clip(canonical_param(key, value), 40) or "(empty)"
            parts.append(f"{clip(key, 40)} {spelt}")
            of_key = numbers.get(key)
            number = of_key[row] if of_key else None
            place.append((value is None, 0.0 if number is None else number, spelt))
        label = ", ".join(parts)
        labelled.setdefault(label, []).append(run_id)
        order[label] = tuple(place)
    return {label: labelled[label] for label in sorted(labelled, key=lambda label: order[label])}


def _looks(subject: Subject) -> dict[str, RunLook]:
    styles = palette.run_styles(subject.styled)
    labels = labels_of(subject.runs)
    looks = {}
    for row, run_id in enumerate(subject.runs.run_ids):
        about = []
        for key in subject.varying:
            value = subject.runs.params[key][row]
            if value is not None and len(about) < _ABOUT:
                about.append(f"{clip(key, 30)} {clip(canonical_param(key, value), 28) or '(empty)'}")
        style = styles[run_id]
        label = labels[run_id]
        looks[run_id] = RunLook(label.full, label.short, RUN_COLOURS[style.slot], style.symbol, tuple(about))
    return looks


def _starts(runs: RunTable) -> dict[str, int | None]:
    return {
        run_id: None if np.isnat(start) else int(start.astype("datetime64[ms]").astype(np.int64))
        for run_id, start in zip(runs.run_ids, runs.start_times, strict=True)
    }


def _frame(
    subject: Subject, view: CurvesView, panels: Sequence[Panel], by_metric: Mapping[str, list[Curve]], metrics: int
) -> Frame:
    """How the panels are set on the page."""
    count = len(panels)
    if view.layout == "runs" and not view.group:
        columns = min(count, metrics if metrics in (2, 3) else 3 if count <= 12 else 4)
        height = 250 if count > columns else 420
    else:
        columns = 1 if count == 1 else 2
        height = 540 if count == 1 else 460 if count == 2 else 340
    axis = "elapsed" if view.group and view.axis == "clock" else view.axis
    title, offset, unit = "Step", 0, 1.0
    if axis == "step":
        first = epochs_from([curve for curves in by_metric.values() for curve in curves])
        if first is not None:
            title, offset = "Epoch", 1 - first
    elif axis == "elapsed":
        longest = max((float(part.x[-1]) for panel in panels for part in (*panel.lines, *panel.bands)), default=0.0)
        unit, word = (1.0, "s") if longest < 180 else (60.0, "min") if longest < 10_800 else (3600.0, "h")
        title = f"Time since start ({word})"
    else:
        title = f"Time ({st.context.timezone or 'UTC'})"
    focus = view.focus if view.focus in set(subject.runs.run_ids) and not view.group else None
    return Frame(
        axis=axis,  # type: ignore[arg-type]
        axis_title=title,
        offset=offset,
        unit=unit,
        shift_ms=local_shift().total_seconds() * 1000,
        columns=columns,
        height=height,
        log=view.log,
        clip=view.clip,
        focus=focus if view.layout == "metrics" else None,
        share_y=view.layout == "runs" and not view.group,
    )


def epochs_from(curves: Sequence[Curve]) -> int | None:
    """The step that is the first epoch, where steps are epochs: one after the other, not too many, all from one start.

    ``None`` where steps are something else, so that they are shown as they were logged.
    """
    several = [curve for curve in curves if len(curve.steps) > 1]
    if not several or max(len(curve.steps) for curve in several) > 10_000:
        return None
    if not any(float(np.median(np.diff(curve.steps))) == 1 for curve in several):
        return None
    firsts = {int(curve.steps[0]) for curve in several}
    return firsts.pop() if len(firsts) == 1 else None


def _legend(panels: Sequence[Panel], train: bool, view: CurvesView, runs: int) -> str:
    """What the strokes mean, once; only those that are there."""
    parts = []
    sides = {part.side for panel in panels for part in (*panel.lines, *panel.bands)}
    if "train" in sides:
        parts.append("**╌╌** training")
    if "validation" in sides:
        parts.append("**──** validation")
    crowd = view.layout == "metrics" and len({line.run_id for panel in panels for line in panel.lines}) >= CALM_FROM
    if not crowd and any(
        line.best and line.total > 1 and line.side != "train" for panel in panels for line in panel.lines
    ):
        parts.append("**●** best value")
    if any(line.total == 1 for panel in panels for line in panel.lines):
        parts.append("**┈┈** logged once")
    if any(line.lost for panel in panels for line in panel.lines):
        parts.append("**×** no number from here")
    if view.group:
        parts.append("mean of each group; band from its lowest to its highest run")
    if view.smoothing:
        behind = ", as logged behind it" if not view.group else ""
        parts.append(f"smoothed by {view.smoothing:.2g} (TensorBoard's debiased moving average{behind})")
    if not train and "validation" in sides:
        parts.append(f"training curves left out with {runs} runs (Adjust shows them)" if view.train is None else "")
    if palette.colours_repeat(list({line.run_id for panel in panels for line in panel.lines})):
        told = "hovering names a run" if crowd else "symbols tell them apart"
        parts.append(f"colours repeat beyond ten runs: {told}")
    return " · ".join(part for part in parts if part)


def _coverage(panels: Sequence[Panel]) -> str:
    lines = [line for panel in panels for line in panel.lines]
    bands = [band for panel in panels for band in panel.bands]
    if bands:
        return f"{_count(sum(band.total for band in bands), 'point')} stand behind the means"
    total, drawn = sum(line.total for line in lines), sum(line.drawn for line in lines)
    runs = len({line.run_id for line in lines})
    if drawn == total:
        return f"{_count(runs, 'run')}, all {_count(total, 'point')} drawn"
    return f"{_count(runs, 'run')}, {drawn:,} of {total:,} points drawn: every peak, gap and last point among them"


def ending_at_once(panels: Sequence[Panel]) -> int:
    """How many runs end in the first fiftieth of the axis, where their lines are a stroke at its edge."""
    lines = [line for panel in panels for line in panel.lines if line.total > 1]
    if not lines:
        return 0
    first, last = min(float(line.x[0]) for line in lines), max(float(line.x[-1]) for line in lines)
    ends: dict[str, float] = {}
    for line in lines:
        ends[line.run_id] = max(ends.get(line.run_id, first), float(line.x[-1]))
    return sum(end - first < (last - first) / 50 for end in ends.values())


def _without_history(subject: Subject, by_metric: Mapping[str, list[Curve]], pairs: Sequence[Pair], train: bool) -> str:
    keys = {key for pair in pairs for key in sides_of(pair, train)}
    having = {curve.run_id for key in keys for curve in by_metric.get(key, ())}
    labels = labels_of(subject.runs)
    lacking = [labels[run_id].full for run_id in subject.runs.run_ids if run_id not in having]
    some = ", ".join(plain(name, 40) for name in lacking[:3])
    return some + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")


def _explain_nothing(view: CurvesView) -> None:
    if view.start is not None or view.end is not None:
        st.info("No point lies in this range. Widen it under Adjust.", icon=":material/info:")
    else:
        st.info("These runs have logged no point of these metrics yet.", icon=":material/info:")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
