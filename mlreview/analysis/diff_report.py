"""A comparison as plain values: what ``mlreview diff --json`` prints, and what the page shows."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from mlreview import names
from mlreview.analysis import diff_code
from mlreview.analysis.aliases import Aliases
from mlreview.analysis.baseline import choose_baseline
from mlreview.analysis.code_links import comparison_address
from mlreview.analysis.diff import Comparison, Recorded, compare
from mlreview.analysis.diff_aliases import LoggedAs, one_name_each, said
from mlreview.analysis.diff_metrics import MetricCells, against_baseline, training_metrics
from mlreview.analysis.diff_missing import MissingRecord, missing_records
from mlreview.analysis.diff_summary import Summary, summarise
from mlreview.analysis.leaderboard import RankingChoice, choose_ranking
from mlreview.analysis.team import team_choice
from mlreview.entities import Direction, Experiment, ModelVersion, RunTable
from mlreview.errors import BadInputError

MAX_RUNS = 50


@dataclass(frozen=True)
class Compared:
    """A comparison seen from one run: all that a page, a download or the command line says.

    Attributes:
        comparison: The runs side by side.
        baseline: Position of the run that the others are held against.
        ranking: The metric that ranks; ``None`` where no run has a metric that suits.
        directions: Which way is better, where the team or the viewer says so.
        baseline_reason: Why that run is the baseline, in words that follow its name; may be empty.
        logged_as: Which names of metrics were replaced by another one, as the settings say.
    """

    comparison: Comparison
    baseline: int
    ranking: RankingChoice | None
    directions: Mapping[str, Direction]
    baseline_reason: str = ""
    logged_as: LoggedAs = field(default_factory=dict)

    @property
    def recorded(self) -> Recorded:
        """What was compared."""
        return self.comparison.recorded

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The runs' names; a run without one goes by its id, and namesakes have a part of theirs added."""
        runs = self.recorded.runs
        full = [name or run_id[:8] for name, run_id in zip(runs.names, runs.run_ids, strict=True)]
        often = Counter(full)
        return tuple(
            f"{name} ({run_id[:6]})" if often[name] > 1 else name
            for name, run_id in zip(full, runs.run_ids, strict=True)
        )

    @cached_property
    def metrics(self) -> Mapping[str, MetricCells]:
        """Each metric against the baseline."""
        training = training_metrics(self.recorded.runs)
        return {
            row.key: against_baseline(row, self.baseline, self.comparison, self.directions, row.key in training)
            for row in self.comparison["metrics"].rows
        }

    def other_names(self, metric: str) -> str:
        """Under which other names runs logged a metric, in words; empty where none did."""
        return said(self.logged_as.get(metric, ()))

    @cached_property
    def missing(self) -> tuple[MissingRecord, ...]:
        """What was not recorded."""
        return missing_records(self.recorded)

    @cached_property
    def summary(self) -> Summary:
        """What to read first."""
        cells = self.metrics.get(self.ranking.metric) if self.ranking else None
        return summarise(self.comparison, cells, self.metrics, self.baseline, self.missing, self.labels)

    @cached_property
    def code_comparisons(self) -> tuple[str | None, ...]:
        """For each run the web page that compares its commit with the baseline's, where there is one."""
        runs = self.recorded.runs
        remotes, commits = diff_code.tag(runs, diff_code.REMOTE), diff_code.tag(runs, diff_code.COMMIT)
        at = self.baseline
        return tuple(
            comparison_address((remotes[at], remotes[row]), (commits[at], commits[row])) for row in range(len(runs))
        )


def see(
    recorded: Recorded,
    baseline: str | None,
    ranking: RankingChoice | None,
    directions: Mapping[str, Direction],
    reason: str = "",
    logged_as: LoggedAs | None = None,
) -> Compared:
    """Compare runs and look at them from one.

    Args:
        recorded: What was read.
        baseline: Run id; the first run where it is none of these.
        ranking: What ranks.
        directions: Which way is better, where the team says so.
        reason: Why ``baseline`` is it, in words.
        logged_as: Which names of metrics were replaced.
    """
    run_ids = list(recorded.runs.run_ids)
    at = run_ids.index(baseline) if baseline in run_ids else 0
    metric = ranking.metric if ranking else None
    told = dict(directions)
    if ranking is not None and ranking.direction_known:
        told[ranking.metric] = ranking.direction
    return Compared(compare(recorded, metric), at, ranking, told, reason, logged_as or {})


def see_for_team(
    recorded: Recorded,
    baseline: str | None,
    experiments: Sequence[Experiment],
    versions: Sequence[ModelVersion] | None = None,
    metric: str | None = None,
    direction: Direction | None = None,
    pinned: str | None = None,
    aliases: Aliases | None = None,
) -> Compared:
    """Compare runs as their team looks at them: by its metric, its directions, and its baseline where that is here.

    Args:
        recorded: What was read.
        baseline: Run id that the viewer chose for this comparison.
        experiments: At least those of the runs.
        versions: Everything in the registry; ``None`` where it did not answer.
        metric: What the viewer ranks by.
        direction: Which way of it the viewer calls better.
        pinned: Run id that the viewer pinned on the leaderboard.
        aliases: Names of metrics that mean the same, as the settings say.
    """
    here = set(recorded.runs.experiment_ids)
    own = [experiment for experiment in experiments if experiment.experiment_id in here]
    team = team_choice(own) if own else None
    wanted = metric or (team.metric if team else None)
    runs, logged_as = one_name_each(recorded.runs, aliases or Aliases(), wanted)
    recorded = replace(recorded, runs=runs)
    ranking = choose_ranking(runs, metric, direction, team)
    if ranking is not None and ranking.metric not in recorded.runs.metrics:
        ranking = choose_ranking(recorded.runs)  # none of these runs has what the whole experiment is ranked by
    baseline, reason = _baseline(recorded.runs, own, versions, baseline, pinned)
    return see(recorded, baseline, ranking, _directions(own), reason, logged_as)


