"""The rows that a leaderboard shows: which ones, and all that is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mlreview.analysis.aliases import Substituted
from mlreview.analysis.baseline import Baseline
from mlreview.analysis.deltas import Deltas
from mlreview.analysis.diagnosis import Diagnosis
from mlreview.analysis.evaluation import EVIDENCE_TAGS, Evidence, weigh, within
from mlreview.analysis.kept import Kept
from mlreview.analysis.leaderboard import Ranking, generalization_gap, rank, summarise_metrics
from mlreview.entities import Dataset, RunQuery, RunTable
from mlreview.names import EVENT_TAG_PREFIX, NOTE_TAG, REVIEW_STATE_TAG
from mlreview.ui import reads, urlstate
from mlreview.ui.registry import Registered


@dataclass(frozen=True, slots=True)
class Training:
    """What a run's curves say.

    Attributes:
        diagnosis: The verdict on how it went.
        trend: The ranking metric over steps, thinned out for a sparkline; numbers only.
    """

    diagnosis: Diagnosis
    trend: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The rows on the page. Each step of the leaderboard adds to it with ``replace``.

    Attributes:
        table: All runs that are ranked.
        ranking: Of ``table``.
        parts: Which of ``ranking.rows`` are shown: the ranked ones, and those without a rank.
        details: The shown runs, read with params, tags and notes; in the order of ``parts``.
        varying: Params that tell the shown runs apart, the most telling first.
        datasets: Of the shown runs.
        evidence: How far the ranking of the shown ranked runs can be trusted.
        gaps: float64, shape (shown,): how much better a run is on its training data; NaN where unknown,
            and where another value than the last ranks.
        baseline: What the others are compared with; ``None`` before it was looked for.
        deltas: Differences from the baseline, aligned with ``details``.
        completed: ``table``, and which of its values were logged under another name; ``None`` when nothing ranks.
        kept: What became of the model behind each shown ranked value; empty where the last value ranks.
        registered: What is registered, as far as it is known now.
        reference: One row, read with its params: what differs is told from it; ``None`` for the leader.
        trainings: What the curves of runs say, by run id, as far as they were read.
    """

    table: RunTable
    ranking: Ranking
    parts: tuple[slice, slice]
    details: RunTable
    varying: tuple[str, ...]
    datasets: tuple[Dataset, ...]
    evidence: Evidence
    gaps: NDArray[np.float64]
    baseline: Baseline | None = None
    deltas: Deltas | None = None
    reference: RunTable | None = None
    completed: Substituted | None = None
    kept: tuple[Kept, ...] = ()
    registered: Registered = field(default_factory=lambda: Registered(None))
    trainings: Mapping[str, Training] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows are shown, both tables together."""
        return len(self.details)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One table's rows: a part of what is shown, each array one entry a row.

    Attributes:
        ranked: These are the runs with a rank.
        shown: What it is a part of.
        at: Where it is in ``shown.details``.
        ranking: Its rows only; the three counts stay those of the whole.
        runs: Its runs, as in ``shown.details``.
    """

    ranked: bool
    shown: Shown
    at: slice
    ranking: Ranking
    runs: RunTable

    def __len__(self) -> int:
        return len(self.runs)


def newest_first(table: RunTable) -> Ranking:
    """What is shown when nothing ranks: every run, newest first, none with a rank."""
    return rank(table, "", "max")


def read_shown(table: RunTable, ranking: Ranking, limit: int) -> Shown:
    """Choose the rows to show, at most ``limit``, and read what is shown of them and of no other."""
    parts = split_rows(ranking, limit)
    rows = np.concatenate([ranking.rows[part] for part in parts])
    run_ids = tuple(table.run_ids[rows])
    read = reads.runs(
        RunQuery(
            run_ids=run_ids,
            lifecycle="all",
            metrics=(),
            params=None,
            tags=_tags(),
        )
    )
    details = in_order(read.table, run_ids)
    datasets = reads.datasets(run_ids)
    ranked = parts[0]
    evidence = weigh(
        ranking.values[ranked],
        details.take(range(ranked.stop)),
        datasets,
        ranking.metric,
        ranking.direction,
        ranking.ranked,
        training=any(one.training for one in summarise_metrics(table) if one.name.key == ranking.metric),
    )
    gaps = generalization_gap(table, ranking.metric, ranking.direction)[rows]
    if ranking.by != "last":  # the gap is one of last values, and beside another value it would read as that one's
        gaps = np.full(len(gaps), np.nan)
    return Shown(table, ranking, parts, details, read.varying, datasets, evidence, gaps)


