"""The leaderboard taken elsewhere: a link, CSV, Markdown. The whole ranking, not the rows in sight."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from mlreview.analysis.export import Cell, to_csv, to_markdown
from mlreview.analysis.group_table import group_table
from mlreview.entities import Experiment
from mlreview.ui import (
    leaderboard_baseline,
    leaderboard_columns,
    leaderboard_groups,
    leaderboard_rows,
    leaderboard_trust,
    urlstate,
)
from mlreview.ui.leaderboard_column import Column
from mlreview.ui.leaderboard_rows import Part, Shown

_BOM = "\ufeff"
"""Without it spreadsheets take CSV for some other encoding than UTF-8."""
_PREPARED = "_leaderboard_export.prepared"


def render_button(shown: Shown, known: Sequence[Experiment]) -> None:
    """The button *Share*, and what opens below it; nothing is prepared before.

    Args:
        shown: The rows on the page.
        known: The experiments on the page.
    """
    with st.popover("Share", icon=":material/ios_share:", key="leaderboard_share_open", on_change="rerun") as opened:
        if opened.open:
            _render_ways(shown, known)


def _render_ways(shown: Shown, known: Sequence[Experiment]) -> None:
    st.markdown("**Link to this view**")
    st.code(address(), language=None, wrap_lines=True)
    total = len(shown.ranking.rows)
    st.markdown(f"**The whole ranking** · {total:,} run{'' if total == 1 else 's'}, with the columns shown here")
    prepared = _prepared(shown, known)
    if prepared is None:
        return
    _render_downloads("leaderboard", prepared)


def render_groups_button(shown: Shown) -> None:
    """The button *Share* where groups stand in place of runs: all groups, not those in sight."""
    with st.popover("Share", icon=":material/ios_share:", key="leaderboard_share_open", on_change="rerun") as opened:
        if opened.open:
            groups = leaderboard_groups.groups_of(shown.table, shown.ranking)
            st.markdown("**Link to this view**")
            st.code(address(), language=None, wrap_lines=True)
            count = len(groups.groups)
            st.markdown(f"**All groups** · {count:,} group{'' if count == 1 else 's'}")
            headings, rows = group_table(groups, shown.ranking.metric)
            _render_downloads("groups", (to_csv(headings, rows), to_markdown(headings, rows)))


def _render_downloads(name: str, prepared: tuple[str, str]) -> None:
    csv, markdown = prepared
    with st.container(horizontal=True):
        for label, data, ending, kind in (
            ("CSV", _BOM + csv, "csv", "text/csv"),
            ("Markdown", markdown, "md", "text/markdown"),
        ):
            st.download_button(
                label,
                data.encode(),
                file_name=f"{name}.{ending}",
                mime=kind,
                icon=":material/download:",
                key=f"leaderboard_{ending}",
                on_click="ignore",
            )
    st.caption("In the CSV an apostrophe stands before what a spreadsheet would take for a formula.")


def address() -> str:
    """The address of this view, whole."""
    base = (st.context.url or "").partition("?")[0]
    if base.count("/") == 2:  # a host alone: some programs cut an address short that lacks the slash
        base += "/"
    params = urlencode(urlstate.link_params(urlstate.LeaderboardView))
    return f"{base}?{params}" if params else base


def _prepared(shown: Shown, known: Sequence[Experiment]) -> tuple[str, str] | None:
    """CSV and Markdown; more rows than are on the page are read when somebody asks for them, and kept for the view."""
    if len(shown.ranking.rows) == shown.count:
        return _written(shown)
    view = (address(), len(shown.ranking.rows), shown.table.run_ids[0])
    kept = st.session_state.get(_PREPARED)
    if kept is None or kept[0] != view:
        if not st.button(f"Prepare all {len(shown.ranking.rows):,} rows", key="leaderboard_prepare"):
            return None
        with st.spinner("Reading all rows"):
            whole = leaderboard_rows.read_shown(shown.table, shown.ranking, len(shown.ranking.rows))
            whole = leaderboard_trust.add_kept(whole, shown.completed)
            kept = (view, _written(leaderboard_baseline.compare(whole, known)))
        st.session_state[_PREPARED] = kept
    return kept[1]


def _written(shown: Shown) -> tuple[str, str]:
    headings, rows = table_of(shown)
    return to_csv(headings, rows), to_markdown(headings, rows)


def table_of(shown: Shown) -> tuple[list[str], list[list[Cell]]]:
    """What the page shows, both tables together, with the ids of the runs: headings and rows of plain values."""
    ranked, unranked = leaderboard_rows.split_parts(shown)
    columns = [leaderboard_columns.RANK, leaderboard_columns.RUN, *leaderboard_columns.chosen()]
    used = [
        column
        for column in columns
        if any(len(part) and column.values(part) is not None for part in (ranked, unranked))
    ]
    headings = [_heading(column, shown) for column in used]
    rows = [row for part in (ranked, unranked) if len(part) for row in _rows(part, used)]
    return [*headings[:2], "Run id", *headings[2:]], rows


def _heading(column: Column, shown: Shown) -> str:
    return shown.ranking.metric or column.label if column is leaderboard_columns.VALUE else column.label


def _rows(part: Part, columns: Sequence[Column]) -> list[list[Cell]]:
    values = [column.values(part) for column in columns]
    cells = [_cells([None] * len(part) if column is None else column) for column in values]
    by_row = zip(part.runs.run_ids, *cells, strict=True)
    return [[own[0], own[1], run_id, *own[2:]] for run_id, *own in by_row]


def _cells(values: Any) -> list[Cell]:
    return [_cell(value, nan_is_nothing=not isinstance(values, list)) for value in values]


def _cell(value: Any, nan_is_nothing: bool) -> Cell:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp | np.datetime64):
        return None if pd.isna(value) else pd.Timestamp(value).isoformat()
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return None if nan_is_nothing and np.isnan(value) else float(value)
    return str(value)
