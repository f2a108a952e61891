"""What can be put into a note in one click: links to runs, tables of metrics, comparisons, the team's template."""

from collections.abc import Callable, Sequence

import streamlit as st
from ulid import ULID

from mlreview.analysis.metric_names import read_metric_name
from mlreview.entities import ModelVersion
from mlreview.errors import MlreviewError, NotFoundError
from mlreview.ui import basket, note_saving, notes_template, reads
from mlreview.ui.note_saving import LoadedNote
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import clip, number, plain

_INSERT = "_notes.insert"
MAX_FOUND = 500
MAX_TABLE_METRICS = 6


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
    chosen = [other for other in basket.ids() if other in runs.position]
    parts = _parts(run_id, runs, note, chosen)
    st.menu_button(
        "Insert",
        list(parts),
        icon=":material/add_box:",
        key="notes_insert",
        help=None if chosen else "Tick runs in the leaderboard to insert their comparison",
        on_click=lambda: parts.get(st.session_state["notes_insert"], lambda: None)(),
    )


def _parts(run_id: str, runs: Runs, note: LoadedNote, chosen: Sequence[str]) -> dict[str, Callable[[], None]]:
    """What the menu offers, and what each does."""
    parts: dict[str, Callable[[], None]] = {}
    if not note.text.strip():
        parts["Template"] = lambda: put(run_id, notes_template.empty_note(), "start")
    parts["Metrics of this run"] = lambda: put(run_id, metric_table(runs, [run_id]))
    if chosen:
        parts[f"Comparison of the basket ({len(chosen)})"] = lambda: put(run_id, metric_table(runs, chosen))
    parts["Note of the model deployed before"] = lambda: _continue(run_id, runs)
    return parts


def beginnings(run_id: str, runs: Runs) -> dict[str, tuple[str, Callable[[], None]]]:
    """Ways to begin a note: what each is called, its icon, and what it puts into the editor."""
    return {
        "Start from the template": (":material/list_alt:", lambda: put(run_id, notes_template.empty_note(), "start")),
        "Continue from the model deployed before": (":material/history_edu:", lambda: _continue(run_id, runs)),
        "Start with nothing": (":material/edit:", lambda: None),
    }


def _link(run_id: str, runs: Runs) -> None:
    chosen = st.session_state["notes_link"]
    if chosen in runs.position:
        put(run_id, run_link(runs, chosen), "inline")
    st.session_state["notes_link"] = None


def _continue(run_id: str, runs: Runs) -> None:
    """From a callback: the deployed model's note, whole, with a line that says whose it was."""
    try:
        before = note_before(run_id, runs)
    except MlreviewError as error:
        st.toast(plain(error.message, 300), icon=":material/error:")
        return
    if before is None:
        st.toast("No other run behind a registered version with an alias has a note.", icon=":material/info:")
        return
    version, text = before
    name = run_link(runs, version.run_id or "")
    aliases = ", ".join(version.aliases)
    put(
        run_id,
        f"*Continued from the note of {name}, {literal(version.name)} version {version.version} "
        f"({literal(aliases)}).*\n\n{text}",
    )


def note_before(run_id: str, runs: Runs) -> tuple[ModelVersion, str] | None:
    """The version that was deployed before, and its run's note: the newest with an alias, of this experiment first."""
    deployed = [one for one in reads.store().model_versions() if one.aliases and one.run_id not in (None, run_id)]
    deployed.sort(key=lambda one: (one.run_id not in runs.position, -(one.creation_time or 0)))
    for version in deployed:
        try:
            text = note_saving.load(version.run_id or "").text
        except NotFoundError:  # its run was erased
            continue
        if text.strip():
            return version, text
    return None


def run_link(runs: Runs, run_id: str) -> str:
    """A link to a run, in Markdown, that MLflow's own page follows too."""
    at = runs.position.get(run_id)
    target = f"#/experiments/{runs.table.experiment_ids[at]}/runs/{run_id}" if at is not None else f"run:{run_id}"
    return f"[{literal(runs.name(run_id))}]({target})"


def metric_table(runs: Runs, run_ids: Sequence[str]) -> str:
    """The latest metrics of runs as a Markdown table: one line a metric for one run, else one line a run."""
    known = [run_id for run_id in run_ids if run_id in runs.position]
    rows = [runs.position[run_id] for run_id in known]
    keys = [key for key, column in sorted(runs.table.metrics.items()) if column.present[rows].any()]

    def cell(key: str, at: int) -> str:
        column = runs.table.metrics[key]
        return number(float(column.values[at]), 4) if column.present[at] else "—"

    if len(known) == 1:
        keys = _most_told(runs, keys, rows)
        lines = [f"| {literal(key)} | {cell(key, rows[0])} |" for key in keys]
        return "\n".join(["| Metric | Value |", "| --- | ---: |", *lines]) + "\n"
    keys = _most_told(runs, keys, rows)[:MAX_TABLE_METRICS]
    lines = [
        f"| {run_link(runs, run_id)} | " + " | ".join(cell(key, at) for key in keys) + " |"
        for run_id, at in zip(known, rows, strict=True)
    ]
    heads = " | ".join(literal(key) for key in keys)
    return "\n".join([f"| Run | {heads} |", "| --- |" + " ---: |" * len(keys), *lines]) + "\n"


def _most_told(runs: Runs, keys: Sequence[str], rows: Sequence[int]) -> list[str]:
    """Metrics, the most telling first: what the runs are ranked by, then validation before the rest."""
    headline = runs.choice.metric if runs.choice else ""
    order = {"validation": 0, "test": 1}
    return sorted(
        keys,
        key=lambda key: (
            key != headline,
            order.get(read_metric_name(key).split, 2),
            -int(runs.table.metrics[key].present[list(rows)].sum()),
            key,
        ),
    )


def literal(text: str) -> str:
    """A user's text as it stands, in Markdown, also within a link and a table."""
    return "".join(f"\\{sign}" if sign in "\\[]|*`<>" else sign for sign in clip(text, 120))
