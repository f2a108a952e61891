"""What can be put into a note in one click: links to runs, tables of metrics, comparisons, the team's template."""

import streamlit as st
from ulid import ULID

from mlreview.ui import basket
from mlreview.ui.note_saving import LoadedNote
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import clip, number

_INSERT = "_notes.insert"
MAX_FOUND = 500


def pending(run_id: str) -> dict[str, str] | None:
    """What the editor of this run shall put in; it does so once for each id."""
    return st.session_state.get(_INSERT, {}).get(run_id)


def inserted_text(run_id: str) -> str:
    """The text of it."""
    return (pending(run_id) or {}).get("text", "")


def put(run_id: str, text: str, where: str = "block") -> None:
    """From a callback: put a text into the note that is being written."""
    st.session_state.setdefault(_INSERT, {})[run_id] = {"id": str(ULID()), "text": text, "where": where}


def render(run_id: str, runs: Runs, note: LoadedNote) -> None:
    """The row of what can be inserted."""
    with st.popover("Link a run", icon=":material/link:"):
        st.selectbox(
            "Run",
            [other for other in runs.best_first() if other != run_id][:MAX_FOUND],
            index=None,
            key="notes_link",
            format_func=lambda other: " · ".join(part for part in (runs.name(other), runs.metric(other)) if part),
            placeholder="Type a part of its name",
            on_change=_link,
            args=(run_id, runs),
        )
    st.button(
        "Metrics",
        icon=":material/table:",
        key="notes_metrics",
        help="A table of this run's metrics",
        on_click=put,
        args=(run_id, metric_table(runs, [run_id])),
    )
    chosen = [other for other in basket.ids() if other in runs.position]
    st.button(
        "Compare basket",
        icon=":material/compare_arrows:",
        key="notes_compare",
        disabled=not chosen,
        help="A table of the metrics of the basket's runs" if chosen else "Tick runs in the leaderboard first",
        on_click=put,
        args=(run_id, metric_table(runs, chosen)),
    )


def _link(run_id: str, runs: Runs) -> None:
    chosen = st.session_state["notes_link"]
    if chosen:
        put(run_id, run_link(runs.name(chosen), chosen), "inline")
        st.session_state["notes_link"] = None


def run_link(name: str, run_id: str) -> str:
    """A link to a run, in Markdown."""
    return f"[{_literal(name)}](run:{run_id})"


def metric_table(runs: Runs, run_ids: list[str]) -> str:
    """The latest metrics of runs as a Markdown table, one column a run."""
    rows = []
    for key, column in sorted(runs.table.metrics.items()):
        cells = [
            number(float(column.values[at]), 4) if column.present[at] else "—"
            for at in (runs.position[run_id] for run_id in run_ids if run_id in runs.position)
        ]
        if any(cell != "—" for cell in cells):
            rows.append(f"| {_literal(key)} | " + " | ".join(cells) + " |")
    heads = " | ".join(run_link(runs.name(run_id), run_id) for run_id in run_ids)
    return "\n".join([f"| Metric | {heads} |", "| --- |" + " ---: |" * len(run_ids), *rows]) + "\n"


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\[]|*_`<>" else sign for sign in clip(text, 120))
