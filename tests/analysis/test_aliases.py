import numpy as np
import pytest

from mlreview.analysis.aliases import Aliases, extremes_of_parts, read_aliases, substitute
from mlreview.analysis.leaderboard import rank
from mlreview.entities import MetricExtremes
from mlreview.errors import BadInputError
from tests.tables import metric_column, run_table

ACCURACY = read_aliases({"val_acc": ("val_binary_accuracy", "val_accuracy_score")})


def test_lines_that_share_a_name_are_one_group_in_the_order_written():
    aliases = read_aliases({"a": ("b",), "c": ("d",), "e": ("b", "f"), "x": ("x2",)})
    assert aliases.others("f") == ("a", "b", "e")
    assert aliases.others("c") == ("d",)
    assert aliases.others("nobody") == ()


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ({"val_accuracy": ("val_loss",)}, "'val_accuracy' is better when higher, 'val_loss' when lower"),
        ({"val_acc": ("training_accuracy",)}, "of training data"),
        ({"val_acc": ("acc",), "train_acc": ("acc",)}, "of training data"),
    ],
)
def test_names_that_can_not_mean_the_same_are_refused(configured, words):
    with pytest.raises(BadInputError, match="can't be aliases") as caught:
        read_aliases(configured)
    assert words in caught.value.message
    assert "metric_aliases" in caught.value.hint


def test_a_run_with_only_the_alias_ranks_by_it_and_its_name_is_told():
    table = run_table(4, {"val_acc": [0.7, None, None, None], "val_binary_accuracy": [0.1, 0.9, None, None],
                          "val_accuracy_score": [None, 0.2, 0.8, None]})  # fmt: skip
    found = substitute(table, "val_acc", ACCURACY)
    ranking = rank(found.table, "val_acc", "max")
    assert ranking.rows.tolist() == [1, 2, 0, 3]
    assert ranking.values[:3].tolist() == [0.9, 0.8, 0.7]
    assert found.logged_as(ranking.rows) == ("val_binary_accuracy", "val_accuracy_score", None, None)
    assert found.describe() == (
        "1 run ranks by val_binary_accuracy, another name of val_acc; "
        "1 run ranks by val_accuracy_score, another name of val_acc"
    )


def test_the_shared_table_is_never_changed():
    table = run_table(2, {"val_acc": [0.7, None], "val_binary_accuracy": [0.1, 0.9]})
    found = substitute(table, "val_acc", ACCURACY)
    assert found.table is not table
    assert table.metrics["val_acc"].present.tolist() == [True, False]
    assert np.isnan(table.metrics["val_acc"].values[1])
    assert found.table.metrics["val_binary_accuracy"] is table.metrics["val_binary_accuracy"]


def test_where_no_run_needs_another_name_the_table_stays_the_same_object():
    table = run_table(2, {"val_acc": [0.7, 0.8], "val_binary_accuracy": [0.1, 0.9]})
    assert substitute(table, "val_acc", ACCURACY).table is table
    assert substitute(table, "val_loss", ACCURACY).table is table
    assert substitute(table, "val_acc", Aliases()).describe() == ""


def test_a_metric_that_no_run_has_under_its_own_name_ranks_by_the_others():
    found = substitute(run_table(2, {"val_accuracy_score": [0.5, 0.6]}), "val_acc", ACCURACY)
    assert rank(found.table, "val_acc", "max").values.tolist() == [0.6, 0.5]


def test_nan_is_a_logged_value_and_is_not_replaced_by_another_name():
    table = run_table(1, {"val_acc": [float("nan")], "val_binary_accuracy": [0.9]})
    found = substitute(table, "val_acc", ACCURACY)
    assert rank(found.table, "val_acc", "max").not_finite == 1
    assert found.logged_as([0]) == (None,)


def test_the_best_over_steps_is_read_name_by_name():
    table = run_table(3, {"val_acc": [0.7, None, None], "val_binary_accuracy": [None, 0.6, None]})
    found = substitute(table, "val_acc", ACCURACY)
    parts = found.parts()
    assert [(key, rows.tolist()) for key, rows in parts] == [("val_acc", [0]), ("val_binary_accuracy", [1])]

    def read(key: str, rows: np.ndarray) -> MetricExtremes:
        best = np.array([{"val_acc": 0.75, "val_binary_accuracy": 0.95}[key]])
        return MetricExtremes(("x",), key, best - 0.5, np.array([0]), best, np.array([3]), np.array([9]))

    extremes = extremes_of_parts(3, "val_acc", [(rows, read(key, rows)) for key, rows in parts])
    ranking = rank(found.table, "val_acc", "max", "best", extremes)
    assert ranking.rows.tolist() == [1, 0, 2]
    assert ranking.values[:2].tolist() == [0.95, 0.75]
    assert ranking.missing == 1


def test_steps_come_with_the_values():
    own, other = metric_column([None, 0.5], [0, 7]), metric_column([0.4, None], [5, 0])
    table = run_table(2, {"val_acc": own, "val_binary_accuracy": other})
    assert substitute(table, "val_acc", ACCURACY).table.metrics["val_acc"].steps.tolist() == [5, 7]
