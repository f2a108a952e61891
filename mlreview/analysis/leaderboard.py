"""Which metric ranks, and the ranking itself."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.metric_names import MetricName, read_metric_name, training_counterpart
from mlreview.analysis.team import TeamChoice
from mlreview.entities import Aggregate, Direction, MetricExtremes, RunTable

_KIND_ORDER = {"ranking": 0, "score": 1, "other": 2, "loss": 3}


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """How one metric occurs in a table.

    Attributes:
        name: What its name says.
        runs: How many runs have it.
        per_step: At least one of them logged it beyond step 0.
        suits: It may rank runs without having been asked for.
        training: It was computed on training data, as far as its name and its fellows say.
    """

    name: MetricName
    runs: int
    per_step: bool
    suits: bool
    training: bool


@dataclass(frozen=True, slots=True)
class RankingChoice:
    """What to rank by, and why.

    Attributes:
        metric, direction: What ranks.
        source: Who chose it: the team for everybody, the viewer for now, or nobody, so that it was guessed.
        reason: Why it was guessed, in words that follow "guessed:"; empty otherwise.
        direction_known: Somebody chose the direction, or the metric's name says it; else it is assumed.
    """

    metric: str
    direction: Direction
    source: Literal["guess", "team", "own"]
    reason: str = ""
    direction_known: bool = True

    @property
    def guessed(self) -> bool:
        """Nobody chose the metric."""
        return self.source == "guess"


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Runs in order, as positions in the table that was ranked.

    Attributes:
        metric, direction, by: What was ranked.
        rows: intp, shape (runs,): ranked runs from best to worst, then those whose value is NaN or infinite, then
            those without the metric; within each of the two last as in the table.
        ranks: int64, shape (runs,), aligned with ``rows``: 1 is best, ties share a rank (1, 2, 2, 4), 0 is unranked.
        values: float64, aligned with ``rows``; NaN also where the metric is missing: see ``missing``.
        steps: int64, aligned with ``rows``: the step that the value belongs to.
        ranked, not_finite, missing: How many runs each of the three parts has.
    """

    metric: str
    direction: Direction
    by: Aggregate
    rows: NDArray[np.intp]
    ranks: NDArray[np.int64]
    values: NDArray[np.float64]
    steps: NDArray[np.int64]
    ranked: int
    not_finite: int
    missing: int


def summarise_metrics(table: RunTable) -> tuple[MetricSummary, ...]:
    """Every metric of the table, those that suit ranking first.

    Validation metrics come first, then test metrics, then metrics with no split in their name that were logged once,
    then those that nobody should rank by unasked (``suits`` is false): training metrics, and the one-time
    ``validation_*`` that Keras autolog adds beside the ``val_*`` curves. Among equals, metrics that at least half as
    many runs have as the commonest validation metric, then those logged step by step, then ranking metrics before
    accuracy before loss, then those that more runs have, then by name.
    """
    read = {key: read_metric_name(key) for key in table.metrics}
    counts = {key: int(column.present.sum()) for key, column in table.metrics.items()}
    per_step = {key: bool((column.steps[column.present] > 0).any()) for key, column in table.metrics.items()}
    most = max((counts[key] for key, name in read.items() if name.split == "validation"), default=0)
    split_bases = {name.base.lower() for name in read.values() if name.split in ("train", "validation", "test")}

    def place(key: str) -> int:
        name = read[key]
        if name.split == "validation":
            return 3 if _logged_once_by_autolog(key, table) else 0
        if name.split == "test":
            return 1
        # Keras and others log training values without a prefix, step by step or beside a val_ metric.
        training = name.split == "train" or name.base.lower() in split_bases or per_step[key] or name.kind == "loss"
        return 4 if training else 2

    summaries = [MetricSummary(read[key], counts[key], per_step[key], place(key) <= 2, place(key) == 4) for key in read]
    return tuple(
        sorted(
            summaries,
            key=lambda s: (
                place(s.name.key),
                2 * s.runs < most,
                not s.per_step,
                _KIND_ORDER[s.name.kind],
                -s.runs,
                s.name.key,
            ),
        )
    )


