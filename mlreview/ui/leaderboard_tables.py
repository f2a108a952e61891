"""Both tables of the leaderboard: ranked runs, and below them, apart, those without a rank."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mlreview.ui import basket, leaderboard_columns, leaderboard_notes, pages, urlstate
from mlreview.ui.leaderboard_column import Column
from mlreview.ui.leaderboard_rows import Part, Shown, split_parts
from mlreview.ui.text import clip

ROW_PX = 32
HEADER_PX = 35
_ROWS_IN_SIGHT = 15
_UNRANKED_IN_SIGHT = 6
# Each has a contrast of 4.5 or more on its background.
_GREY = ("within noise", "other data", "equal", "baseline")
_LIGHT = {"better": "#0b7a4b", "worse": "#c2372d", **dict.fromkeys(_GREY, "#667080")}
_DARK = {"better": "#4fc79a", "worse": "#ff8b80", **dict.fromkeys(_GREY, "#95a0b0")}


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
    columns = (*leaderboard_columns.FIXED, *leaderboard_columns.drawn())
    frame, config = leaderboard_columns.frame_of(part, columns)
    frame["Run"] = leaderboard_columns.names_in_sight([*frame["Run"]])
    chosen = basket.selectable(key, list(part.runs.run_ids))
    opened = f"{chosen['key']}_open"
    config["Run"] = st.column_config.ButtonColumn(
        "Run",
        width=190,
        type="tertiary",
        alignment="left",
        pinned=True,
        help="Opens the run",
        key=opened,
        on_click=_opened,
        args=(opened, tuple(part.runs.run_ids)),
    )
    if "Note" in config:
        config["Note"] = leaderboard_notes.button(f"{chosen['key']}_note", [*part.runs.run_ids])
    with st.container(key=key):
        st.dataframe(
            _coloured(frame, part, columns),
            hide_index=True,
            height=ROW_PX * min(len(part), rows_in_sight) + HEADER_PX + 3,
            row_height=ROW_PX,
            placeholder="—",
            column_config=config,
            alt=alt,
            **chosen,
        )


def _opened(key: str, run_ids: Sequence[str]) -> None:
    """A click on a run, by the rows as they were drawn when it was clicked."""
    click = st.session_state[key]
    if click is not None and 0 <= click["row"] < len(run_ids):
        urlstate.update(urlstate.RunView, run=run_ids[click["row"]])
        pages.go("run")


def _coloured(frame: pd.DataFrame, part: Part, columns: Sequence[Column]) -> Any:
    """Numbers as they read best, deltas in the colours of better and worse, grey where they may be chance.

    Where it is unknown how far chance moves the metric, a delta has no colour. Only the drawing, never the values.
    """
    texts = {column.name: column.texts(part, frame[column.name]) for column in columns if column.name in frame}
    written = {name: said for name, said in texts.items() if said is not None}
    if not written:
        return frame
    style = frame.style
    for name, said in written.items():
        style.format(_one_by_one(said), subset=[name])
    deltas = part.shown.deltas
    if deltas is None or "Delta" not in written:
        return style
    colours = _DARK if st.context.theme.type == "dark" else _LIGHT
    known = [
        verdict if beyond or verdict in _GREY else None
        for verdict, beyond in zip(deltas.verdicts[part.at], deltas.beyond_noise[part.at], strict=True)
    ]
    styles = [f"color: {colours[one]}" if one in colours else "" for one in known]
    return style.apply(lambda _: styles, subset=["Delta"])


def _one_by_one(texts: Sequence[str]) -> Callable[[Any], str]:
    """Pandas asks for the text of each value, from the top."""
    left = iter(texts)
    return lambda _: next(left)
