from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from mlreview.analysis.replicates import find_replicates
from mlreview.entities import Dataset
from tests.tables import run_table, text_column

SEEDS = ["1", "2", "3", "4"]
COMMIT: Mapping[str, Sequence[str | None]] = {"mlflow.source.git.commit": ["abc"] * 4}


def groups_of(
    tags: Mapping[str, Sequence[str | None]] | None = None,
    datasets: Sequence[Dataset] = (),
    /,
    **params: Sequence[str | None],
) -> list[int | None]:
    """The groups as small numbers, in the order in which they occur."""
    found = find_replicates(run_table(4, params=params, tags=tags), datasets).groups
    known = list(dict.fromkeys(group for group in found if group is not None))
    return [None if group is None else known.index(group) for group in found]


def remarks_of(
    tags: Mapping[str, Sequence[str | None]] | None = None, /, **params: Sequence[str | None]
) -> tuple[str, ...]:
    return find_replicates(run_table(4, params=params, tags=tags), ()).remarks


def test_runs_that_differ_in_the_seed_alone_are_replicates():
    assert groups_of(seed=SEEDS, learning_rate=["0.1", "0.10", "1e-1", "0.2"]) == [0, 0, 0, 1]


def test_numbers_that_keras_gives_its_optimizers_are_no_difference():
    assert groups_of(seed=SEEDS, hidden_units=["8"] * 4, opt_name=["sgd", "sgd_1", "sgd_2", "adam"]) == [0, 0, 0, 1]


def test_the_talks_two_widths_are_no_replicates_of_each_other_when_autologging_left_the_widths_out():
    """Guards against taking a 32-unit and an 8-unit network as two seeds of one configuration."""
    autologged = {"opt_name": ["sgd", "sgd_1", "sgd_2", "sgd_3"], "epochs": ["40"] * 4, "batch_size": ["32"] * 4}
    assert groups_of(COMMIT, seed=SEEDS, **autologged) == [None] * 4
    assert "4 runs may differ in the seed alone" in remarks_of(COMMIT, seed=SEEDS, **autologged)[0]
    assert groups_of(COMMIT, seed=SEEDS, hidden_units=["32", "32", "8", "8"], **autologged) == [0, 0, 1, 1]
    tags = {**COMMIT, "mlreview.architecture": ["a", "a", "b", "b"]}
    assert groups_of(tags, seed=SEEDS, **autologged) == [0, 0, 1, 1]


@pytest.mark.parametrize("seeds", [["1", None, "", "None"], [None, "1", "null", "NaN"]])
def test_a_run_without_a_recorded_seed_is_nobodys_replicate(seeds):
    assert sum(group is not None for group in groups_of(seed=seeds)) == 1


def test_a_seed_in_the_runs_tag_counts():
    assert groups_of({"mlreview.seed": ["1", "2", None, ""]}, depth=["3"] * 4) == [0, 0, None, None]


def test_other_code_makes_no_replicate():
    assert groups_of({"mlflow.source.git.commit": ["a", "a", "b", None]}, seed=SEEDS) == [0, 0, 1, 2]
    assert groups_of({"mlflow.source.name": ["a.py", "a.py", "b.py", None]}, seed=SEEDS) == [0, 0, 1, 2]


def test_with_a_commit_the_place_of_the_script_is_no_difference():
    assert groups_of({**COMMIT, "mlflow.source.name": ["/a/t.py", "/b/t.py", "t.py", None]}, seed=SEEDS) == [0] * 4


def test_code_and_data_that_are_not_recorded_are_said_not_to_be():
    assert [remark.split(" ")[1] for remark in remarks_of(seed=SEEDS)] == ["code's", "data"]
    assert len(remarks_of(COMMIT, seed=SEEDS)) == 1
    assert remarks_of(COMMIT, seed=["1", "1", "1", "1"]) == ()


def test_code_with_uncommitted_changes_is_not_that_of_the_commit():
    tags = {"mlreview.git.commit": ["a"] * 4, "mlreview.git.dirty": ["true", "true", "false", None]}
    assert groups_of(tags, seed=SEEDS) == [0, 0, 1, 1]
    assert "uncommitted changes" in remarks_of(tags, seed=SEEDS)[0]


def test_other_data_make_no_replicate():
    data = [Dataset(f"run-{run}", "posts", "ab"[run // 2], "http", "x", context="train") for run in range(4)]
    assert groups_of(COMMIT, data, seed=SEEDS) == [0, 0, 1, 1]


def test_a_run_repeated_under_its_own_seed_counts_once_and_the_newest_of_them():
    assert groups_of(COMMIT, seed=["1", "1", "2", "2.0"]) == [0, None, 0, None]


def test_a_reproduction_is_no_replicate_and_takes_nobodys_place():
    """It is newer than its original, has its seed, and would stand for it in the noise."""
    again = {**COMMIT, "mlreview.reproduces": ["run-2", None, None, None]}
    assert groups_of(again, seed=["1", "2", "1", "3"]) == [None, 0, 0, 0]
    retrained = {**COMMIT, "mlreview.retrains": ["run-2", None, None, None]}
    assert groups_of(retrained, seed=["1", "2", "1", "3"]) == [None, 0, 0, 0]
    data = [Dataset("run-0", "rows", "new", "", "", context="train")]
    assert groups_of(retrained, data, seed=["1", "2", "1", "3"]) == [0, 1, 1, 1]


def test_runs_that_did_not_finish_say_nothing_of_seeds():
    runs = run_table(4, params={"seed": SEEDS})
    runs.statuses[:] = text_column(["FINISHED", "FAILED", "RUNNING", "KILLED"])
    assert [group is not None for group in find_replicates(runs, ()).groups] == [True, False, False, False]


def test_bookkeeping_is_no_difference():
    assert groups_of(COMMIT, seed=SEEDS, **{"mlreview.seq.1": ["a", "b", "c", "d"]}) == [0] * 4


def test_five_hundred_runs_of_three_hundred_params_are_grouped():
    rng = np.random.default_rng(0)
    params = {f"p{k}": [str(rng.integers(2))] * 500 for k in range(300)} | {"seed": [str(k) for k in range(500)]}
    assert len(set(find_replicates(run_table(500, params=params), ()).groups)) == 1
