"""What a page shows that a later version fills: what it will show, and what is chosen for it so far."""

import streamlit as st

from mlreview.entities import RunQuery
from mlreview.ui import basket, pages, reads, urlstate
from mlreview.ui.text import clip, plain


def render(promise: str) -> None:
    """Say what the page will show, and list the basket, which it will be about.

    Args:
        promise: One or two sentences, in the future tense.
    """
    st.info(promise, icon=":material/construction:", title="Not in this version yet")
    run_ids = basket.ids()
    if not run_ids:
        st.markdown("No runs are chosen. Tick some in the leaderboard; they stay chosen on every page.")
        pages.link("leaderboard", "Choose runs in the leaderboard")
        return
    found = reads.runs(RunQuery(run_ids=run_ids, lifecycle="all", metrics=())).table
    rows = {run_id: at for at, run_id in enumerate(found.run_ids)}
    st.markdown(f"**{len(run_ids)} chosen run{'' if len(run_ids) == 1 else 's'}**")
    st.dataframe(
        {
            "Run": [
                clip(found.names[rows[run_id]], 300) or run_id[:8] if run_id in rows else "not in this store"
                for run_id in run_ids
            ],
            "Run id": list(run_ids),
        },
        hide_index=True,
        width="content",
        alt="Chosen runs",
    )


def render_run() -> None:
    """Name the run that was opened, and the way back."""
    run_id = urlstate.get(urlstate.RunView).run
    if run_id is None:
        return
    found = reads.runs(RunQuery(run_ids=(run_id,), lifecycle="all", metrics=())).table
    if len(found):
        st.markdown(f"**{plain(found.names[0], 200) or run_id[:8]}** · :gray[{run_id}]")
    else:
        st.markdown(f"The run {plain(run_id)} is not in this store.")
    pages.link("leaderboard", "Back to the leaderboard", width="content")
