"""What the leaderboard page is made of: its controls, its sentence, its two tables."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from mlreview.analysis.evaluation import Evidence, weigh
from mlreview.analysis.leaderboard import Ranking, rank
from mlreview.analysis.params import as_numbers
from mlreview.entities import Dataset, Direction, RunTable, TextColumn
from mlreview.ui import basket, reads
from mlreview.ui.text import clip, direction_arrow, number, plain

MAX_PARAM_COLUMNS = 3  # with the other columns they fit a laptop's screen without sideways scrolling
_ROW_PX = 35
_STATUS = {
    "FINISHED": "Finished",
    "RUNNING": "Running",
    "FAILED": "Failed",
    "KILLED": "Killed",
    "SCHEDULED": "Scheduled",
}


def leaderboard_frame(
    table: RunTable, ranking: Ranking, param_keys: Sequence[str], params: RunTable, ui_url: str | None
) -> pd.DataFrame:
    """The rows to draw as columns of plain values.

    Args:
        table: All runs.
        ranking: Of ``table``; cut to the rows to draw by the caller.
        param_keys: Params to show, one column each.
        params: The same rows in the same order, read with their params.
        ui_url: Address of MLflow's own user interface, if known.

    Returns:
        One row for each of ``ranking.rows``; unranked rows have a missing rank.
    """
    rows = table.take(ranking.rows)
    frame = pd.DataFrame(
        {
            "Rank": pd.array(np.where(ranking.ranks > 0, ranking.ranks, -1), dtype="Int64"),
            "Run": [clip(name, 300) or run_id[:8] for name, run_id in zip(rows.names, rows.run_ids, strict=True)],
            "Value": ranking.values,
        }
    )
    frame["Rank"] = frame["Rank"].mask(frame["Rank"] < 0)
    for key in param_keys:
        frame[f"param:{key}"] = _param_column(params.params[key])
    frame["Started"] = pd.to_datetime(rows.start_times).tz_localize("UTC")
    frame["Owner"] = [clip(user, 60) or None for user in rows.users]
    frame["Status"] = [_STATUS.get(status or "", clip(status, 20)) for status in rows.statuses]
    if ui_url:
        frame["MLflow"] = [
            run_link(ui_url, experiment_id, run_id)
            for experiment_id, run_id in zip(rows.experiment_ids, rows.run_ids, strict=True)
        ]
    return frame


def run_link(ui_url: str, experiment_id: str, run_id: str) -> str:
    """Where MLflow's own user interface shows a run."""
    return f"{ui_url}/#/experiments/{experiment_id}/runs/{run_id}"


def _param_column(values: TextColumn) -> Sequence[str | float | None]:
    """Numbers as numbers where every value is one, so that the browser sorts them; else texts."""
    numbers = as_numbers(values)
    if numbers is not None:
        return numbers
    return [None if value is None else clip(value, 200) or "(empty)" for value in values]


def _column_config(frame: pd.DataFrame, metric: str, direction: Direction) -> dict:
    digits = 3 if _fits_fixed(frame["Value"].to_numpy()) else None
    config: dict = {
        "Rank": st.column_config.NumberColumn("#", width=44, help="Equal values share a rank"),
        "Tie": st.column_config.TextColumn("≈", width=32, help="≈ can't be told from the leader: within noise"),
        "Run": st.column_config.TextColumn("Run", width=212),
        "Value": st.column_config.NumberColumn(
            f"{clip(metric, 40)} {direction_arrow(direction)}",
            format=f"%.{digits}f" if digits else "%.3g",
            width=98,
            help=f"The value that ranks: {plain(metric, 200)}",
        ),
        "Started": st.column_config.DatetimeColumn(
            "Started",
            format=_date_format(frame),
            width=96 if "YY" not in _date_format(frame) else 118,
            timezone=st.context.timezone or "UTC",
            help="In your time zone",
        ),
        "Owner": st.column_config.TextColumn("Owner", width=66, help="Who MLflow says started the run"),
        "Step": st.column_config.NumberColumn(
            "at step",
            width=64,
            format="%d",
            help="Which step logged it; whether its model was kept is unknown",
        ),
        "Status": st.column_config.TextColumn("Status", width=74),
        "MLflow": st.column_config.LinkColumn(
            "MLflow", display_text=":material/open_in_new:", width=58, help="Open the run in MLflow's own UI, a new tab"
        ),
    }
    for column in frame.columns:
        if column.startswith("param:"):
            key = column.removeprefix("param:")
            about = f"Parameter {plain(key, 200)}"
            if pd.api.types.is_numeric_dtype(frame[column]):
                config[column] = st.column_config.NumberColumn(clip(key, 24), width=84, help=about)
            else:
                config[column] = st.column_config.TextColumn(clip(key, 24), width=84, help=about)
    return config


