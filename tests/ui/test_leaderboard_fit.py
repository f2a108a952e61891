"""Verdicts and sparklines: read in one go for the shown rows alone, and kept by run and by when it ended."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mlreview.analysis.leaderboard import rank
from mlreview.entities import Curve, RunQuery, StoreInfo
from mlreview.store import open_store
from mlreview.ui import leaderboard_fit, leaderboard_rows, reads
from mlreview.ui.leaderboard_rows import Shown
from tests.sample_store import Sample


@dataclass
class Counting:
    """A real store that remembers what curves it was asked for."""

    store: Any
    asked: list[tuple[str, ...]]

    def curves(self, run_ids: Any, metrics: Any) -> tuple[Curve, ...]:
        self.asked.append(tuple(run_ids))
        return self.store.curves(run_ids, metrics)

    def runs(self, query: RunQuery) -> Any:
        return self.store.runs(query)

    def datasets(self, run_ids: Any) -> Any:
        return self.store.datasets(run_ids)

    def info(self) -> StoreInfo:
        return self.store.info()


@pytest.fixture
def counting(team_sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Counting:
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", team_sample.uri)
    store = Counting(open_store(team_sample.uri), [])
    monkeypatch.setattr(reads, "store", lambda: store)
    reads.refresh()
    leaderboard_fit._memory.clear()  # type: ignore[attr-defined]
    return store


def shown_of(store: Counting, sample: Sample, limit: int) -> Shown:
    table = store.runs(RunQuery((sample.experiments["sports"],)))
    return leaderboard_rows.read_shown(table, rank(table, "val_AUROC", "max"), limit)


def lacking(shown: Shown) -> list[str]:
    known = leaderboard_fit.recall(shown).trainings
    return [run_id for run_id in leaderboard_fit.keys_of(shown) if run_id not in known]


def test_the_curves_of_the_shown_rows_alone_are_read_in_one_read_and_kept(counting: Counting, team_sample: Sample):
    shown = shown_of(counting, team_sample, 5)
    assert lacking(shown) == [run_id for run_id in shown.details.run_ids if run_id != team_sample.runs["failed"]]
    assert leaderboard_fit.read_curves(shown, lacking(shown), leaderboard_fit.keys_of(shown))
    assert len(counting.asked) == 1
    assert set(counting.asked[0]) <= set(shown.details.run_ids)
    # The next viewer, and the next look, read nothing.
    again = leaderboard_fit.recall(shown_of(counting, team_sample, 5))
    assert lacking(again) == []
    first = again.trainings[team_sample.runs["sports-NN-32d-lr0.1"]]
    assert first.diagnosis.verdict == "still_improving"
    assert first.trend == pytest.approx([0.917 - 0.2 * (1 - step / 9) for step in range(10)])


def test_a_run_that_ended_later_or_came_further_is_read_again_and_no_other(counting: Counting, team_sample: Sample):
    shown = shown_of(counting, team_sample, 5)
    leaderboard_fit.read_curves(shown, lacking(shown), leaderboard_fit.keys_of(shown))
    ends = shown.details.end_times.copy()
    ends[1] += np.timedelta64(1, "s")
    assert lacking(replace(shown, details=replace(shown.details, end_times=ends))) == [shown.details.run_ids[1]]
    column = shown.table.metrics["val_AUROC"]
    steps = column.steps.copy()
    steps[shown.ranking.rows[0]] += 1
    metrics = {**shown.table.metrics, "val_AUROC": replace(column, steps=steps)}
    assert lacking(replace(shown, table=replace(shown.table, metrics=metrics))) == [shown.details.run_ids[0]]


def test_a_sparkline_has_few_points_the_last_of_each_stretch_and_numbers_only():
    def curve(values: list[float]) -> Curve:
        steps = np.arange(len(values))
        return Curve("a", "loss", steps, steps * 1000, np.array(values, dtype=float))

    long = leaderboard_fit.trend_of(curve([float(step) for step in range(1000)]))
    assert (len(long), long[0], long[-1]) == (leaderboard_fit.TREND_POINTS, 0.0, 999.0)
    assert leaderboard_fit.trend_of(curve([1.0, float("nan"), float("inf"), 2.0])) == (1.0, 2.0)
    assert leaderboard_fit.trend_of(curve([1.0])) == ()
