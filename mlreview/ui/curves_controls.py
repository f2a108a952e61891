"""The controls of the learning curves: what is drawn against what, and how."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from mlreview.analysis.pairs import Pair
from mlreview.ui import palette, urlstate
from mlreview.ui.curves import Subject, chosen_pairs, key_of
from mlreview.ui.run_names import labels_of
from mlreview.ui.text import clip, plain
from mlreview.ui.urlstate import MAX_METRICS, CurvesView

_AXES = {"step": "Step", "elapsed": "Time since start", "clock": "Wall clock"}
_LAYOUTS = {"metrics": "Runs together", "runs": "A panel a run"}
MAX_METRIC_PILLS = 5
MAX_METRIC_CHARS = 80
"""Together, with the pills' edges: one row beside the other controls on a laptop."""
_PILL_EDGE = 4
_MAX_LISTED = 60
MAX_PILLS = 20
"""Up to so many runs the legend is a row of buttons; beyond, one chooses from a list."""
TRAIN_UP_TO = 20
"""With more runs training curves are left out unless asked for: twice a crowd is a carpet."""


def train_wanted(view: CurvesView, runs: int) -> bool:
    """Whether training curves are drawn."""
    return view.train if view.train is not None else runs <= TRAIN_UP_TO


def render_controls(subject: Subject) -> tuple[Pair, ...]:
    """The controls above the figure. Returns the pairs to draw."""
    pairs = chosen_pairs(subject)
    view = urlstate.get(CurvesView)
    keys = [key_of(pair) for pair in subject.pairs]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _render_metrics(keys, [key_of(pair) for pair in pairs])
        _choice("X axis", "axis", _AXES, start=None, end=None)
        _choice("Panels", "layout", _LAYOUTS)
        with st.popover("Adjust", icon=":material/tune:", help="Smoothing, scale, range, groups"):
            _render_adjustments(subject, view)
    return pairs


def _render_metrics(keys: list[str], chosen: list[str]) -> None:
    """A button for each pair as long as they fit into a row; beyond, the same behind a button, with a search."""
    about = "Training and validation curves of one quantity are one entry: val_loss stands for loss too"
    if len(keys) <= MAX_METRIC_PILLS and sum(len(key) + _PILL_EDGE for key in keys) <= MAX_METRIC_CHARS:
        _metric_pills(keys, chosen, about, MAX_METRIC_CHARS)
        return
    first = ", ".join(plain(key, 24) for key in chosen[:2]) + (f" and {len(chosen) - 2} more" if chosen[2:] else "")
    with st.popover(f"{first} · {len(keys):,} metrics", key="curves_metrics_list", help=about):
        wanted = ""
        if len(keys) > _MAX_LISTED:
            wanted = st.text_input("Find a metric", key="curves_metrics_search", type="search", live="300ms")
        words = (wanted or "").casefold().split()
        found = [key for key in keys if key in chosen or all(word in key.casefold() for word in words)]
        listed = [*chosen, *(key for key in found if key not in chosen)][:_MAX_LISTED]
        if len(listed) < len(found):
            st.caption(f"The first {len(listed)} of {len(found):,}; a search finds the others.")
        _metric_pills(listed, chosen, None, 60)


def _metric_pills(keys: list[str], chosen: list[str], about: str | None, longest: int) -> None:
    urlstate.control("curves_metrics", chosen)
    st.pills(
        "Metrics",
        keys,
        key="curves_metrics",
        format_func=lambda key: plain(key, longest),
        selection_mode="multi",
        help=about,
        on_change=_metrics_chosen,
        width="stretch",
    )


def _metrics_chosen() -> None:
    urlstate.update(CurvesView, metrics=tuple(st.session_state["curves_metrics"])[:MAX_METRICS])


def _choice(label: str, field: str, words: dict[str, str], **also: None) -> None:
    key = f"curves_{field}"
    urlstate.control(key, getattr(urlstate.get(CurvesView), field))

    def change() -> None:
        urlstate.update(CurvesView, **{field: st.session_state[key]}, **also)

    st.segmented_control(
        label,
        list(words),
        key=key,
        format_func=words.__getitem__,
        required=True,
        on_change=change,
    )


