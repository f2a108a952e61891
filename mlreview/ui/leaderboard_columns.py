"""The leaderboard's columns: what each one holds, and how it is drawn.

A column is a name (that of the frame, in lower case that of the address), the values of one table's rows, and how
Streamlit draws them. ``DEFAULT`` are those that fit a laptop's screen without sideways scrolling.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import streamlit as st

from mlreview.analysis.evaluation import evaluation_sets
from mlreview.analysis.fit_rules import rule_of
from mlreview.analysis.params import as_numbers
from mlreview.analysis.short_names import tell_apart
from mlreview.entities import TextColumn
from mlreview.names import MAX_NAME_CHARS, MAX_TAG_CHARS, REVIEW_STATE_TAG
from mlreview.ui import leaderboard_notes, reads, urlstate
from mlreview.ui.leaderboard_beside import BESIDE_VALUE, DRAWN_BESIDE_VALUE
from mlreview.ui.leaderboard_column import Column
from mlreview.ui.leaderboard_column import text_config as _text
from mlreview.ui.leaderboard_differs import DIFFERS
from mlreview.ui.leaderboard_numbers import (
    beside_values,
    delta_texts,
    duration_text,
    nan_named,
    number_format,
    number_texts,
    plain_number_format,
)
from mlreview.ui.leaderboard_rows import Part
from mlreview.ui.text import clip, direction_arrow, number, plain

_HEADING_CHARS = 10
"""Of the value's column: the arrow behind them must stay in sight."""
_RUN_CHARS = 26
"""Of a name that are in sight."""
_STATUS = {
    "FINISHED": "Finished",
    "RUNNING": "Running",
    "FAILED": "Failed",
    "KILLED": "Killed",
    "SCHEDULED": "Scheduled",
}


