"""The sidebar: pages, experiments, the basket, the store."""

import streamlit as st

from mlreview.analysis.short_names import tell_apart
from mlreview.entities import Experiment, RunQuery
from mlreview.names import MAX_NAME_CHARS
from mlreview.ui import basket, notes_open, pages, palette, reads, urlstate
from mlreview.ui.text import ago, clip, clip_start, clock, plain

_SHOWN_IN_BASKET = 8
_NAME_CHARS = 20
"""Of a run's name in the basket."""
_SEVERAL = "_sidebar.several"


def render_sidebar() -> None:
    """Draw it, but for the store's state (``render_store``), which is known when the page has read what it shows.

    The links stand before anything is read: with a dead store one can still leave the page. Raises ``MlreviewError``
    when the store can't be read.
    """
    with st.sidebar:
        st.markdown("#### :material/rate_review: Model Review")
        with st.container(gap="xxsmall"):
            for spec in pages.PAGES:
                pages.link(spec.name)
        notes_open.render_unsaved()
    known = reads.experiments()
    with st.sidebar:
        _render_experiments(known)
        _render_basket()


def _render_experiments(known: tuple[Experiment, ...]) -> None:
    view = urlstate.get(urlstate.SharedView)
    if not known and not view.experiments:
        st.caption("This store has no experiments yet.")
        return
    by_id = {experiment.experiment_id: experiment for experiment in known}
    newest = next((experiment for experiment in known if experiment.last_run_time), known[0] if known else None)
    wanted = list(view.experiments) or ([newest.experiment_id] if newest else [])
    urlstate.update(urlstate.SharedView, experiments=tuple(wanted))
    options = [*by_id, *(missing for missing in wanted if missing not in by_id)]

    def label(experiment_id: str) -> str:
        experiment = by_id.get(experiment_id)
        return clip(experiment.name, 120) if experiment else f"{experiment_id} (not in this store)"

    several = len(wanted) > 1 or bool(st.session_state.get(_SEVERAL))
    if several:
        urlstate.control("sidebar_experiments", wanted)
        st.multiselect(
            "Experiments", options, format_func=label, key="sidebar_experiments", on_change=_experiments_chosen
        )
    else:
        urlstate.control("sidebar_experiment", wanted[0])
        st.selectbox(
            "Experiment",
            options,
            format_func=label,
            key="sidebar_experiment",
            help=_describe(by_id.get(wanted[0])),
            on_change=_experiment_chosen,
        )
    if len(known) > 1:
        urlstate.control("sidebar_several", several)
        st.toggle("Several at once", key="sidebar_several", on_change=_several_switched)


def _experiment_chosen() -> None:
    urlstate.update(urlstate.SharedView, experiments=(st.session_state["sidebar_experiment"],))


def _experiments_chosen() -> None:
    """With the last one removed the newest is shown again: a page is always about some experiment."""
    urlstate.update(urlstate.SharedView, experiments=tuple(st.session_state["sidebar_experiments"]))


def _several_switched() -> None:
    st.session_state[_SEVERAL] = st.session_state["sidebar_several"]
    if not st.session_state[_SEVERAL]:
        view = urlstate.get(urlstate.SharedView)
        urlstate.update(urlstate.SharedView, experiments=view.experiments[:1])


def _describe(experiment: Experiment | None) -> str | None:
    if experiment is None or experiment.run_count is None:
        return None
    newest = f", newest {ago(experiment.last_run_time)}" if experiment.last_run_time else ""
    return f"{experiment.run_count:,} run{'' if experiment.run_count == 1 else 's'}{newest}"


def _render_basket() -> None:
    run_ids = basket.ids()
    if not run_ids:
        st.caption(":material/shopping_basket: Basket is empty. Tick runs in the leaderboard to compare them.")
        return
    found = reads.runs(RunQuery(run_ids=run_ids, lifecycle="all", metrics=())).table
    known = dict(zip(found.run_ids, found.names, strict=True))
    styles = palette.run_styles(run_ids)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Basket** · {len(run_ids)} run{'' if len(run_ids) == 1 else 's'}", width="stretch")
        st.button("Clear", key="basket_clear", type="tertiary", on_click=basket.clear)
    with st.container(gap=None):
        shown = run_ids[:_SHOWN_IN_BASKET]
        names = [known.get(one) or one[:8] if one in known else f"{one[:8]}, not found" for one in shown]
        for run_id, name, brief in zip(shown, names, tell_apart(names, _NAME_CHARS), strict=True):
            st.button(
                f"{palette.swatch(styles[run_id])} {plain(brief, _NAME_CHARS)}",
                key=f"basket_remove_{run_id}",
                icon=":material/close:",
                type="tertiary",
                help=f"Take {plain(name, MAX_NAME_CHARS)} out of the basket",
                on_click=basket.remove,
                args=(run_id,),
            )
    if len(run_ids) > _SHOWN_IN_BASKET:
        st.caption(f"and {len(run_ids) - _SHOWN_IN_BASKET} more")


def render_store() -> None:
    """The store: its name, how it is read, how old the oldest of the page's data is, and a button to read again."""
    kind = {"sqlite": "SQLite, read directly", "postgresql": "PostgreSQL, read directly", "api": "MLflow tracking API"}
    read_at = reads.oldest()
    info = reads.store().info() if read_at else None  # where nothing was read, the page says why
    when = f"read {clock(read_at, st.context.timezone)}" if read_at else "can't be read"
    with st.sidebar, st.container(gap=None):
        st.caption(f":material/database: {plain(clip_start(info.label, 21), 80) if info else 'Tracking store'}")
        st.caption(
            f"{kind[info.kind]} · {when}" if info else when,
            help=plain(f"{info.label}  {info.detail}", 600) if info else None,
        )
        st.button(
            "Read again",
            key="store_refresh",
            icon=":material/refresh:",
            type="tertiary",
            help="Read the store again now",
            on_click=reads.refresh,
        )
