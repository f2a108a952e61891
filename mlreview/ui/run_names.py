"""What runs are called where there is little room."""

from collections import Counter
from dataclasses import dataclass

from mlreview.analysis.short_names import short_names
from mlreview.entities import RunTable
from mlreview.names import MAX_NAME_CHARS
from mlreview.ui.text import clip


@dataclass(frozen=True, slots=True)
class RunLabel:
    """A run's name in full and without what all names share; both tell it from the others."""

    full: str
    short: str


def labels_of(runs: RunTable) -> dict[str, RunLabel]:
    """Names of these runs by run id. Nameless runs go by their id, and namesakes have a part of it added."""
    full = [clip(name, MAX_NAME_CHARS) or run_id[:8] for name, run_id in zip(runs.names, runs.run_ids, strict=True)]
    short = short_names(full)
    doubles = Counter(full)
    labels = {}
    for run_id, name, brief in zip(runs.run_ids, full, short, strict=True):
        added = f" ({run_id[:6]})" if doubles[name] > 1 else ""
        labels[run_id] = RunLabel(name + added, brief + added)
    return labels
