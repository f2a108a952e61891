"""The comparison of a run with its reproduction, and what stays as evidence of it."""

import math

import numpy as np
import pytest

from mlreview import names
from mlreview.reproduce.compare import compare_runs, nearness, of_machine
from mlreview.reproduce.evidence import evidence_words, reproductions_of
from tests.reproduce.runs import curve, dataset, run
from tests.tables import run_table

TOLERANCE = 0.01


def outcome(old_values=None, new_values=None, old_curve=None, new_curve=None, **new):
    old = run("old", {"loss": 0.5, **(old_values or {})}, {"rate": "0.1"}, datasets=(dataset(),))
    again = {"params": {"rate": "0.1"}, "datasets": (dataset(),), **new}
    other = run("new", {"loss": 0.5, **(new_values or {})}, **again)
    curves = {
        "old": [curve("old", "loss", old_curve or [0.9, 0.7, 0.5])],
        "new": [curve("new", "loss", new_curve or [0.9, 0.7, 0.5])],
    }
    return compare_runs(old, other, curves, TOLERANCE)


def test_the_same_again_is_reproduced():
    found = outcome()
    assert (found.verdict, found.reason) == ("reproduced", "")


def test_a_little_off_is_within_tolerance():
    found = outcome(new_values={"loss": 0.501})
    assert found.verdict == "within tolerance"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"new_values": {"loss": 0.6}}, "loss: 0.5 then, 0.6 now"),
        ({"new_curve": [0.9, 0.8, 0.5]}, "loss: at step 1: 0.7 then, 0.8 now"),
        ({"new_curve": [0.9, 0.7]}, "loss: 3 points then, 2 now"),
        ({"params": {"rate": "0.2"}}, "rate: '0.1' then, '0.2' now"),
        ({"params": {}}, "rate: '0.1' then, not logged now"),
        ({"datasets": (dataset("d2"),)}, "train data: digest d1 then, d2 now: the data changed"),
        ({"datasets": ()}, "train data: recorded then, not recorded now"),
        ({"status": "FAILED"}, "status: the new run ended as FAILED"),
        ({"old_values": {"auc": 0.9}}, "auc: 0.9 then, not logged now"),
        ({"old_values": {"auc": math.nan}, "new_values": {"auc": 0.9}}, "auc: nan then, 0.9 now"),
    ],
)
def test_the_first_thing_that_differs_is_said(change, said: str):
    found = outcome(**change)
    assert (found.verdict, found.reason) == ("not reproduced", said)


def test_a_cause_comes_before_what_it_did():
    found = outcome(new_curve=[0.9, 0.8, 0.9], new_values={"loss": 0.9}, datasets=(dataset("d2"),))
    assert found.first is not None
    assert found.first.part == "data"
    assert sum(len(part.differing) for part in found.parts) == 3


def test_spellings_of_a_param_and_counters_of_keras_are_no_difference():
    old = run("old", {"a": 1.0}, {"rate": "0.1", "opt_name": "sgd_1"})
    new = run("new", {"a": 1.0}, {"rate": "1e-1", "opt_name": "sgd_4"})
    assert compare_runs(old, new, {}, TOLERANCE).verdict == "reproduced"


def test_what_measures_the_machine_is_left_out_and_said():
    found = outcome({"system/cpu": 3.0, "fit_seconds": 10.0}, {"system/cpu": 9.0, "fit_seconds": 90.0})
    assert found.verdict == "reproduced"
    assert "2 that measure the machine left out" in str(found.parts[3])


@pytest.mark.parametrize(
    "key", ["epoch_time", "system/gpu_0", "train/seconds", "samples_per_second", "fit time (s)", "time_ms"]
)
def test_a_metric_of_time_is_known_by_its_name(key: str):
    assert of_machine(key)


@pytest.mark.parametrize("key", ["val_loss", "sentiment", "time_series_auc", "runtime_error_f1", "ms_ssim"])
def test_a_metric_of_the_model_is_not_taken_for_one_of_the_machine(key: str):
    assert not of_machine(key)


def test_where_nothing_was_measured_nothing_was_reproduced():
    found = compare_runs(run("old"), run("new"), {}, TOLERANCE)
    assert (found.verdict, found.reason) == ("not reproduced", "no metric was recorded that could be compared")


def test_tiny_numbers_are_not_compared_by_their_digits():
    assert nearness(1e-9, 2e-9, TOLERANCE) == "near"
    assert nearness(1.0, 1.0, 0.0) == "same"
    assert nearness(1.0, math.nextafter(1.0, 2), 0.0) == "differs"
    assert nearness(math.inf, math.inf, TOLERANCE) == "same"
    assert nearness(math.inf, 1.0, TOLERANCE) == "differs"


def test_a_runs_reproductions_are_found_newest_first():
    tags = {
        names.REPRODUCES_TAG: [None, "run-4", "run-4", "other", "run-4"],
        names.RETRAINS_TAG: ["run-4", None, None, None, None],
        names.REPRODUCTION_VERDICT_TAG: ["reproduced", "not reproduced", "reproduced", "reproduced", "reproduced"],
        names.REPRODUCTION_DIFFERS_TAG: [None, "loss: 1 then, 2 now", None, None, None],
    }
    found = reproductions_of("run-4", run_table(5, tags=tags))
    assert [(one.run_id, one.kind, one.verdict) for one in found] == [
        ("run-0", "retraining", ""),
        ("run-1", "reproduction", "not reproduced"),
        ("run-2", "reproduction", "reproduced"),
    ]
    assert found[1].differs == "loss: 1 then, 2 now"
    assert evidence_words(found) == "Reproduced once; 1 attempt came out otherwise"
    assert evidence_words(()) == ""
    assert not np.isnat(found[0].started)
