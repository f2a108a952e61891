"""What the page Compare is made of: its first sentences, its controls, its table, what goes along as a file."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mlreview.analysis.aliases import read_aliases
from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_export import diff_csv, diff_markdown
from mlreview.analysis.diff_missing import MissingRecord
from mlreview.analysis.diff_report import MAX_RUNS, Compared, see_for_team
from mlreview.errors import MlreviewError
from mlreview.ui import basket, compare_cells, compare_table, pages, palette, reads, urlstate
from mlreview.ui.compare_cells import Sight
from mlreview.ui.leaderboard_columns import run_link
from mlreview.ui.text import clip, plain
from mlreview.ui.urlstate import CompareView

_ROWS = {"differences": "Only differences", "all": "Everything"}
_STATUS = {"RUNNING": "running", "FAILED": "failed", "KILLED": "killed", "SCHEDULED": "scheduled"}


def explain_too_few(chosen: int) -> None:
    """Fewer than two runs: how to choose some."""
    st.info(
        "Tick runs in the leaderboard, two to fifty of them; they stay chosen on every page. "
        "Then come back here to see what differs between them and what it did.",
        title="Choose at least two runs to compare" if not chosen else "One run is chosen; choose another",
        icon=":material/compare_arrows:",
    )
    pages.link("leaderboard", "Choose runs in the leaderboard")


def look(recorded: Recorded) -> Compared:
    """The comparison as the address, the team and the leaderboard want it looked at."""
    ranked = urlstate.get(urlstate.LeaderboardView)
    try:
        versions = reads.model_versions(None)
    except MlreviewError:
        versions = None  # the registry can be another store than the runs'
    return see_for_team(
        recorded,
        urlstate.get(CompareView).baseline,
        reads.experiments(),
        versions,
        ranked.metric,
        ranked.direction,
        ranked.baseline,
        read_aliases(reads.settings().metric_aliases),
    )


def render_coverage(chosen: Sequence[str], recorded: Recorded) -> None:
    """Say which of the chosen runs are not in the table, where some aren't."""
    known = set(recorded.runs.run_ids)
    gone = [run_id for run_id in chosen[:MAX_RUNS] if run_id not in known]
    if len(chosen) > MAX_RUNS:
        st.caption(f"The first {MAX_RUNS} of {len(chosen)} chosen runs are compared.")
    if gone:
        st.warning(
            f"{len(gone)} of the chosen runs {'is' if len(gone) == 1 else 'are'} not in this store: "
            f"{', '.join(plain(run_id, 12) for run_id in gone[:5])}{' …' if len(gone) > 5 else ''}.",
            icon=":material/search_off:",
        )


def render_unread(recorded: Recorded) -> None:
    """Say which runs are compared without their files, and why, where there are such."""
    problems = [facts.problem for facts in recorded.files.values() if facts.problem]
    if problems:
        st.caption(
            f":material/folder_off: Files of {len(problems)} of {len(recorded.runs)} runs could not all be read, so "
            f"their architecture and environment may be missing here: {plain(problems[0], 300)}"
        )


def render_summary(seen: Compared) -> None:
    """What differs and what it did, side by side; below, what must be known before believing it."""
    summary = seen.summary
    causes = " · ".join(f"**{plain(cause, 160)}**" for cause in summary.causes) or "nothing that was recorded"
    more = f" · {summary.more} more" if summary.more else ""
    said = [f"Same but for the seed: {_named(seen, group)}" for group in seen.comparison.replicate_groups]
    with st.container(border=True, key="compare_summary", gap="xsmall"):
        left, right = st.columns(2, gap="medium")
        why = f"  \n:gray[Baseline: {plain(seen.baseline_reason, 200)}]" if seen.baseline_reason else ""
        left.markdown(f":gray[What differs from {plain(seen.labels[seen.baseline], 60)}]  \n{causes}{more}{why}")
        did = [plain(summary.effect, 400) or "none of these runs has a metric to rank by"]
        did += [plain(summary.beside, 600)] if summary.beside else []
        right.markdown("  \n".join([":gray[What it did]", *did]))
        if said:
            st.markdown("  \n".join(f":material/casino: {line}" for line in said))
        if summary.warning:
            st.warning(plain(summary.warning, 500), icon=":material/help:")
        _render_missing(seen)


def _named(seen: Compared, rows: Sequence[int]) -> str:
    shown = ", ".join(plain(seen.labels[row], 50) for row in rows[:4])
    return shown + (f" and {len(rows) - 4} more" if len(rows) > 4 else "")


def _render_missing(seen: Compared) -> None:
    if not seen.missing:
        return
    total = len(seen.labels)

    def of(record: MissingRecord) -> str:
        return record.what if len(record.rows) == total else f"{record.what} ({len(record.rows)} of {total} runs)"

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":material/visibility_off: Not recorded: {', '.join(of(record) for record in seen.missing)}",
            width="content",
        )
        with st.popover("Record it next time", icon=":material/code:", type="tertiary"):
            for record in seen.missing:
                st.markdown(f"**{record.what[0].upper()}{record.what[1:]}** · {_which(seen, record)}")
                st.code(record.line, language="python", wrap_lines=True)


