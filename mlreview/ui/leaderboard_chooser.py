"""Which columns the leaderboard shows, in which order, with how many decimals: kept in the address.

What is hidden or dragged inside the table itself stays in that browser and is gone with the next reload.
"""

from collections.abc import Sequence

import streamlit as st

from mlreview.entities import RunQuery
from mlreview.names import OWN_PREFIX
from mlreview.ui import leaderboard_beside, leaderboard_columns, reads, urlstate
from mlreview.ui.leaderboard_column import Column
from mlreview.ui.leaderboard_rows import Shown

_DIGITS = {3: "3", 5: "5", 8: "8"}


def render_chooser(shown: Shown) -> None:
    """The button *Columns*, and what opens below it; drawn only while it is open, since runs can have 300 params."""
    with st.popover(
        "Columns", icon=":material/view_column:", key="leaderboard_columns_open", on_change="rerun"
    ) as opened:
        if opened.open:
            _render_choice(shown)


def _render_choice(shown: Shown) -> None:
    beside = leaderboard_beside.BESIDE_VALUE
    current = [column.address for column in leaderboard_columns.chosen() if column not in beside]
    labels: dict[str, str] = {column.address: column.label for column in _offered(shown)}
    for address in current:
        column = leaderboard_columns.column_at(address)
        labels.setdefault(address, column.label if column else address)
    urlstate.control("leaderboard_columns", current)
    st.multiselect(
        "Columns, from left to right",
        list(labels),
        key="leaderboard_columns",
        format_func=labels.__getitem__,
        help="Rank and run always stand first.",
        max_selections=urlstate.MAX_COLUMNS,
        on_change=_columns_chosen,
        width=460,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        moved = st.selectbox("Move", current, format_func=labels.__getitem__, key="leaderboard_moved", width=220)
        at = current.index(moved) if moved in current else 0
        for label, step, icon in (("Left", -1, ":material/arrow_back:"), ("Right", 1, ":material/arrow_forward:")):
            st.button(
                label,
                icon=icon,
                key=f"leaderboard_move_{label.lower()}",
                disabled=not 0 <= at + step < len(current),
                on_click=_move,
                args=(current, at, step),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        urlstate.control("leaderboard_digits", urlstate.get(urlstate.LeaderboardView).digits)
        st.segmented_control(
            "Decimals",
            list(_DIGITS),
            format_func=lambda digits: _DIGITS[digits],
            key="leaderboard_digits",
            required=True,
            on_change=_digits_chosen,
            width="stretch",
        )
        st.button(
            "The usual ones",
            key="leaderboard_columns_reset",
            type="tertiary",
            icon=":material/undo:",
            disabled=not urlstate.get(urlstate.LeaderboardView).columns,
            on_click=_set,
            args=((),),
        )


def _offered(shown: Shown) -> tuple[Column, ...]:
    """Every column there is for these runs: the built-in ones, params that differ first, metrics, tags."""
    params = [*shown.varying, *sorted(set(shown.details.params) - set(shown.varying))]
    tags = reads.runs(RunQuery(run_ids=tuple(shown.details.run_ids), lifecycle="all", metrics=(), tags=None))
    return (
        *leaderboard_columns.DEFAULT,
        *leaderboard_columns.MORE,
        *(leaderboard_columns.param_column(key) for key in params if not key.startswith(OWN_PREFIX)),
        *(leaderboard_columns.metric_column(key) for key in sorted(shown.table.metrics)),
        *(leaderboard_columns.tag_column(key) for key in sorted(tags.table.tags)),
    )


def _columns_chosen() -> None:
    _set(st.session_state["leaderboard_columns"])


def _move(current: Sequence[str], at: int, step: int) -> None:
    order = list(current)
    order[at], order[at + step] = order[at + step], order[at]
    _set(order)


def _set(addresses: Sequence[str]) -> None:
    """The usual columns in their usual order are nobody's choice: they stay out of the address."""
    usual = tuple(column.address for column in leaderboard_columns.DEFAULT)
    chosen = tuple(addresses)
    urlstate.update(urlstate.LeaderboardView, columns=() if chosen == usual else chosen)


def _digits_chosen() -> None:
    urlstate.update(urlstate.LeaderboardView, digits=st.session_state["leaderboard_digits"])
