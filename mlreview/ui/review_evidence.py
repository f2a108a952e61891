"""Evidence: what was recorded and what is missing, the data, plots, and who has done it again."""

import pandas as pd
import streamlit as st

from mlreview.analysis.plots import MAX_BYTES, describe, read_plot
from mlreview.charts.plots import plot_figure
from mlreview.charts.theme import CONFIG
from mlreview.entities import RunQuery
from mlreview.errors import MlreviewError
from mlreview.names import CODE_FOLDER
from mlreview.reproduce.evidence import EVIDENCE_TAGS, Reproduction, evidence_words, reproductions_of
from mlreview.review.bodies import Anchor
from mlreview.review.record import drawn_of
from mlreview.ui import reads, review_compose
from mlreview.ui.errors import show_error
from mlreview.ui.review_case import Case
from mlreview.ui.text import clip, plain

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_MAX_IMAGE_BYTES = 5_000_000
_SHOWN_PLOTS = 9
_ACROSS = 3


def render(case: Case) -> None:
    """All of it."""
    _render_fields(case)
    _render_data(case)
    _render_plots(case)
    _render_reproductions(case)


def _render_fields(case: Case) -> None:
    recording = case.recording
    missing = [one for one in recording.fields if not one.recorded]
    there = [one for one in recording.fields if one.recorded]
    if recording.problem:
        st.caption(
            f":material/folder_off: Its files could not all be read, so some may only seem missing: "
            f"{plain(recording.problem, 300)}"
        )
    if not recording.fields:
        st.caption("The team requires no fields.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{len(there)} of {len(recording.fields)} required fields recorded**")
        lines = [
            f":green[:material/check_circle:] {plain(one.title.capitalize(), 60)}"
            + (f" :gray[{plain(one.shown, 120)}]" if one.shown else "")
            for one in there
        ]
        st.markdown("  \n".join(lines) or ":gray[none of them]")
    with right:
        if not missing:
            st.markdown("**Nothing is missing**")
            return
        st.markdown(f"**{len(missing)} missing, and how to record {'it' if len(missing) == 1 else 'each'}**")
        for one in missing:
            shown = f" :gray[{plain(one.shown, 120)}]" if one.shown else ""
            st.markdown(f":orange[:material/error:] {plain(one.title.capitalize(), 60)}{shown}")
            st.code(one.line, language="python", wrap_lines=True)


def _render_data(case: Case) -> None:
    datasets = case.run.datasets
    st.markdown("**Data**")
    if not datasets:
        st.caption("No data set was recorded.")
        return
    before = {}
    if case.compared is not None:
        before = {
            (one.name, one.context): one.digest
            for one in case.compared.recorded.datasets
            if one.run_id == case.baseline.run_id
        }
    st.dataframe(
        pd.DataFrame(
            {
                "For": [clip(one.context, 40) or "not said" for one in datasets],
                "Data set": [clip(one.name, 120) for one in datasets],
                "Digest": [clip(one.digest, 64) for one in datasets],
                "Baseline": [_same(before.get((one.name, one.context)), one.digest) for one in datasets],
                "From": [clip(one.source, 200) for one in datasets],
            }
        ),
        hide_index=True,
        key="review_data",
        alt="Data sets of the run with their digests",
        column_config={
            "For": st.column_config.TextColumn(width=110),
            "Digest": st.column_config.TextColumn(width=130),
            "Baseline": st.column_config.TextColumn(width=130, help="Whether the baseline used the same data"),
        },
    )


def _same(before: str | None, now: str) -> str:
    if before is None:
        return "no such data"
    return "the same" if before == now else f"other: {clip(before, 40)}"


def _render_plots(case: Case) -> None:
    plots = [path for path in drawn_of(case.recording.files) if not path.startswith(CODE_FOLDER)]
    st.markdown("**Plots**")
    if not plots:
        st.caption("No plot was logged with this run.")
        return
    shown = plots[:_SHOWN_PLOTS]
    across = min(_ACROSS, len(shown))
    for first in range(0, len(shown), across):
        # Columns a row, so that plots of one row begin at one height.
        for column, path in zip(st.columns(across), shown[first : first + across], strict=False):
            with column:
                _render_plot(case, path)
    if len(plots) > _SHOWN_PLOTS:
        st.caption(f"{_SHOWN_PLOTS} of {len(plots)} plots; Compare shows the other pictures.")
    review_compose.render_here(case, [Anchor("plot", path[:500]) for path in plots], "plots")
    review_compose.render_threads_here(case, ("plot",))


def _render_plot(case: Case, path: str) -> None:
    if path.endswith(".json"):
        _render_points(case, path)
        return
    try:
        data = reads.artifact(case.run_id, path, _MAX_IMAGE_BYTES)
    except MlreviewError as error:
        show_error(error)
        return
    # What it is called says little: what a browser is sent must begin as a PNG or a JPEG does.
    if data.startswith(_IMAGES):
        st.image(data, width="stretch")
    st.caption(plain(path.rpartition("/")[2], 80) if data.startswith(_IMAGES) else f"{plain(path, 80)} is no picture.")


def _render_points(case: Case, path: str) -> None:
    try:
        plot = read_plot(reads.artifact(case.run_id, path, MAX_BYTES))
    except MlreviewError as error:
        st.caption(f":material/warning: {plain(path, 120)} could not be read. {plain(error.message, 200)}")
        return
    except ValueError as error:
        st.caption(f":material/warning: {plain(path, 120)} can't be drawn: {plain(str(error), 200)}.")
        return
    told = f" · {plain(plot.told, 60)}" if plot.told else ""
    st.markdown(f"{plot.title} :gray[· {plain(plot.split, 40)}{told}]")
    st.plotly_chart(plot_figure(plot), key=f"review_plot_{path}", config=CONFIG, alt=clip(describe(plot), 500))


def _render_reproductions(case: Case) -> None:
    st.markdown("**Done again**")
    table = reads.runs(RunQuery((case.run.experiment_id,), metrics=(), tags=EVIDENCE_TAGS)).table
    found = reproductions_of(case.run_id, table)
    if not found:
        st.caption("Nobody has reproduced this run yet. The next section says how.")
        return
    said = evidence_words(found)
    if said:
        st.markdown(f"{plain(said, 200)}.")
    st.markdown("  \n".join(_reproduction(one) for one in found[:10]))


def _reproduction(one: Reproduction) -> str:
    icon = ":green[:material/check_circle:]" if one.speaks_for else ":gray[:material/radio_button_unchecked:]"
    verdict = one.verdict or ("retrained on other data" if one.kind == "retraining" else "not compared")
    differs = f", first difference: {plain(one.differs, 160)}" if one.differs else ""
    return (
        f"{icon} {plain(one.name or one.run_id[:8], 80)} by {plain(one.user or 'nobody known', 60)}: {verdict}{differs}"
    )
