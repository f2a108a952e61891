"""The run that the others are compared with: which one it is, why, and what its value is.

The first of these that there is: the run that the viewer pinned for now; the run that the team pinned; the run that is
deployed now; the run approved last; a run tagged ``baseline``. One that was deleted, or that lacks the metric, stays
the baseline and is said to be so: another one in its place would be a silent change of what "better" means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlreview import names
from mlreview.analysis.leaderboard import Ranking
from mlreview.entities import Experiment, ModelVersion, RunTable

NO_BASELINE = "none"
"""In the address, in the place of a run id: the viewer wants to compare with nothing."""

NO_REGISTRY = "The model registry did not answer, so what is deployed is not known"

BASELINE_COLUMNS = (
    names.REVIEW_STATE_TAG,
    names.DECIDED_AT_TAG,
    names.DEPLOYED_TO_TAG,
    names.DEPLOYED_AT_TAG,
    *names.BASELINE_TAGS,
)
"""Tags of runs that ``choose_baseline`` looks at, where the table was read with them."""

# Aliases by which teams name the version that serves, the surest first. After these come names that begin with one of
# them (production-eu). Any other alias (challenger, candidate, staging) says nothing about what is deployed.
DEPLOYED_ALIASES = ("champion", "production", "prod", "live", "deployed", "serving")
_PRODUCTION = frozenset({"production", "prod", "live"})
_YES = frozenset({"", "true", "yes", "y", "1", "on", "baseline"})

Source = Literal["own", "team", "deployed", "approved", "tagged", "none"]


@dataclass(frozen=True, slots=True)
class BaselineChoice:
    """Which run is the baseline.

    Attributes:
        run_id: Its id; ``None`` without a baseline.
        source: Which rule found it.
        reason: The same in words that follow the run's name: "deployed as champion, v1 of sports-classifier"; without
            a baseline, why there is none.
        remarks: What else people should know of the choice, each a sentence without its full stop.
    """

    run_id: str | None
    source: Source
    reason: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline with its value.

    Attributes:
        choice: Which run, and why.
        run_name: Its name, where the run is known.
        value: What the others are compared with; ``None`` where there is none, and ``problem`` says why.
        step: The step that the value belongs to.
        row: Its row in the table that was ranked; ``None`` where it is not among those runs.
        where: Where it is, in words, when it is not among the ranked runs; else empty.
        problem: Why there is nothing to compare with, in a sentence without its full stop; else empty.
    """

    choice: BaselineChoice
    run_name: str | None = None
    value: float | None = None
    step: int | None = None
    row: int | None = None
    where: str = ""
    problem: str = ""

    def describe(self) -> str:
        """The baseline in one sentence without its full stop."""
        choice = self.choice
        if choice.run_id is None:
            return f"No baseline: {choice.reason}"
        name = self.run_name or choice.run_id[:8]
        said = f"Baseline: {name}, {choice.reason}{', ' + self.where if self.where else ''}"
        return f"{said}. {self.problem}" if self.problem else said


def choose_baseline(
    table: RunTable,
    experiments: Sequence[Experiment],
    versions: Sequence[ModelVersion] | None,
    own: str | None = None,
) -> BaselineChoice:
    """Decide which run is the baseline.

    Args:
        table: The runs on the page; with the tags in ``BASELINE_COLUMNS`` as far as they were read.
        experiments: Those on the page, with their tags.
        versions: Everything in the registry; ``None`` when it could not be read.
        own: The run that the viewer pinned for now, or ``NO_BASELINE``.
    """
    if own == NO_BASELINE:
        return BaselineChoice(None, "none", "switched off here")
    if own:
        return BaselineChoice(own, "own", "pinned by you, for now")
    remarks: list[str] = []
    if versions is None:
        remarks.append(NO_REGISTRY)
    pinned = list(dict.fromkeys(one.tags.get(names.EXPERIMENT_BASELINE_TAG) or "" for one in experiments))
    pinned = [run_id for run_id in pinned if run_id]
    if len(pinned) == 1:
        return BaselineChoice(pinned[0], "team", "pinned by the team", tuple(remarks))
    if pinned:
        remarks.append("These experiments have different pinned baselines, so neither counts here")
    for find in (
        lambda: _deployed_by_alias(table, versions or ()),
        lambda: _deployed_by_record(table),
        lambda: _approved(table),
        lambda: _tagged(table),
    ):
        found = find()
        if found is not None:
            said = (*remarks, *found.remarks)
            return BaselineChoice(found.run_id, found.source, found.reason, said)
    return BaselineChoice(None, "none", "no run is pinned, deployed, approved or tagged baseline", tuple(remarks))


def measure_baseline(
    choice: BaselineChoice,
    table: RunTable,
    ranking: Ranking,
    elsewhere: tuple[RunTable, Ranking] | None = None,
    experiment_name: Callable[[str], str | None] = lambda _: None,
) -> Baseline:
    """Find the baseline's value.

    Args:
        choice: Which run.
        table: The runs that were ranked.
        ranking: Of ``table``.
        elsewhere: Where the run is not in ``table``: the one run, read in any state of life, and its ranking by the
            same metric; an empty table when the store has no such run. ``None`` when nobody has looked yet.
        experiment_name: The name of an experiment by its id, if known.
    """
    if choice.run_id is None:
        return Baseline(choice)
    found = _row_of(table, choice.run_id)
    if found is not None:
        return _measured(choice, table, ranking, found)
    if elsewhere is None:
        return Baseline(choice, problem="It is not among these runs and was not read")
    other, its_ranking = elsewhere
    row = _row_of(other, choice.run_id)
    if row is None:
        return Baseline(choice, problem="This store has no such run: it was removed for good, or never was in it")
    measured = _measured(choice, other, its_ranking, row)
    places = []
    if other.lifecycles[row] == "deleted":
        places.append("deleted since")
    if other.experiment_ids[row] not in set(table.experiment_ids):
        name = experiment_name(other.experiment_ids[row]) or other.experiment_ids[row]
        places.append(f"in another experiment, {name}")
    where = ", ".join(places) or "not among these runs"
    return Baseline(
        choice, measured.run_name, measured.value, measured.step, row=None, where=where, problem=measured.problem
    )


