"""Metrics against a baseline: what may be called better, and what can't be known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlreview.analysis.diff import Recorded
from mlreview.analysis.diff_report import Compared, see
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import Dataset
from tests.tables import run_table

METRICS = {"val_AUROC": [0.9, 0.905, 0.5], "val_loss": [0.5, 0.4, 0.6], "loss": [0.3, 0.2, 0.1]}


def compared(metrics: dict, datasets: bool = True, params: dict | None = None) -> Compared:
    rows = len(next(iter(metrics.values())))
    table = run_table(rows, metrics, params)
    data = [
        Dataset(f"run-{at}", "posts", "d1", "http", "{}", profile='{"num_rows": 796}', context="validation")
        for at in range(rows)
    ]
    return see(Recorded(table, data if datasets else []), None, choose_ranking(table), {})


def test_a_difference_is_beyond_noise_only_where_the_noise_is_known():
    cells = compared(METRICS).metrics
    assert cells["val_AUROC"].beyond_noise == (False, False, True)
    assert cells["val_loss"].verdicts == ("baseline", "better", "worse")
    assert cells["val_loss"].beyond_noise == (False, False, False)  # no formula knows the noise of a loss
    assert [cells["val_loss"].judgement(at) for at in range(3)] == ["", "better, noise unknown", "worse, noise unknown"]
    assert [cells["val_AUROC"].judgement(at) for at in (1, 2)] == ["within noise", "worse"]
    assert cells["loss"].judgement(1) == ""  # a closer fit to what was seen is not better


def test_without_recorded_data_nothing_is_beyond_noise():
    cells = compared(METRICS, datasets=False).metrics
    assert not any(any(one.beyond_noise) for one in cells.values())
    assert cells["val_AUROC"].verdicts[2] == "worse"


def test_replicates_make_the_noise_of_a_loss_known():
    seeds = {"seed": ["1", "2", "3", "4", "1"], "lr": ["0.1"] * 4 + ["9"]}
    cells = compared({"val_AUROC": [0.5] * 5, "val_loss": [0.50, 0.51, 0.49, 0.50, 2.0]}, params=seeds).metrics
    assert cells["val_loss"].verdicts[1:4] == ("within noise",) * 3
    assert cells["val_loss"].judgement(1) == "within noise"


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5), st.booleans())
def test_noise_is_never_claimed_beyond_what_the_verdict_says(values: list[float], datasets: bool):
    cells = compared({"val_accuracy": values}, datasets).metrics["val_accuracy"]
    for verdict, beyond in zip(cells.verdicts, cells.beyond_noise, strict=True):
        assert not beyond or verdict in ("better", "worse")
        assert datasets or not beyond


@pytest.mark.parametrize("base", [0.0, 2.0, -2.0])
def test_percent_is_of_the_baselines_size_and_none_of_nothing(base: float):
    cells = compared({"val_loss": [base, base + 1]}).metrics["val_loss"]
    assert cells.deltas == (None, 1.0)
    assert cells.percents == (None, None if base == 0 else 50.0)
    assert np.isfinite(cells.deltas[1] or 0)