def guess_ranking(table: RunTable) -> RankingChoice | None:
    """A sensible ranking when nobody has chosen one: the first of ``summarise_metrics`` that suits.

    Returns:
        ``None`` when no metric suits: the page then says so and asks.
    """
    for summary in summarise_metrics(table):
        if summary.suits and summary.runs:
            name = summary.name
            kinds = {"validation": "a validation metric", "test": "a test metric"}
            runs = "every run has" if summary.runs == len(table) else f"{summary.runs:,} of {len(table):,} runs have"
            reason = f"{kinds.get(name.split, 'a metric logged once')} that {runs}"
            return RankingChoice(name.key, name.direction, "guess", reason, name.direction_known)
    return None


def choose_ranking(
    table: RunTable,
    metric: str | None = None,
    direction: Direction | None = None,
    team: TeamChoice | None = None,
) -> RankingChoice | None:
    """What was asked for, completed by the team's choice, else by the guess.

    Args:
        table: Runs with all their latest metrics.
        metric: Asked for; kept even when no run has it (the page then says that none has).
        direction: Asked for; else the team's for that metric, else what the metric's name says.
        team: The team's choice, if it has made one.

    Returns:
        ``None`` when nothing was chosen and no metric suits.
    """
    if metric is None and team is None:
        guess = guess_ranking(table)
        return guess and (replace(guess, direction=direction, direction_known=True) if direction else guess)
    key = metric if metric is not None else team.metric if team else ""
    name = read_metric_name(key)
    mine = team if team is not None and team.metric == key else None
    teams = (mine.direction or name.direction) if mine else None
    chosen = direction or teams or name.direction
    said = direction is not None or (mine is not None and mine.direction is not None) or name.direction_known
    return RankingChoice(key, chosen, "team" if chosen == teams else "own", direction_known=said)


def rank(
    table: RunTable,
    metric: str,
    direction: Direction,
    by: Aggregate = "last",
    extremes: MetricExtremes | None = None,
) -> Ranking:
    """Order runs by one metric.

    Args:
        table: Runs; ``metric`` among its metrics, or nobody has it.
        metric: The key.
        direction: ``max`` when higher is better.
        by: Which value of each run counts: the last, the best over steps, the smallest or the largest.
        extremes: Needed for anything but ``last``; aligned with the table's runs.

    Returns:
        Every run of the table, once.

    Raises:
        ValueError: ``by`` needs extremes and none, or others, were given.
    """
    size = len(table)
    column = table.metrics.get(metric)
    if by == "last":
        values = column.values if column else np.full(size, np.nan)
        steps = column.steps if column else np.zeros(size, np.int64)
        present = column.present if column else np.zeros(size, bool)
    else:
        if extremes is None or len(extremes.run_ids) != size:
            raise ValueError(f"ranking by {by} needs the extremes of the same {size} runs")
        highest = by == "max" or (by == "best" and direction == "max")
        values = extremes.maximum if highest else extremes.minimum
        steps = extremes.maximum_step if highest else extremes.minimum_step
        present = extremes.count > 0

    finite = present & np.isfinite(values)
    ranked_rows = np.flatnonzero(finite)
    key = values[ranked_rows]
    order = np.argsort(-key if direction == "max" else key, kind="stable")
    ranked_rows = ranked_rows[order]
    odd_rows = np.flatnonzero(present & ~finite)
    missing_rows = np.flatnonzero(~present)
    rows = np.concatenate([ranked_rows, odd_rows, missing_rows]).astype(np.intp)

    sorted_values = values[ranked_rows]
    ranks = np.zeros(size, np.int64)
    if len(sorted_values):
        first_of_tie = np.concatenate([[True], sorted_values[1:] != sorted_values[:-1]])
        positions = np.arange(1, len(sorted_values) + 1)
        ranks[: len(sorted_values)] = np.maximum.accumulate(np.where(first_of_tie, positions, 0))
    return Ranking(
        metric=metric,
        direction=direction,
        by=by,
        rows=rows,
        ranks=ranks,
        values=values[rows],
        steps=steps[rows],
        ranked=len(ranked_rows),
        not_finite=len(odd_rows),
        missing=len(missing_rows),
    )