def _render_adjustments(subject: Subject, view: CurvesView) -> None:
    _setting(
        "smoothing",
        view.smoothing,
        lambda key, change: st.slider(
            "Smoothing",
            0.0,
            0.99,
            key=key,
            step=0.01,
            on_change=change,
            help="TensorBoard's debiased exponential moving average; the line as logged stays behind it, faint",
        ),
    )
    _setting("log", view.log, lambda key, change: st.toggle("Logarithmic y axis", key=key, on_change=change))
    _setting(
        "clip",
        view.clip,
        lambda key, change: st.toggle(
            "Cut points far off",
            key=key,
            on_change=change,
            help="Points far beyond the bulk run out of the picture instead of flattening everything else",
        ),
    )
    _setting(
        "train",
        train_wanted(view, len(subject.runs)),
        lambda key, change: st.toggle("Training curves", key=key, on_change=change),
    )
    _render_range(view)
    if subject.varying:
        offered = [*subject.varying[:30], *(key for key in view.group if key not in subject.varying[:30])]
        _setting(
            "group",
            list(view.group),
            lambda key, change: st.pills(
                "Group by parameters",
                offered,
                key=key,
                on_change=change,
                format_func=lambda param: plain(param, 40),
                selection_mode="multi",
                help="Runs with equal values become one line: their mean, with a band from the lowest to the highest",
            ),
        )


def _setting(field, value, draw) -> None:
    key = f"curves_{field}"
    urlstate.control(key, value)

    def change() -> None:
        new = st.session_state[key]
        urlstate.update(CurvesView, **{field: tuple(new) if isinstance(new, list) else new})

    draw(key, change)


def _render_range(view: CurvesView) -> None:
    """From and to, in the axis's unit; what is between is drawn again from all of its points."""
    ends = (("start", "From"), ("end", "To"))
    with st.container(horizontal=True):
        for field, word in ends:
            value = getattr(view, field)
            if view.axis == "clock":
                _setting_moment(field, word, value)
                continue
            unit = "step" if view.axis == "step" else "seconds"
            _setting(
                field,
                value,
                lambda key, change, word=word, unit=unit: st.number_input(
                    f"{word} {unit}" if view.axis == "step" else f"{word}, in {unit}",
                    key=key,
                    value=None,
                    step=1.0,
                    format="%.10g",
                    placeholder="the first" if word == "From" else "the last",
                    on_change=change,
                    help="The range is drawn from all points that were logged in it"
                    + (
                        ". Steps as logged: where the axis says Epoch, the first epoch is mostly step 0"
                        * (unit == "step")
                    ),
                ),
            )


def _setting_moment(field: str, word: str, value: float | None) -> None:
    key = f"curves_{field}_moment"
    shift = local_shift()
    shown = None
    if value is not None and 0 <= value < 32_503_680_000_000:  # up to the year 3000
        shown = (datetime.fromtimestamp(value / 1000, UTC) + shift).replace(tzinfo=None, microsecond=0)
    urlstate.control(key, shown)

    def change() -> None:
        new = st.session_state[key]
        ms = None if new is None else (new.replace(tzinfo=UTC) - shift).timestamp() * 1000
        urlstate.update(CurvesView, **{field: ms})

    st.datetime_input(word, key=key, value=None, step=timedelta(minutes=1), on_change=change)


def local_shift() -> timedelta:
    """How far the viewer's clock is ahead of UTC."""
    return timedelta(minutes=-(st.context.timezone_offset or 0))


def render_focus(subject: Subject) -> None:
    """The legend, which also takes one run into focus: its gap is shaded and the others step back."""
    view = urlstate.get(CurvesView)
    run_ids = list(subject.runs.run_ids)
    if view.group or len(run_ids) < 2:
        return
    styles = palette.run_styles(subject.styled)
    labels = labels_of(subject.runs)
    urlstate.control("curves_focus", view.focus if view.focus in run_ids else None)

    def change() -> None:
        urlstate.update(CurvesView, focus=st.session_state["curves_focus"])

    if len(run_ids) <= MAX_PILLS:
        st.pills(
            "Run in focus",
            run_ids,
            key="curves_focus",
            format_func=lambda run_id: f"{palette.swatch(styles[run_id])} {plain(labels[run_id].short, 30)}",
            on_change=change,
            label_visibility="collapsed",
        )
    else:
        st.selectbox(
            "Run in focus",
            run_ids,
            index=None,
            key="curves_focus",
            format_func=lambda run_id: f"{styles[run_id].glyph} {clip(labels[run_id].full, 80)}",
            placeholder="None: all runs alike",
            on_change=change,
            width=420,
        )
