"""The line above the table: how many runs are chosen, and where one can go with them.

It always takes the same height, so that ticking the first run moves nothing.
"""

from collections.abc import Sequence

import streamlit as st

from mlreview.entities import Experiment
from mlreview.ui import (
    basket,
    leaderboard_baseline,
    leaderboard_chooser,
    leaderboard_export,
    leaderboard_groups,
    leaderboard_live,
    pages,
    urlstate,
)
from mlreview.ui.leaderboard_rows import Shown

_BY_KEYBOARD = (
    "By keyboard: Tab to the table, arrows to a row, Shift+Space ticks it; Shift+Tab leads back to Open and Compare."
)


def render_bar(shown: Shown, known: Sequence[Experiment]) -> None:
    """The basket's way on to other pages; on the right the baseline and the columns."""
    run_ids, grouped = basket.ids(), bool(leaderboard_groups.chosen())
    count = len(run_ids)
    with st.container(horizontal=True, vertical_alignment="center", key="leaderboard_bar", gap="small"):
        if count:
            st.markdown(f"**{count} chosen**", width="content")
        else:
            hint = "A click on a group shows its runs" if grouped else "Tick runs to compare them"
            st.markdown(f":gray[{hint}]", width="content", help=None if grouped else _BY_KEYBOARD)
        few = "Tick two runs or more" if count < 2 else None
        for name, label, disabled, help in (
            ("compare", "Compare", count < 2, few),
            ("curves", "Curves", not count, None),
        ):
            pages.link(name, label, disabled=disabled, help=help, width="content")
        # Of a chosen run, not of the one whose note was open last.
        open_before = urlstate.get(urlstate.NotesView).run
        note_of = run_ids[0] if count and open_before not in run_ids else None
        pages.link("notes", "Notes", disabled=not count, width="content", note_of=note_of)
        if count == 1:
            pages.link("run", "Open", run_id=run_ids[0], width="content")
        st.space("stretch")
        leaderboard_live.render_news(known)
        if grouped:  # baseline and columns are those of runs
            leaderboard_groups.render_ungroup()
            leaderboard_export.render_groups_button(shown)
            return
        leaderboard_baseline.render_baseline(shown, known)
        leaderboard_chooser.render_chooser(shown)
        leaderboard_export.render_button(shown, known)
