"""What differs between runs, against computations that know nothing of how it is found."""

import math
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlreview import names
from mlreview.analysis.diff import ArtifactFacts, Recorded, compare
from mlreview.analysis.diff_report import diff_report, see
from mlreview.analysis.diff_values import judge_param, judge_text, same_groups, unique_to_each
from mlreview.analysis.leaderboard import choose_ranking
from mlreview.entities import Dataset, RunTable
from tests.tables import run_table

KEYS = st.sampled_from(["lr", "opt_name", "units", "seed", "mlreview.seq.1", "path", "x"])
VALUES = st.one_of(
    st.none(),
    st.sampled_from(
        ["0.001", "0.0010000000474974513", "1e-3", "sgd", "sgd_4", "None", "", "nan", "32", "32.0", "adam"]
    ),
    st.text(max_size=6),
)


@st.composite
def tables(draw: st.DrawFn) -> RunTable:
    rows = draw(st.integers(2, 6))
    params = {key: draw(st.lists(VALUES, min_size=rows, max_size=rows)) for key in draw(st.sets(KEYS, max_size=5))}
    numbers = st.one_of(st.none(), st.floats(width=32), st.just(float("nan")))
    metrics = {
        key: draw(st.lists(numbers, min_size=rows, max_size=rows))
        for key in draw(st.sets(st.sampled_from(["val_loss", "val_AUROC", "loss", "time"]), max_size=3))
    }
    return run_table(rows, metrics, params, {"team": draw(st.lists(VALUES, min_size=rows, max_size=rows))})


def means_the_same(key: str, left: str | None, right: str | None) -> bool:
    """Another way to say it than ``canonical``: as exact numbers, or as the nearest 32-bit floats."""
    if left is None or right is None:
        return left is right
    if left == right:
        return True
    if key == "opt_name":
        return left.partition("_")[0] == right.partition("_")[0] and {left, right} <= {"sgd", "sgd_4"}
    try:
        a, b = Decimal(left.strip()), Decimal(right.strip())
    except InvalidOperation:
        return False
    if not (a.is_finite() and b.is_finite()):
        return False
    return a == b or {float(a), float(b)} == {0.001, 0.0010000000474974513}


@settings(deadline=None)
@given(tables())
def test_every_value_stands_in_one_row_as_it_was_recorded(table: RunTable):
    comparison = compare(Recorded(table))
    assert {row.key: row.values for row in comparison["params"].rows} == {
        key: tuple(column) for key, column in table.params.items() if not key.startswith("mlreview.")
    }
    metrics = {row.key: row.values for row in comparison["metrics"].rows}
    assert set(metrics) == set(table.metrics)
    for key, column in table.metrics.items():
        for at, value in enumerate(metrics[key]):
            assert (value is not None) == bool(column.present[at])
            if value is not None:
                assert value == column.values[at] or (value != value and math.isnan(column.values[at]))


@settings(deadline=None)
@given(tables())
def test_the_order_of_the_runs_changes_nothing_but_the_order(table: RunTable):
    backwards = table.take(list(range(len(table)))[::-1])
    there, back = compare(Recorded(table)), compare(Recorded(backwards))
    for section in there.sections:
        mirrored = {row.key: row for row in back[section.name].rows}
        assert section.counts == back[section.name].counts
        for row in section.rows:
            other = mirrored[row.key]
            assert (row.differs, row.hidden) == (other.differs, other.hidden)
            assert row.values == other.values[::-1] or section.name == "metrics"


@settings(deadline=None)
@given(tables())
def test_the_counts_are_those_of_a_count_by_hand(table: RunTable):
    section = compare(Recorded(table))["params"]
    total = differ = 0
    for key, column in table.params.items():
        if key.startswith("mlreview."):
            continue
        total += 1
        several = any(not means_the_same(key, column[0], value) for value in column[1:])
        present = [value for value in column if value is not None]
        apart = len(present) > 1 and not any(
            means_the_same(key, present[i], present[j]) for i in range(len(present)) for j in range(i)
        )
        if several and not (apart and unique_to_each(present, range(len(present)))):
            differ += 1
    assert (len(section.rows), len(section.differing)) == (total, differ)