def frame_of(part: Part, columns: Sequence[Column]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows to draw as columns of plain values, and how to draw each."""
    data: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for column in columns:
        values = column.values(part)
        if values is not None:
            data[column.name] = nan_named(values)
            config[column.name] = column.config(part, values)
    return pd.DataFrame(data), config


def param_column(key: str) -> Column:
    """A parameter; numbers as numbers where every value is one, so that the browser sorts them."""

    def values(part: Part) -> Sequence[str | float | None]:
        column = part.runs.params.get(key)
        return _text_or_numbers(column) if column is not None else [None] * len(part)

    return Column(f"param:{key}", f"Parameter · {clip(key, 60)}", values, _plain_config(key, "Parameter"))


def metric_column(key: str) -> Column:
    """Another metric's latest value."""

    def values(part: Part) -> list[float | None]:
        column = part.shown.table.metrics.get(key)
        if column is None:
            return [None] * len(part)
        rows = part.ranking.rows
        return [
            float(value) if there else None
            for value, there in zip(column.values[rows], column.present[rows], strict=True)
        ]

    def config(part: Part, values: Any) -> Any:
        heading, help = clip(key, 24), f"Metric {plain(key, 200)}"
        if nan_named(values) is not values:
            return st.column_config.TextColumn(heading, width=98, help=help, alignment="right")
        format = number_format(np.array(values, dtype=float))
        return st.column_config.NumberColumn(heading, width=98, format=format, help=help)

    return Column(f"metric:{key}", f"Metric · {clip(key, 60)}", values, config, _metric_texts)


def _metric_texts(part: Part, values: Any) -> list[str] | None:
    return number_texts(np.array(values, dtype=float)) if pd.api.types.is_numeric_dtype(values) else None


def tag_column(key: str) -> Column:
    """A tag."""

    def values(part: Part) -> Sequence[str | float | None]:
        column = part.runs.tags.get(key)
        return _text_or_numbers(column) if column is not None else [None] * len(part)

    return Column(f"tag:{key}", f"Tag · {clip(key, 60)}", values, _plain_config(key, "Tag"))


def _text_or_numbers(column: TextColumn) -> Sequence[str | float | None]:
    numbers = as_numbers(column)
    if numbers is not None:
        return numbers
    return [None if value is None else clip(value, 200) or "(empty)" for value in column]


def _plain_config(key: str, kind: str) -> Callable[[Part, Any], Any]:
    def config(part: Part, values: Any) -> Any:
        heading, help = clip(key, 24), f"{kind} {plain(key, 200)}"
        if all(value is None or isinstance(value, float) for value in values):
            return st.column_config.NumberColumn(heading, width=98, help=help, format=plain_number_format(values))
        return st.column_config.TextColumn(heading, width=98, help=help)

    return config


def _rank(part: Part) -> Any:
    if not part.ranked:
        return None
    return pd.array(part.ranking.ranks, dtype="Int64")


def _tie(part: Part) -> Any:
    tied = part.shown.evidence.tied
    return np.where(tied, "≈", "") if part.ranked and tied.sum() > 1 else None


def _run(part: Part) -> list[str]:
    names = zip(part.runs.names, part.runs.run_ids, strict=True)
    return [clip(name, MAX_TAG_CHARS) or run_id[:8] for name, run_id in names]


def names_in_sight(names: Sequence[str]) -> list[str]:
    """Names for the column *Run*, which cuts long ones off: what tells them apart stays in sight."""
    return list(tell_apart([clip(name, MAX_NAME_CHARS) for name in names], _RUN_CHARS))


def _value(part: Part) -> Any:
    """What ranks; in the table below the ranking the reason for having no rank."""
    ranking = part.ranking
    if part.ranked:
        return ranking.values
    if not ranking.metric:
        return None
    odd = min(ranking.not_finite, len(part))
    return [*(number(value) for value in ranking.values[:odd]), *["not logged"] * (len(part) - odd)]


def _value_config(part: Part, values: Any) -> Any:
    metric, direction = part.ranking.metric, part.ranking.direction
    if not part.ranked:
        heading, why = clip(metric, _HEADING_CHARS + 2), f"Why the run has no rank by {plain(metric, 200)}"
        return st.column_config.TextColumn(heading, width=98, help=why)
    return st.column_config.NumberColumn(
        f"{clip(metric, _HEADING_CHARS)} {direction_arrow(direction)}",
        format=number_format(values),
        width=92,
        help=f"The value that ranks: {plain(metric, 200)}",
    )


def _delta(part: Part) -> Any:
    deltas = part.shown.deltas
    return None if deltas is None or not part.ranked or np.isnan(deltas.values).all() else deltas.values[part.at]


def _fit(part: Part) -> list[str | None]:
    """The verdict on the training where there is one, and the gap."""
    said: list[str | None] = []
    for run_id, gap in zip(part.runs.run_ids, part.shown.gaps[part.at], strict=True):
        training = part.shown.trainings.get(run_id)
        verdict = training.diagnosis.verdict if training is not None else None
        shown_gap = "" if np.isnan(gap) else beside_values(gap, part)
        if verdict is None or verdict == "insufficient_data":
            said.append(f"gap {shown_gap}" if shown_gap else None)
        else:
            said.append(f"{rule_of(verdict).title.lower()} {shown_gap}".strip())
    return said


def _trend(part: Part) -> list[list[float] | None]:
    found = (part.shown.trainings.get(run_id) for run_id in part.runs.run_ids)
    return [list(one.trend) if one is not None and one.trend else None for one in found]


def _review(part: Part) -> list[str | None]:
    states = part.runs.tags.get(REVIEW_STATE_TAG)
    if states is None:
        return [None] * len(part)
    return [clip(state, 40).replace("_", " ").capitalize() or None for state in states]


def _started(part: Part) -> Any:
    return pd.to_datetime(part.runs.start_times).tz_localize("UTC")


def _started_config(part: Part, values: Any) -> Any:
    this_year = pd.Timestamp.now("UTC").year
    recent = bool((values.dropna().year == this_year).all())
    return st.column_config.DatetimeColumn(
        "Started",
        format="D MMM, HH:mm" if recent else "D MMM YY, HH:mm",
        width=96 if recent else 118,
        timezone=st.context.timezone or "UTC",
        help="In your time zone",
    )


def _data(part: Part) -> list[str | None]:
    sets = evaluation_sets(part.shown.datasets, part.ranking.metric)
    found = [sets.get(run_id) for run_id in part.runs.run_ids]
    return [
        None if one is None else clip(one.name, 60) + (f" ({one.examples:,})" if one.examples else "") for one in found
    ]


def _model(part: Part) -> list[str | None]:
    said: dict[str, list[str]] = {}
    for version in reads.model_versions(tuple(part.shown.details.run_ids)):
        aliases = "".join(f" @{alias}" for alias in version.aliases)
        said.setdefault(version.run_id or "", []).append(f"{version.name} v{version.version}{aliases}")
    return [clip(", ".join(said.get(run_id, ())), 200) or None for run_id in part.runs.run_ids]


def _mlflow(part: Part) -> Any:
    ui_url = reads.store().info().ui_url
    if not ui_url:
        return None
    ids = zip(part.runs.experiment_ids, part.runs.run_ids, strict=True)
    return [run_link(ui_url, experiment_id, run_id) for experiment_id, run_id in ids]


def run_link(ui_url: str, experiment_id: str, run_id: str) -> str:
    """Where MLflow's own user interface shows a run."""
    return f"{ui_url}/#/experiments/{experiment_id}/runs/{run_id}"


RANK = Column(
    "Rank",
    "Rank",
    _rank,
    lambda part, values: st.column_config.NumberColumn("#", width=38, pinned=True, help="Equal values share a rank"),
)
TIE = Column("Tie", "Tie", _tie, _text("≈", 28, "≈ can't be told from the leader: within noise", True))
RUN = Column("Run", "Run", _run, _text("Run", 190))
VALUE = Column(
    "Value",
    "Value that ranks",
    _value,
    _value_config,
    lambda part, values: number_texts(values) if part.ranked else None,
)
DELTA = Column(
    "Delta",
    "Δ to the baseline",
    _delta,
    lambda part, values: st.column_config.NumberColumn(
        "Δ baseline",
        width=88,
        help="Difference from the baseline: ▲ better, ▼ worse, ≈ within noise, △ ▽ noise unknown, "
        "≠ evaluated on other data",
    ),
    lambda part, values: delta_texts(part),
)
FIT = Column(
    "Fit",
    "Fit",
    _fit,
    lambda part, values: st.column_config.TextColumn(
        "Fit",
        # The gap is one of last values: where others rank there is none, and the step of the value needs the room.
        width=130 if part.ranking.by == "last" else 106,
        help="The verdict on its training, and how much better it is on training data than on this",
    ),
)
NOTE = Column(
    "Note",
    "Note",
    leaderboard_notes.words,
    _text("Note", leaderboard_notes.WIDTH),
)
REVIEW = Column("Review", "Review", _review, _text("Review", 66, "Where its review stands"))
OWNER = Column(
    "Owner",
    "Owner",
    lambda part: [clip(user, 60) or None for user in part.runs.users],
    _text("Owner", 58, "Who MLflow says started the run"),
)
NAME = Column(
    "Name",
    "Name in full",
    lambda part: [clip(name, MAX_NAME_CHARS) for name in _run(part)],
    _text("Name", 420, "A double click, or Enter, shows all of it"),
)
STARTED = Column("Started", "Started", _started, _started_config)
STATUS = Column(
    "Status",
    "Status",
    lambda part: [_STATUS.get(status or "", clip(status, 20)) for status in part.runs.statuses],
    _text("Status", 74),
)
MLFLOW = Column(
    "MLflow",
    "Link to MLflow",
    _mlflow,
    lambda part, values: st.column_config.LinkColumn(
        "MLflow", display_text=":material/open_in_new:", width=58, help="Open the run in MLflow's own UI, a new tab"
    ),
)
DURATION = Column(
    "Duration",
    "Duration",
    lambda part: (part.runs.end_times - part.runs.start_times) / np.timedelta64(1, "s"),
    lambda part, values: st.column_config.NumberColumn("Duration", width=92, help="From its start to its end"),
    lambda part, values: [duration_text(float(seconds)) for seconds in values],
)
DATA = Column("Data", "Data set", _data, _text("Data set", 130, "What the ranking value was computed on, as recorded"))
MODEL = Column("Model", "Model version and alias", _model, _text("Model", 130, "Registered versions and their aliases"))
TREND = Column(
    "Trend",
    "Curve of the ranking metric",
    _trend,
    lambda part, values: st.column_config.LineChartColumn("Curve", width=110, help="The ranking metric over its steps"),
)
FIXED: tuple[Column, ...] = (RANK, TIE, RUN)
DEFAULT: tuple[Column, ...] = (VALUE, DELTA, FIT, DIFFERS, NOTE, REVIEW, OWNER)
"""Those that fit a laptop's screen without sideways scrolling."""

MORE: tuple[Column, ...] = (NAME, TREND, DATA, MODEL, STARTED, DURATION, STATUS, MLFLOW)
_BY_ADDRESS = {column.address: column for column in (*DEFAULT, *MORE)}
_BY_KIND = {"param": param_column, "metric": metric_column, "tag": tag_column}


def column_at(address: str) -> Column | None:
    """The column that an address means; ``None`` for one that there isn't."""
    kind, colon, key = address.partition(":")
    if colon and kind in _BY_KIND and len(key) > 0:
        return _BY_KIND[kind](unquote(key))
    return _BY_ADDRESS.get(address)


def chosen() -> tuple[Column, ...]:
    """The columns that this view shows behind those that always stand, in their order."""
    return _with(BESIDE_VALUE)


def drawn() -> tuple[Column, ...]:
    """The same as they are drawn: what is beside the value takes less room."""
    return _with(DRAWN_BESIDE_VALUE)


def _with(beside: tuple[Column, ...]) -> tuple[Column, ...]:
    wanted = (column_at(address) for address in urlstate.get(urlstate.LeaderboardView).columns)
    columns = [column for column in wanted if column is not None] or [*DEFAULT]
    if VALUE in columns:
        at = columns.index(VALUE) + 1
        columns[at:at] = beside
    return tuple(columns)
