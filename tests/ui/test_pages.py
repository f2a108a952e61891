"""Running a page under the app."""

from typing import Any

import streamlit as st

from mlreview.ui import pages


def test_a_page_whose_mark_a_run_beside_it_has_taken_away_still_ends_well():
    """Streamlit lets a run that was stopped go on for a moment beside the next one, over one session's state."""
    ended: list[bool] = []

    class Page:
        def run(self) -> None:
            assert st.session_state[pages._RUNNING]
            del st.session_state[pages._RUNNING]
            ended.append(True)

    page: Any = Page()
    pages.run(page)
    assert ended
    assert pages._RUNNING not in st.session_state
