"""What makes the leaderboard to be trusted, by cached reads: values of other names, models that were kept."""

from dataclasses import replace

from mlreview.analysis.aliases import Aliases, Substituted, read_aliases, substitute
from mlreview.analysis.kept import describe_kept, kept_models
from mlreview.analysis.trust import Reading
from mlreview.entities import RunTable
from mlreview.ui import reads
from mlreview.ui.leaderboard_rows import Shown

READING = Reading(lambda query: reads.runs(query).table, reads.extremes, reads.datasets, reads.logged_models)
"""How the page reads what a ranking needs beside its table."""


def aliases() -> Aliases:
    """Of the settings, which are read again at every script run."""
    return read_aliases(reads.settings().metric_aliases)


def complete(table: RunTable, metric: str) -> Substituted:
    """The table to rank: values that runs logged under another name of the metric stand in its column."""
    return substitute(table, metric, aliases())


def add_kept(shown: Shown, completed: Substituted | None) -> Shown:
    """Add which values were logged under another name and, unless the last value ranks, which models were kept."""
    count = shown.parts[0].stop
    if completed is None or shown.ranking.by == "last" or not count:
        return replace(shown, completed=completed)
    rows = shown.details.take(range(count))
    runs = shown.table.take(shown.ranking.rows[:count])
    models = reads.logged_models(tuple(rows.run_ids))
    kept = kept_models(runs, rows, shown.ranking.metric, shown.ranking.steps[:count], models)
    return replace(shown, completed=completed, kept=kept)


def statements(shown: Shown) -> tuple[str, ...]:
    """What else the ranking rests on, each a sentence without its full stop."""
    substituted = shown.completed.describe() if shown.completed else ""
    return tuple(said for said in (*shown.evidence.statements, describe_kept(shown.kept), substituted) if said)
