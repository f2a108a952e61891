"""Newer values of runs in training, put into a table that was read before."""

from dataclasses import replace

import numpy as np

from mlreview.analysis import live
from mlreview.entities import RunTable
from tests.tables import run_table, text_column


def table_of_three(middle: float | None, status: str = "RUNNING") -> RunTable:
    table = run_table(3, {"val_auc": [0.9, middle, 0.7]})
    return replace(table, statuses=text_column(["FINISHED", status, "FINISHED"]))


def test_runs_in_training_are_found():
    assert live.running(table_of_three(0.5)) == ("run-1",)


def test_newer_values_are_taken_and_the_shared_table_stays_as_it_is():
    before = table_of_three(0.5)
    newer = table_of_three(0.8, "FINISHED").take([1])
    after = live.updated(before, newer)
    assert after.metrics["val_auc"].values.tolist() == [0.9, 0.8, 0.7]
    assert after.statuses.tolist() == ["FINISHED"] * 3
    assert before.metrics["val_auc"].values.tolist() == [0.9, 0.5, 0.7]
    assert before.statuses.tolist() == ["FINISHED", "RUNNING", "FINISHED"]


def test_a_first_value_and_a_metric_that_was_not_there_are_taken():
    before = table_of_three(None)
    newer = replace(table_of_three(0.8), metrics=run_table(3, {"val_auc": [0, 0.8, 0], "loss": [0, 0.1, 0]}).metrics)
    after = live.updated(before, newer.take([1]))
    assert after.metrics["val_auc"].present.tolist() == [True, True, True]
    assert after.metrics["loss"].present.tolist() == [False, True, False]
    assert np.isnan(after.metrics["loss"].values[0])


def test_a_run_that_the_table_does_not_have_is_left_out():
    before = table_of_three(0.5).take([0, 2])
    assert live.updated(before, table_of_three(0.8).take([1])) is before


def test_what_is_the_same_does_not_differ_and_nan_is_the_same_as_nan():
    nan = float("nan")
    assert not live.differs(table_of_three(nan), table_of_three(nan))
    assert live.differs(table_of_three(0.5), table_of_three(0.6))
    assert live.differs(table_of_three(None), table_of_three(nan))
    assert live.differs(table_of_three(0.5), table_of_three(0.5, "FINISHED"))
