"""The columns right of the value that ranks, where they say something of it: which step, what was kept, what name."""

from typing import Any

import streamlit as st

from mlreview.ui.leaderboard_column import Column, text_config
from mlreview.ui.leaderboard_rows import Part
from mlreview.ui.text import clip


def _step(part: Part) -> Any:
    return part.ranking.steps if part.ranked and part.ranking.by != "last" else None


def _kept(part: Part) -> list[str] | None:
    kept = part.shown.kept
    return [one.state.capitalize() for one in kept] if part.ranked and kept else None


def _step_and_kept(part: Part) -> list[str] | None:
    """Both in one cell: two columns would push others out of sight."""
    steps, kept = _step(part), part.shown.kept
    if steps is None:
        return None
    if not kept:
        return [f"{step:,}" for step in steps]
    return [f"{step:,} · {one.state}" for step, one in zip(steps, kept, strict=True)]


def _logged_as(part: Part) -> list[str | None] | None:
    completed = part.shown.completed
    names = completed.logged_as(part.ranking.rows) if completed is not None and part.ranked else ()
    return [clip(name, 60) if name else None for name in names] if any(names) else None


STEP = Column(
    "Step",
    "Step of the value",
    _step,
    lambda part, values: st.column_config.NumberColumn("At step", width=64, format="%d", help="Which step logged it"),
)
KEPT = Column("Kept", "Model kept", _kept, text_config("Kept", 70))
STEP_AND_KEPT = Column(
    "Step",
    "Step of the value",
    _step_and_kept,
    text_config("At step", 104, "Which step logged it, and whether the model of that step was logged, as recorded"),
)
LOGGED_AS = Column(
    "LoggedAs",
    "Logged as",
    _logged_as,
    text_config("Logged as", 92, "Another name of the metric, by your team's settings"),
)
BESIDE_VALUE: tuple[Column, ...] = (LOGGED_AS, STEP, KEPT)
"""Where the value is, and only where they say something of it: for whom takes the table elsewhere."""

DRAWN_BESIDE_VALUE: tuple[Column, ...] = (LOGGED_AS, STEP_AND_KEPT)
"""The same on the page."""
