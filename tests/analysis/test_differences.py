"""What tells each run from the one it is held against."""

from mlreview.analysis.differences import what_differs
from mlreview.entities import RunTable
from tests.tables import run_table


def table(*params: dict[str, str]) -> RunTable:
    keys = {key for run in params for key in run}
    return run_table(len(params), params={key: [run.get(key) for run in params] for key in keys})


def test_only_what_differs_is_said_in_the_order_of_what_tells_most():
    runs = table({"units": "32", "rate": "0.1"}, {"units": "8", "rate": "0.1"}, {"units": "8", "rate": "0.05"})
    assert what_differs(runs, runs.take([0]), ["rate", "units"]) == ["", "units 8", "rate 0.05 · units 8"]


def test_numbers_differ_as_numbers_and_are_spelt_short():
    runs = table({"rate": "0.001"}, {"rate": "0.0010000000474974513"}, {"rate": "0.009999999776482582"})
    assert what_differs(runs, runs.take([0]), ["rate"]) == ["", "", "rate 0.01"]


def test_a_param_that_only_one_side_has_is_a_difference():
    runs = table({"dropout": "0.5"}, {"model": "tree"})
    assert what_differs(runs, runs.take([0]), ["dropout", "model"]) == ["", "model tree · no dropout"]


def test_missing_and_empty_are_two_things():
    runs = table({}, {"tag": ""})
    assert what_differs(runs, runs.take([0]), ["tag"]) == ["", "tag (empty)"]
    assert what_differs(runs, runs.take([1]), ["tag"]) == ["no tag", ""]


def test_the_text_stays_short():
    keys = [f"key{number}" for number in range(9)]
    runs = table(dict.fromkeys(keys, "a"), dict.fromkeys(keys, "b" * 500))
    said = what_differs(runs, runs.take([0]), keys)[1]
    assert said.endswith("… · 5 more")
    assert len(said) < 220


def test_a_param_that_was_not_read_differs_nowhere():
    runs = table({"a": "1"}, {"a": "2"})
    assert what_differs(runs, runs.take([0]), ["b"]) == ["", ""]


def test_an_architecture_speaks_for_itself():
    runs, leader = table({"model_architecture": "Dense 8 relu → Dense 1", "lr": "0.2"}), table({"lr": "0.1"})
    assert what_differs(runs, leader, ["model_architecture", "lr"]) == ["Dense 8 relu → Dense 1 · lr 0.2"]