def extremes_of_rows(extremes: MetricExtremes, rows: int, having: NDArray[np.intp]) -> MetricExtremes:
    """Extremes of some rows of a table as extremes of all of them: a run that was not asked about logged nothing.

    Args:
        extremes: Of the runs at ``having``, in that order.
        rows: Rows of the table.
        having: intp: positions in the table.
    """

    def spread(values: NDArray[Any], empty: float) -> NDArray[Any]:
        full = np.full(rows, empty, dtype=values.dtype)
        full[having] = values
        return full

    return replace(
        extremes,
        run_ids=("",) * rows,
        minimum=spread(extremes.minimum, np.nan),
        minimum_step=spread(extremes.minimum_step, 0),
        maximum=spread(extremes.maximum, np.nan),
        maximum_step=spread(extremes.maximum_step, 0),
        count=spread(extremes.count, 0),
    )


def generalization_gap(table: RunTable, metric: str, direction: Direction) -> NDArray[np.float64]:
    """How much better each run is on its training data than on the data that ``metric`` was computed on.

    Training value minus validation value where higher is better, the other way round where lower is: positive is
    the usual case, and large is a sign of overfitting. Both are latest values.

    Returns:
        float64, shape (runs,); NaN where either is missing or not finite, or where nothing pairs with the metric.
    """
    gap = np.full(len(table), np.nan)
    counterpart = training_counterpart(metric, table.metrics)
    if counterpart is None or metric not in table.metrics:
        return gap
    train, held_out = table.metrics[counterpart], table.metrics[metric]
    known = train.present & held_out.present & np.isfinite(train.values) & np.isfinite(held_out.values)
    difference = train.values[known] - held_out.values[known]
    gap[known] = difference if direction == "max" else -difference
    return gap


def _logged_once_by_autolog(key: str, table: RunTable) -> bool:
    """A ``validation_*`` metric that Keras autolog logs at step 0, beside the ``val_*`` of every epoch."""
    if not key.startswith("validation_") or f"val_{key.removeprefix('validation_')}" not in table.metrics:
        return False
    column = table.metrics[key]
    return not (column.steps[column.present] != 0).any()


def describe_coverage(ranking: Ranking, total: int, shown: int, *, complete: bool = True) -> str:
    """What a ranking covers, in one sentence for people: never a silent denominator. See ``coverage``."""
    return "; ".join(coverage(ranking, total, shown, complete=complete))


def coverage(ranking: Ranking, total: int, shown: int, *, complete: bool = True) -> tuple[str, ...]:
    """What a ranking covers, in short parts.

    Args:
        ranking: As ranked.
        total: Runs in the store that match, more than were ranked where only a part was read.
        shown: Rows that are on the page.
        complete: Whether ``total`` is all there is; else more are still being read.
    """
    name = ranking.metric if len(ranking.metric) <= 40 else f"{ranking.metric[:39]}…"
    parts = [f"{shown:,} of {total:,} runs" if shown < total else f"{total:,} run{'' if total == 1 else 's'}"]
    if not complete:
        parts.append("the newest ones: more are being read")
    elif len(ranking.rows) < total:
        parts.append(f"ranked among the {len(ranking.rows):,} read so far")
    if ranking.missing:
        parts.append(f"{ranking.missing:,} without {name}")
    if ranking.not_finite:  # the name once: a long one said twice does not fit into a line
        whose = "" if ranking.missing else f"whose {name} is "
        parts.append(f"{ranking.not_finite:,} {whose}NaN or infinite")
    return tuple(parts)