def _measured(choice: BaselineChoice, table: RunTable, ranking: Ranking, row: int) -> Baseline:
    position = int(np.flatnonzero(ranking.rows == row)[0])
    name = table.names[row]
    if position >= ranking.ranked + ranking.not_finite:
        return Baseline(
            choice, name, row=row, problem=f"It has no {ranking.metric}, so there is nothing to compare with"
        )
    value, step = float(ranking.values[position]), int(ranking.steps[position])
    if position >= ranking.ranked:
        problem = f"Its {ranking.metric} is {_spelt(value)}, so there is nothing to compare with"
        return Baseline(choice, name, step=step, row=row, problem=problem)
    return Baseline(choice, name, value, step, row)


def _spelt(value: float) -> str:
    return "NaN" if np.isnan(value) else "infinite"


def _row_of(table: RunTable, run_id: str) -> int | None:
    rows = np.flatnonzero(table.run_ids == run_id)
    return int(rows[0]) if len(rows) else None


def says_deployed(alias: str) -> bool:
    """Whether an alias, by its name, points at what serves."""
    return _alias_place(alias) is not None


def _alias_place(alias: str) -> tuple[int, int] | None:
    """How surely an alias names what serves, smaller is surer; ``None`` where it does not."""
    folded = alias.casefold()
    for at, known in enumerate(DEPLOYED_ALIASES):
        if folded == known:
            return 0, at
    for at, known in enumerate(DEPLOYED_ALIASES):
        if folded.startswith(known) and not folded[len(known)].isalnum():
            return 1, at
    return None


def _deployed_by_alias(table: RunTable, versions: Sequence[ModelVersion]) -> BaselineChoice | None:
    """The version that serves, of a registered model that has at least one version from these runs.

    The version itself may come from another experiment: last year's champion is what this year's runs must beat.
    """
    here = set(table.run_ids)
    ours = {version.name for version in versions if version.run_id in here}
    candidates: list[tuple[tuple[int, int], bool, int, str, str, ModelVersion]] = []
    for version in versions:
        if version.name not in ours or version.run_id is None:
            continue
        for alias in version.aliases:
            place = _alias_place(alias)
            if place is not None:
                newest = -(version.creation_time or 0)
                candidates.append((place, version.run_id not in here, newest, version.name, alias, version))
    if not candidates:
        return None
    *_, name, alias, version = min(candidates, key=lambda one: one[:5])
    models = sorted({one[3] for one in candidates} - {name})
    remarks = [f"Other models from these runs are deployed too: {', '.join(models[:3])}"] if models else []
    return BaselineChoice(
        version.run_id, "deployed", f"deployed as {alias}, v{version.version} of {name}", tuple(remarks)
    )


def _deployed_by_record(table: RunTable) -> BaselineChoice | None:
    """The run recorded as deployed last; a production environment goes before any other."""
    to, at = table.tags.get(names.DEPLOYED_TO_TAG), table.tags.get(names.DEPLOYED_AT_TAG)
    if to is None:
        return None
    rows = [row for row, value in enumerate(to) if value]
    if not rows:
        return None

    def place(row: int) -> tuple[bool, str, str]:
        return to[row].casefold() in _PRODUCTION, (at[row] if at is not None else None) or "", table.run_ids[row]

    last = max(rows, key=place)
    when = _day(at[last] if at is not None else None)
    return BaselineChoice(table.run_ids[last], "deployed", f"recorded as deployed to {to[last]}{when}")


def _approved(table: RunTable) -> BaselineChoice | None:
    """The run whose review ended last with an approval."""
    states, at = table.tags.get(names.REVIEW_STATE_TAG), table.tags.get(names.DECIDED_AT_TAG)
    if states is None:
        return None
    rows = [row for row, value in enumerate(states) if value == names.APPROVED]
    if not rows:
        return None
    last = max(rows, key=lambda row: ((at[row] if at is not None else None) or "", table.run_ids[row]))
    when = _day(at[last] if at is not None else None)
    return BaselineChoice(table.run_ids[last], "approved", f"approved last{when}")


def _tagged(table: RunTable) -> BaselineChoice | None:
    """A run tagged as baseline; of several, the one that started last (tables begin with it)."""
    rows: set[int] = set()
    for key in names.BASELINE_TAGS:
        column = table.tags.get(key)
        if column is not None:
            rows.update(row for row, value in enumerate(column) if value is not None and _means_yes(value))
    if not rows:
        return None
    remarks = (f"{len(rows):,} runs are tagged baseline; this one started last",) if len(rows) > 1 else ()
    return BaselineChoice(table.run_ids[min(rows)], "tagged", "tagged baseline", remarks)


def _means_yes(value: str) -> bool:
    return value.strip().casefold() in _YES


def _day(moment: str | None) -> str:
    return f" on {moment[:10]}" if moment else ""