def _date_format(frame: pd.DataFrame) -> str:
    """Without the year as long as every run started in this one."""
    this_year = pd.Timestamp.now("UTC").year
    return "D MMM, HH:mm" if (frame["Started"].dropna().dt.year == this_year).all() else "D MMM YY, HH:mm"


def _fits_fixed(values: np.ndarray) -> bool:
    finite = np.abs(values[np.isfinite(values) & (values != 0)])
    return not len(finite) or (finite.min() >= 0.001 and finite.max() < 1_000_000)


def newest_first(table: RunTable) -> Ranking:
    """What is shown when nothing ranks: every run, newest first, none with a rank."""
    return rank(table, "", "max")


def split_rows(ranking: Ranking, limit: int) -> tuple[slice, slice]:
    """Which part of ``ranking.rows`` the two tables draw, ``limit`` rows together: the best, and the first unranked.

    The unranked get up to a fifth of the rows, and what the ranked leave free.
    """
    unranked = ranking.not_finite + ranking.missing
    best = min(ranking.ranked, limit - min(unranked, limit // 5))
    return slice(0, best), slice(ranking.ranked, ranking.ranked + min(unranked, limit - best))


def in_order(table: RunTable, run_ids: Sequence[str]) -> RunTable:
    """The table's rows in the order of ``run_ids``.

    A run that is in the ranking and not in the store any more was removed for good since the ranking was read: then
    everything is read again.
    """
    position = {run_id: at for at, run_id in enumerate(table.run_ids)}
    if not all(run_id in position for run_id in run_ids):
        reads.refresh()
        st.rerun()
    return table.take([position[run_id] for run_id in run_ids])


def weigh_shown(ranking: Ranking, ranked: slice, details: RunTable, datasets: Sequence[Dataset]) -> Evidence:
    """How far the ranking of the shown runs can be trusted; ``details`` begins with the ``ranked`` ones."""
    count = ranked.stop
    return weigh(
        ranking.values[ranked],
        details.take(range(count)),
        datasets,
        ranking.metric,
        ranking.direction,
        ranking.ranked,
    )


def render_parts(
    table: RunTable,
    ranking: Ranking,
    parts: tuple[slice, slice],
    varying: Sequence[str],
    details: RunTable,
    evidence: Evidence,
) -> None:
    """Both tables: ranked runs, and below them, apart, those without a rank.

    Args:
        table: All runs.
        ranking: Of ``table``.
        parts: As ``split_rows`` gave them.
        varying: Params that tell the shown runs apart; the first ``MAX_PARAM_COLUMNS`` become columns.
        details: The shown runs with their params, in the order of ``parts``.
        evidence: Of the ranked runs that are shown.
    """
    ui_url = reads.store().info().ui_url
    columns = list(varying)[:MAX_PARAM_COLUMNS]
    offset = 0
    for part, draw in zip(parts, (render_ranked, render_unranked), strict=True):
        cut = ranking_part(ranking, part)
        count = len(cut.rows)
        if count:
            frame = leaderboard_frame(table, cut, columns, details.take(range(offset, offset + count)), ui_url)
            if draw is render_ranked and evidence.tied.sum() > 1:
                frame.insert(1, "Tie", np.where(evidence.tied, "≈", ""))
            if ranking.by != "last" and draw is render_ranked:
                frame.insert(list(frame.columns).index("Value") + 1, "Step", cut.steps)
            draw(frame, [*table.run_ids[cut.rows]], ranking)
        offset += count
    notes = []
    hidden = varying[len(columns) :]
    if hidden:
        some = ", ".join(plain(key, 30) for key in hidden[:12]) + (" …" if len(hidden) > 12 else "")
        notes.append(f"{len(hidden)} more {'parameter differs' if len(hidden) == 1 else 'parameters differ'}: {some}")
    if ui_url is None:
        notes.append("Links to MLflow's own UI appear when `MLREVIEW_MLFLOW_UI_URL` says where it runs")
    if notes:
        st.caption("  \n".join(notes))


def ranking_part(ranking: Ranking, part: slice) -> Ranking:
    """The same ranking, only some of its rows; the three counts stay those of the whole."""
    return replace(
        ranking,
        rows=ranking.rows[part],
        ranks=ranking.ranks[part],
        values=ranking.values[part],
        steps=ranking.steps[part],
    )


def render_ranked(frame: pd.DataFrame, run_ids: Sequence[str], ranking: Ranking) -> None:
    """The ranked runs; ticking rows fills the basket."""
    with st.container(key="leaderboard_table"):
        st.dataframe(
            frame,
            hide_index=True,
            height=_height(len(frame), 16),
            placeholder="—",
            column_config=_column_config(frame, ranking.metric, ranking.direction),
            alt=f"Runs ranked by {clip(ranking.metric, 100)}",
            **basket.selectable("leaderboard_table", run_ids),
        )


def render_unranked(frame: pd.DataFrame, run_ids: Sequence[str], ranking: Ranking) -> None:
    """The runs without a rank, each with the reason in the value's place."""
    frame = frame.drop(columns=["Rank"])
    config = _column_config(frame, ranking.metric, ranking.direction)
    if ranking.metric:
        total = ranking.not_finite + ranking.missing
        shown = f"{len(frame):,} of {total:,}" if len(frame) < total else f"{total:,}"
        st.markdown(f"**Not ranked** · {shown} run{'' if total == 1 else 's'}")
        numbers = [number(value) for value in ranking.values[ranking.ranked :][: min(ranking.not_finite, len(frame))]]
        frame = frame.assign(Value=[*numbers, *["not logged"] * (len(frame) - len(numbers))])
        config["Value"] = st.column_config.TextColumn(clip(ranking.metric, 40), help="Why the run has no rank")
    else:
        frame = frame.drop(columns=["Value"])
    with st.container(key="leaderboard_unranked"):
        st.dataframe(
            frame,
            hide_index=True,
            height=_height(len(frame), 6 if ranking.ranked else 16),
            placeholder="—",
            column_config=config,
            alt="Runs without a rank",
            **basket.selectable("leaderboard_unranked", run_ids),
        )


def _height(rows: int, most: int) -> int:
    return _ROW_PX * (min(rows, most) + 1) + 3


def explain_empty_store() -> None:
    """The store has no experiment: what to do."""
    st.info(
        "Train something with MLflow tracking on and it appears here; or make the demo experiment: "
        "`mlreview demo` trains it in a few minutes, `mlreview demo --quick` in less than one.",
        title="No experiments in this store yet",
        icon=":material/science:",
    )


def explain_unknown_experiment() -> None:
    """The address names experiments that this store doesn't have: what to do."""
    st.info(
        "The address may belong to another store, or the experiment was deleted. Choose one on the left.",
        title="This experiment isn't in this store",
        icon=":material/search_off:",
    )


def explain_empty_experiment() -> None:
    """The chosen experiments have no runs: what to do."""
    st.info(
        "Choose another experiment on the left, or log a run into this one. A run that has just started appears "
        "after Read again. Deleted runs are not shown.",
        title="No runs here yet",
        icon=":material/science:",
    )


def explain_no_metric(rows: int) -> None:
    """Nothing suits ranking: what to do."""
    st.info(
        f"None of the {rows:,} runs logged a validation or test metric, and training metrics say little about how "
        "good a model is, so nothing is ranked. Choose a metric above to rank by it all the same; below are the "
        "newest runs.",
        title="No metric to rank by",
        icon=":material/help:",
    )
