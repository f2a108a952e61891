"""The learning-curves page: which runs, which metrics, the figure, and what stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mlreview.analysis.aliases import read_aliases, substitute
from mlreview.analysis.leaderboard import choose_ranking, rank
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.pairs import Pair, find_pairs
from mlreview.analysis.params import varying_params
from mlreview.analysis.team import team_choice
from mlreview.entities import Direction, RunQuery, RunTable
from mlreview.ui import basket, curve_reads, growing, reads, urlstate
from mlreview.ui.text import plain

TOP = 8
"""So many runs are shown when none is chosen: as many as have their names beside their lines."""
LONG_POINTS = 1_500_000
"""Above this, in points, only one pair is drawn unasked: the first picture comes in a second or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What the page is about.

    Attributes:
        runs: In the order of the basket, or of the ranking; read with all metrics and params.
        styled: Run ids that colours are given out to, in order.
        pairs: Metrics that have histories: pairs of training and validation, and single ones.
        ranking: The metric that ranks and its direction, if any.
        varying: Params that tell the runs apart.
        note: Why these runs, and what was left out; Markdown.
        query: Reads the same runs again.
    """

    runs: RunTable
    styled: tuple[str, ...]
    pairs: tuple[Pair, ...]
    ranking: tuple[str, Direction] | None
    varying: tuple[str, ...]
    note: str
    query: RunQuery

    @property
    def in_training(self) -> bool:
        """At least one of the runs is still being trained."""
        return any(curve_reads.in_training(self.runs, row) for row in range(len(self.runs)))


def choose_subject() -> Subject | None:
    """The basket's runs, else the first of the leaderboard; ``None`` (said on the page) where there are none."""
    experiments = urlstate.get(urlstate.SharedView).experiments
    known = [one for one in reads.experiments() if one.experiment_id in experiments]
    team = team_choice(known) if known else None
    run_ids = basket.ids()
    if run_ids:
        ranked = None
        note = ""
    else:
        table = growing.runs(RunQuery(experiments)).read.table
        choice = choose_ranking(table, team=team)
        ranked = (choice.metric, choice.direction) if choice else None
        ranking = rank(table, "", "max")
        if choice:  # as on the leaderboard: a run that logged it under another name ranks by that
            aliases = read_aliases(reads.settings().metric_aliases)
            ranking = rank(substitute(table, choice.metric, aliases).table, choice.metric, choice.direction)
        run_ids = tuple(table.run_ids[ranking.rows[:TOP]])
        by = f"by {plain(choice.metric)}" if choice else "newest"
        note = (
            f"No runs are chosen: these are the first {len(run_ids)} of the leaderboard, {by}. Tick others there."
            if run_ids
            else ""
        )
    if not run_ids:
        st.info("This experiment has no runs yet. Curves appear as soon as one logs a metric.", icon=":material/info:")
        return None
    query = RunQuery(run_ids=run_ids, lifecycle="all", params=None)
    table = reads.runs(query).table
    rows = {run_id: row for row, run_id in enumerate(table.run_ids)}
    found = [run_id for run_id in run_ids if run_id in rows]
    if len(found) < len(run_ids):
        missing = len(run_ids) - len(found)
        note = f"{note} {missing} of {len(run_ids)} chosen runs {'is' if missing == 1 else 'are'} not in this store."
    if not found:
        st.warning(note.strip(), icon=":material/info:")
        return None
    runs = table.take([rows[run_id] for run_id in found])
    if ranked is None:
        choice = choose_ranking(runs, team=team)
        ranked = (choice.metric, choice.direction) if choice else None
    return Subject(
        runs=runs,
        styled=run_ids,
        pairs=curve_pairs(runs),
        ranking=ranked,
        varying=varying_params(runs.params, len(runs)),
        note=note.strip(),
        query=query,
    )


def curve_pairs(runs: RunTable) -> tuple[Pair, ...]:
    """The pairs that have histories, and a pair of its own for each metric that is in none.

    A metric whose every latest step is 0 was logged once: no curve. Where that is all there is, everything counts.
    """
    moving = [key for key, column in runs.metrics.items() if (column.steps[column.present] != 0).any()]
    keys = moving or list(runs.metrics)
    lengths = {key: int(runs.metrics[key].steps.max(initial=0)) + 1 for key in keys}
    pairs = find_pairs(keys, lengths)
    paired = {key for pair in pairs for key in pair.keys}
    single = [key for key in keys if key not in paired]
    return pairs + tuple(Pair(key, None, key, None, read_metric_name(key)) for key in sorted(single))


def key_of(pair: Pair) -> str:
    """The metric that names a pair in the address and in the controls."""
    return pair.held_out or pair.train or pair.base


def default_pairs(subject: Subject) -> tuple[Pair, ...]:
    """What is shown unasked: the loss and what ranks; of very long histories only what ranks."""
    pairs = subject.pairs
    ranking = [pair for pair in pairs if subject.ranking and subject.ranking[0] in pair.keys]
    losses = [pair for pair in pairs if pair.name.kind == "loss" and pair.complete][:1]
    wanted = [*losses, *(pair for pair in ranking if pair not in losses)] or list(pairs[:2])
    if len(wanted) > 1 and expected_points(subject.runs, [key for pair in wanted for key in pair.keys]) > LONG_POINTS:
        wanted = (ranking or wanted)[:1]
    return tuple(wanted)


def chosen_pairs(subject: Subject) -> tuple[Pair, ...]:
    """What the address asks for, as far as there is such a thing, else what is shown unasked."""
    metrics = urlstate.get(urlstate.CurvesView).metrics
    asked = [pair for metric in metrics for pair in subject.pairs if metric in pair.keys]
    return tuple(dict.fromkeys(asked)) or default_pairs(subject)


def expected_points(runs: RunTable, metrics: Sequence[str]) -> int:
    """How many points these histories have at most, by their latest steps."""
    total = 0
    for key in metrics:
        column = runs.metrics.get(key)
        if column is not None:
            total += int((np.maximum(column.steps, 0) + 1)[column.present].sum())
    return total