def test_numbers_compare_as_numbers_and_counters_are_no_difference():
    assert judge_param("lr", ["0.001", "0.0010000000474974513", "1e-3"])[1] == "spelling"
    assert judge_param("opt_name", ["sgd", "sgd_4", "sgd_1"])[1] == "spelling"
    assert judge_param("opt_name", ["sgd_4", "adam_4"])[1] == ""
    assert judge_param("id", ["007", "7"])[1] == ""


def test_missing_empty_none_and_nan_are_four_things():
    assert same_groups([None, "", "None", "nan"]) == (-1, 0, 1, 2)
    table = run_table(4, {"m": [None, math.nan, math.inf, -math.inf]}, {"p": [None, "", "None", "nan"]})
    comparison = compare(Recorded(table))
    assert comparison["params"].rows[0].groups == (-1, 0, 1, 2)
    assert comparison["metrics"].rows[0].groups == (-1, 0, 1, 2)


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        (["/runs/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/runs/9b2504e0-4f89-11d3-9a0c-0305e82c3302"], "unique"),
        (["b77f381a3c5a43bd8e74", "747977655656404c90d8"], "unique"),
        (["2026-11-24T22:00", "2026-11-24T22:05"], "unique"),
        (["1790000000001", "1790000000002"], "unique"),
        (["a", "b", "c", "d"], "unique"),
        (["0.8234567890123456", "0.1234567890123457"], ""),  # a random search
        (["0.1", "0.2", "0.3", "0.4"], ""),
        (["a", "b", "c"], ""),
        (["a", "b", "c", "c"], ""),
        (["/data/v1", "/data/v2"], ""),
    ],
)
def test_a_value_of_its_own_in_every_run_is_no_difference_by_default(values: list[str], hidden: str):
    assert judge_text(values)[1] == hidden


def test_what_is_left_out_as_unique_is_counted_and_kept():
    table = run_table(4, params={"path": ["a", "b", "c", "d"], "units": ["8", "8", "32", "32"]})
    section = compare(Recorded(table))["params"]
    assert section.counts == "1 of 2 params differs"
    assert [row.key for row in section.unique] == ["path"]


def test_a_param_that_repeats_another_stands_behind_it_and_says_so():
    table = run_table(
        2,
        params={"opt_learning_rate": ["0.10000000149011612", "0.05000000074505806"], "learning_rate": ["0.1", "0.05"]},
    )
    rows = compare(Recorded(table))["params"].rows
    assert [(row.key, row.repeats) for row in rows] == [("learning_rate", ""), ("opt_learning_rate", "learning_rate")]


def test_bookkeeping_is_in_no_section():
    table = run_table(
        2,
        params={"mlreview.seq.1": ["a", "b"]},
        tags={"mlreview.state": ["approved", None], "mlflow.runName": ["a", "b"], "team": ["x", "y"]},
    )
    files = {"run-0": ArtifactFacts({"mlreview/notes/1.md": 3, "plot.png": 4}), "run-1": ArtifactFacts({"plot.png": 4})}
    comparison = compare(Recorded(table, files=files))
    assert comparison["params"].rows == ()
    assert [row.key for row in comparison["tags"].rows] == ["team"]
    assert [row.key for row in comparison["artifacts"].rows] == ["plot.png"]


def test_code_that_this_project_recorded_is_compared_as_code():
    table = run_table(
        2,
        tags={
            "mlreview.git.commit": ["a" * 40, None],
            "mlflow.source.git.commit": ["b" * 40, "b" * 40],
            "mlreview.git.remote": ["https://joe:token@github.com/team/model.git"] * 2,
        },
    )
    rows = {row.key: row for row in compare(Recorded(table))["code"].rows}
    assert rows["commit"].values == ("a" * 40, "b" * 40)
    assert rows["commit"].differs
    assert rows["repository"].values == ("https://github.com/team/model",) * 2