def within_all(found: Shown, whole: Shown) -> Shown:
    """The rows that a search found, with the ranks and the evidence that they have among all runs.

    Args:
        found: The rows of the search, ranked among themselves.
        whole: What would be shown without it.
    """
    rank_of = dict(zip(whole.table.run_ids[whole.ranking.rows], whole.ranking.ranks, strict=True))
    ranks = [rank_of.get(run_id, 0) for run_id in found.table.run_ids[found.ranking.rows]]
    evidence = within(
        whole.evidence,
        tuple(whole.details.run_ids[: whole.parts[0].stop]),
        found.evidence,
        tuple(found.details.run_ids[: found.parts[0].stop]),
    )
    return replace(found, ranking=replace(found.ranking, ranks=np.array(ranks, np.int64)), evidence=evidence)


def _tags() -> tuple[str, ...]:
    """Tags that something on the page needs: columns of tags are named in the address; notes are read whole."""
    columns = urlstate.get(urlstate.LeaderboardView).columns
    chosen = (address.partition("tag:") for address in columns)
    keys = {unquote(key) for before, kind, key in chosen if kind and not before}
    wanted = sorted(key for key in keys if not key.startswith(EVENT_TAG_PREFIX))
    notes = (NOTE_TAG,) if not columns or "note" in columns else ()
    return tuple(dict.fromkeys((*EVIDENCE_TAGS, REVIEW_STATE_TAG, *notes, *wanted)))


def split_rows(ranking: Ranking, limit: int) -> tuple[slice, slice]:
    """Which part of ``ranking.rows`` the two tables draw, ``limit`` rows together: the best, and the first unranked.

    The unranked get up to a fifth of the rows, and what the ranked leave free.
    """
    unranked = ranking.not_finite + ranking.missing
    best = min(ranking.ranked, limit - min(unranked, limit // 5))
    return slice(0, best), slice(ranking.ranked, ranking.ranked + min(unranked, limit - best))


def in_order(table: RunTable, run_ids: Sequence[str]) -> RunTable:
    """The table's rows in the order of ``run_ids``.

    A run that is in the ranking and not in the store any more was removed for good since the ranking was read: then
    everything is read again.
    """
    position = {run_id: at for at, run_id in enumerate(table.run_ids)}
    if not all(run_id in position for run_id in run_ids):
        reads.refresh()
        st.rerun()
    return table.take([position[run_id] for run_id in run_ids])


def split_parts(shown: Shown) -> tuple[Part, Part]:
    """Both tables: ranked runs, and those without a rank."""
    best = shown.parts[0].stop
    places = (slice(0, best), slice(best, shown.count))
    ranked, unranked = (
        Part(at is places[0], shown, at, _cut(shown.ranking, part), shown.details.take(np.arange(shown.count)[at]))
        for at, part in zip(places, shown.parts, strict=True)
    )
    return ranked, unranked


def _cut(ranking: Ranking, part: slice | NDArray[np.intp]) -> Ranking:
    return replace(
        ranking,
        rows=ranking.rows[part],
        ranks=ranking.ranks[part],
        values=ranking.values[part],
        steps=ranking.steps[part],
    )


def reorder(shown: Shown, order: NDArray[np.intp]) -> Shown:
    """The same rows, the ranked ones in another order.

    Args:
        shown: What is shown.
        order: intp, shape (ranked rows on the page,): where each row stands now.
    """
    whole = np.concatenate([order, np.arange(len(order), shown.count)]).astype(np.intp)
    # Ranked rows beyond those on the page, and the unranked ones, stay where they are.
    everywhere = np.concatenate([order, np.arange(len(order), len(shown.ranking.rows))]).astype(np.intp)
    noise = replace(shown.evidence.noise, errors=shown.evidence.noise.errors[order])
    sets = tuple(shown.evidence.sets[at] for at in order)
    deltas = shown.deltas
    if deltas is not None:
        deltas = replace(
            deltas,
            values=deltas.values[whole],
            verdicts=tuple(deltas.verdicts[at] for at in whole),
            margins=deltas.margins[whole],
        )
    return replace(
        shown,
        ranking=_cut(shown.ranking, everywhere),
        details=shown.details.take(whole),
        evidence=replace(shown.evidence, noise=noise, tied=shown.evidence.tied[order], sets=sets),
        gaps=shown.gaps[whole],
        deltas=deltas,
        kept=tuple(shown.kept[at] for at in order) if shown.kept else (),
    )
