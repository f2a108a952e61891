"""Compare: the chosen runs side by side, what differs and what it did."""

import streamlit as st

from mlreview.analysis.diff_report import MAX_RUNS
from mlreview.ui import basket, compare, compare_detail, compare_effect, pages, reads

pages.ensure()
st.header("Compare")

chosen = basket.ids()
recorded = reads.recorded(chosen[:MAX_RUNS]) if len(chosen) > 1 else None
if recorded is not None:
    compare.render_coverage(chosen, recorded)
if recorded is None or len(recorded.runs) < 2:
    compare.explain_too_few(len(chosen))
else:
    seen = compare.look(recorded)
    compare.render_summary(seen)
    compare.render_unread(recorded)
    sight = compare.render_controls(seen)
    opened = compare.render_table(seen, sight)
    if opened:
        compare_detail.show_value(seen, *opened)
    compare_detail.render_files(seen)
    compare_effect.render_effect(seen)
