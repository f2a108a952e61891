"""The record of a review, to take along: one HTML file, and a model card. Made when somebody presses the button."""

import re
import time
from collections.abc import Callable

import streamlit as st

from mlreview.review.export.card import model_card
from mlreview.review.export.dossier import Dossier, read_dossier
from mlreview.review.export.html import html_record
from mlreview.ui import reads
from mlreview.ui.review_case import Case


def render(case: Case) -> None:
    """Two buttons, once there is a review."""
    if not case.review.events:
        return
    store, review, people = reads.store(), case.review, case.people
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", case.run.name or "").strip("-.")[:80] or case.run_id[:8]

    def made(make: Callable[[Dossier], str]) -> Callable[[], str]:
        return lambda: make(read_dossier(store, review, people, round(time.time() * 1000)))

    with st.container(horizontal=True, vertical_alignment="center", key="review_export"):
        st.caption("The record of this review, readable without any server:", width="content")
        st.download_button(
            "Record (HTML)",
            made(html_record),
            file_name=f"{name}-review.html",
            mime="text/html",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        st.download_button(
            "Model card",
            made(model_card),
            file_name=f"{name}-card.md",
            mime="text/markdown",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