def test_what_every_run_records_of_its_code_and_machine_is_compared_in_words():
    tags = {
        names.GIT_COMMIT: ["unknown", "a" * 40],
        names.GIT_COMMIT_TAG: ["b" * 40, "b" * 40],
        names.GIT_AUTHOR: ["Ann", "Bob"],
        names.GIT_DIRTY: ["unknown", "true"],
        names.ENTRY: ["train.py", "train.py"],
        names.COMMAND: ["python train.py --lr 0.1", "python train.py --lr 0.2"],
        names.ENV_PYTHON: ["3.11.2", "3.12.1"],
        names.ENV_HOST: ["gpu-1", "gpu-2"],
        names.ENV_CI: [f"https://ci.example/jobs/{at}{'0' * 8}" for at in (1, 2)],
    }
    comparison = compare(Recorded(run_table(2, tags=tags)))
    code = {row.key: row for row in comparison["code"].rows}
    assert code["commit"].values == ("b" * 40, "a" * 40)  # what git did not say in time is not recorded
    assert code["uncommitted changes"].values == (None, "yes")
    assert {key for key, row in code.items() if row.differs} >= {"commit", "author of the commit", "command"}
    assert not code["script"].differs
    environment = {row.key: row for row in comparison["environment"].rows}
    assert environment["Python"].values == ("3.11.2", "3.12.1")
    assert environment["machine"].differs
    assert not {row.key for section in comparison.sections for row in section.rows if row.key.startswith("mlreview")}
    assert comparison["tags"].rows == ()


def data(run: str, context: str, **changes: str) -> Dataset:
    facts = {"name": "posts", "digest": "d1", "source_type": "http", "source": '{"url": "https://a.example/x"}'}
    return Dataset(run, **{**facts, **changes}, profile='{"num_rows": 796}', context=context)


def test_data_are_compared_by_context_and_a_missing_location_is_no_difference():
    datasets = [
        data("run-0", "train"),
        data("run-1", "train", digest="d2", source_type="code", source="{}"),
        data("run-0", "test"),
    ]
    rows = {row.key: row for row in compare(Recorded(run_table(2), datasets))["data"].rows}
    assert rows["train: digest"].differs
    assert rows["train: location"].values == ("https://a.example/x", None)
    assert rows["train: location"].hidden == "unrecorded"
    assert rows["test: name"].differs  # the other run recorded its data, and has no test set
    assert rows["train: examples"].values == ("796", "796")


SUMMARY = """Model: "sequential"
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)    ┃ Output Shape       ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)   │ (None, {0})         │         {1} │
└─────────────────┴────────────────────┴───────────────┘
 Total params: {1} (12.75 KB)
 Trainable params: {1} (12.75 KB)
 Non-trainable params: 0 (0.00 B)
"""


def network(units: int) -> ArtifactFacts:
    return ArtifactFacts({"model_summary.txt": 9}, {"model_summary.txt": SUMMARY.format(units, units * 101)})


def test_architecture_comes_first_when_no_param_explains_a_change():
    params = {"opt_name": ["sgd", "sgd_4"], "seed": ["1", "2"]}
    table = run_table(2, {"val_AUROC": [0.9, 0.8]}, params)
    comparison = compare(Recorded(table, files={"run-0": network(32), "run-1": network(8)}))
    assert comparison.sections[0].name == "model"
    assert comparison.sections[0].rows[0].values == ("Dense 32", "Dense 8")
    assert [row.key for row in comparison["params"].differing] == ["seed"]
    seen = see(comparison.recorded, "run-0", choose_ranking(table), {})
    assert seen.summary.causes[0] == "architecture Dense 32 → Dense 8"