def _baseline(
    runs: RunTable,
    experiments: Sequence[Experiment],
    versions: Sequence[ModelVersion] | None,
    chosen: str | None,
    pinned: str | None,
) -> tuple[str, str]:
    """Which of these runs the others are held against, and why, in words that follow its name."""
    here = list(runs.run_ids)
    if chosen in here:
        return str(chosen), "chosen by you"
    found = choose_baseline(runs, experiments, versions, pinned if pinned in here else None)
    if found.run_id in here:
        return str(found.run_id), found.reason
    if found.run_id is None:
        return here[0], "; ".join([f"the first of these: {found.reason}", *found.remarks])
    return here[0], f"the first of these: the run {found.reason} is not among them"


def _directions(experiments: Sequence[Experiment]) -> dict[str, Direction]:
    """What the experiments' teams say; where two say otherwise, nobody's word counts."""
    said: dict[str, set[str]] = {}
    prefix = names.EXPERIMENT_DIRECTION_TAG_PREFIX
    for experiment in experiments:
        for key, value in experiment.tags.items():
            if key.startswith(prefix) and value in ("max", "min"):
                said.setdefault(key.removeprefix(prefix), set()).add(value)
    return {key: cast(Direction, values.pop()) for key, values in said.items() if len(values) == 1}


def diff_report(seen: Compared, everything: bool = False) -> dict[str, Any]:
    """The comparison for machines and for the terminal.

    Args:
        seen: What was compared.
        everything: Rows that don't differ too.

    Returns:
        Only what JSON can hold. ``runs``: id, name, experiment, status and start of each; everything else that has one
        entry a run is in their order. ``sections``: a list of rows each, with ``key``, ``values`` (text as recorded,
        numbers for metrics, ``null`` where the run has none), ``differs``, ``hidden`` (why it is no difference, or
        ``null``) and ``repeats`` (the row that says the same, or ``null``); metrics also with ``direction``,
        ``deltas``, ``percents``, ``verdicts``, ``beyond_noise`` (its noise is known, and it is more than that) and
        ``best`` and ``logged_as`` (the other name under which a run logged it, or ``null``). ``counts``: of each
        section, with nothing left out.
    """
    runs = seen.recorded.runs
    return {
        "runs": [
            {
                "run_id": runs.run_ids[row],
                "run_name": runs.names[row],
                "experiment_id": runs.experiment_ids[row],
                "status": runs.statuses[row],
                "started": _iso(runs.start_times[row]),
            }
            for row in range(len(runs))
        ],
        "baseline": runs.run_ids[seen.baseline],
        "baseline_reason": seen.baseline_reason,
        "metric": seen.ranking.metric if seen.ranking else None,
        "direction": seen.ranking.direction if seen.ranking else None,
        "summary": {
            "causes": list(seen.summary.causes),
            "more_causes": seen.summary.more,
            "effect": seen.summary.effect,
            "beside": seen.summary.beside,
            "warning": seen.summary.warning,
        },
        "counts": {
            section.name: {
                "total": len(section.rows),
                "differ": len(section.differing),
                "unique_to_each_run": len(section.unique),
                "said": section.counts,
            }
            for section in seen.comparison.sections
        },
        "sections": {
            section.name: [_row(seen, section.name, row) for row in section.rows if everything or row.differs]
            for section in seen.comparison.sections
        },
        "missing": [
            {"what": one.what, "runs": [runs.run_ids[row] for row in one.rows], "record_with": one.line}
            for one in seen.missing
        ],
        "replicates": [[runs.run_ids[row] for row in group] for group in seen.comparison.replicate_groups],
        "code_comparisons": list(seen.code_comparisons),
    }


def _row(seen: Compared, section: str, row: Any) -> dict[str, Any]:
    found = {
        "key": row.key,
        "values": [_json(value) for value in row.values],
        "differs": row.differs,
        "hidden": row.hidden or None,
        "repeats": row.repeats or None,
    }
    if section == "metrics":
        cells = seen.metrics[row.key]
        found |= {
            "direction": cells.direction,
            "deltas": list(cells.deltas),
            "percents": list(cells.percents),
            "verdicts": list(cells.verdicts),
            "beyond_noise": list(cells.beyond_noise),
            "best": list(cells.best),
            "logged_as": list(seen.logged_as.get(row.key, (None,) * len(row.values))),
        }
    return found


def _json(value: str | float | None) -> str | float | None:
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _iso(moment: Any) -> str | None:
    return None if np.isnat(moment) else f"{np.datetime_as_string(moment, unit='ms')}Z"


def refuse_unfit(run_ids: Sequence[str], baseline: str | None) -> tuple[str, ...]:
    """The runs to compare, each once.

    Raises:
        BadInputError: Fewer than two, more than ``MAX_RUNS``, or a baseline that is none of them.
    """
    wanted = tuple(dict.fromkeys(run_ids))
    if not 2 <= len(wanted) <= MAX_RUNS:
        raise BadInputError(
            f"A comparison is of 2 to {MAX_RUNS} runs, and {len(wanted)} was named."
            if len(wanted) < 2
            else f"A comparison is of 2 to {MAX_RUNS} runs, and {len(wanted)} were named.",
            hint="A run is named by its id, which mlreview leaderboard --json prints.",
        )
    if baseline is not None and baseline not in wanted:
        raise BadInputError(f"The baseline {baseline!r} is none of the runs to compare.", hint="Name it among them.")
    return wanted
