"""The leaderboard's column *What differs*: each run's own values of what tells it from the baseline, or the leader."""

from typing import Any

import streamlit as st

from mlreview.analysis.differences import what_differs
from mlreview.analysis.params import SEED_KEYS
from mlreview.ui.leaderboard_column import Column
from mlreview.ui.leaderboard_rows import Part, Shown
from mlreview.ui.text import clip


def _differs(part: Part) -> list[str | None]:
    shown = part.shown
    if not len(part):
        return []
    reference, name = shown.reference, f"the {_whom(shown)}"
    if reference is None:
        return [None] * len(part)
    # Two runs that differ in more than a seed don't differ by it.
    told = sorted(shown.varying, key=lambda key: key in SEED_KEYS)
    said = what_differs(part.runs, reference, told)
    itself = reference.run_ids[0]
    return [
        name if run_id == itself else clip(text, 200) or "nothing recorded"
        for run_id, text in zip(part.runs.run_ids, said, strict=True)
    ]


def _whom(shown: Shown) -> str:
    """Whom the others are held against: of the runs that a search found, the first need not be the leader."""
    if shown.baseline is not None and shown.baseline.choice.run_id is not None:
        return "baseline"
    return "leader" if 1 in shown.ranking.ranks[: shown.ranking.ranked] else "first of these"


def _differs_config(part: Part, values: Any) -> Any:
    completed = part.shown.completed
    if completed is not None and (completed.sources >= 0).any():  # the column of other names needs the room
        width = 112
    else:
        width = 204 if part.ranking.by == "last" else 124
    return st.column_config.TextColumn(
        "What differs",
        width=width,
        help=f"From the {_whom(part.shown)}, in its parameters; what is the same is not said",
    )


DIFFERS = Column("Differs", "What differs", _differs, _differs_config)
