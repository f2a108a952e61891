"""Changes: what differs from what the run would replace, as that was when the review was requested."""

import streamlit as st

from mlreview.review.bodies import Anchor
from mlreview.review.summary import version_of
from mlreview.ui import compare, compare_detail, review_compose
from mlreview.ui.compare_cells import Sight
from mlreview.ui.review_case import Case
from mlreview.ui.text import clip, plain

_MOST_ANCHORS = 400


def render(case: Case) -> None:
    """The two runs side by side, differences alone unless somebody wants everything."""
    baseline = case.baseline
    if case.compared is None or not case.has_baseline:
        reason = f": {plain(baseline.reason, 300)}" if baseline.reason else ""
        st.info(f"There is nothing to hold it against{reason}.", icon=":material/compare_arrows:")
    else:
        version = version_of(baseline)
        name = plain(baseline.name or baseline.run_id[:8], 80)
        kept = "as it was when the review was requested" if case.asked else "as it is now"
        why = f", {plain(baseline.reason, 200)}" if baseline.reason else ""
        st.caption(f"Against {f'{version}, ' if version else ''}{name}{why}, {kept}.")
        everything = st.toggle("Show what is the same too", key="review_changes_all")
        compare.render_unread(case.compared.recorded)
        opened = compare.render_table(case.compared, Sight(everything), fixed=(case.run_id, baseline.run_id))
        if opened:
            compare_detail.show_value(case.compared, *opened)
        if case.compared.summary.warning:
            st.warning(plain(case.compared.summary.warning, 500), icon=":material/help:")
    review_compose.render_here(case, anchors(case), "changes")
    review_compose.render_threads_here(case, ("param", "metric"))


def anchors(case: Case) -> list[Anchor]:
    """Params and metrics that one can comment on, those that differ first."""
    keys: list[Anchor] = []
    if case.compared is not None:
        for section, kind in (("params", "param"), ("metrics", "metric")):
            rows = [row.key for row in case.compared.comparison[section].differing]  # type: ignore[index]
            keys += [Anchor(kind, key) for key in rows]  # type: ignore[arg-type]
    keys += [Anchor("param", key) for key in sorted(case.run.params) if not key.startswith("mlreview.")]
    keys += [Anchor("metric", key) for key in sorted(case.run.metrics) if not key.startswith("mlreview.")]
    own = {*case.run.params, *case.run.metrics}
    return [one for one in dict.fromkeys(keys) if one.key in own and clip(one.key)][:_MOST_ANCHORS]
