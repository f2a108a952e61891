"""The sidebar: pages, experiments, the basket, the store."""

import streamlit as st

from mlreview.entities import Experiment, RunQuery
from mlreview.ui import basket, pages, reads, urlstate
from mlreview.ui.text import ago, clip, clip_start, clock, plain

_SHOWN_IN_BASKET = 8
_ONE, _SEVERAL, _SWITCH = "sidebar_experiment", "sidebar_experiments", "sidebar_several"


def render_sidebar() -> None:
    """Draw it. Reads the experiments; raises ``MlreviewError`` when the store can't be read."""
    with st.sidebar:
        st.markdown("#### :material/rate_review: Model Review")
        links = st.container(gap="xxsmall")
        chooser = st.container()
        chosen = st.container()
        st.space("stretch")
        stored = st.container()
        known = reads.experiments()
        with stored:
            _render_store(known.at)
        with chooser:
            _render_experiments(known.experiments)
        with chosen:
            _render_basket()
        with links:
            for name in ("leaderboard", "compare", "curves", "notes", "run", "production"):
                pages.link(name)


def _render_experiments(known: tuple[Experiment, ...]) -> None:
    view = urlstate.get(urlstate.SharedView)
    if not known:
        st.caption("This store has no experiments yet.")
        return
    by_id = {experiment.experiment_id: experiment for experiment in known}
    newest = next((experiment for experiment in known if experiment.last_run_time), known[0])
    wanted = list(view.experiments) or [newest.experiment_id]
    options = [*by_id, *(missing for missing in wanted if missing not in by_id)]

    def label(experiment_id: str) -> str:
        experiment = by_id.get(experiment_id)
        return clip(experiment.name, 120) if experiment else f"{experiment_id} (not in this store)"

    several = len(wanted) > 1 or bool(st.session_state.get(_SWITCH))
    if several:
        urlstate.seed(_SEVERAL, wanted)
        picked = st.multiselect("Experiments", options, format_func=label, key=_SEVERAL)
    else:
        urlstate.seed(_ONE, wanted[0])
        picked = [
            st.selectbox("Experiment", options, format_func=label, key=_ONE, help=_describe(by_id.get(wanted[0])))
        ]
    if len(known) > 1:
        urlstate.seed(_SWITCH, several)
        st.toggle("Several at once", key=_SWITCH, on_change=_switch_several, disabled=len(wanted) > 1 and not several)
    urlstate.update(urlstate.SharedView, experiments=tuple(picked))


def _switch_several() -> None:
    """Back to one experiment keeps the first; both choosers take their value from the view again."""
    if not st.session_state[_SWITCH]:
        view = urlstate.get(urlstate.SharedView)
        urlstate.update(urlstate.SharedView, experiments=view.experiments[:1])
    for key in (_ONE, _SEVERAL):
        st.session_state.pop(key, None)


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
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Basket** · {len(run_ids)} run{'' if len(run_ids) == 1 else 's'}", width="stretch")
        st.button("Clear", key="basket_clear", type="tertiary", on_click=basket.clear)
    with st.container(gap=None):
        for run_id in run_ids[:_SHOWN_IN_BASKET]:
            name = known.get(run_id) or run_id[:8] if run_id in known else f"{run_id[:8]}, not found"
            st.button(
                plain(name, 26),
                key=f"basket_remove_{run_id}",
                icon=":material/close:",
                type="tertiary",
                help=f"Take {plain(name, 300)} out of the basket",
                on_click=basket.remove,
                args=(run_id,),
            )
    if len(run_ids) > _SHOWN_IN_BASKET:
        st.caption(f"and {len(run_ids) - _SHOWN_IN_BASKET} more")


def _render_store(read_at: float) -> None:
    info = reads.store().info()
    kind = {"sqlite": "SQLite, read directly", "postgresql": "PostgreSQL, read directly", "api": "MLflow tracking API"}
    with st.container(gap=None):
        st.caption(f":material/database: {plain(clip_start(info.label, 32), 80)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"{kind[info.kind]} · read {clock(read_at, st.context.timezone)}",
                help=plain(f"{info.label}  {info.detail}", 600),
                width="stretch",
            )
            st.button(
                "Read again",
                key="store_refresh",
                icon=":material/refresh:",
                type="tertiary",
                help="Read the store again now",
                on_click=reads.refresh,
            )
