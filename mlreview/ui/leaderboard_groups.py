"""The leaderboard in groups: which keys group it, the groups' means and spreads, and every point."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import streamlit as st

from mlreview import names
from mlreview.analysis.find_keys import Key
from mlreview.analysis.find_mlflow import looks_like_mlflow
from mlreview.analysis.find_words import term_for
from mlreview.analysis.groups import ENOUGH, Group, Groups, describe_groups, group_runs, groupable
from mlreview.analysis.leaderboard import Ranking
from mlreview.entities import RunTable, TextColumn
from mlreview.ui import leaderboard_find, urlstate
from mlreview.ui.leaderboard_numbers import number_format
from mlreview.ui.text import clip, direction_arrow, number, plain

MAX_SHOWN = 50
"""Groups on the page, at most."""
_ROW_PX = 35
_WIDTH = 150
_MEAN_WIDTH = 150
_METRIC_CHARS = 12
"""Of the heading of that width."""


def chosen() -> tuple[Key, ...]:
    """What the leaderboard is grouped by; empty when it isn't."""
    found = []
    for address in urlstate.get(urlstate.LeaderboardView).groups:
        space, _, name = address.partition(":")
        found.append(Key("tag" if space == "tag" else "param", unquote(name)))
    return tuple(found)


def render_button(table: RunTable) -> None:
    """The button *Group*, and what opens below it; the keys are read only while it is open.

    Args:
        table: The runs that would be grouped.
    """
    keys = chosen()
    label = f"Group · {len(keys)}" if keys else "Group"
    with st.popover(label, icon=":material/workspaces:", key="leaderboard_group_open", on_change="rerun") as opened:
        if opened.open:
            _render_choice(table, keys)


def _render_choice(table: RunTable, keys: Sequence[Key]) -> None:
    offered = list(dict.fromkeys([*keys, *groupable(*_columns(table))]))
    labels = {
        _address(key): f"{'Parameter' if key.space == 'param' else 'Tag'} · {clip(key.name, 60)}" for key in offered
    }
    if not labels:
        st.caption("No parameter or tag groups these runs: each has one value in all of them, or another one in each.")
        return
    urlstate.control("leaderboard_group", [_address(key) for key in keys])
    st.multiselect(
        "Group by",
        list(labels),
        key="leaderboard_group",
        format_func=labels.__getitem__,
        help="Parameters and tags that vary and that several runs share. Seeds are left out: a mean is over them.",
        max_selections=urlstate.MAX_GROUP_KEYS,
        placeholder="Parameters or tags",
        on_change=_chosen,
        width=420,
    )


def groups_of(table: RunTable, ranking: Ranking) -> Groups:
    """The runs in groups, by what is chosen.

    Args:
        table: The runs that are ranked.
        ranking: Of ``table``.
    """
    keys = chosen()
    params, tags = _columns(table)
    nothing = np.full(len(table), None, dtype=object)
    columns = [(params if key.space == "param" else tags).get(key.name, nothing) for key in keys]
    values, present = np.empty(len(table)), np.ones(len(table), dtype=bool)
    values[ranking.rows] = ranking.values
    present[ranking.rows[ranking.ranked + ranking.not_finite :]] = False
    return group_runs(keys, columns, values, present, ranking.direction, tags.get(names.REPRODUCES_TAG))


def render_ungroup() -> None:
    """The button that leads back to single runs."""
    st.button("Show runs", icon=":material/list:", key="leaderboard_ungroup", on_click=_ungroup)


def render(table: RunTable, ranking: Ranking) -> None:
    """Draw the groups in place of the runs.

    Args:
        table: The runs that are ranked.
        ranking: Of ``table``.
    """
    groups = groups_of(table, ranking)
    said = list(describe_groups(groups, clip(ranking.metric, 40)))
    if len(groups.groups) > MAX_SHOWN:
        said.append(f"the first {MAX_SHOWN} are shown")
    more = f"  \n:gray[{plain('; '.join(said[1:]), 500)}]" if said[1:] else ""
    st.markdown(f"**{plain(said[0], 200)}**{more}")
    shown = groups.groups[:MAX_SHOWN]
    _render_table(groups, shown, ranking)
    _render_points(table, groups, shown, ranking)


def _render_table(groups: Groups, shown: Sequence[Group], ranking: Ranking) -> None:
    data: dict[str, object] = {
        "Rank": pd.array([group.rank or None for group in shown], dtype="Int64"),
        **{str(key): [_said(key, group.values[at]) for group in shown] for at, key in enumerate(groups.keys)},
        "Mean": [group.mean for group in shown],
        "Spread": [_spread(group) for group in shown],
        "Runs": [len(group.rows) for group in shown],
        "Range": [_range(group) for group in shown],
        "Left out": [_left_out(group) for group in shown],
    }
    if not any(group.not_finite or group.missing for group in shown):
        del data["Left out"]
    config: dict[str, Any] = {
        "Rank": st.column_config.NumberColumn("#", width=44, help="By the mean; equal means share a rank"),
        "Mean": st.column_config.NumberColumn(
            mean_heading(ranking),
            format=number_format(np.array([group.mean for group in shown])) or "%.4g",
            width=_MEAN_WIDTH,
            help=f"Mean {plain(ranking.metric, 200)} over the runs with a number",
        ),
        "Spread": st.column_config.TextColumn(
            "± standard deviation", width=160, help=f"Of single runs. Below {ENOUGH} runs it says nothing"
        ),
        "Runs": st.column_config.NumberColumn("Runs", width=64, help="Runs with a number"),
        "Range": st.column_config.TextColumn("Worst to best", width=150),
        "Left out": st.column_config.TextColumn("Left out", width=150, help="Runs of the group without a number"),
    }
    for at, key in enumerate(groups.keys):
        config[str(key)] = st.column_config.TextColumn(clip(key.name, 40), width=_WIDTH, help=f"{plain(key.name, 200)}")
        if at == 0:
            terms = tuple(_terms(groups.keys, group.values) for group in shown)
            config[str(key)] = st.column_config.ButtonColumn(
                clip(key.name, 40),
                width=_WIDTH,
                type="tertiary",
                alignment="left",
                help="Shows the group's runs",
                key="leaderboard_group_runs",
                on_click=_open_group,
                args=(terms,),
            )
    with st.container(key="leaderboard_groups"):
        st.dataframe(
            _greyed(pd.DataFrame(data), shown),
            hide_index=True,
            height=_ROW_PX * (min(len(shown), 12) + 1) + 3,
            placeholder="—",
            column_config=config,
            alt=f"Groups of runs ranked by mean {clip(ranking.metric, 100)}",
        )


