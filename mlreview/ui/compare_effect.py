"""What the difference did: the differing params against the ranking metric, over chosen runs or whole experiments."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.aliases import read_aliases, substitute
from mlreview.analysis.association import MIN_RUNS, Association, associate
from mlreview.analysis.diff_report import Compared
from mlreview.analysis.params import SEED_KEYS, varying_params
from mlreview.charts.compare import Sweep, parallel, scatter
from mlreview.charts.theme import CONFIG
from mlreview.entities import RunQuery, RunTable
from mlreview.ui import palette, reads, urlstate
from mlreview.ui.text import plain

MAX_PARAMS = 8
_SCOPES = {"experiments": "All runs of the experiment", "chosen": "The chosen runs"}


def render_effect(seen: Compared) -> None:
    """Scatter, parallel coordinates, and with enough runs how strongly each param goes together with the metric."""
    if seen.ranking is None:
        return
    keys = [row.key for row in seen.comparison["params"].differing if not row.repeats and row.key not in SEED_KEYS]
    params = seen.recorded.runs.params
    if names.ARCHITECTURE_PARAM in varying_params(params, len(seen.labels)):  # it stands with the model
        keys = [names.ARCHITECTURE_PARAM, *(key for key in keys if key != names.ARCHITECTURE_PARAM)]
    keys = [key for key in keys if len({value for value in params[key] if value is not None}) > 1]
    keys = keys[:MAX_PARAMS]
    metric = seen.ranking.metric
    st.subheader("What the difference did")
    if not keys:
        st.markdown(
            "No param (seeds aside) has two values among these runs, so there is nothing to draw "
            f"against {plain(metric, 60)}."
        )
        return
    view = urlstate.get(urlstate.CompareView)
    urlstate.control("compare_scope", view.scope)
    st.segmented_control(
        "Runs",
        list(_SCOPES),
        key="compare_scope",
        format_func=lambda scope: _SCOPES[scope],
        required=True,
        label_visibility="collapsed",
        on_change=_scope_chosen,
    )
    table = seen.recorded.runs
    if view.scope == "experiments":
        table = _whole(seen, keys, metric)
    sweep = _sweep(seen, table, keys, metric)
    finite = int(np.isfinite(sweep.values).sum())
    others = "" if view.scope == "chosen" else "; the chosen ones in their colours, the others grey"
    st.caption(f"{finite:,} of {len(table):,} runs have {plain(metric, 60)}{others}")
    st.plotly_chart(scatter(sweep, metric), key="compare_scatter", config=CONFIG)
    st.plotly_chart(parallel(sweep, metric), key="compare_parallel", config=CONFIG)
    found = associate(table.params, sweep.values, keys)
    more = 0
    if found.n < MIN_RUNS and view.scope == "chosen":
        more = int(np.isfinite(_values(_whole(seen, keys, metric), metric)).sum()) - finite
    _render_association(found, metric, more)


def _whole(seen: Compared, keys: list[str], metric: str) -> RunTable:
    """All runs of the experiments that the compared runs are from."""
    experiments = tuple(sorted(set(seen.recorded.runs.experiment_ids)))
    aliases = read_aliases(reads.settings().metric_aliases)
    known = (metric, *aliases.others(metric))
    table = reads.runs(RunQuery(experiments, metrics=known, params=tuple(keys))).table
    return substitute(table, metric, aliases).table


def _values(table: RunTable, metric: str) -> NDArray[np.float64]:
    column = table.metrics.get(metric)
    return np.full(len(table), np.nan) if column is None else np.where(column.present, column.values, np.nan)


def _scope_chosen() -> None:
    urlstate.update(urlstate.CompareView, scope=st.session_state["compare_scope"])


def _sweep(seen: Compared, table: RunTable, keys: list[str], metric: str) -> Sweep:
    styles, chosen = palette.basket_styles(), set(seen.recorded.runs.run_ids)
    mine = [styles.get(run_id) if run_id in chosen else None for run_id in table.run_ids]
    return Sweep(
        labels=[name or run_id[:8] for name, run_id in zip(table.names, table.run_ids, strict=True)],
        values=_values(table, metric),
        params={key: table.params[key] for key in keys if key in table.params},
        colours=[None if style is None else style.slot for style in mine],
        symbols=["circle" if style is None else style.symbol for style in mine],
    )


def _render_association(found: Association, metric: str, more: int) -> None:
    st.markdown(
        f"**Association with {plain(metric, 60)}**",
        help="How much worse a simple model (ridge regression on ranks) predicts held-out runs when the values of one "
        "param are shuffled among them. It is no cause: params that change together share it.",
    )
    if found.remark:
        st.caption(remark_of(found, more))
        return
    st.caption(f"n = {found.n:,} runs; the model explains {found.fit:.0%} of the ranks of runs that it has not seen")
    st.dataframe(
        {
            "Param": [key for key, _ in found.importance],
            "Association": [share for _, share in found.importance],
        },
        hide_index=True,
        width="content",
        column_config={
            "Association": st.column_config.ProgressColumn(
                "Lost when shuffled", format="%.2f", min_value=0.0, max_value=max(1.0, found.importance[0][1])
            )
        },
        alt=f"Association of params with {plain(metric, 60)}",
    )


def remark_of(found: Association, more: int) -> str:
    """Why no association is shown, and what would help.

    Args:
        found: Without any.
        more: Runs with the metric that the experiments have beyond those that it rests on.
    """
    said = f"{found.remark[0].upper()}{found.remark[1:]}."
    if found.n >= MIN_RUNS:
        return said
    if more <= 0:
        return f"{said} These are all that the experiment has; a longer sweep would tell."
    return f"{said} *All runs of the experiment* adds {more:,}."
