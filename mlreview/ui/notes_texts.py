"""Texts made from runs, to be put into a note: tables, what was tried, the note of the model deployed before."""

from collections.abc import Sequence

from mlreview.analysis.diagnosis_read import diagnose_rows
from mlreview.analysis.fit_rules import rule_of
from mlreview.analysis.metric_names import read_metric_name
from mlreview.entities import ModelVersion, RunQuery
from mlreview.errors import NotFoundError
from mlreview.notes import links
from mlreview.notes.template import HEADINGS, continue_from, template
from mlreview.notes.tried import Tried, tried_and_compared
from mlreview.ui import note_saving, reads
from mlreview.ui.notes_runs import Runs
from mlreview.ui.text import number

MAX_TABLE_METRICS = 6
MAX_TRIED = 200
"""Runs of a sweep that are judged and compared, the best of it."""


def run_link(runs: Runs, run_id: str) -> str:
    """A link to a run, in Markdown, that MLflow's own page follows too."""
    at = runs.position[run_id]
    return links.run_link(runs.table.names[at], runs.table.experiment_ids[at], run_id)


def metrics_of_run(runs: Runs, run_id: str) -> str:
    """A table of a run's latest metrics, one line each."""
    at = runs.position[run_id]
    rows = [(f"`{key}`", {"Value": _value(runs, key, at)}) for key in _metrics(runs, [run_id])]
    return links.metric_table(rows, ["Value"], first="Metric")


def comparison(runs: Runs, run_ids: Sequence[str]) -> str:
    """A table of runs, one line each, with the few metrics that a note has room for."""
    keys = _metrics(runs, run_ids)[:MAX_TABLE_METRICS]
    rows = [
        (run_link(runs, run_id), {key: _value(runs, key, runs.position[run_id]) for key in keys}) for run_id in run_ids
    ]
    return links.metric_table(rows, keys)


def _value(runs: Runs, key: str, at: int) -> str:
    column = runs.table.metrics[key]
    return number(float(column.values[at]), 4) if column.present[at] else "—"


def _metrics(runs: Runs, run_ids: Sequence[str]) -> list[str]:
    """Metrics that one of the runs has, the most telling first: what ranks, then validation before the rest."""
    rows = [runs.position[run_id] for run_id in run_ids]
    counts = {key: int(column.present[rows].sum()) for key, column in runs.table.metrics.items()}
    headline = runs.choice.metric if runs.choice else ""
    order = {"validation": 0, "test": 1}
    return sorted(
        (key for key, count in counts.items() if count),
        key=lambda key: (key != headline, order.get(read_metric_name(key).split, 2), -counts[key], key),
    )


def tried(runs: Runs, run_id: str) -> str:
    """What the sweep tried, from its runs: reads params and curves. Empty where nothing ranks."""
    if runs.choice is None:
        return ""
    chosen = runs.best_first()[:MAX_TRIED]
    if run_id in runs.position and run_id not in chosen:
        chosen.append(run_id)
    rows = [runs.position[one] for one in chosen]
    ranking = (runs.choice.metric, runs.choice.direction)
    fits = [
        "" if found.verdict == "insufficient_data" else rule_of(found.verdict).title.lower()
        for found in diagnose_rows(reads.store(), runs.table, ranking, rows, saved_models=False)
    ]
    read = reads.runs(RunQuery(run_ids=tuple(chosen), lifecycle="all", metrics=(), params=None))
    keys = read.varying
    place = {one: at for at, one in enumerate(read.table.run_ids)}
    column = runs.table.metrics.get(runs.choice.metric)
    listed = [
        Tried(
            one,
            runs.table.experiment_ids[at],
            runs.table.names[at],
            float(column.values[at]) if column is not None and column.present[at] else None,
            runs.table.statuses[at] or "",
            {key: value for key in keys if one in place and (value := read.table.params[key][place[one]]) is not None},
            fit,
        )
        for one, at, fit in zip(chosen, rows, fits, strict=True)
    ]
    return tried_and_compared(listed, *ranking, own=run_id)


def headings() -> Sequence[str]:
    """Of the team's template."""
    return reads.settings().note_headings or HEADINGS


def empty_note(runs: Runs, run_id: str) -> str:
    """The template, with what was tried filled in from the sweep."""
    return template(headings(), tried(runs, run_id))


def continued(runs: Runs, run_id: str) -> str | None:
    """A note that goes on where that of the model deployed before ended; ``None`` where there is none."""
    before = note_before(run_id, runs)
    if before is None:
        return None
    version, text = before
    other = version.run_id or ""
    if other in runs.position:
        link = run_link(runs, other)
    else:
        run = reads.store().run(other)
        link = links.run_link(run.name, run.experiment_id, other)
    return continue_from(text, link, headings(), tried(runs, run_id))


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