def _which(seen: Compared, record: MissingRecord) -> str:
    if len(record.rows) == len(seen.labels):
        return "not recorded by any of these runs"
    return f"not recorded by {_named(seen, record.rows)}"


def render_controls(seen: Compared) -> Sight:
    """Which rows to show, and the files to take along."""
    view = urlstate.get(CompareView)
    with st.container(horizontal=True, vertical_alignment="center"):
        urlstate.control("compare_rows", view.rows)
        st.segmented_control(
            "Rows",
            list(_ROWS),
            key="compare_rows",
            format_func=lambda rows: _ROWS[rows],
            required=True,
            label_visibility="collapsed",
            on_change=_rows_chosen,
        )
        urlstate.control("compare_search", view.search)
        st.text_input(
            "Search",
            key="compare_search",
            type="search",
            placeholder="Search keys and values",
            max_chars=200,
            label_visibility="collapsed",
            width=260,
            live="300ms",
            on_change=_searched,
        )
        hidden = sum(len(section.rows) - len(section.differing) for section in seen.comparison.sections)
        total = sum(len(section.rows) for section in seen.comparison.sections)
        said = f"{hidden:,} of {total:,} rows have no difference" + (" and are hidden" if view.rows != "all" else "")
        st.markdown(f":gray[{said}]", width="stretch")
        _render_downloads(seen, view.rows == "all")
    return Sight(view.rows == "all", view.search)


def _rows_chosen() -> None:
    urlstate.update(CompareView, rows=st.session_state["compare_rows"])


def _baseline_chosen(run_id: str) -> None:
    urlstate.update(CompareView, baseline=run_id)


def _searched() -> None:
    text = " ".join(character for character in st.session_state["compare_search"].split() if character.isprintable())
    urlstate.update(CompareView, search=text)


def _render_downloads(seen: Compared, everything: bool) -> None:
    what = "everything" if everything else "the differences"
    with st.popover("Download", icon=":material/download:", help=f"Take {what} along"):
        for label, name, kind, make in (
            ("Markdown, for a report", "comparison.md", "text/markdown", diff_markdown),
            ("CSV, for a spreadsheet", "comparison.csv", "text/csv", diff_csv),
        ):
            st.download_button(
                label,
                lambda make=make: make(seen, everything).encode("utf-8", "replace"),
                file_name=name,
                mime=kind,
                key=f"compare_{name}",
                on_click="ignore",
                width="stretch",
            )


def render_table(seen: Compared, sight: Sight, *, fixed: Sequence[str] = ()) -> tuple[str, str, int] | None:
    """The runs side by side; what somebody wants to see in full.

    Args:
        seen: The comparison.
        sight: Which rows.
        fixed: Run ids that colours are given out to, in order, where runs and baseline stay as they are.
    """
    with st.container(key="compare"):
        return compare_table.render(
            {**compare_cells.table(seen, sight, _headings(seen, fixed)), "fixed": bool(fixed)},
            on_baseline=_baseline_chosen,
            on_remove=basket.remove,
        )


def _headings(seen: Compared, coloured: Sequence[str] = ()) -> list[dict[str, Any]]:
    runs = seen.recorded.runs
    styles = palette.run_styles(coloured) if coloured else palette.basket_styles()
    several = len(set(runs.experiment_ids)) > 1
    names = {experiment.experiment_id: experiment.name for experiment in reads.experiments()} if several else {}
    ui_url = reads.store().info().ui_url
    found = []
    for row, run_id in enumerate(runs.run_ids):
        experiment = runs.experiment_ids[row]
        about = [clip(names.get(experiment, f"experiment {experiment}"), 60)] if several else []
        about += [_STATUS[runs.statuses[row]]] if runs.statuses[row] in _STATUS else []
        about += ["deleted"] if runs.lifecycles[row] == "deleted" else []
        links = []
        if ui_url:
            link = run_link(ui_url, experiment, run_id)
            links.append({"label": "MLflow", "url": link, "title": "Open the run in MLflow's own UI"})
        code = seen.code_comparisons[row]
        if code:
            links.append({"label": "Code", "url": code, "title": "Compare its commit with the baseline's"})
        style = styles[run_id] if run_id in styles else palette.RunStyle(row % 10)
        found.append(
            {
                "id": run_id,
                "name": clip(seen.labels[row], 120),
                "title": clip(seen.labels[row], 400),
                "about": " · ".join(about),
                "glyph": style.glyph,
                "slot": style.slot,
                "baseline": row == seen.baseline,
                # In the heading the short of it; the summary above the table says all.
                "why": clip(seen.baseline_reason.partition(":")[0], 80) if row == seen.baseline else "",
                "links": links,
            }
        )
    return found