def mean_heading(ranking: Ranking) -> str:
    """The heading of the means: the arrow behind a long metric's name stays in sight."""
    return f"Mean {clip(ranking.metric, _METRIC_CHARS)} {direction_arrow(ranking.direction)}"


def _greyed(frame: pd.DataFrame, shown: Sequence[Group]) -> Any:
    """Groups of too few runs in grey: their places say little. Only the drawing, never the values."""
    grey = "color: #95a0b0" if st.context.theme.type == "dark" else "color: #667080"
    styles = [grey if group.too_few else "" for group in shown]
    return frame.style.apply(lambda _: styles) if any(styles) else frame


def _render_points(table: RunTable, groups: Groups, shown: Sequence[Group], ranking: Ranking) -> None:
    from mlreview.charts.strip import Strip, strips  # Plotly costs most of a second, and only groups need it
    from mlreview.charts.theme import CONFIG

    drawn = [group for group in shown if len(group.rows)]
    if not drawn:
        return
    figure = strips(
        [
            Strip(
                " · ".join(_said(key, value) for key, value in zip(groups.keys, group.values, strict=True)),
                group.points,
                [str(table.names[row] or table.run_ids[row][:8]) for row in group.rows],
                group.mean,
                float("nan") if group.too_few else group.deviation,
            )
            for group in drawn
        ],
        ranking.metric,
    )
    st.plotly_chart(
        figure,
        config=CONFIG,
        key="leaderboard_group_points",
        alt=f"Every run's {clip(ranking.metric, 80)}, one row a group, with the group's mean as a bar",
    )
    st.caption(
        "Each point is a run. The bar is the mean; the line through it is ± one standard deviation, "
        f"from {ENOUGH} runs on."
    )


def _columns(table: RunTable) -> tuple[dict[str, TextColumn], dict[str, TextColumn]]:
    """Params and tags of just these runs, row by row; a run that came after the texts were read has none."""
    corpus = leaderboard_find.corpus_of(table)
    texts, nothing = corpus.texts.table, np.full(1, None, dtype=object)
    params, tags = (
        {key: np.append(column, nothing)[corpus.rows] for key, column in columns.items()}
        for columns in (texts.params, texts.tags)
    )
    return params, tags


def _said(key: Key, value: str | None) -> str:
    return f"no {clip(key.name, 40)}" if value is None else clip(value, 100) or "(empty)"


def _spread(group: Group) -> str | None:
    if not len(group.rows):
        return None
    return "too few to tell" if group.too_few else f"± {number(group.deviation)}"


def _range(group: Group) -> str | None:
    if len(group.rows) < 2:
        return None
    return f"{number(float(group.points[-1]))} to {number(float(group.points[0]))}"


def _left_out(group: Group) -> str | None:
    said = [f"{group.not_finite:,} NaN or infinite"] if group.not_finite else []
    return ", ".join([*said, *([f"{group.missing:,} not logged"] if group.missing else [])]) or None


def _terms(keys: Sequence[Key], values: Sequence[str | None]) -> str | None:
    terms = [term_for(key.space, key.name, value) for key, value in zip(keys, values, strict=True)]
    return None if None in terms else " ".join(term for term in terms if term)


def _open_group(terms: Sequence[str | None]) -> None:
    """A click on a group: its runs, as a search that joins the one there was."""
    click = st.session_state["leaderboard_group_runs"]
    if click is None or not 0 <= click["row"] < len(terms):
        return
    term = terms[click["row"]]
    before = urlstate.get(urlstate.LeaderboardView).find
    joined = f"{before} {term}".strip()
    if looks_like_mlflow(before):
        st.toast(
            "A group can't be added to a search in MLflow's syntax. Clear the search first.", icon=":material/info:"
        )
        return
    if term is None or len(joined) > urlstate.MAX_QUERY_CHARS:
        st.toast("This group's values can't be written as a search.", icon=":material/info:")
        return
    leaderboard_find.look_for(joined)
    _ungroup()


def _chosen() -> None:
    urlstate.update(urlstate.LeaderboardView, groups=tuple(st.session_state["leaderboard_group"]))


def _ungroup() -> None:
    urlstate.update(urlstate.LeaderboardView, groups=())


def _address(key: Key) -> str:
    return f"{key.space}:{quote(key.name, safe='')}"
