"""Runs side by side: what differs, in sections, and what is left out by default and why.

Pure functions of what was read. Values stay as they were recorded; which of them are the same is said beside them, so
that a page can mark what differs from whichever run is the baseline without comparing anything again.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log
from typing import Literal

import numpy as np

from mlreview import names
from mlreview.analysis import diff_code, diff_data, diff_environment, diff_model
from mlreview.analysis.diff_rows import DiffRow, Line, mark_repeats, text_rows
from mlreview.analysis.diff_values import MISSING, judge_param, same_numbers
from mlreview.analysis.leaderboard import summarise_metrics
from mlreview.analysis.params import SEED_KEYS, canonical_param
from mlreview.analysis.replicates import Replicates, find_replicates
from mlreview.entities import Dataset, LoggedModel, RunTable

SectionName = Literal["params", "metrics", "data", "code", "environment", "model", "tags", "artifacts"]
TITLES: Mapping[SectionName, str] = {
    "params": "Parameters",
    "metrics": "Metrics",
    "data": "Data",
    "code": "Code",
    "environment": "Environment",
    "model": "Model",
    "tags": "Tags",
    "artifacts": "Artifacts",
}
_NOUNS: Mapping[SectionName, tuple[str, str]] = {
    "params": ("param", "params"),
    "metrics": ("metric", "metrics"),
    "tags": ("tag", "tags"),
    "artifacts": ("artifact", "artifacts"),
}
# What stands in another section, or is the run's own name, parent or bookkeeping.
_NOT_TAGS = frozenset(
    {names.RUN_NAME_TAG, names.PARENT_RUN_TAG, "mlflow.log-model.history", "mlflow.rootRunId", "mlflow.runColor"}
)

_EVENT_FILE = re.compile(r"(events\.out\.tfevents\.)[^/]+$")


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """What was listed and read of one run's files.

    Attributes:
        paths: Size in bytes by path, ``None`` where the store doesn't say; folders left out.
        texts: Text by path, of the few files that are read: the model's summary, requirements, ``MLmodel`` ...
        problem: Why nothing, or not everything, could be read; empty when all is well.
    """

    paths: Mapping[str, int | None] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Everything that was read about the runs to compare.

    Attributes:
        runs: With all params, metrics and tags, in the order of the columns to be shown.
        datasets, models: Of these runs.
        files: By run id; a run that isn't in it was not looked at.
    """

    runs: RunTable
    datasets: Sequence[Dataset] = ()
    models: Sequence[LoggedModel] = ()
    files: Mapping[str, ArtifactFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows about one kind of record, the most telling first."""

    name: SectionName
    rows: tuple[DiffRow, ...]

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.name]

    @property
    def differing(self) -> tuple[DiffRow, ...]:
        """The rows that are shown by default."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def unique(self) -> tuple[DiffRow, ...]:
        """Rows left out because each run has a value of its own."""
        return tuple(row for row in self.rows if row.hidden == "unique")

    @property
    def counts(self) -> str:
        """``4 of 23 params differ``: never a silent denominator."""
        if not self.rows:
            return "nothing recorded"
        one, many = _NOUNS.get(self.name, ("value", "values"))
        differ = len(self.differing)
        noun = one if len(self.rows) == 1 else many
        return f"{differ:,} of {len(self.rows):,} {noun} {'differs' if differ == 1 else 'differ'}"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs side by side.

    Attributes:
        recorded: What was compared.
        sections: In the order to be shown.
    """

    recorded: Recorded
    sections: tuple[Section, ...]

    def __getitem__(self, name: SectionName) -> Section:
        return next(section for section in self.sections if section.name == name)

    @cached_property
    def explained(self) -> bool:
        """Something that could have caused a difference is recorded as different; a seed counts."""
        causes: tuple[SectionName, ...] = ("params", "data", "code", "environment")
        if any(self[name].differing for name in causes):
            return True
        return any(diff_model.is_cause(row) for row in self["model"].differing)

    @cached_property
    def replicates(self) -> Replicates:
        """Which runs are the same training under another seed, with the architecture that their summaries show."""
        runs, files = self.recorded.runs, self.recorded.files
        texts = [files[run_id].texts if run_id in files else {} for run_id in runs.run_ids]
        said = runs.tags.get(names.ARCHITECTURE_TAG, [None] * len(runs))
        column = np.empty(len(runs), dtype=object)
        column[:] = [
            tag or (repr(network) if (network := diff_model.architecture(own)) else None)
            for tag, own in zip(said, texts, strict=True)
        ]
        with_networks = replace(runs, tags={**runs.tags, names.ARCHITECTURE_TAG: column})
        return find_replicates(with_networks, self.recorded.datasets)

    @cached_property
    def replicate_groups(self) -> tuple[tuple[int, ...], ...]:
        """Positions of runs that are one another's replicates, each group of two or more."""
        groups: dict[object, list[int]] = {}
        for at, group in enumerate(self.replicates.groups):
            if group is not None:
                groups.setdefault(group, []).append(at)
        return tuple(tuple(rows) for rows in groups.values() if len(rows) > 1)


def compare(recorded: Recorded, first_metric: str | None = None) -> Comparison:
    """Compare runs.

    Args:
        recorded: What was read; at least one run.
        first_metric: The one that ranks; its row stands first.

    Returns:
        Every record of every run is in exactly one row of one section; ``mlreview.*`` params, tags and artifacts are in
        none, except where this project recorded the code, the environment or the model under such a key. Params that
        say what the model is made of are in the section of the model.
    """
    runs = recorded.runs
    sections = (
        Section("params", _params(runs)),
        Section("metrics", _metrics(runs, first_metric)),
        Section("data", text_rows(diff_data.lines(list(runs.run_ids), recorded.datasets))),
        Section("code", text_rows(diff_code.lines(runs, recorded.files))),
        Section("environment", text_rows(diff_environment.lines(runs, recorded.files))),
        Section("model", diff_model.rows(runs, recorded.models, recorded.files)),
        Section("tags", _tags(runs)),
        Section("artifacts", _artifacts(recorded)),
    )
    comparison = Comparison(recorded, sections)
    unexplained = all(row.partial or row.key in SEED_KEYS for row in comparison["params"].differing)
    if unexplained and any(row.key == diff_model.ARCHITECTURE for row in comparison["model"].differing):
        first = comparison["model"]  # no param explains what this does
        sections = (first, *(section for section in sections if section is not first))
    return Comparison(recorded, sections)


def _params(runs: RunTable) -> tuple[DiffRow, ...]:
    rows = []
    elsewhere = diff_model.own_params(runs)
    for key, column in runs.params.items():
        if key.startswith(names.OWN_PREFIX) or key in elsewhere:
            continue
        values = tuple(column)
        groups, hidden = judge_param(key, values)
        rows.append(DiffRow(key, values, groups, hidden))
    # What tells the runs apart first; seeds after it; last what some runs lack and the others have one value of.
    rows.sort(
        key=lambda row: (
            not row.differs,
            row.partial,
            row.key in SEED_KEYS,
            -_information(row),
            row.key.startswith("opt_"),  # autolog's copy of what the training code says itself
            row.key,
        )
    )
    return mark_repeats(rows, lambda row: tuple(row.values[at] and _spelt(row, at) for at in range(len(row.values))))


def _information(row: DiffRow) -> float:
    """How much the row says about which run it is: the entropy of its values, as on the leaderboard."""
    if not row.differs:
        return 0.0
    counts = Counter(group for group in row.groups if group != MISSING)
    present = counts.total()
    entropy = -sum(count / present * log(count / present) for count in counts.values()) if present else 0.0
    return round(entropy * present / len(row.groups), 9)


def _spelt(row: DiffRow, at: int) -> str:
    return canonical_param(row.key, str(row.values[at])).casefold()


def _metrics(runs: RunTable, first: str | None) -> tuple[DiffRow, ...]:
    ordered = [summary.name.key for summary in summarise_metrics(runs)]
    if first in runs.metrics:
        ordered = [first, *(key for key in ordered if key != first)]
    rows = []
    for key in ordered:
        column = runs.metrics[key]
        if key.startswith(names.OWN_PREFIX):
            continue
        values = tuple(
            float(value) if present else None for value, present in zip(column.values, column.present, strict=True)
        )
        groups = same_numbers(values)
        rows.append(DiffRow(key, values, groups, "same" if len(set(groups)) <= 1 else ""))
    rows.sort(key=lambda row: (not row.differs, row.key != first, row.partial))
    return mark_repeats(rows, lambda row: tuple(str(value) for value in row.values))


def _tags(runs: RunTable) -> tuple[DiffRow, ...]:
    lines = []
    for key in sorted(runs.tags):
        elsewhere = key in _NOT_TAGS or key in diff_code.TAGS or key in diff_environment.TAGS
        if elsewhere or key.startswith((names.OWN_PREFIX, *diff_code.PREFIXES)):
            continue
        label = "Description (the note)" if key == names.NOTE_TAG else key
        lines.append(Line(label, tuple(runs.tags[key]), aside=key == names.NOTE_TAG))
    return text_rows(lines)


def _artifacts(recorded: Recorded) -> tuple[DiffRow, ...]:
    """One row a path; event files, whose names say when and where they were written, count together."""
    listed: dict[str, list[dict[str, int | None]]] = {}
    run_ids = list(recorded.runs.run_ids)
    for at, run_id in enumerate(run_ids):
        for path, size in recorded.files.get(run_id, ArtifactFacts()).paths.items():
            if not path.startswith(("mlreview/", names.OWN_PREFIX)):
                shown = _EVENT_FILE.sub(r"\1*", path)
                listed.setdefault(shown, [{} for _ in run_ids])[at][path] = size
    known = tuple(run_id in recorded.files and not recorded.files[run_id].problem for run_id in run_ids)
    lines = []
    for shown in sorted(listed):
        values = tuple(_files(shown, own) for own in listed[shown])
        texts = [recorded.files[run_id].texts.get(shown) if run_id in recorded.files else None for run_id in run_ids]
        spelt = tuple(value if text is None else text for value, text in zip(values, texts, strict=True))
        lines.append(Line(shown, values, spelt, identifies=True, known=known))
    return text_rows(lines)


def _files(shown: str, files: Mapping[str, int | None]) -> str | None:
    if not files:
        return None
    if shown.endswith("*"):
        return f"{len(files)} file{'' if len(files) == 1 else 's'}"
    size = files[shown]
    return "present" if size is None else f"{size:,} bytes"
