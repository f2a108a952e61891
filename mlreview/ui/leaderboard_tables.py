"""Both tables of the leaderboard: ranked runs, and below them, apart, those without a rank."""

import streamlit as st

from mlreview.ui import basket, leaderboard_columns
from mlreview.ui.leaderboard_rows import Part, Shown, split_parts
from mlreview.ui.text import clip

_ROW_PX = 35
_ROWS_IN_SIGHT = 16
_UNRANKED_IN_SIGHT = 6


def render_tables(shown: Shown) -> None:
    """Draw them; ticking rows fills the basket."""
    ranked, unranked = split_parts(shown)
    if len(ranked):
        _render(ranked, "leaderboard_table", _ROWS_IN_SIGHT, f"Runs ranked by {clip(ranked.ranking.metric, 100)}")
    if len(unranked):
        if unranked.ranking.metric:
            total = unranked.ranking.not_finite + unranked.ranking.missing
            some = f"{len(unranked):,} of {total:,}" if len(unranked) < total else f"{total:,}"
            st.markdown(f"**Not ranked** · {some} run{'' if total == 1 else 's'}")
        in_sight = _UNRANKED_IN_SIGHT if len(ranked) else _ROWS_IN_SIGHT
        _render(unranked, "leaderboard_unranked", in_sight, "Runs without a rank")


def _render(part: Part, key: str, rows_in_sight: int, alt: str) -> None:
    columns = (*leaderboard_columns.FIXED, *leaderboard_columns.DEFAULT, leaderboard_columns.MLFLOW)
    frame, config = leaderboard_columns.frame_of(part, columns)
    with st.container(key=key):
        st.dataframe(
            frame,
            hide_index=True,
            height=_ROW_PX * (min(len(part), rows_in_sight) + 1) + 3,
            placeholder="—",
            column_config=config,
            alt=alt,
            **basket.selectable(key, list(part.runs.run_ids)),
        )