def test_where_nothing_recorded_differs_and_metrics_do_that_is_said_with_what_is_missing():
    table = run_table(2, {"val_AUROC": [0.9, 0.8]}, {"lr": ["0.1", "0.1"]})
    seen = see(Recorded(table), None, choose_ranking(table), {})
    assert seen.summary.warning.startswith("The metrics differ and nothing that was recorded does. Not recorded:")
    lacking = {record.what: record for record in seen.missing}
    assert {"architecture", "data", "seed", "code version", "environment"} <= set(lacking)
    assert lacking["seed"].line == 'mlflow.log_param("seed", seed)'


def test_replicates_need_both_seeds_and_the_same_everything_else():
    def replicates(params: dict, **more) -> tuple:
        return compare(Recorded(run_table(2, params=params), **more)).replicate_groups

    seeds = {"seed": ["1", "2"]}
    assert replicates({**seeds, "lr": ["0.1", "0.10000000149011612"]}) == ((0, 1),)
    assert replicates({"seed": ["1", None]}) == ()
    assert replicates({"lr": ["0.1", "0.1"]}) == ()
    assert replicates({**seeds, "lr": ["0.1", "0.2"]}) == ()
    assert replicates(seeds, datasets=[data("run-0", "train"), data("run-1", "train", digest="d2")]) == ()
    assert replicates(seeds, files={"run-0": network(8), "run-1": network(32)}) == ()
    assert replicates(seeds, files={"run-0": network(8), "run-1": network(8)}) == ((0, 1),)


def test_deltas_are_signed_and_judged_by_direction_and_noise():
    table = run_table(3, {"val_AUROC": [0.9, 0.905, 0.5], "val_loss": [0.5, 0.4, 0.6], "val_thing": [1.0, 2.0, 3.0]})
    recorded = Recorded(table, [data(f"run-{at}", "validation") for at in range(3)])
    seen = see(recorded, "run-0", choose_ranking(table), {})
    auroc, loss = seen.metrics["val_AUROC"], seen.metrics["val_loss"]
    assert auroc.verdicts == ("baseline", "within noise", "worse")
    assert auroc.best == (False, True, False)
    assert loss.verdicts == ("baseline", "better", "worse")
    assert loss.percents == (None, pytest.approx(-20), pytest.approx(20))
    assert seen.metrics["val_thing"].verdicts == ("baseline", "unknown", "unknown")  # which way is better isn't known
    turned = see(recorded, "run-2", choose_ranking(table), {"val_thing": "min"})
    assert turned.metrics["val_thing"].verdicts == ("better", "better", "baseline")


def test_a_training_metric_is_neither_better_nor_best_and_has_no_noise_of_an_evaluation():
    table = run_table(2, {"AUROC": [0.96, 0.961], "val_AUROC": [0.9, 0.91]})
    recorded = Recorded(table, [data(f"run-{at}", "validation") for at in range(2)])
    seen = see(recorded, None, choose_ranking(table), {})
    assert seen.metrics["AUROC"].verdicts[1] == "unknown"
    assert seen.metrics["AUROC"].best == (False, False)
    assert seen.metrics["val_AUROC"].verdicts[1] == "within noise"


def test_the_report_holds_only_what_json_can_and_counts_what_it_leaves_out():
    import json

    table = run_table(2, {"m": [math.nan, math.inf]}, {"p": ["a", "b"], "q": ["c", "c"]})
    seen = see(Recorded(table), None, choose_ranking(table), {})
    report = diff_report(seen)
    json.dumps(report, allow_nan=False)
    assert report["sections"]["params"] == [
        {"key": "p", "values": ["a", "b"], "differs": True, "hidden": None, "repeats": None}
    ]
    assert report["sections"]["metrics"][0]["values"] == ["NaN", "Infinity"]
    assert report["counts"]["params"] == {
        "total": 2, "differ": 1, "unique_to_each_run": 0, "said": "1 of 2 params differs"
    }  # fmt: skip
    assert len(diff_report(seen, everything=True)["sections"]["params"]) == 2
