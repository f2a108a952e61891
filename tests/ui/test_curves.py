import numpy as np
import pytest

from mlreview.analysis.curves import Shape, make_line
from mlreview.analysis.pairs import find_pairs
from mlreview.charts.curve_frame import Panel
from mlreview.entities import Curve
from mlreview.ui.curves import curve_pairs, key_of
from mlreview.ui.curves_figure import ending_at_once, epochs_from, group_runs, sides_of
from mlreview.ui.run_names import labels_of
from tests.tables import metric_column, run_table


def curve(steps: list[int]) -> Curve:
    at = np.array(steps, np.int64)
    return Curve("a", "loss", at, at, at.astype(float))


@pytest.mark.parametrize(
    ("histories", "first"),
    [
        ([[0, 1, 2]], 0),
        ([[1, 2, 3], [1, 3, 5]], 1),
        ([[0, 1, 2], [0]], 0),
        ([[0, 100, 200]], None),
        ([[0, 1, 2], [1, 2, 3]], None),
        ([[0]], None),
        ([list(range(20_000))], None),
        ([], None),
    ],
)
def test_steps_are_epochs_only_where_they_count_one_by_one_from_one_start(histories, first):
    assert epochs_from([curve(steps) for steps in histories]) == first


def test_metrics_that_were_logged_once_are_no_curves_as_long_as_there_are_any():
    table = run_table(
        2,
        {
            "loss": [0.1, 0.2],
            "val_loss": [0.3, 0.4],
            "validation_loss": metric_column([0.3, 0.4], 0),
            "learning_rate": [1.0, 1.0],
        },
    )
    assert [key_of(pair) for pair in curve_pairs(table)] == ["val_loss", "learning_rate"]
    once = run_table(1, {"val_rmse": metric_column([1.0], 0)})
    assert [key_of(pair) for pair in curve_pairs(once)] == ["val_rmse"]


def test_training_is_left_out_only_where_something_else_is_drawn():
    (pair,) = find_pairs(["loss", "val_loss"])
    assert sides_of(pair, True) == {"loss": "train", "val_loss": "validation"}
    assert sides_of(pair, False) == {"val_loss": "validation"}
    (alone,) = find_pairs(["loss"])
    assert sides_of(alone, False) == {"loss": "train"}


def test_groups_are_by_value_numbers_in_order_and_spellings_of_one_number_together():
    table = run_table(5, params={"lr": ["0.1", "0.0010000000474974513", "0.001", "1.0", None]})
    assert group_runs(table, ["lr"]) == {
        "lr 0.001": ["run-1", "run-2"],
        "lr 0.1": ["run-0"],
        "lr 1": ["run-3"],
        "lr not logged": ["run-4"],
    }


def test_a_group_that_nobody_has_logged_is_one_group():
    assert group_runs(run_table(2), ["nothing"]) == {"nothing not logged": ["run-0", "run-1"]}


def test_nameless_runs_go_by_their_id_and_namesakes_are_told_apart():
    labels = labels_of(run_table(3, names=["same", "same", None]))
    assert len({label.full for label in labels.values()}) == 3
    assert labels["run-2"].full == "run-2"


def test_runs_whose_lines_are_a_stroke_at_the_edge_of_a_long_axis_are_counted():
    def panel(*lengths: int) -> Panel:
        made = []
        for at, length in enumerate(lengths):
            steps = np.arange(length)
            made.append(make_line(Curve(str(at), "loss", steps, steps, steps / 1.0), "train", Shape(), "min", None))
        return Panel("loss", "", tuple(made))

    assert ending_at_once([panel(100_000, 40, 60)]) == 2
    assert ending_at_once([panel(100, 40, 3)]) == 0
    assert ending_at_once([panel(1)]) == 0
    assert ending_at_once([]) == 0
